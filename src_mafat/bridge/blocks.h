/* Blocks of the layers that Darknet makes, beside the heap. */
#ifndef MAFAT_BRIDGE_BLOCKS_H
#define MAFAT_BRIDGE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

/* Between mafat_blocks_begin() and mafat_blocks_end() the thread that called them makes layers:
 * blocks are to be had, and what mafat_blocks_next_layer() finds freed costs nothing more. */
void mafat_blocks_begin(void);
void mafat_blocks_next_layer(void);
void mafat_blocks_end(void);

/* A block of zeros; NULL where it is too small for pages of its own, or there is no room for it, or
 * no layers are made. */
void *mafat_blocks_make(size_t n_bytes);

/* The same, or else a block of the heap, for calloc(). */
void *mafat_blocks_calloc(size_t n, size_t n_bytes);

/* Whether it is such a block, and its size as it was asked for. */
bool mafat_blocks_find(const void *block, size_t *n_bytes);

/* Frees it; false for what is not one. */
bool mafat_blocks_free(void *block);

#endif
