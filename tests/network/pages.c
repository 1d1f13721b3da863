/* A kernel with larger pages than this machine's, to be preloaded: PAGE_BYTES in the environment says how large. All
 * that tells of pages tells of those, memory is mapped in whole ones, and calls that are not aligned to them are refused
 * as such a kernel refuses them. Direct reads are of another unit, which disks have whatever the page is.
 *
 * PAGE_COUNT in the environment names a file for what such a kernel would have charged the process of its own memory at
 * most: bytes of all larger pages of which a part was touched, counted whenever some are given back, and at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OWN_PAGE = 4096, READ_UNIT = 4096 };

/* Asked for anew each time, for it is asked for before this library's constructors run. */
static size_t page(void)
{
    const char *text = getenv("PAGE_BYTES");
    return text == NULL ? OWN_PAGE : strtoul(text, NULL, 10);
}

static size_t round_up(size_t n)
{
    return (n + page() - 1) / page() * page();
}

static int refuses(const void *at)
{
    if ((uintptr_t)at % page() == 0)
        return 0;
    errno = EINVAL;
    return 1;
}

#define NEXT(type, name, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

int getpagesize(void)
{
    return (int)page();
}

long sysconf(int name)
{
    return name == _SC_PAGESIZE ? (long)page() : NEXT(long, "sysconf", int)(name);
}

unsigned long getauxval(unsigned long type)
{
    return type == AT_PAGESZ ? page() : NEXT(unsigned long, "getauxval", unsigned long)(type);
}

static char *map(void *at, size_t n, int protection, int flags, int file, off_t offset)
{
    return (char *)syscall(SYS_mmap, at, n, protection, flags, file, offset);
}

/* Where the kernel puts it is aligned to its own pages: so in the middle of more addresses. */
void *mmap(void *at, size_t n, int protection, int flags, int file, off_t offset)
{
    if (((flags & MAP_FIXED) && refuses(at)) || refuses((void *)(uintptr_t)offset))
        return MAP_FAILED;
    if ((flags & MAP_FIXED) || n == 0)
        return map(at, n, protection, flags, file, offset);
    size_t whole = round_up(n), taken = whole + page();
    char *stretch = map(NULL, taken, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stretch == MAP_FAILED)
        return MAP_FAILED;
    char *begin = stretch + (page() - (uintptr_t)stretch % page()) % page();
    char *mapped = map(begin, flags & MAP_ANONYMOUS ? whole : n, protection, flags | MAP_FIXED, file, offset);
    int reason = errno;
    if (mapped == MAP_FAILED)
        syscall(SYS_munmap, stretch, taken);
    else if (begin > stretch)
        syscall(SYS_munmap, stretch, begin - stretch);
    if (mapped != MAP_FAILED && begin + whole < stretch + taken)
        syscall(SYS_munmap, begin + whole, stretch + taken - (begin + whole));
    errno = reason;
    return mapped;
}

void *mmap64(void *, size_t, int, int, int, off_t) __attribute__((alias("mmap")));

/* Of /proc/self/pagemap: a page is there, and is one of a file. */
#define IS_PRESENT ((uint64_t)1 << 63)
#define IS_OF_FILE ((uint64_t)1 << 61)

/* Larger pages with the process's own memory among the addresses; *last is the last one that was counted. */
static size_t pages_touched(int pagemap, uintptr_t begin, uintptr_t end, uintptr_t *last)
{
    size_t n = 0;
    static uint64_t entries[512];
    for (ssize_t n_read; begin < end; begin += (size_t)n_read * OWN_PAGE) {
        size_t wanted = (end - begin) / OWN_PAGE < 512 ? (end - begin) / OWN_PAGE : 512;
        n_read = syscall(SYS_pread64, pagemap, entries, wanted * sizeof *entries, begin / OWN_PAGE * sizeof *entries) /
                 (ssize_t)sizeof *entries;
        if (n_read <= 0)
            return n;
        for (ssize_t i = 0; i < n_read; i++) {
            uintptr_t number = (begin + (size_t)i * OWN_PAGE) / page() + 1;
            if ((entries[i] & (IS_PRESENT | IS_OF_FILE)) != IS_PRESENT || number == *last)
                continue;
            *last = number;
            n++;
        }
    }
    return n;
}

static size_t most_pages;
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;

/* Takes no memory itself. */
__attribute__((destructor)) static void count(void)
{
    static char text[1 << 16];
    size_t n = 0, n_text = 0;
    uintptr_t last = 0;
    if (getenv("PAGE_COUNT") == NULL)
        return;
    pthread_mutex_lock(&counting);
    int maps = open("/proc/self/maps", O_RDONLY), pagemap = open("/proc/self/pagemap", O_RDONLY);
    for (ssize_t more; (more = read(maps, text + n_text, sizeof text - 1 - n_text)) > 0;)
        n_text += (size_t)more;
    text[n_text] = '\0';
    for (char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n') + 1) {
        char *end;
        uintptr_t from = strtoul(line, &end, 16);
        n += pages_touched(pagemap, from, strtoul(end + 1, &end, 16), &last);
    }
    close(maps);
    close(pagemap);
    if (n > most_pages)
        most_pages = n;
    pthread_mutex_unlock(&counting);
}

/* Runs last: other destructors may still give memory back. */
__attribute__((destructor(101))) static void tell(void)
{
    FILE *file = getenv("PAGE_COUNT") == NULL ? NULL : fopen(getenv("PAGE_COUNT"), "w");
    if (file == NULL)
        return;
    fprintf(file, "%zu\n", most_pages * page());
    fclose(file);
}

int munmap(void *at, size_t n)
{
    count();
    return refuses(at) ? -1 : (int)syscall(SYS_munmap, at, round_up(n));
}

int mprotect(void *at, size_t n, int protection)
{
    return refuses(at) ? -1 : (int)syscall(SYS_mprotect, at, round_up(n), protection);
}

int madvise(void *at, size_t n, int advice)
{
    if (advice == MADV_DONTNEED)
        count();
    return refuses(at) ? -1 : (int)syscall(SYS_madvise, at, round_up(n), advice);
}

/* A page is there where its first part is. */
int mincore(void *at, size_t n, unsigned char *present)
{
    if (refuses(at))
        return -1;
    for (size_t done = 0; done < n; done += page())
        if (syscall(SYS_mincore, (char *)at + done, OWN_PAGE, present++) != 0)
            return -1;
    return 0;
}

ssize_t pread(int file, void *to, size_t n, off_t offset)
{
    int is_direct = (fcntl(file, F_GETFL) & O_DIRECT) != 0;
    if (is_direct && ((uintptr_t)to | n | (uintptr_t)offset) % READ_UNIT != 0) {
        errno = EINVAL;
        return -1;
    }
    return syscall(SYS_pread64, file, to, n, offset);
}

ssize_t pread64(int, void *, size_t, off_t) __attribute__((alias("pread")));
