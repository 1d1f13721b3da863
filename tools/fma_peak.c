/* fma_peak: what one core, and as many as OMP_NUM_THREADS says or the machine has, can do at most
 * in multiply-adds of vectors; the loop is kernels/peak.h. */
#include <stdio.h>

#include "machine/measure.h"
#include "run/team.h"

int main(void)
{
    int n_threads = mafat_team_default_size();
    printf("gflops: %.1f\n", mafat_measure_peak_flops(1) * 1e-9);
    printf("threads: %d\n", n_threads);
    printf("gflops_all_threads: %.1f\n", mafat_measure_peak_flops(n_threads) * 1e-9);
    return 0;
}
