/* Weights of 3x3 filters as they lie in the file, evaluated at Winograd's points. */
#ifndef MAFAT_KERNELS_WINOGRAD_WEIGHTS_H
#define MAFAT_KERNELS_WINOGRAD_WEIGHTS_H

#include "kernels/winograd_points.h"

/* Floats of its scratch. */
enum { MAFAT_WINOGRAD_WEIGHTS_FLOATS = 9 * MAFAT_SIMD_FLOATS * MAFAT_SIMD_FLOATS };

/* n_filters filters, not more than MAFAT_WINOGRAD_FILTERS, rows of filter_stride floats: of each
 * n_channels channels, not more than MAFAT_WINOGRAD_CHANNELS. Channel c of filter f at point p
 * comes to
 *
 *     at.data[p*at.step + c*MAFAT_WINOGRAD_FILTERS + f]
 *
 * with zeros for the filters that there are not. */
void mafat_winograd_weights_run(const float *weights, size_t filter_stride, int n_filters,
                                int n_channels, mafat_winograd_planes at, float *scratch);

#endif
