/* Checked sizes, and the machine's pages; see size.h. */
#include "base/size.h"

#include <stdio.h>
#include <unistd.h>

bool mafat_size_mul(size_t a, size_t b, size_t *result)
{
    return !__builtin_mul_overflow(a, b, result);
}

bool mafat_size_add(size_t a, size_t b, size_t *result)
{
    return !__builtin_add_overflow(a, b, result);
}

/* Asked for each time: the C library has it at hand. */
size_t mafat_size_page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

size_t mafat_size_in_pages(size_t bytes)
{
    return mafat_size_round_up(bytes, mafat_size_page());
}

const char *mafat_size_text(size_t bytes, char text[MAFAT_SIZE_TEXT])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    enum { STEP = 1024, N_UNITS = sizeof units / sizeof units[0] };
    size_t unit = STEP;
    int i = 0;
    while (i + 1 < N_UNITS && bytes / STEP >= unit) {
        unit *= STEP;
        i++;
    }
    size_t tenths = bytes / unit * 10 + mafat_size_divide_up(bytes % unit * 10, unit);
    if (tenths >= 10 * STEP && i + 1 < N_UNITS) {    /* 1023.99 of them */
        tenths = 10;
        i++;
    }
    if (bytes < STEP)
        snprintf(text, MAFAT_SIZE_TEXT, "%zu bytes", bytes);
    else
        snprintf(text, MAFAT_SIZE_TEXT, "%zu.%zu %s", tenths / 10, tenths % 10, units[i]);
    return text;
}
