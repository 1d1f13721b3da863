/* See file.h. */
#include "run/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

mafat_status mafat_file_size(const char *path, const char *what, uint64_t *n_bytes,
                             mafat_error *error)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return mafat_error_set(error, MAFAT_FAILED, "cannot be read: %s", strerror(errno));
    if (S_ISDIR(info.st_mode))
        return mafat_error_set(error, MAFAT_FAILED, "is a directory, not a %s", what);
    if (!S_ISREG(info.st_mode))
        return mafat_error_set(error, MAFAT_FAILED, "is not a regular file");
    *n_bytes = (uint64_t)info.st_size;
    return MAFAT_OK;
}
