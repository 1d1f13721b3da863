/* realloc() with checked sizes; see array.h. */
#include "base/array.h"

#include <limits.h>
#include <stdlib.h>

#include "base/size.h"

void *mafat_array_resize(void *array, size_t n, size_t element_bytes)
{
    size_t n_bytes;
    return mafat_size_mul(n, element_bytes, &n_bytes) ? realloc(array, n_bytes) : NULL;
}

void *mafat_array_grow(void *array, int n, int *capacity, int first, size_t element_bytes)
{
    if (n < *capacity)
        return array;
    if (*capacity > INT_MAX / 2)
        return NULL;
    int larger = *capacity == 0 ? first : 2 * *capacity;
    void *grown = mafat_array_resize(array, (size_t)larger, element_bytes);
    if (grown != NULL)
        *capacity = larger;
    return grown;
}
