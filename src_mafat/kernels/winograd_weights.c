/* As many filters and channels at a time as a vector has lanes: turned over, so that a vector is
 * one weight of all filters; then each column of three is evaluated, and each of the six rows. */
#include "kernels/winograd_weights.h"

#include "base/size.h"
#include "kernels/transpose.h"

enum { LANES = MAFAT_SIMD_FLOATS, TAPS = 9 };

static void evaluate(const float (*taps)[LANES], float *to, size_t step)
{
    mafat_simd rows[MAFAT_WINOGRAD_IN][3];

    MAFAT_UNROLL
    for (int x = 0; x < 3; x++) {
        mafat_simd g[3], at[MAFAT_WINOGRAD_IN];
        MAFAT_UNROLL
        for (int y = 0; y < 3; y++)
            g[y] = mafat_simd_load(taps[3 * y + x]);
        mafat_winograd_points_of_weights(g, at);
        MAFAT_UNROLL
        for (int i = 0; i < MAFAT_WINOGRAD_IN; i++)
            rows[i][x] = at[i];
    }
    MAFAT_UNROLL
    for (int i = 0; i < MAFAT_WINOGRAD_IN; i++) {
        mafat_simd at[MAFAT_WINOGRAD_IN];
        mafat_winograd_points_of_weights(rows[i], at);
        MAFAT_UNROLL
        for (int j = 0; j < MAFAT_WINOGRAD_IN; j++, to += step)
            mafat_simd_store(to, at[j]);
    }
}

void mafat_winograd_weights_run(const float *weights, size_t filter_stride, int n_filters,
                                int n_channels, mafat_winograd_planes at, float *scratch)
{
    float (*taps)[LANES] = (float (*)[LANES])scratch;

    for (int f = 0; f < MAFAT_WINOGRAD_FILTERS; f += LANES) {
        int n = mafat_size_min_int(n_filters - f, LANES);
        for (int c = 0; c < n_channels; c += LANES) {
            const float *from = weights + (size_t)f * filter_stride + (size_t)(c * TAPS);
            int n_taps = mafat_size_min_int(n_channels - c, LANES) * TAPS;
            for (int i = 0; i < n_taps; i += LANES)
                mafat_transpose_load(from + i, filter_stride, n, 0,
                                     mafat_size_min_int(n_taps - i, LANES), taps + i);
            for (int i = 0; i * TAPS < n_taps; i++)
                evaluate((const float (*)[LANES])taps + i * TAPS,
                         at.data + (c + i) * MAFAT_WINOGRAD_FILTERS + f, at.step);
        }
    }
}
