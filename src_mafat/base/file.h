/* Facts about files, looked up before they are opened, and opening what is a file indeed. */
#ifndef MAFAT_BASE_FILE_H
#define MAFAT_BASE_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/status.h"

/* Finds the size of a regular file; `what` it should be goes into the message for a folder. Nothing
 * is opened: opening a pipe waits. MAFAT_FAILED for anything else, without the file's name. */
mafat_status mafat_file_size(const char *path, const char *what, uint64_t *n_bytes,
                             mafat_error *error);

/* Stores whether a path leads anywhere, and what stat() tells of it there. MAFAT_FAILED, naming the
 * path, where that cannot be told. */
mafat_status mafat_file_look(const char *path, struct stat *about, bool *is_there,
                             mafat_error *error);

/* Stores whether two paths lead to one file or folder: not where one leads nowhere. Errors as above. */
mafat_status mafat_file_compare(const char *a, const char *b, bool *is_same, mafat_error *error);

/* What a file is at some time, told from another one and from itself when it has been written to since. */
typedef struct {
    dev_t device;
    ino_t number;
    uint64_t n_bytes;
    struct timespec written;    /* when that was done last */
} mafat_file_version;

mafat_file_version mafat_file_version_of(const struct stat *about);
bool mafat_file_version_equal(const mafat_file_version *a, const mafat_file_version *b);

/* Writes all bytes, however often it takes; false where that fails, as errno says. */
bool mafat_file_write_all(int file, const char *bytes, size_t n_bytes);

/* Whether a reason, as errno has it, lies with the machine, which lacks memory, descriptors or a disk
 * without faults, and not with a file or with who may read it. */
bool mafat_file_is_machines_fault(int reason);

/* Opens a regular file for reading and stores its size; never waits, whatever `path` leads to by
 * then. Errors as above, and MAFAT_FAILED for a file that may not be read. */
mafat_status mafat_file_open(const char *path, const char *what, FILE **file, uint64_t *n_bytes,
                             mafat_error *error);

#endif
