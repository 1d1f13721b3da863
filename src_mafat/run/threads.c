/* OpenMP's few functions, and what they are without it; see threads.h. */
#include "run/threads.h"

#ifdef _OPENMP

#include <omp.h>

int mafat_threads_available(void)
{
    return 1;
}

int mafat_threads_default(void)
{
    return omp_get_max_threads();
}

void mafat_threads_set(int n)
{
    omp_set_num_threads(n);
}

int mafat_threads_index(void)
{
    return omp_get_thread_num();
}

#else

int mafat_threads_available(void)
{
    return 0;
}

int mafat_threads_default(void)
{
    return 1;
}

void mafat_threads_set(int n)
{
    (void)n;
}

int mafat_threads_index(void)
{
    return 0;
}

#endif
