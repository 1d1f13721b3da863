/* A file that is written whole or not at all: beside its place first, then it takes its name. Where the
 * file system can, it has no name at all until it is whole, so that nothing is left of it where the
 * process is killed. */
#ifndef MAFAT_BASE_NEW_FILE_H
#define MAFAT_BASE_NEW_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "base/status.h"

typedef struct {
    FILE *stream;              /* to write to; its errors are looked for at the end */
    off_t spared;              /* its bytes up to here have left the page cache */
    char path[PATH_MAX];       /* where the file will be: links are followed */
    char written[PATH_MAX];    /* where it is until then, */
    bool is_nameless;          /* or will be for a moment: it has no name yet */
} mafat_new_file;

/* Opens a file beside `path`. MAFAT_FAILED, with the file named, where it cannot be made or where
 * `path` is something else than a regular file; then nothing needs to be ended. */
mafat_status mafat_new_file_begin(mafat_new_file *file, const char *path, mafat_error *error);

/* To be called now and then while a large file is written: mafat_page_cache_spare(). */
void mafat_new_file_spare_cache(mafat_new_file *file);

/* Closes the file and gives it its name, with the permissions of the file that had it, or those
 * that fopen() gives. MAFAT_FAILED, with the file named, where that or anything that was written
 * failed; then what was written is gone and `path` is as it was. */
mafat_status mafat_new_file_end(mafat_new_file *file, mafat_error *error);

/* In its place, for who has found out that there is nothing to write: `path` is as it was. */
void mafat_new_file_abandon(mafat_new_file *file);

#endif
