/* Facts about files, looked up before they are opened, and opening what is a file indeed. */
#ifndef MAFAT_BASE_FILE_H
#define MAFAT_BASE_FILE_H

#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

/* Finds the size of a regular file; `what` it should be goes into the message for a folder. Nothing
 * is opened: opening a pipe waits. MAFAT_FAILED for anything else, without the file's name. */
mafat_status mafat_file_size(const char *path, const char *what, uint64_t *n_bytes,
                             mafat_error *error);

/* Whether two paths lead to one file or folder; false where one leads nowhere. */
bool mafat_file_is_same(const char *a, const char *b);

/* Opens a regular file for reading and stores its size; never waits, whatever `path` leads to by
 * then. Errors as above, and MAFAT_FAILED for a file that may not be read. */
mafat_status mafat_file_open(const char *path, const char *what, FILE **file, uint64_t *n_bytes,
                             mafat_error *error);

#endif
