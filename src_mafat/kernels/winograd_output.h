/* Winograd's sums, interpolated to outputs. */
#ifndef MAFAT_KERNELS_WINOGRAD_OUTPUT_H
#define MAFAT_KERNELS_WINOGRAD_OUTPUT_H

#include "kernels/convolution.h"
#include "kernels/winograd_points.h"

/* Tiles whose outputs are turned over together. */
enum { MAFAT_WINOGRAD_OUTPUT_TILES = 4 };

/* Floats of its scratch. */
enum {
    MAFAT_WINOGRAD_OUTPUT_FLOATS = MAFAT_WINOGRAD_OUTPUT_TILES * MAFAT_WINOGRAD_OUT
                                   * MAFAT_WINOGRAD_OUT * MAFAT_SIMD_FLOATS
};

/* Tiles [tile_begin, tile_end) of n_filters filters from f on, not more than
 * MAFAT_WINOGRAD_FILTERS, come to the output map, after the epilogue. The sums lie as
 * winograd_multiply.h leaves them, tile tile_begin being the first. */
void mafat_winograd_output_run(const mafat_conv *conv, mafat_winograd_planes sums, int f,
                               int n_filters, int tile_begin, int tile_end, float *scratch);

#endif
