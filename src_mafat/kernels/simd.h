/* The vector type and the register tiles of the instruction set that the compiler builds for, and its
 * name.
 *
 * A tile is MAFAT_REGISTER_FILTERS filters by MAFAT_REGISTER_VECTORS vectors of pixels, its sums in
 * registers; each step of k loads the vectors once and multiplies them by one weight a filter. Where
 * MAFAT_WEIGHT_COPIES is 0, weights are taken from where they lie; else the tile's are packed
 * beforehand, so many copies of each side by side.
 *
 * Winograd's (winograd_multiply.h) is MAFAT_WINOGRAD_TILES tiles of the map by MAFAT_WINOGRAD_VECTORS
 * vectors of filters. */
#ifndef MAFAT_KERNELS_SIMD_H
#define MAFAT_KERNELS_SIMD_H

#if defined(__FMA__) || defined(__AVX512F__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

/* TUNING: why these tiles. YOLOv2's 38x38 256->512 3x3 on one core, whole map, percent of the peak of
 * the same instruction set measured beside it, gcc / clang:
 *     AVX-512  Zen 5: 8x3 88/90, 6x4 89/89, 9x3 86/88
 *     AVX2     Zen 5: 4x3 94/95, 6x2 93/93, 5x2 86/86; Zen 3: 4x3 85/86
 *     SSE2     Zen 3: 3x3 63/62, broadcast 3x3 77/72, broadcast 2x6 77/76
 * SSE2 takes two instructions to broadcast and multiplies in place, so that shuffles and copies
 * compete with arithmetic. Broadcasting a tile's weights to vectors beforehand takes a third of the
 * tile's own time, and serves all tiles beside it.
 * NEON is not measured, but modelled (tools/kernel_report). Of 64 bits it has AVX-512's registers, and
 * multiplies by one lane of a vector: packed, eight weights take two loads, and a step 30
 * instructions for 24 multiply-adds; from where they lie, they take eight, and gcc spills 3 of the 24
 * sums. Of 32 bits it fuses no multiplication by a lane: weights are broadcast as they are loaded,
 * and 4x3 fills the 16 registers.
 * Where vectors are lowered to floats, 4x1 are 16 sums in registers: 27 instructions a step on ARM of
 * 32 bits, 30 on RISC-V. As vectors of 2x6 they took 5 to 6 a multiply-add, sums in memory. */
#if defined(__AVX512F__)
#define MAFAT_SIMD_NAME "AVX-512"
enum { MAFAT_SIMD_FLOATS = 16, MAFAT_REGISTER_FILTERS = 8, MAFAT_REGISTER_VECTORS = 3 };
enum { MAFAT_WEIGHT_COPIES = 0 };
#define MAFAT_REGISTER_EACH_FILTERS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
enum { MAFAT_WINOGRAD_TILES = 13, MAFAT_WINOGRAD_VECTORS = 2 };
#define MAFAT_WINOGRAD_EACH_TILES(X) \
    X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)
#elif defined(__AVX__)
#ifdef __AVX2__
#define MAFAT_SIMD_NAME "AVX2"
#else
#define MAFAT_SIMD_NAME "AVX"
#endif
enum { MAFAT_SIMD_FLOATS = 8, MAFAT_REGISTER_FILTERS = 4, MAFAT_REGISTER_VECTORS = 3 };
enum { MAFAT_WEIGHT_COPIES = 0 };
#define MAFAT_REGISTER_EACH_FILTERS(X) X(1) X(2) X(3) X(4)
enum { MAFAT_WINOGRAD_TILES = 6, MAFAT_WINOGRAD_VECTORS = 2 };
#define MAFAT_WINOGRAD_EACH_TILES(X) X(1) X(2) X(3) X(4) X(5) X(6)
#elif defined(__aarch64__)
#define MAFAT_SIMD_NAME "NEON"
enum { MAFAT_SIMD_FLOATS = 4, MAFAT_REGISTER_FILTERS = 8, MAFAT_REGISTER_VECTORS = 3 };
enum { MAFAT_WEIGHT_COPIES = 1 };
#define MAFAT_REGISTER_EACH_FILTERS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
enum { MAFAT_WINOGRAD_TILES = 6, MAFAT_WINOGRAD_VECTORS = 4 };
#define MAFAT_WINOGRAD_EACH_TILES(X) X(1) X(2) X(3) X(4) X(5) X(6)
#elif defined(__ARM_NEON)
#define MAFAT_SIMD_NAME "NEON (32 bits)"
enum { MAFAT_SIMD_FLOATS = 4, MAFAT_REGISTER_FILTERS = 4, MAFAT_REGISTER_VECTORS = 3 };
enum { MAFAT_WEIGHT_COPIES = 0 };
#define MAFAT_REGISTER_EACH_FILTERS(X) X(1) X(2) X(3) X(4)
enum { MAFAT_WINOGRAD_TILES = 6, MAFAT_WINOGRAD_VECTORS = 2 };
#define MAFAT_WINOGRAD_EACH_TILES(X) X(1) X(2) X(3) X(4) X(5) X(6)
#elif !defined(__SSE2__)
#define MAFAT_SIMD_NAME "none known: vectors of four floats"
#define MAFAT_SIMD_IS_LOWERED 1
enum { MAFAT_SIMD_FLOATS = 4, MAFAT_REGISTER_FILTERS = 4, MAFAT_REGISTER_VECTORS = 1 };
enum { MAFAT_WEIGHT_COPIES = 0 };
#define MAFAT_REGISTER_EACH_FILTERS(X) X(1) X(2) X(3) X(4)
#define MAFAT_REGISTER_EACH_VECTORS(X, F) X(F, 1)
enum { MAFAT_WINOGRAD_TILES = 2, MAFAT_WINOGRAD_VECTORS = 4 };
#define MAFAT_WINOGRAD_EACH_TILES(X) X(1) X(2)
#else
#define MAFAT_SIMD_NAME "SSE2"
enum { MAFAT_SIMD_FLOATS = 4, MAFAT_REGISTER_FILTERS = 2, MAFAT_REGISTER_VECTORS = 6 };
enum { MAFAT_WEIGHT_COPIES = MAFAT_SIMD_FLOATS };
#define MAFAT_REGISTER_EACH_FILTERS(X) X(1) X(2)
enum { MAFAT_WINOGRAD_TILES = 2, MAFAT_WINOGRAD_VECTORS = 4 };
#define MAFAT_WINOGRAD_EACH_TILES(X) X(1) X(2)
#define MAFAT_REGISTER_EACH_VECTORS(X, F) X(F, 1) X(F, 2) X(F, 3) X(F, 4) X(F, 5) X(F, 6)
#endif
#ifndef MAFAT_SIMD_IS_LOWERED
#define MAFAT_SIMD_IS_LOWERED 0
#endif
#ifndef MAFAT_REGISTER_EACH_VECTORS
#define MAFAT_REGISTER_EACH_VECTORS(X, F) X(F, 1) X(F, 2) X(F, 3)
#endif

/* TUNING. Taps and pixels of a packed panel, 432 KB or 216, which must stay in the second-level
 * cache. All of YOLOv2-608, AVX-512, Zen 5, 1 MB of it: KC 288 with NC 96 79 % of peak, 192 82, 240
 * 83, 384 84, 576 83; NC 384 with KC 144 83 %, 192 84, 384 83, 576 83. AVX2, Zen 3, 512 KB: KC 192
 * and 288 are level. SSE2, Zen 3, where a panel and broadcast weights should leave room in 32 KB,
 * five layers: NC 384 with KC 96 69 % of peak, 128 74, 144 75, 192 74, 288 72; KC 128 with NC 192
 * 71 %, 576 75. Where the last cache is a board's, mafat_conv_panel_best takes fewer taps: rather than
 * fewer pixels, as weights come from memory once for each panel. That is not measured. */
enum { MAFAT_CONV_KC = MAFAT_WEIGHT_COPIES > 1 ? 144 : 288, MAFAT_CONV_NC = 384 };

enum { MAFAT_REGISTER_PIXELS = MAFAT_REGISTER_VECTORS * MAFAT_SIMD_FLOATS };

/* A register; and the same in memory, at any float's address. */
typedef float mafat_simd __attribute__((vector_size(MAFAT_SIMD_FLOATS * sizeof(float))));
typedef float mafat_simd_in_memory
    __attribute__((vector_size(MAFAT_SIMD_FLOATS * sizeof(float)), aligned(4), may_alias));
typedef float mafat_simd_four_in_memory __attribute__((vector_size(16), aligned(4), may_alias));

/* Stands before a loop of constant bounds over an array of registers: without it gcc unrolls the
 * loop too late to keep the array out of memory, with it clang does. MAFAT_UNROLL goes up to 8,
 * MAFAT_UNROLL_LANES to as many as a vector has. */
#ifdef __clang__
#define MAFAT_UNROLL
#define MAFAT_UNROLL_LANES
#define MAFAT_UNROLL_TWICE _Pragma("clang loop unroll_count(2)")
#else
#define MAFAT_UNROLL _Pragma("GCC unroll 8")
#define MAFAT_UNROLL_LANES _Pragma("GCC unroll 16")
#define MAFAT_UNROLL_TWICE _Pragma("GCC unroll 2")
#endif

#define MAFAT_ALWAYS_INLINE inline __attribute__((always_inline))

static MAFAT_ALWAYS_INLINE mafat_simd mafat_simd_load(const float *x)
{
    return *(const mafat_simd_in_memory *)x;
}

static MAFAT_ALWAYS_INLINE mafat_simd mafat_simd_fill(float value)
{
    return value - (mafat_simd){0};     /* as x - 0 is x, also where x + 0 is not: -0 */
}

/* The same value, but no longer known to be in memory too: where registers are few, gcc would load
 * it anew for each multiply-add, which is more than a core can load (AVX2 on Zen 3: 64 % of peak
 * instead of 85). */
static MAFAT_ALWAYS_INLINE mafat_simd mafat_simd_keep(mafat_simd x)
{
#if defined(__AVX__)
    __asm__("" : "+v"(x));
#elif defined(__ARM_NEON)
    __asm__("" : "+w"(x));
#endif
    return x;
}

/* The lanes of two vectors, side by side, that are listed. clang has one name for it and gcc another;
 * that gcc from 12 on knows clang's, too, is of no use to those before. */
#ifdef __clang__
#define MAFAT_SIMD_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define MAFAT_SIMD_SHUFFLE(a, b, ...) \
    __builtin_shuffle(a, b, (int __attribute__((vector_size(sizeof(a))))){__VA_ARGS__})
#endif

/* Every other float from x on. The second half comes from a vector that begins one float early, so
 * that nothing is read beyond the last one. */
static MAFAT_ALWAYS_INLINE mafat_simd mafat_simd_load_even(const float *x)
{
    mafat_simd a = mafat_simd_load(x), b = mafat_simd_load(x + MAFAT_SIMD_FLOATS - 1);
#if defined(__AVX512F__)
    return MAFAT_SIMD_SHUFFLE(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
#elif defined(__AVX__)
    return MAFAT_SIMD_SHUFFLE(a, b, 0, 2, 4, 6, 9, 11, 13, 15);
#else
    return MAFAT_SIMD_SHUFFLE(a, b, 0, 2, 5, 7);
#endif
}

static MAFAT_ALWAYS_INLINE void mafat_simd_store(float *x, mafat_simd value)
{
    *(mafat_simd_in_memory *)x = value;
}

/* Lanes [begin, end) of the vector at x, and zeros: nothing else of it is read. */
static MAFAT_ALWAYS_INLINE mafat_simd mafat_simd_load_part(const float *x, int begin, int end)
{
    if (begin == 0 && end == MAFAT_SIMD_FLOATS)
        return mafat_simd_load(x);
#if defined(__AVX512F__)
    return _mm512_maskz_loadu_ps((__mmask16)((1u << end) - (1u << begin)), x);
#else
    float lanes[MAFAT_SIMD_FLOATS] = {0};
    for (int i = begin; i < end; i++)
        lanes[i] = x[i];
    return mafat_simd_load(lanes);
#endif
}

/* The first n lanes go to x. */
static MAFAT_ALWAYS_INLINE void mafat_simd_store_part(float *x, mafat_simd value, int n)
{
    if (n == MAFAT_SIMD_FLOATS) {
        mafat_simd_store(x, value);
        return;
    }
#if defined(__AVX512F__)
    _mm512_mask_storeu_ps(x, (__mmask16)((1u << n) - 1), value);
#else
    float lanes[MAFAT_SIMD_FLOATS];
    mafat_simd_store(lanes, value);
    for (int i = 0; i < n; i++)
        x[i] = lanes[i];
#endif
}

/* sum + factor*x, rounded once where Darknet's GEMM is: where the target can, but for gcc without
 * optimisation, which fuses nothing. An intrinsic, because compilers need not fuse an expression:
 * tuned for Zen, gcc prefers not to in a chain of sums, which is what a convolution is. */
static MAFAT_ALWAYS_INLINE mafat_simd mafat_simd_add_product(mafat_simd sum, float factor,
                                                             mafat_simd x)
{
#if !defined(__OPTIMIZE__) && !defined(__clang__)
    return sum + factor * x;
#elif defined(__AVX512F__)
    return _mm512_fmadd_ps(_mm512_set1_ps(factor), x, sum);
#elif defined(__FMA__)
    return _mm256_fmadd_ps(_mm256_set1_ps(factor), x, sum);
#elif defined(__aarch64__)
    return vfmaq_n_f32(sum, x, factor);
#elif defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)
    return vfmaq_f32(sum, x, vdupq_n_f32(factor));
#elif defined(__ARM_NEON)
    return vmlaq_f32(sum, x, vdupq_n_f32(factor));
#else
    return sum + factor * x;
#endif
}

/* The same for two vectors. Written out for SSE2, because clang adds into the product's register,
 * which costs copies and, unrolled, spills (66 % of peak instead of 76). */
static MAFAT_ALWAYS_INLINE mafat_simd mafat_simd_add_products(mafat_simd sum, mafat_simd a,
                                                              mafat_simd b)
{
#if !defined(__OPTIMIZE__) && !defined(__clang__)
    return sum + a * b;
#elif defined(__AVX512F__)
    return _mm512_fmadd_ps(a, b, sum);
#elif defined(__FMA__)
    return _mm256_fmadd_ps(a, b, sum);
#elif defined(__aarch64__)
    return vfmaq_f32(sum, a, b);
#elif defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)
    return vfmaq_f32(sum, a, b);
#elif defined(__ARM_NEON)
    return vmlaq_f32(sum, a, b);
#elif defined(__SSE2__) && !defined(__AVX__)
    __asm__("mulps %2, %1\n\taddps %1, %0" : "+x"(sum), "+x"(b) : "x"(a));
    return sum;
#else
    return sum + a * b;
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
    typedef mafat_simd_four_in_memory four;
    int i = 0;

    if (n >= MAFAT_SIMD_FLOATS) {
        for (; i < n - MAFAT_SIMD_FLOATS; i += MAFAT_SIMD_FLOATS)
            mafat_simd_store(to + i, mafat_simd_load(from + i));
        i = n - MAFAT_SIMD_FLOATS;
        mafat_simd_store(to + i, mafat_simd_load(from + i));
    } else if (n >= 4) {
        for (; i < n - 4; i += 4)
            *(four *)(to + i) = *(const four *)(from + i);
        *(four *)(to + n - 4) = *(const four *)(from + n - 4);
    } else {
        for (; i < n; i++)
            to[i] = from[i];
    }
}

#endif
