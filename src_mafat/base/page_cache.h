/* Files out of the page cache: what is cached already is charged to nobody who reads it now. */
#ifndef MAFAT_BASE_PAGE_CACHE_H
#define MAFAT_BASE_PAGE_CACHE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"

/* Writes a file's changes to disk and drops its pages. Pages that somebody maps stay, and all pages
 * of a file system that lives in memory: *stay_bytes is how many, or 0 where this process may not
 * know, for the kernel tells that only who may write the file. MAFAT_FAILED where the file cannot
 * be opened. */
mafat_status mafat_page_cache_drop(const char *path, uint64_t *stay_bytes, mafat_error *error);

/* To be called now and then while a large file is written: pages that wait to be written to the
 * disk are memory that a limit counts. Once there are MAFAT_CHARGE_NEW_FILE bytes of them behind
 * *spared it waits for the disk, they leave the page cache, and *spared, 0 at first, moves on.
 * Does nothing to a pipe. */
void mafat_page_cache_spare(FILE *stream, off_t *spared);

#endif
