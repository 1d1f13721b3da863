/* Arrays that grow. */
#ifndef MAFAT_BASE_ARRAY_H
#define MAFAT_BASE_ARRAY_H

#include <stddef.h>

/* realloc() for n elements: the array with room for them, wherever it is now; NULL, and the array
 * stays as it is, without memory and where their size overflows. */
void *mafat_array_resize(void *array, size_t n, size_t element_bytes);

/* Gives an array of n elements, which has room for *capacity, room for one more: where it is full,
 * for `first` at the beginning and for twice as many then. Returns it, or NULL as above. */
void *mafat_array_grow(void *array, int n, int *capacity, int first, size_t element_bytes);

#endif
