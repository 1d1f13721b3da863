/* Images that wait for the pass of the weights that they share with others (pass.h), in their
 * order. */
#ifndef MAFAT_BRIDGE_QUEUE_H
#define MAFAT_BRIDGE_QUEUE_H

#include "base/status.h"

typedef struct {
    mafat_image *images;    /* [n], owned, as their paths and pixels: it is the first one's turn */
    int n, capacity;
    int n_run;              /* so many of the first ones have been run */
    size_t held_bytes;      /* of their files, where these are held in memory: at the most, until all have
                               been dropped */
} mafat_queue;

/* Puts a copy of an image of a file or of pixels at the end. MAFAT_FAILED without memory. */
mafat_status mafat_queue_add(mafat_queue *queue, const mafat_image *image, mafat_error *error);

/* Frees the first image, which must be there. */
void mafat_queue_drop(mafat_queue *queue);

/* Frees all and clears it; a zeroed one may be freed. */
void mafat_queue_free(mafat_queue *queue);

#endif
