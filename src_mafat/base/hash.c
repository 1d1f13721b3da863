/* Sums of bytes; see hash.h. */
#include "base/hash.h"

uint64_t mafat_hash_add(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ at[i]) * 1099511628211u;
    return hash;
}
