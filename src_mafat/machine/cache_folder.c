/* See cache_folder.h. */
#include "machine/cache_folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

/* A file of ours has some lines. */
enum { MAX_FILE_BYTES = 64 << 10 };

/* Writes a file's path; false where the environment names no folder. */
static bool find_path(const char *name, char *path, size_t size)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length;
    if (cache != NULL && cache[0] == '/')
        length = snprintf(path, size, "%s/mafat/%s", cache, name);
    else if (home != NULL && home[0] == '/')
        length = snprintf(path, size, "%s/.cache/mafat/%s", home, name);
    else
        return false;
    return (size_t)length < size;
}

mafat_status mafat_cache_folder_read(const char *name, void (*take)(void *context, const char *line),
                                     void *context, bool *is_there, mafat_error *error)
{
    char path[PATH_MAX], line[1024];
    uint64_t n_bytes = 0;
    FILE *file = NULL;
    *is_there = false;
    if (!find_path(name, path, sizeof path))
        return MAFAT_OK;
    errno = 0;
    mafat_status status = mafat_file_open(path, "file", &file, &n_bytes, error);
    if (status != MAFAT_OK && !mafat_file_is_machines_fault(errno))
        return MAFAT_OK;
    *is_there = status == MAFAT_OK && n_bytes <= MAX_FILE_BYTES;
    while (*is_there && fgets(line, sizeof line, file) != NULL)
        take(context, line);
    if (status == MAFAT_OK && ferror(file))
        status = mafat_error_set(error, MAFAT_FAILED, "cannot be read: %s", strerror(errno));
    if (file != NULL)
        fclose(file);
    mafat_error_set_file(error, path);
    return status;
}

/* Makes the folder of a file and the one that this lies in; whether that went well, who writes the file
 * sees. */
static void make_folders(char *path)
{
    char *second = strrchr(path, '/');
    *second = '\0';
    char *first = strrchr(path, '/');
    *first = '\0';
    mkdir(path, 0700);
    *first = '/';
    mkdir(path, 0700);
    *second = '/';
}

mafat_status mafat_cache_folder_begin(const char *name, mafat_new_file *file, mafat_error *error)
{
    char path[PATH_MAX];
    if (!find_path(name, path, sizeof path))
        return mafat_error_set(error, MAFAT_FAILED,
                               "neither XDG_CACHE_HOME nor HOME names a folder");
    make_folders(path);
    return mafat_new_file_begin(file, path, error);
}
