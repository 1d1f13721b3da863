/* The vector type and the register tile of the instruction set that the compiler builds for.
 *
 * A tile is MAFAT_TILE_FILTERS filters by MAFAT_TILE_VECTORS vectors of pixels, its sums in
 * registers; each step of k loads the vectors once and broadcasts one weight a filter. */
#ifndef MAFAT_KERNELS_SIMD_H
#define MAFAT_KERNELS_SIMD_H

#if defined(__FMA__) || defined(__AVX512F__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* Why these tiles. YOLOv2's 38x38 256->512 3x3 on one Zen 5 core, whole map, percent of the peak of
 * the same instruction set measured beside it, gcc / clang:
 *     AVX-512  8x3 88/90, 6x4 89/89, 9x3 86/88
 *     AVX2     4x3 94/95, 6x2 93/93, 5x2 86/86
 *     SSE2     3x3 91/86, 3x4 92/60, 4x2 87/67, 6x2 89/76, 2x6 96/61
 * NEON is not measured: AVX-512's tile, as it has as many registers; clang's loop spills none. */
#if defined(__AVX512F__)
enum { MAFAT_SIMD_FLOATS = 16, MAFAT_TILE_FILTERS = 8, MAFAT_TILE_VECTORS = 3 };
#define MAFAT_TILE_EACH_FILTERS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#elif defined(__AVX__)
enum { MAFAT_SIMD_FLOATS = 8, MAFAT_TILE_FILTERS = 4, MAFAT_TILE_VECTORS = 3 };
#define MAFAT_TILE_EACH_FILTERS(X) X(1) X(2) X(3) X(4)
#elif defined(__aarch64__)
enum { MAFAT_SIMD_FLOATS = 4, MAFAT_TILE_FILTERS = 8, MAFAT_TILE_VECTORS = 3 };
#define MAFAT_TILE_EACH_FILTERS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#else
enum { MAFAT_SIMD_FLOATS = 4, MAFAT_TILE_FILTERS = 3, MAFAT_TILE_VECTORS = 3 };
#define MAFAT_TILE_EACH_FILTERS(X) X(1) X(2) X(3)
#endif
#define MAFAT_TILE_EACH_VECTORS(X, F) X(F, 1) X(F, 2) X(F, 3)

/* Taps and pixels of the packed block: 432 KB, which must stay in the second-level cache. All of
 * YOLOv2-608, AVX-512, 1 MB of it: KC 288 with NC 96 79 % of peak, 192 82, 240 83, 384 84, 576 83;
 * NC 384 with KC 144 83 %, 192 84, 384 83, 576 83. */
enum { MAFAT_CONV_KC = 288, MAFAT_CONV_NC = 384 };

enum { MAFAT_TILE_PIXELS = MAFAT_TILE_VECTORS * MAFAT_SIMD_FLOATS };

/* A register; and the same in memory, at any float's address. */
typedef float mafat_simd __attribute__((vector_size(MAFAT_SIMD_FLOATS * sizeof(float))));
typedef float mafat_simd_in_memory
    __attribute__((vector_size(MAFAT_SIMD_FLOATS * sizeof(float)), aligned(4), may_alias));

/* Stands before a loop of constant bounds over an array of registers: without it gcc unrolls the
 * loop too late to keep the array out of memory, with it clang does. */
#ifdef __clang__
#define MAFAT_UNROLL
#else
#define MAFAT_UNROLL _Pragma("GCC unroll 8")
#endif

#define MAFAT_ALWAYS_INLINE inline __attribute__((always_inline))

static MAFAT_ALWAYS_INLINE mafat_simd mafat_simd_load(const float *x)
{
    return *(const mafat_simd_in_memory *)x;
}

static MAFAT_ALWAYS_INLINE void mafat_simd_store(float *x, mafat_simd value)
{
    *(mafat_simd_in_memory *)x = value;
}

/* sum + factor*x, rounded once where the target can, as Darknet's GEMM is. An intrinsic, because
 * compilers need not fuse an expression: tuned for Zen, gcc prefers not to in a chain of sums, which
 * is what a convolution is. */
static MAFAT_ALWAYS_INLINE mafat_simd mafat_simd_add_product(mafat_simd sum, float factor,
                                                             mafat_simd x)
{
#if defined(__AVX512F__)
    return _mm512_fmadd_ps(_mm512_set1_ps(factor), x, sum);
#elif defined(__FMA__)
    return _mm256_fmadd_ps(_mm256_set1_ps(factor), x, sum);
#elif defined(__aarch64__)
    return vfmaq_n_f32(sum, x, factor);
#else
    return sum + factor * x;
#endif
}

static MAFAT_ALWAYS_INLINE void mafat_simd_prefetch(const float *x, int n)
{
    for (int i = 0; i < n; i += 16)     /* cache lines */
        __builtin_prefetch(x + i);
}

/* Copies short runs of floats: the last vector overlaps the one before, so that no loop over single
 * floats is needed. */
static MAFAT_ALWAYS_INLINE void mafat_simd_copy(float *to, const float *from, int n)
{
    typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));
    int i = 0;

    if (n >= MAFAT_SIMD_FLOATS) {
        for (; i < n - MAFAT_SIMD_FLOATS; i += MAFAT_SIMD_FLOATS)
            mafat_simd_store(to + i, mafat_simd_load(from + i));
        i = n - MAFAT_SIMD_FLOATS;
        mafat_simd_store(to + i, mafat_simd_load(from + i));
    } else if (n >= 4) {
        for (; i < n - 4; i += 4)
            *(quad *)(to + i) = *(const quad *)(from + i);
        *(quad *)(to + n - 4) = *(const quad *)(from + n - 4);
    } else {
        for (; i < n; i++)
            to[i] = from[i];
    }
}

#endif
