/* See file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8, "files may have more than 2 GB: the Makefile says so to all");

static mafat_status judge(const struct stat *info, const char *what, uint64_t *n_bytes,
                          mafat_error *error)
{
    if (S_ISDIR(info->st_mode))
        return mafat_error_set(error, MAFAT_FAILED, "is a directory, not %s %s",
                               strchr("aeiou", what[0]) != NULL ? "an" : "a", what);
    if (!S_ISREG(info->st_mode))
        return mafat_error_set(error, MAFAT_FAILED, "is not a regular file");
    *n_bytes = (uint64_t)info->st_size;
    return MAFAT_OK;
}

mafat_status mafat_file_size(const char *path, const char *what, uint64_t *n_bytes,
                             mafat_error *error)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return mafat_error_set(error, MAFAT_FAILED, "cannot be read: %s", strerror(errno));
    return judge(&info, what, n_bytes, error);
}

mafat_status mafat_file_look(const char *path, struct stat *about, bool *is_there,
                             mafat_error *error)
{
    *is_there = stat(path, about) == 0;
    if (*is_there || errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG)
        return MAFAT_OK;
    mafat_error_set(error, MAFAT_FAILED, "cannot be looked at: %s", strerror(errno));
    mafat_error_set_file(error, path);
    return MAFAT_FAILED;
}

mafat_status mafat_file_compare(const char *a, const char *b, bool *is_same, mafat_error *error)
{
    struct stat of_a, of_b;
    bool is_a = false, is_b = false;
    mafat_status status = mafat_file_look(a, &of_a, &is_a, error);
    if (status == MAFAT_OK)
        status = mafat_file_look(b, &of_b, &is_b, error);
    *is_same = is_a && is_b && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
    return status;
}

mafat_file_version mafat_file_version_of(const struct stat *about)
{
    return (mafat_file_version){about->st_dev, about->st_ino, (uint64_t)about->st_size,
                                about->st_mtim};
}

bool mafat_file_version_equal(const mafat_file_version *a, const mafat_file_version *b)
{
    return a->device == b->device && a->number == b->number && a->n_bytes == b->n_bytes &&
           a->written.tv_sec == b->written.tv_sec && a->written.tv_nsec == b->written.tv_nsec;
}

bool mafat_file_write_all(int file, const char *bytes, size_t n_bytes)
{
    while (n_bytes > 0) {
        ssize_t n_written = write(file, bytes, n_bytes);
        if (n_written < 0 && errno != EINTR)
            return false;
        bytes += n_written > 0 ? n_written : 0;
        n_bytes -= n_written > 0 ? (size_t)n_written : 0;
    }
    return true;
}

bool mafat_file_is_machines_fault(int reason)
{
    return reason == ENOMEM || reason == EMFILE || reason == ENFILE || reason == EIO;
}

mafat_status mafat_file_open(const char *path, const char *what, FILE **file, uint64_t *n_bytes,
                             mafat_error *error)
{
    struct stat info;
    /* a device is not even opened where it is seen to be one: some of them act */
    mafat_status status = mafat_file_size(path, what, n_bytes, error);
    if (status != MAFAT_OK)
        return status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *file = descriptor >= 0 && fstat(descriptor, &info) == 0 ? fdopen(descriptor, "rb") : NULL;
    if (*file == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "cannot be read: %s", strerror(errno));
    else
        status = judge(&info, what, n_bytes, error);
    if (*file == NULL && descriptor >= 0)
        close(descriptor);
    if (*file != NULL && status != MAFAT_OK) {
        fclose(*file);
        *file = NULL;
    }
    return status;
}
