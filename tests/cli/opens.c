/* Preloaded into a program: writes the path of each file that it opens to the file OPENS. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int (*next)(const char *path, int flags, ...);
static int log_file = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("OPENS");
    next = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    if (path != NULL)
        log_file = next(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
}

static int note_and_open(const char *path, int flags, mode_t mode)
{
    char line[4096 + 1];
    int length = snprintf(line, sizeof line, "%s\n", path);
    if (log_file >= 0 && write(log_file, line, (size_t)length) != length)
        _exit(99);
    return next(path, flags, mode);
}

#define OPEN(name)                               \
    int name(const char *path, int flags, ...)   \
    {                                            \
        va_list rest;                            \
        va_start(rest, flags);                   \
        mode_t mode = va_arg(rest, mode_t);      \
        va_end(rest);                            \
        return note_and_open(path, flags, mode); \
    }

OPEN(open)
OPEN(open64)
