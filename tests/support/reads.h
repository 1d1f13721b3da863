/* The open() and pread() of the program that includes this, which it can make fail. The same calls
 * in src_mafat come here too, as a program's own functions go before libc's. To be included first,
 * and by one file of a program. */
#ifndef TESTS_SUPPORT_READS_H
#define TESTS_SUPPORT_READS_H

#define _GNU_SOURCE             /* O_DIRECT */
#define _FILE_OFFSET_BITS 64    /* the names that src_mafat/run/direct.c calls */
#undef _FORTIFY_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

enum { TEST_READ_UNIT = 4096 };

/* What the next calls do. All zeros: what they always do, but that direct reads of anything but
 * whole pages are refused, as most file systems do. */
static struct {
    bool refuses_to_open;       /* O_DIRECT */
    bool refuses_to_read;       /* what was opened so */
    atomic_int n_good;          /* with `reason`: reads that succeed before one fails */
    atomic_int reason;          /* errno of that one; 0: none fails */
    size_t max_bytes;           /* of one read; 0: all that are asked for */
    atomic_size_t n_bytes;      /* that all reads gave */
} test_reads;

/* Has read number n from now on fail, once. */
static inline void test_reads_fail(int n, int reason)
{
    test_reads.n_good = n;
    test_reads.reason = reason;
}

static inline int test_reads_refuse(int reason)
{
    errno = reason;
    return -1;
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if ((flags & O_DIRECT) && test_reads.refuses_to_open)
        return test_reads_refuse(EINVAL);
    return openat(AT_FDCWD, path, flags, mode);
}

ssize_t pread(int file, void *to, size_t n, off_t offset)
{
    bool direct = (fcntl(file, F_GETFL) & O_DIRECT) != 0;
    bool whole = ((uintptr_t)to | n | (size_t)offset) % TEST_READ_UNIT == 0;
    if (direct && (!whole || test_reads.refuses_to_read))
        return test_reads_refuse(EINVAL);
    if (test_reads.reason != 0 && test_reads.n_good-- == 0)
        return test_reads_refuse(atomic_exchange(&test_reads.reason, 0));
    struct iovec room = {to, test_reads.max_bytes > 0 && n > test_reads.max_bytes
                                 ? test_reads.max_bytes : n};
    ssize_t n_given = preadv(file, &room, 1, offset);
    test_reads.n_bytes += n_given > 0 ? (size_t)n_given : 0;
    return n_given;
}

#endif
