/* The register tile: some filters times some vectors of pixels, over one slice of k. */
#ifndef MAFAT_KERNELS_REGISTER_TILE_H
#define MAFAT_KERNELS_REGISTER_TILE_H

#include <stdbool.h>
#include <stddef.h>

/* The equivalent loop, for f < n_filters and p < n_vectors * MAFAT_SIMD_FLOATS:
 *
 *     float sum = start ? 0 : sums[f][p];
 *     for k < n_k:
 *         sum += weights[f][k] * panel[k][p];
 *     sums[f][p] = sum;
 */
typedef struct {
    const float *weights;   /* rows of weight_stride floats; with MAFAT_WEIGHT_COPIES, as
                               mafat_pack_weights leaves them, where weights[f][k] is [k][f][0] */
    size_t weight_stride;
    const float *panel;     /* [n_k][MAFAT_REGISTER_PIXELS] */
    float *sums;            /* rows of sum_stride floats */
    size_t sum_stride;
    int n_k;
    bool start;
} mafat_register_tile;

/* 1 <= n_filters <= MAFAT_REGISTER_FILTERS, 1 <= n_vectors <= MAFAT_REGISTER_VECTORS. */
void mafat_register_tile_run(const mafat_register_tile *tile, int n_filters, int n_vectors);

#endif
