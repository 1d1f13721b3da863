/* Files written whole or not at all; see new_file.h. */
#define _GNU_SOURCE    /* O_TMPFILE */
#include "base/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/page_cache.h"

static mafat_status fail(const mafat_new_file *file, const char *reason, mafat_error *error)
{
    mafat_status status = mafat_error_set(error, MAFAT_FAILED, "cannot be written: %s", reason);
    mafat_error_set_file(error, file->path);
    return status;
}

static void remove_written(const mafat_new_file *file)
{
    if (!file->is_nameless)
        unlink(file->written);
}

/* Follows links and makes up the name of the file beside; false, and errno says why, where it
 * cannot. */
static bool find_names(mafat_new_file *file, const char *path)
{
    /* a link stays one: the file that it leads to is replaced; one that leads nowhere is refused */
    struct stat about;
    char *target = realpath(path, NULL);
    if (target == NULL && (errno != ENOENT || lstat(path, &about) == 0))
        return false;
    int length = snprintf(file->path, sizeof file->path, "%s", target != NULL ? target : path);
    free(target);
    errno = ENAMETOOLONG;
    return length < (int)sizeof file->path &&
           snprintf(file->written, sizeof file->written, "%s.XXXXXX", file->path) <
               (int)sizeof file->written;
}

/* The file by its descriptor: what linkat() gives a name. */
static void find_link(int descriptor, char link[40])
{
    snprintf(link, 40, "/proc/self/fd/%d", descriptor);
}

/* Opens a file in the folder that has no name there yet, so that a process that is killed leaves none;
 * -1 where the file system or a system without /proc has no such files. */
static int open_nameless(const char *path)
{
    char folder[PATH_MAX], link[40];
    const char *name = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", name != NULL ? (int)(name - path) + 1 : 1,
             name != NULL ? path : ".");
    int descriptor = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return -1;
    find_link(descriptor, link);
    if (access(link, F_OK) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

mafat_status mafat_new_file_begin(mafat_new_file *file, const char *path, mafat_error *error)
{
    struct stat about;
    bool is_there;
    *file = (mafat_new_file){0};
    snprintf(file->path, sizeof file->path, "%s", path);
    if (!find_names(file, path))
        return fail(file, strerror(errno), error);
    mafat_status status = mafat_file_look(file->path, &about, &is_there, error);
    if (status != MAFAT_OK)
        return status;
    if (is_there && !S_ISREG(about.st_mode))
        return fail(file, "not a regular file", error);
    int descriptor = open_nameless(file->path);
    file->is_nameless = descriptor >= 0;
    if (descriptor < 0)
        descriptor = mkstemp(file->written);
    if (descriptor < 0)
        return fail(file, strerror(errno), error);
    file->stream = fdopen(descriptor, "wb");
    if (file->stream != NULL)
        return MAFAT_OK;
    status = fail(file, strerror(errno), error);
    close(descriptor);
    remove_written(file);
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

/* Gives a file without a name the one beside its place, which mkstemp() would have made up. */
static bool name_written(mafat_new_file *file, const char *link)
{
    enum { N_LETTERS = 6 };
    char *letters = file->written + strlen(file->written) - N_LETTERS;
    struct timespec now;
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
        snprintf(letters, N_LETTERS + 1, "%06lx", (unsigned long)now.tv_nsec % (1 << 24));
        file->is_nameless = linkat(AT_FDCWD, link, AT_FDCWD, file->written, AT_SYMLINK_FOLLOW) != 0;
    } while (file->is_nameless && errno == EEXIST);
    return !file->is_nameless;
}

/* Puts the file in its place; without a name it is known by a descriptor. Where another one is there it
 * has a name beside it for as long as a system call takes. */
static bool take_place(mafat_new_file *file, int descriptor)
{
    char link[40];
    if (!file->is_nameless)
        return rename(file->written, file->path) == 0;
    find_link(descriptor, link);
    if (linkat(AT_FDCWD, link, AT_FDCWD, file->path, AT_SYMLINK_FOLLOW) == 0)
        return true;
    return errno == EEXIST && name_written(file, link) && rename(file->written, file->path) == 0;
}

mafat_status mafat_new_file_end(mafat_new_file *file, mafat_error *error)
{
    const char *reason = NULL;
    int descriptor = -1;
    bool is_flushed = fflush(file->stream) == 0;
    if (is_flushed && ferror(file->stream))
        reason = "a part is missing";    /* why is not known any more */
    else if (!is_flushed || fchmod(fileno(file->stream), permissions(file->path)) != 0 ||
             (file->is_nameless &&
              (descriptor = fcntl(fileno(file->stream), F_DUPFD_CLOEXEC, 0)) < 0))
        reason = strerror(errno);
    /* some file systems tell only here that there is no room */
    if (fclose(file->stream) != 0 && reason == NULL)
        reason = strerror(errno);
    if (reason == NULL && !take_place(file, descriptor))
        reason = strerror(errno);
    if (descriptor >= 0)
        close(descriptor);
    if (reason == NULL)
        return MAFAT_OK;
    remove_written(file);
    return fail(file, reason, error);
}

void mafat_new_file_abandon(mafat_new_file *file)
{
    fclose(file->stream);
    remove_written(file);
}
