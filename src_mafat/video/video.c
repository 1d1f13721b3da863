/* Finds and loads libmafat-video.so; see video.h. */
#include "video/video.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"

/* Where the library may be, seen from the program's folder: built, and installed. */
static const char *const places[] = {"libmafat-video.so", "../lib/libmafat-video.so"};

/* Writes the path of the library to path[PATH_MAX]; false: it is nowhere. */
static bool find(char *path)
{
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n < 0)
        return false;
    program[n] = '\0';
    int folder_length = (int)(strrchr(program, '/') + 1 - program);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int length = snprintf(path, PATH_MAX, "%.*s%s", folder_length, program, places[i]);
        if (length < PATH_MAX && access(path, F_OK) == 0)
            return true;
    }
    return false;
}

bool mafat_video_is_built(void)
{
    char path[PATH_MAX];
    return find(path);
}

#define TEXT_OF(word) #word
#define TEXT(word) TEXT_OF(word)

mafat_status mafat_video_load(const mafat_video **video, mafat_error *error)
{
    char path[PATH_MAX];
    if (!find(path))
        return mafat_error_set(error, MAFAT_USAGE, "video is read and shown by OpenCV, and this "
                               "program was built without it: `make OPENCV=1` builds %s beside it",
                               places[0]);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    *video = library != NULL ? dlsym(library, TEXT(MAFAT_VIDEO_TABLE)) : NULL;
    if (*video != NULL)
        return MAFAT_OK;
    if (library != NULL)
        mafat_error_set(error, MAFAT_FAILED, "was built for another version of this program; `make "
                        "OPENCV=1` builds it anew");
    else
        mafat_error_set(error, MAFAT_FAILED, "cannot be loaded: %s", dlerror());
    mafat_error_set_file(error, path);
    return MAFAT_FAILED;
}
