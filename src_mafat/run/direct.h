/* A file read past the page cache, so that only the reader's own buffers count as memory.
 *
 * Why so: a cgroup is charged for the pages that its reads leave in the page cache. Of a weights
 * file that is read once in each run none will be there when it is read again. Where a file
 * system refuses direct reads (tmpfs, some network ones) the pages go through the cache and are
 * given back at once, and the user is told. */
#ifndef MAFAT_RUN_DIRECT_H
#define MAFAT_RUN_DIRECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"
#include "base/status.h"

typedef struct {
    char *path;               /* owned */
    int file;                 /* -1: not open */
    bool direct;
    mafat_file_version version;    /* what the file was when it was opened */
    char *unit;               /* [MAFAT_READ_UNIT], owned: the last unit that was read */
    uint64_t unit_offset;     /* its offset in the file; not a unit's where there is none */
    uint64_t unit_end;        /* where its bytes end: before the unit does at the file's end */
} mafat_direct;

/* Opens a regular file. MAFAT_FAILED, naming it, where that fails. On error nothing needs to be
 * closed. */
mafat_status mafat_direct_open(mafat_direct *direct, const char *path, mafat_error *error);

/* Reads bytes [offset, offset + n_bytes) to units[offset % MAFAT_READ_UNIT ...); `units` is aligned
 * to MAFAT_READ_UNIT and has mafat_plan_unit_span(n_bytes) bytes. A unit that two reads in sequence
 * share is read once. MAFAT_FAILED, naming the file, where it cannot be read or ends before
 * that. */
mafat_status mafat_direct_read(mafat_direct *direct, uint64_t offset, size_t n_bytes, char *units,
                               mafat_error *error);

/* MAFAT_FAILED where the file is not any more what it was when it was opened. */
mafat_status mafat_direct_check(const mafat_direct *direct, mafat_error *error);

/* Closes it; a zeroed one, and one that was never opened, may be closed. */
void mafat_direct_close(mafat_direct *direct);

#endif
