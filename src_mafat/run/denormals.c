/* The processor's way with denormal numbers; see denormals.h. */
#include "run/denormals.h"

/* Bits of the control register: the Makefile says whether Darknet's program has them set. */
#if defined(__SSE__)
enum { FLUSHES = 1 << 15 | 1 << 6 };    /* results and operands of MXCSR */

static unsigned get(void)
{
    return __builtin_ia32_stmxcsr();
}

static void set(unsigned mode)
{
    __builtin_ia32_ldmxcsr(mode);
}
#elif defined(__aarch64__)
enum { FLUSHES = 1 << 24 };    /* of FPCR, for whose access clang and gcc have no common name */

static unsigned get(void)
{
    unsigned long mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return (unsigned)mode;
}

static void set(unsigned mode)
{
    __asm__ volatile("msr fpcr, %0" : : "r"((unsigned long)mode));
}
#elif defined(__ARM_FP)
enum { FLUSHES = 1 << 24 };    /* of FPSCR; NEON's instructions flush whatever it says */

static unsigned get(void)
{
    unsigned mode;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(mode));
    return mode;
}

static void set(unsigned mode)
{
    __asm__ volatile("vmsr fpscr, %0" : : "r"(mode));
}
#else
enum { FLUSHES = 0 };

static unsigned get(void)
{
    return 0;
}

static void set(unsigned mode)
{
    (void)mode;
}
#endif

#ifndef MAFAT_FLUSHES_DENORMALS
#define MAFAT_FLUSHES_DENORMALS 0
#endif

static void set_all(int n_threads, unsigned mode)
{
    (void)n_threads;    /* which a build without OpenMP has one of */
    if (FLUSHES == 0)
        return;
#pragma omp parallel num_threads(n_threads) if (n_threads > 1)
    set(mode);
}

unsigned mafat_denormals_begin(int n_threads)
{
    unsigned before = get();
    if (MAFAT_FLUSHES_DENORMALS)
        set_all(n_threads, before | FLUSHES);
    return before;
}

void mafat_denormals_end(int n_threads, unsigned before)
{
    if (MAFAT_FLUSHES_DENORMALS)
        set_all(n_threads, before);
}
