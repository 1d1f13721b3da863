/* The steps of a whole register tile for A53 and A55, ARM's cores of 64 bits that issue in order:
 * made where a build names one of them (CPU=cortex-a53), which the Makefile tells by MAFAT_IN_ORDER.
 *
 * These cores issue up to two instructions in a cycle, in the order in which they stand, and none
 * beside a load of 128 bits, which takes two cycles. So each vector is loaded in halves: the first
 * goes to the vector's register, which on an A53 takes a cycle, too, without a multiply-add; the
 * second goes to a register for whole numbers, beside a multiply-add, and is inserted beside the
 * first half of the next vector. All is loaded long before it is used.
 *
 * An A53 begins no load of a vector in the fourth cycle behind one in which it began a multiply-add,
 * but waits: so loads stand four cycles apart, the first of them four behind a lone insertion.
 * That makes 30 cycles for 24 multiply-adds. tools/kernel_report counts them, by what others have
 * measured. Compilers would choose other orders, so each instruction is a volatile statement. */
#ifndef MAFAT_KERNELS_IN_ORDER_H
#define MAFAT_KERNELS_IN_ORDER_H

#include <stdint.h>

#include "kernels/simd.h"

#if defined(MAFAT_IN_ORDER) && defined(__OPTIMIZE__)

_Static_assert(MAFAT_REGISTER_FILTERS == 8 && MAFAT_REGISTER_VECTORS == 3 &&
                   MAFAT_WEIGHT_COPIES == 1,
               "a step has two vectors of weights and three of pixels");

/* What waits in registers: weights of two steps, which take turns, and pixels. */
typedef struct {
    mafat_simd w[4], x[3];
    uint64_t rest;      /* the second half of the vector that was begun last */
} mafat_in_order;

/* Where vector number i lies, or its second half: not beyond those of two steps and the next. */
#define MAFAT_IN_ORDER_HALF(from, i, half) \
    "r"(from), "i"(16 * (i) + 8 * (half)), "m"(*(const float(*)[3 * MAFAT_REGISTER_PIXELS])(from))

static MAFAT_ALWAYS_INLINE void mafat_in_order_begin(mafat_simd *vector, const float *from, int i)
{
    __asm__ volatile("ldr %d0, [%1, %2]" : "=w"(*vector) : MAFAT_IN_ORDER_HALF(from, i, 0));
}

static MAFAT_ALWAYS_INLINE uint64_t mafat_in_order_load_rest(const float *from, int i)
{
    uint64_t rest;
    __asm__ volatile("ldr %0, [%1, %2]" : "=r"(rest) : MAFAT_IN_ORDER_HALF(from, i, 1));
    return rest;
}

static MAFAT_ALWAYS_INLINE void mafat_in_order_complete(mafat_simd *vector, uint64_t rest)
{
    __asm__ volatile("ins %0.d[1], %1" : "+w"(*vector) : "r"(rest));
}

/* The step whose weights and pixels begin w and x vectors behind what these pointers point to. When
 * it begins, its third vector of pixels is not yet loaded, and the second one lacks its second half;
 * when it ends, that is so of the next step. */
static MAFAT_ALWAYS_INLINE void mafat_in_order_step(const float *weights, int w, const float *panel,
                                                    int x, mafat_in_order *at,
                                                    mafat_simd (*sums)[MAFAT_REGISTER_VECTORS])
{
    mafat_simd *own = &at->w[w % 4], *next = &at->w[(w + 2) % 4];

    _Pragma("GCC unroll 24")
    for (int i = 0; i < 24; i++) {
        int f = i % MAFAT_REGISTER_FILTERS, v = i / MAFAT_REGISTER_FILTERS;
        __asm__ volatile("fmla %0.4s, %1.4s, %2.s[%3]"
                         : "+w"(sums[f][v]) : "w"(at->x[v]), "w"(own[f / 4]), "i"(f % 4));
        switch (i) {
        case 0:
            mafat_in_order_complete(&at->x[1], at->rest);
            break;
        case 3:
            mafat_in_order_begin(&at->x[2], panel, x + 2);
            break;
        case 4:
            at->rest = mafat_in_order_load_rest(panel, x + 2);
            break;
        case 6:
            mafat_in_order_begin(&next[0], weights, w + 2);
            mafat_in_order_complete(&at->x[2], at->rest);
            break;
        case 7:
            at->rest = mafat_in_order_load_rest(weights, w + 2);
            break;
        case 9:
            mafat_in_order_begin(&at->x[0], panel, x + 3);
            mafat_in_order_complete(&next[0], at->rest);
            break;
        case 10:
            at->rest = mafat_in_order_load_rest(panel, x + 3);
            break;
        case 12:
            mafat_in_order_begin(&next[1], weights, w + 3);
            mafat_in_order_complete(&at->x[0], at->rest);
            break;
        case 13:
            at->rest = mafat_in_order_load_rest(weights, w + 3);
            break;
        case 15:
            mafat_in_order_begin(&at->x[1], panel, x + 4);
            mafat_in_order_complete(&next[1], at->rest);
            break;
        case 16:
            at->rest = mafat_in_order_load_rest(panel, x + 4);
            break;
        }
    }
}

/* Adds taps to the sums, and returns of how many steps: of none, or of all but the last one or two,
 * as each step loads from the next one, too. */
static MAFAT_ALWAYS_INLINE int mafat_in_order_add_taps(const float *weights, const float *panel,
                                                       int n_k,
                                                       mafat_simd (*sums)[MAFAT_REGISTER_VECTORS])
{
    int n_steps = n_k > 2 ? (n_k - 1) / 2 * 2 : 0;
    mafat_in_order at;

    MAFAT_UNROLL
    for (int i = 0; i < 2; i++) {
        at.w[i] = mafat_simd_load(weights + i * MAFAT_SIMD_FLOATS);
        at.x[i] = mafat_simd_load(panel + i * MAFAT_SIMD_FLOATS);
    }
    at.rest = mafat_in_order_load_rest(panel, 1);
    for (int k = 0; k < n_steps; k += 2) {
        mafat_in_order_step(weights, 0, panel, 0, &at, sums);
        mafat_in_order_step(weights, 2, panel, 3, &at, sums);
        weights += 2 * MAFAT_REGISTER_FILTERS;
        panel += 2 * MAFAT_REGISTER_PIXELS;
    }
    return n_steps;
}

#else

static MAFAT_ALWAYS_INLINE int mafat_in_order_add_taps(const float *weights, const float *panel,
                                                       int n_k,
                                                       mafat_simd (*sums)[MAFAT_REGISTER_VECTORS])
{
    (void)weights, (void)panel, (void)n_k, (void)sums;
    return 0;
}

#endif
#endif
