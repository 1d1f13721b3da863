/* malloc() and its kin, before libc's; see heap.h. */
#define _GNU_SOURCE    /* dladdr() */
#include "support/heap.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

static atomic_long n_blocks;
static _Thread_local long fails_in;
static _Thread_local bool has_failed;

long test_heap_n_blocks(void)
{
    return atomic_load(&n_blocks);
}

void test_heap_fail(long n)
{
    fails_in = n;
    has_failed = false;
}

bool test_heap_has_failed(void)
{
    return has_failed;
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void *__libc_malloc(size_t n_bytes);
void *__libc_calloc(size_t n, size_t n_bytes);
void *__libc_realloc(void *block, size_t n_bytes);
void *__libc_memalign(size_t alignment, size_t n_bytes);
void __libc_free(void *block);

/* OpenMP ends the process where it has no memory. */
static bool is_openmp(void *caller)
{
    Dl_info info;
    return dladdr(caller, &info) != 0 && (strstr(info.dli_fname, "libomp") != NULL ||
                                          strstr(info.dli_fname, "libgomp") != NULL);
}

static bool fails(void *caller)
{
    if (fails_in == 0 || --fails_in > 0)
        return false;
    if (is_openmp(caller)) {    /* the next one, then */
        fails_in = 1;
        return false;
    }
    has_failed = true;
    errno = ENOMEM;
    return true;
}

static void *count(void *block)
{
    if (block != NULL)
        atomic_fetch_add(&n_blocks, 1);
    return block;
}

void *malloc(size_t n_bytes)
{
    return fails(__builtin_return_address(0)) ? NULL : count(__libc_malloc(n_bytes));
}

void *calloc(size_t n, size_t n_bytes)
{
    return fails(__builtin_return_address(0)) ? NULL : count(__libc_calloc(n, n_bytes));
}

void *realloc(void *block, size_t n_bytes)
{
    if (fails(__builtin_return_address(0)))
        return NULL;
    void *moved = __libc_realloc(block, n_bytes);
    return block == NULL ? count(moved) : moved;
}

void *reallocarray(void *block, size_t n, size_t n_bytes)
{
    size_t all_bytes;
    return __builtin_mul_overflow(n, n_bytes, &all_bytes) ? NULL : realloc(block, all_bytes);
}

/* Never fails: OpenMP alone calls it. */
void *memalign(size_t alignment, size_t n_bytes)
{
    return count(__libc_memalign(alignment, n_bytes));
}

void *aligned_alloc(size_t alignment, size_t n_bytes)
{
    return fails(__builtin_return_address(0)) ? NULL : memalign(alignment, n_bytes);
}

int posix_memalign(void **block, size_t alignment, size_t n_bytes)
{
    void *aligned = aligned_alloc(alignment, n_bytes);
    if (aligned == NULL)
        return ENOMEM;
    *block = aligned;
    return 0;
}

void free(void *block)
{
    if (block != NULL)
        atomic_fetch_sub(&n_blocks, 1);
    __libc_free(block);
}
#endif
