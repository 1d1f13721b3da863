/* Checked sizes, and the machine's pages; see size.h. */
#include "base/size.h"

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
