/* How the work of a convolution's step is cut into shares that threads take: some pixels, or some
 * filters, never a part of a sum. The executor shares so, and the cost model counts so. */
#ifndef MAFAT_PLAN_SHARE_H
#define MAFAT_PLAN_SHARE_H

#include <stdbool.h>

#include "base/winograd_shape.h"

/* What the convolution kernels compute at once (kernels/conv.h, kernels/winograd.h), as numbers. */
typedef struct {
    int register_filters; /* of its register tile */
    int register_pixels;
    int vector_pixels;    /* the register tile is so many vectors wide; the last one may be
                             narrower */
    int slice_taps;       /* of a filter, in a slice; between slices sums rest in memory */
    int panel_pixels;     /* the most that it packs at once, with so many threads */
    int n_threads;
    mafat_winograd_unit winograd;
} mafat_kernel_shape;

typedef struct {
    bool by_filters;     /* shares of filters, each for all pixels; else of pixels, for all filters.
                            (Of Winograd's convolution, of tiles for pixels.) */
    int extent;          /* filters or pixels to be shared */
    int unit;            /* a share is a multiple of so many of them, but for the last one */
    int n;               /* shares of each filter group of the layer */
} mafat_share;

/* Shares of pixels are panels, whole vectors, as even as can be and a multiple of the threads: they
 * pack nothing twice. Where a map has too few pixels for that, as in the deep layers, filters are
 * shared instead, as few times as there are threads: each share packs all panels for itself. */
mafat_share mafat_share_conv(const mafat_kernel_shape *shape, int n_filters, int n_pixels);

/* The scratch of each thread in a workspace of so many bytes. */
size_t mafat_share_scratch_bytes(size_t workspace_bytes, int n_threads);

/* How a step of Winograd's convolution is shared out, and in which shape each share runs. */
typedef struct {
    mafat_share share;
    mafat_winograd_shape shape;
} mafat_winograd_share;

/* Shares of tiles evaluate all weights, and shares of filters all inputs: whichever is less, with so
 * much scratch for each. */
mafat_winograd_share mafat_share_winograd(const mafat_kernel_shape *shape, size_t scratch_bytes,
                                          int n_channels, int n_filters, int n_tiles);

/* Where share number `index` begins, and the one before it ends. */
int mafat_share_begin(const mafat_share *share, int index);

#endif
