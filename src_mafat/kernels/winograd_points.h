/* The arithmetic of Winograd's F(4x4, 3x3), and how its operands lie in memory.
 *
 * Sixteen outputs of a 3x3 kernel, four by four, take 36 products instead of 144: both the 6x6
 * inputs that they depend on and the weights are polynomials that are evaluated at 6 points in each
 * direction, multiplied there, point by point, and the products' sums over the channels are
 * interpolated. The points are 0, A, -A, B, -B and infinity.
 *
 * TUNING, of exactness: README.md, "Winograd". Both are short binary fractions, so that all
 * coefficients of inputs and weights are exact. */
#ifndef MAFAT_KERNELS_WINOGRAD_POINTS_H
#define MAFAT_KERNELS_WINOGRAD_POINTS_H

#include <stddef.h>

#include "base/winograd_shape.h"
#include "kernels/simd.h"

/* Filters that are computed together. */
enum { MAFAT_WINOGRAD_FILTERS = MAFAT_WINOGRAD_VECTORS * MAFAT_SIMD_FLOATS };

/* Values at all points: those of a point are a plane, and planes are `step` floats apart. */
typedef struct {
    float *data;
    size_t step;
} mafat_winograd_planes;

#define MAFAT_WINOGRAD_A 0.6875
#define MAFAT_WINOGRAD_B 1.4375

/* Six inputs at the six points. */
static MAFAT_ALWAYS_INLINE void mafat_winograd_points_of_inputs(const mafat_simd d[6],
                                                                mafat_simd at[6])
{
    const float a = (float)MAFAT_WINOGRAD_A, b = (float)MAFAT_WINOGRAD_B;
    const float aa = a * a, bb = b * b;
    mafat_simd even_a = mafat_simd_add_product(d[4], -bb, d[2]);
    mafat_simd odd_a = mafat_simd_add_product(d[3], -bb, d[1]);
    mafat_simd even_b = mafat_simd_add_product(d[4], -aa, d[2]);
    mafat_simd odd_b = mafat_simd_add_product(d[3], -aa, d[1]);

    at[0] = mafat_simd_add_product(mafat_simd_add_product(d[4], -(aa + bb), d[2]), aa * bb, d[0]);
    at[1] = mafat_simd_add_product(even_a, a, odd_a);
    at[2] = mafat_simd_add_product(even_a, -a, odd_a);
    at[3] = mafat_simd_add_product(even_b, b, odd_b);
    at[4] = mafat_simd_add_product(even_b, -b, odd_b);
    at[5] = mafat_simd_add_product(mafat_simd_add_product(d[5], -(aa + bb), d[3]), aa * bb, d[1]);
}

/* Three weights at the six points. */
static MAFAT_ALWAYS_INLINE void mafat_winograd_points_of_weights(const mafat_simd g[3],
                                                                 mafat_simd at[6])
{
    const float a = (float)MAFAT_WINOGRAD_A, b = (float)MAFAT_WINOGRAD_B;
    mafat_simd even_a = mafat_simd_add_product(g[0], a * a, g[2]);
    mafat_simd even_b = mafat_simd_add_product(g[0], b * b, g[2]);

    at[0] = g[0];
    at[1] = mafat_simd_add_product(even_a, a, g[1]);
    at[2] = mafat_simd_add_product(even_a, -a, g[1]);
    at[3] = mafat_simd_add_product(even_b, b, g[1]);
    at[4] = mafat_simd_add_product(even_b, -b, g[1]);
    at[5] = g[2];
}

/* The four outputs whose values at the six points these are. What evaluating would divide by is
 * divided by here. */
static MAFAT_ALWAYS_INLINE void mafat_winograd_points_to_outputs(const mafat_simd at[6],
                                                                 mafat_simd out[4])
{
    const double a = MAFAT_WINOGRAD_A, b = MAFAT_WINOGRAD_B;
    const double of_a = 2 * a * a * (a * a - b * b), of_b = 2 * b * b * (b * b - a * a);
    mafat_simd sum_a = at[1] + at[2], difference_a = at[1] - at[2];
    mafat_simd sum_b = at[3] + at[4], difference_b = at[3] - at[4];

    out[0] = mafat_simd_add_product(sum_b * (float)(1 / of_b), (float)(1 / of_a), sum_a);
    out[0] = mafat_simd_add_product(out[0], (float)(1 / (a * a * b * b)), at[0]);
    out[1] = mafat_simd_add_product(difference_b * (float)(b / of_b), (float)(a / of_a),
                                    difference_a);
    out[2] = mafat_simd_add_product(sum_b * (float)(b * b / of_b), (float)(a * a / of_a), sum_a);
    out[3] = mafat_simd_add_product(at[5], (float)(b * b * b / of_b), difference_b);
    out[3] = mafat_simd_add_product(out[3], (float)(a * a * a / of_a), difference_a);
}

#endif
