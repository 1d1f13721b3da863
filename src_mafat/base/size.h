/* Arithmetic of sizes that does not overflow silently, and the machine's pages. */
#ifndef MAFAT_BASE_SIZE_H
#define MAFAT_BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stores a*b or a+b in *result and returns true, or returns false where it does not fit. */
bool mafat_size_mul(size_t a, size_t b, size_t *result);
bool mafat_size_add(size_t a, size_t b, size_t *result);

/* a+b, or SIZE_MAX where that does not fit: more than any limit. */
static inline size_t mafat_size_sum(size_t a, size_t b)
{
    return a <= SIZE_MAX - b ? a + b : SIZE_MAX;
}

static inline size_t mafat_size_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

static inline size_t mafat_size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline int mafat_size_min_int(int a, int b)
{
    return a < b ? a : b;
}

static inline int mafat_size_max_int(int a, int b)
{
    return a > b ? a : b;
}

/* How many parts of `each` n makes, the last of which may be smaller: n/each, rounded up. */
static inline size_t mafat_size_divide_up(size_t n, size_t each)
{
    return n / each + (n % each != 0);
}

/* The same for counts: n >= 0, each > 0. */
static inline int mafat_size_parts(int n, int each)
{
    return n / each + (n % each != 0);
}

/* The smallest multiple of `unit` that is n or more; the largest there is where none is. */
static inline size_t mafat_size_round_up(size_t n, size_t unit)
{
    return mafat_size_sum(n, unit - 1) / unit * unit;
}

/* Bytes of one of the machine's pages, in which the kernel gives memory and charges it: a power of
 * two. 4096 on most machines, 16384 or 65536 on some of ARM's. What disks and files want for direct
 * reads is another matter (MAFAT_READ_UNIT, plan/plan.h). */
size_t mafat_size_page(void);

/* So many bytes in whole pages, rounded up. */
size_t mafat_size_in_pages(size_t bytes);

/* Writes a size as people read it, and returns `text`: "512 bytes", "10.1 MiB". Rounded up to a
 * tenth: what it says is enough. */
enum { MAFAT_SIZE_TEXT = 24 };
const char *mafat_size_text(size_t bytes, char text[MAFAT_SIZE_TEXT]);

/* The same into room that lasts as long as the block it stands in. */
#define MAFAT_SIZE(bytes) mafat_size_text(bytes, (char[MAFAT_SIZE_TEXT]){0})

#endif
