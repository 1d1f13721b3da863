/* The most arithmetic that a core can do with vectors of kernels/simd.h: what convolutions are
 * measured against.
 *
 * The equivalent loop, in registers only:
 *
 *     for i < n_rounds, j < MAFAT_PEAK_CHAINS:
 *         sums[j] = sums[j] * factor + addend
 *
 * The chains do not depend on each other; there are enough of them to keep two units of six cycles'
 * latency busy, and with both constants they fit into 16 registers. A target without a fused
 * multiply-add multiplies and adds, as the convolution does there. Knows nothing of time. */
#ifndef MAFAT_KERNELS_PEAK_H
#define MAFAT_KERNELS_PEAK_H

#include <stddef.h>

enum { MAFAT_PEAK_CHAINS = 12 };

/* Runs the loop and returns the floating-point operations that it did, two for a multiply-add. The
 * sums go to *result, so that no compiler can leave the loop out; they stay from 1 to 2. */
double mafat_peak_run(size_t n_rounds, float *result);

#endif
