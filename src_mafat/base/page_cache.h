/* Files out of the page cache: what is cached already is charged to nobody who reads it now. */
#ifndef MAFAT_BASE_PAGE_CACHE_H
#define MAFAT_BASE_PAGE_CACHE_H

#include <stdint.h>

#include "base/status.h"

/* Writes a file's changes to disk and drops its pages. Pages that somebody maps stay, and all pages
 * of a file system that lives in memory: *stay_bytes is how many, or 0 where this process may not
 * know, for the kernel tells that only who may write the file. MAFAT_FAILED where the file cannot
 * be opened. */
mafat_status mafat_page_cache_drop(const char *path, uint64_t *stay_bytes, mafat_error *error);

#endif
