/* Where C leaves Darknet's compiler a choice that changes bits, and what it chose.
 *
 * Upstream is built with -Ofast. Two places then depend on the compiler, its version and its
 * target:
 *
 * - normalize_cpu() divides by a loop constant. The vectorised main loop multiplies by its
 *   reciprocal instead, the scalar rest of the loop still divides, and in about one value of 2^28
 *   the two round to different floats. Which one a pixel gets depends on its index in the plane.
 * - forward_maxpool_layer() keeps the larger value; of +0 and -0, equal but not the same bits, it
 *   keeps the earlier or the later one, and the same operand order decides what becomes of a NaN.
 *
 * The choices are measured on Darknet's own object code (front/bridge_probe.c) and handed to the
 * kernels as data, so the same source gives the same bits whatever built it. */
#ifndef MAFAT_BASE_ROUNDING_H
#define MAFAT_BASE_ROUNDING_H

#include <stdbool.h>
#include <stddef.h>

enum { MAFAT_SHORT_PLANE = 256 };

typedef struct {
    /* [n]: how many first pixels of a plane of n pixels are multiplied by the reciprocal */
    unsigned short reciprocals[MAFAT_SHORT_PLANE];
    size_t step;               /* longer planes: the largest multiple of this; 0: none */
    bool maxpool_keeps_later;  /* of equal values, and of a NaN and a number, the later one */
} mafat_rounding;

/* How many first pixels of a plane of `n_pixels` Darknet normalises by a reciprocal. */
size_t mafat_rounding_reciprocals(const mafat_rounding *rounding, size_t n_pixels);

#endif
