/* Preloaded into a program: from NO_MEMORY_AT on (from 1), one call that asks for memory or a
 * thread fails, or NO_MEMORY_CALLS of them. With NO_MEMORY_COUNT the number of calls is written to
 * that file at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static unsigned long at, n_calls = 1;
static atomic_ulong n_seen;
static atomic_bool is_armed;

static unsigned long number(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoul(text, NULL, 10);
}

__attribute__((constructor)) static void arm(void)
{
    at = number("NO_MEMORY_AT", 0);
    n_calls = number("NO_MEMORY_CALLS", 1);
    is_armed = true;
}

__attribute__((destructor)) static void count(void)
{
    const char *path = getenv("NO_MEMORY_COUNT");
    is_armed = false;
    FILE *file = path == NULL ? NULL : fopen(path, "w");
    if (file == NULL)
        return;
    fprintf(file, "%lu\n", atomic_load(&n_seen));
    fclose(file);
}

static bool fails(void)
{
    unsigned long n = is_armed ? ++n_seen : 0;
    if (at == 0 || n < at || n - at >= n_calls)
        return false;
    errno = ENOMEM;
    return true;
}

/* Defines a function that fails in its turn, else does what the next one of its name does. */
#define REPLACE(type, name, failure, parameters, ...) \
    type name parameters                              \
    {                                                 \
        static type(*next) parameters;                \
        if (fails())                                  \
            return failure;                           \
        if (next == NULL)                             \
            next = dlsym(RTLD_NEXT, #name);           \
        return next(__VA_ARGS__);                     \
    }

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t size);

/* dlsym() allocates itself */
void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *block, size_t size)
{
    return fails() ? NULL : __libc_realloc(block, size);
}

REPLACE(void *, aligned_alloc, NULL, (size_t alignment, size_t size), alignment, size)
REPLACE(int, posix_memalign, ENOMEM, (void **block, size_t alignment, size_t size), block, alignment,
        size)
REPLACE(void *, mmap, MAP_FAILED,
        (void *address, size_t length, int protection, int flags, int file, off_t offset), address,
        length, protection, flags, file, offset)
REPLACE(int, pthread_create, EAGAIN,
        (pthread_t * thread, const pthread_attr_t *attributes, void *(*work)(void *), void *context),
        thread, attributes, work, context)
