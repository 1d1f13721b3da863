/* Winograd's products at one of the points: inputs times weights, summed over channels. */
#ifndef MAFAT_KERNELS_WINOGRAD_MULTIPLY_H
#define MAFAT_KERNELS_WINOGRAD_MULTIPLY_H

#include <stdbool.h>

#include "kernels/winograd_points.h"

/* The equivalent loop, for t < n_tiles and f < MAFAT_WINOGRAD_FILTERS:
 *
 *     float sum = 0;
 *     for c < n_channels:
 *         sum += inputs[t][c] * weights[c][f];        fused where the target can
 *     sums[t][f] = start ? sum : sums[t][f] + sum;
 *
 * with rows of MAFAT_WINOGRAD_CHANNELS inputs, and of MAFAT_WINOGRAD_FILTERS weights and sums. */
void mafat_winograd_multiply_run(const float *inputs, const float *weights, float *sums,
                                 int n_tiles, int n_channels, bool start);

#endif
