/* A loop of multiply-adds; see peak.h. */
#include "kernels/peak.h"

#include "kernels/simd.h"

/* In two parts, because MAFAT_UNROLL unrolls up to 8. */
enum { PARTS = 2, CHAINS = MAFAT_PEAK_CHAINS / PARTS };

/* What the register tile has its sums in. */
#if MAFAT_SIMD_IS_LOWERED
typedef float chain;

static MAFAT_ALWAYS_INLINE chain add_product(chain sum, float factor, chain x)
{
    return sum + factor * x;
}

static float add_lanes(chain x)
{
    return x;
}
#else
typedef mafat_simd chain;

static MAFAT_ALWAYS_INLINE chain add_product(chain sum, float factor, chain x)
{
    return mafat_simd_add_product(sum, factor, x);
}

static float add_lanes(chain x)
{
    float sum = 0;
    for (int lane = 0; lane < MAFAT_SIMD_FLOATS; lane++)
        sum += x[lane];
    return sum;
}
#endif

enum { LANES = sizeof(chain) / sizeof(float) };

double mafat_peak_run(size_t n_rounds, float *result)
{
    const chain zero = {0};
    const chain addend = zero + 1.0f;
    chain sums[PARTS][CHAINS];
    /* none begins with 2, which the loop does not change: compilers see that and leave it out */
    for (int p = 0; p < PARTS; p++)
        for (int c = 0; c < CHAINS; c++)
            sums[p][c] = zero + 1.0f + 1.0f / (float)(2 + p * CHAINS + c);
    for (size_t i = 0; i < n_rounds; i++) {
        MAFAT_UNROLL
        for (int p = 0; p < PARTS; p++) {
            MAFAT_UNROLL
            for (int c = 0; c < CHAINS; c++)
                sums[p][c] = add_product(addend, 0.5f, sums[p][c]);
        }
    }
    float sum = 0;
    for (int p = 0; p < PARTS; p++)
        for (int c = 0; c < CHAINS; c++)
            sum += add_lanes(sums[p][c]);
    *result = sum / (MAFAT_PEAK_CHAINS * LANES);
    return 2.0 * (double)n_rounds * MAFAT_PEAK_CHAINS * LANES;
}
