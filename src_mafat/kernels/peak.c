/* A loop of multiply-adds; see peak.h. */
#include "kernels/peak.h"

#include "kernels/simd.h"

/* In two parts, because MAFAT_UNROLL unrolls up to 8. */
enum { PARTS = 2, CHAINS = MAFAT_PEAK_CHAINS / PARTS };

double mafat_peak_run(size_t n_rounds, float *result)
{
    const mafat_simd zero = {0};
    const mafat_simd addend = zero + 1.0f;
    mafat_simd sums[PARTS][CHAINS];
    /* none begins with 2, which the loop does not change: compilers see that and leave it out */
    for (int p = 0; p < PARTS; p++)
        for (int c = 0; c < CHAINS; c++)
            sums[p][c] = zero + 1.0f + 1.0f / (float)(2 + p * CHAINS + c);
    for (size_t i = 0; i < n_rounds; i++) {
        MAFAT_UNROLL
        for (int p = 0; p < PARTS; p++) {
            MAFAT_UNROLL
            for (int c = 0; c < CHAINS; c++)
                sums[p][c] = mafat_simd_add_product(addend, 0.5f, sums[p][c]);
        }
    }
    float sum = 0;
    for (int p = 0; p < PARTS; p++)
        for (int c = 0; c < CHAINS; c++)
            for (int lane = 0; lane < MAFAT_SIMD_FLOATS; lane++)
                sum += sums[p][c][lane];
    *result = sum / (MAFAT_PEAK_CHAINS * MAFAT_SIMD_FLOATS);
    return 2.0 * (double)n_rounds * MAFAT_PEAK_CHAINS * MAFAT_SIMD_FLOATS;
}
