/* An image's file, read from its beginning to its end in chunks.
 *
 * Only regular files: a pipe or a device would wait, or never end. What was read of a large file
 * leaves the page cache at once, where a memory limit would count it. */
#ifndef MAFAT_UPSTREAM_PICTURE_FILE_H
#define MAFAT_UPSTREAM_PICTURE_FILE_H

#include <stdint.h>

#include "base/file.h"
#include "base/status.h"

typedef struct {
    const char *path;        /* borrowed */
    int descriptor;          /* -1: not open */
    int failed;              /* errno of a read that failed; 0: none has */
    mafat_file_version version;    /* what it was when it was opened */
    uint64_t at;             /* the next byte to be read; may lie behind the end */
    bool ended;              /* the last read wanted more than there was, as feof() tells */
    bool is_exhausted;       /* it was read on where nothing was left */
    bool must_not_end;       /* whoever reads it would wait for more for ever */
    int n_asked;             /* mafat_picture_file_has_ended() since a byte was read */
    uint64_t chunk_at;       /* where the chunk begins in the file */
    size_t chunk_bytes;      /* that it holds */
    unsigned char *chunk;    /* [MAFAT_CHARGE_PICTURE_CHUNK], owned */
} mafat_picture_file;

/* Opens a regular file. MAFAT_FAILED, naming it, for anything else and where it cannot be read;
 * then nothing needs to be closed. */
mafat_status mafat_picture_file_open(mafat_picture_file *file, const char *path,
                                     mafat_error *error);

/* Closes it; a zeroed one may not be closed. */
void mafat_picture_file_close(mafat_picture_file *file);

/* MAFAT_FAILED where the file is not what it was when it was opened, by its size and time, or where
 * that cannot be told. */
mafat_status mafat_picture_file_check(const mafat_picture_file *file, mafat_error *error);

/* Goes back to the first byte. */
void mafat_picture_file_rewind(mafat_picture_file *file);

/* fread(), fseek() from where it is, and feof() of the file. A read that fails ends the file. */
size_t mafat_picture_file_read(mafat_picture_file *file, void *to, size_t n_bytes);
void mafat_picture_file_skip(mafat_picture_file *file, uint64_t n_bytes);
bool mafat_picture_file_has_ended(mafat_picture_file *file);

/* The most of a file that is in the page cache for it at once. */
size_t mafat_picture_file_cached_bytes(uint64_t n_bytes);

#endif
