/* Activations that pinned Darknet lacks, in vectors.
 *
 * The equivalent loop: x[i] = f(x[i]), where f is
 *
 *     mish         x * tanh(log(1 + exp(x)))
 *     swish        x / (1 + exp(-x))
 *     gelu         x/2 * (1 + tanh(0.797885*x + 0.035677*x*x*x))
 *     relu6        min(max(x, 0), 6)
 *     hard_mish    x for x > 0; x*x/2 + x for -2 < x <= 0; else 0
 *
 * A value's result depends on nothing but the value: not on where it stands in x, nor on n, nor on the
 * processor, as each operation is rounded (-ffp-contract=off) and none is the library's. So Darknet's
 * layer-by-layer pass, which calls this on whole maps, and a tile's epilogue give the same bits.
 *
 * Beside double precision relu6 is exact; the others are off by at most MAFAT_ACTIVATION_ERROR: mish and
 * swish of their value, unless it is less than MAFAT_ACTIVATION_FLOOR, gelu and hard_mish of their value
 * or of 1, whichever is more (test_activation). Of a NaN mish, swish and gelu make a NaN. */
#ifndef MAFAT_KERNELS_ACTIVATION_H
#define MAFAT_KERNELS_ACTIVATION_H

#include "base/layer.h"

#define MAFAT_ACTIVATION_ERROR 3e-7
#define MAFAT_ACTIVATION_FLOOR 1e-30

/* Whether an activation is one of these. */
bool mafat_activation_is_ours(mafat_activation activation);

/* Applies one of these to x[0..n). */
void mafat_activation_run(mafat_activation activation, float *x, int n);

#endif
