/* Direct reads of Linux; see direct.h. */
#define _GNU_SOURCE             /* O_DIRECT */
#include "run/direct.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/notice.h"
#include "base/size.h"
#include "plan/plan.h"

enum { UNIT = MAFAT_READ_UNIT };

static const uint64_t no_unit = UINT64_MAX;

static mafat_status fail(const mafat_direct *direct, mafat_error *error, const char *what,
                         int reason)
{
    mafat_status status = mafat_error_set(error, MAFAT_FAILED, "%s: %s", what, strerror(reason));
    mafat_error_set_file(error, direct->path);
    return status;
}

/* ------------------------------------------------------------------------------------ opening */

/* Opens the file for direct reads and tries one: some file systems refuse only then. */
static void open_direct(mafat_direct *direct)
{
    direct->file = open(direct->path, O_RDONLY | O_CLOEXEC | O_DIRECT);
    direct->direct = direct->file >= 0 && pread(direct->file, direct->unit, UNIT, 0) >= 0;
    if (direct->direct)
        return;
    if (direct->file >= 0)
        close(direct->file);
    direct->file = open(direct->path, O_RDONLY | O_CLOEXEC);
    if (direct->file < 0)
        return;
    mafat_notice("%s: direct reads are refused here; its pages pass through the page cache, "
                 "which a memory limit counts", direct->path);
    posix_fadvise(direct->file, 0, 0, POSIX_FADV_RANDOM);    /* no reading ahead into the cache */
}

mafat_status mafat_direct_open(mafat_direct *direct, const char *path, mafat_error *error)
{
    struct stat about;
    uint64_t unused;
    *direct = (mafat_direct){.path = strdup(path), .file = -1, .unit_offset = no_unit,
                             .unit = aligned_alloc(UNIT, UNIT)};
    if (direct->path == NULL || direct->unit == NULL) {
        mafat_direct_close(direct);
        return mafat_error_set(error, MAFAT_FAILED, "no memory to read a file");
    }
    mafat_status status = mafat_file_size(path, "file", &unused, error);
    if (status == MAFAT_OK)
        open_direct(direct);
    if (status == MAFAT_OK && (direct->file < 0 || fstat(direct->file, &about) != 0))
        status = fail(direct, error, "cannot be opened", errno);
    if (status != MAFAT_OK) {
        mafat_error_set_file(error, path);
        mafat_direct_close(direct);
        return status;
    }
    direct->version = mafat_file_version_of(&about);
    return MAFAT_OK;
}

mafat_status mafat_direct_check(const mafat_direct *direct, mafat_error *error)
{
    struct stat about;
    if (fstat(direct->file, &about) != 0)
        return fail(direct, error, "cannot be looked at", errno);
    mafat_file_version now = mafat_file_version_of(&about);
    if (mafat_file_version_equal(&now, &direct->version))
        return MAFAT_OK;
    mafat_status status;
    if (now.n_bytes == direct->version.n_bytes)
        status = mafat_error_set(error, MAFAT_FAILED, "was written to while it was in use");
    else
        status = mafat_error_set(error, MAFAT_FAILED,
                                 "was changed while it was in use: it had %llu bytes, it has %llu "
                                 "now", (unsigned long long)direct->version.n_bytes,
                                 (unsigned long long)now.n_bytes);
    mafat_error_set_file(error, direct->path);
    return status;
}

void mafat_direct_close(mafat_direct *direct)
{
    if (direct->path != NULL && direct->file >= 0)
        close(direct->file);
    free(direct->path);
    free(direct->unit);
    *direct = (mafat_direct){.file = -1};
}

/* ------------------------------------------------------------------------------------ reading */

static mafat_status fail_short(const mafat_direct *direct, uint64_t end, mafat_error *error)
{
    mafat_status status = mafat_error_set(error, MAFAT_FAILED,
                                          "was cut off while it was in use: it ends before byte "
                                          "%llu", (unsigned long long)end);
    mafat_error_set_file(error, direct->path);
    return status;
}

/* Reads [offset, end), of which the bytes before `needed` must be there; stores where those end
 * that there are. Direct reads go on from whole units only. */
static mafat_status read_range(const mafat_direct *direct, uint64_t offset, uint64_t end,
                               uint64_t needed, char *to, uint64_t *read_end, mafat_error *error)
{
    ssize_t unit = direct->direct ? UNIT : 1;
    for (;;) {
        ssize_t n = pread(direct->file, to, (size_t)(end - offset), (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(direct, error, "cannot be read", errno);
        *read_end = offset + (uint64_t)n;
        if (*read_end >= needed)
            return MAFAT_OK;
        n -= n % unit;
        if (n == 0)
            return fail_short(direct, needed, error);
        offset += (uint64_t)n;
        to += n;
    }
}

/* Through the page cache: just the bytes, which the cache need not keep. */
static mafat_status read_cached(const mafat_direct *direct, uint64_t offset, size_t n_bytes,
                                char *to, mafat_error *error)
{
    uint64_t end = offset + n_bytes, read_end;
    mafat_status status = read_range(direct, offset, end, end, to, &read_end, error);
    size_t page = mafat_size_page();
    posix_fadvise(direct->file, (off_t)(offset - offset % page), (off_t)(n_bytes + page),
                  POSIX_FADV_DONTNEED);
    return status;
}

mafat_status mafat_direct_read(mafat_direct *direct, uint64_t offset, size_t n_bytes, char *units,
                               mafat_error *error)
{
    uint64_t skew = offset % UNIT, begin = offset - skew, needed = offset + n_bytes;
    uint64_t end = (needed + UNIT - 1) / UNIT * UNIT, at = begin;
    uint64_t read_end = direct->unit_end;
    mafat_status status = MAFAT_OK;
    if (n_bytes == 0)
        return MAFAT_OK;
    if (!direct->direct)
        return read_cached(direct, offset, n_bytes, units + skew, error);
    if (begin == direct->unit_offset && (needed <= read_end || read_end == begin + UNIT)) {
        memcpy(units, direct->unit, UNIT);
        at += UNIT;
    }
    if (at < needed)
        status = read_range(direct, at, end, needed, units + (at - begin), &read_end, error);
    if (status == MAFAT_OK) {
        direct->unit_offset = end - UNIT;
        direct->unit_end = read_end;
        memcpy(direct->unit, units + (direct->unit_offset - begin), UNIT);
    }
    return status;
}
