/* Files written whole or not at all; see new_file.h. */
#include "base/new_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/page_cache.h"

static mafat_status fail(const mafat_new_file *file, const char *reason, mafat_error *error)
{
    mafat_status status = mafat_error_set(error, MAFAT_FAILED, "cannot be written: %s", reason);
    mafat_error_set_file(error, file->path);
    return status;
}

/* Follows links and makes up the name of the file beside; false, and errno says why, where it
 * cannot. */
static bool find_names(mafat_new_file *file, const char *path)
{
    /* a link stays one: the file that it leads to is replaced */
    char *target = realpath(path, NULL);
    if (target == NULL && errno != ENOENT)
        return false;
    int length = snprintf(file->path, sizeof file->path, "%s", target != NULL ? target : path);
    free(target);
    errno = ENAMETOOLONG;
    return length < (int)sizeof file->path &&
           snprintf(file->written, sizeof file->written, "%s.XXXXXX", file->path) <
               (int)sizeof file->written;
}

mafat_status mafat_new_file_begin(mafat_new_file *file, const char *path, mafat_error *error)
{
    struct stat about;
    *file = (mafat_new_file){0};
    snprintf(file->path, sizeof file->path, "%s", path);
    if (!find_names(file, path))
        return fail(file, strerror(errno), error);
    if (stat(file->path, &about) == 0 && !S_ISREG(about.st_mode))
        return fail(file, "not a regular file", error);
    int descriptor = mkstemp(file->written);
    if (descriptor < 0)
        return fail(file, strerror(errno), error);
    file->stream = fdopen(descriptor, "wb");
    if (file->stream != NULL)
        return MAFAT_OK;
    mafat_status status = fail(file, strerror(errno), error);
    close(descriptor);
    unlink(file->written);
    return status;
}

void mafat_new_file_spare_cache(mafat_new_file *file)
{
    mafat_page_cache_spare(file->stream, &file->spared);
}

/* The permissions of the file that is there, or those that fopen() would give a new one. */
static mode_t permissions(const char *path)
{
    struct stat about;
    if (stat(path, &about) == 0)
        return about.st_mode & 0777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

mafat_status mafat_new_file_end(mafat_new_file *file, mafat_error *error)
{
    bool complete = fflush(file->stream) == 0 && !ferror(file->stream) &&
                    fchmod(fileno(file->stream), permissions(file->path)) == 0;
    int reason = errno;
    /* some file systems tell only here that there is no room */
    if (fclose(file->stream) != 0 && complete) {
        complete = false;
        reason = errno;
    }
    if (complete && rename(file->written, file->path) == 0)
        return MAFAT_OK;
    mafat_status status = fail(file, strerror(complete ? errno : reason), error);
    unlink(file->written);
    return status;
}

void mafat_new_file_abandon(mafat_new_file *file)
{
    fclose(file->stream);
    unlink(file->written);
}
