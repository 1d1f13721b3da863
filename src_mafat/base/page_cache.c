/* Advice to the kernel, and a look at whether it was taken; see page_cache.h. */
#define _GNU_SOURCE    /* sync_file_range() */
#include "base/page_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/charge.h"
#include "base/size.h"

static uint64_t cached_bytes(int file, off_t size)
{
    enum { PAGES = 16384 };    /* looked at together */
    unsigned char present[PAGES];
    size_t page = mafat_size_page(), n_cached = 0;
    for (off_t at = 0; at < size; at += (off_t)(PAGES * page)) {
        size_t length = size - at < (off_t)(PAGES * page) ? (size_t)(size - at) : PAGES * page;
        void *map = mmap(NULL, length, PROT_READ, MAP_SHARED, file, at);
        if (map == MAP_FAILED)
            return 0;
        if (mincore(map, length, present) == 0)
            for (size_t i = 0; i < mafat_size_divide_up(length, page); i++)
                n_cached += present[i] & 1;
        munmap(map, length);
    }
    return (uint64_t)n_cached * page;
}

mafat_status mafat_page_cache_drop(const char *path, uint64_t *stay_bytes, mafat_error *error)
{
    struct stat info;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &info) != 0) {
        mafat_error_set(error, MAFAT_FAILED, "cannot leave the page cache: %s", strerror(errno));
        mafat_error_set_file(error, path);
        if (file >= 0)
            close(file);
        return MAFAT_FAILED;
    }
    fdatasync(file);    /* what is not on the disk yet is not dropped */
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    bool told = info.st_uid == geteuid() || access(path, W_OK) == 0;
    *stay_bytes = told ? cached_bytes(file, info.st_size) : 0;
    close(file);
    return MAFAT_OK;
}

void mafat_page_cache_spare(FILE *stream, off_t *spared)
{
    int descriptor = fileno(stream);
    off_t at = ftello(stream), n = at - *spared;
    if (n < MAFAT_CHARGE_NEW_FILE || fflush(stream) != 0)
        return;
    sync_file_range(descriptor, *spared, n, SYNC_FILE_RANGE_WAIT_BEFORE |
                    SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    posix_fadvise(descriptor, *spared, n, POSIX_FADV_DONTNEED);
    *spared = at;
}
