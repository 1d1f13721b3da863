/* See reads.h. */
#define _GNU_SOURCE             /* O_DIRECT */
#undef _FORTIFY_SOURCE

#include "support/reads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

test_reads_plan test_reads;

void test_reads_fail(int n, int reason)
{
    test_reads.n_good = n;
    test_reads.reason = reason;
}

static int refuse(int reason)
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
        return refuse(EINVAL);
    return openat(AT_FDCWD, path, flags, mode);
}

ssize_t pread(int file, void *to, size_t n, off_t offset)
{
    bool direct = (fcntl(file, F_GETFL) & O_DIRECT) != 0;
    bool whole = ((uintptr_t)to | n | (size_t)offset) % TEST_READ_UNIT == 0;
    if (direct && (!whole || test_reads.refuses_to_read))
        return refuse(EINVAL);
    if (test_reads.reason != 0 && test_reads.n_good-- == 0)
        return refuse(atomic_exchange(&test_reads.reason, 0));
    struct iovec part = {to, test_reads.max_bytes > 0 && n > test_reads.max_bytes
                                 ? test_reads.max_bytes : n};
    ssize_t n_given = preadv(file, &part, 1, offset);
    test_reads.n_bytes += n_given > 0 ? (size_t)n_given : 0;
    if (test_reads.bytes_a_second > 0 && n_given > 0 && test_reads.n_bounded++ % 9 < 5)
        usleep((useconds_t)(1e6 * (double)n_given * 9 / 5 / test_reads.bytes_a_second));
    return n_given;
}
