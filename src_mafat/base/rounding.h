/* Where C leaves Darknet's compiler a choice that changes bits, and what it chose.
 *
 * Upstream is built with -Ofast. Three places then depend on the compiler, its version and its
 * target:
 *
 * - normalize_cpu() divides by a loop constant. The vectorised main loop multiplies by its
 *   reciprocal instead, the scalar rest of the loop still divides, and in about one value of 2^28
 *   the two round to different floats. Which one a pixel gets depends on its index in the plane.
 * - forward_maxpool_layer() keeps the larger value; which one of +0 and -0, equal but not the same
 *   bits, and what becomes of a NaN, follows from a comparison and its operands' order, or from
 *   what an instruction for maxima does.
 * - resize_image() divides by a loop constant, multiplies and adds: reciprocals, other orders, and
 *   fused multiply-adds, which leave one product of a sum unrounded. load_image_stb() divides bytes
 *   by 255, or multiplies them by its reciprocal.
 *
 * The choices are measured on Darknet's own object code (upstream/rounding_probe.c) and handed to the
 * kernels as data, so the same source gives the same bits whatever built it. */
#ifndef MAFAT_BASE_ROUNDING_H
#define MAFAT_BASE_ROUNDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* The larger one of what there was, max, which begins as a number, and what comes, val. */
typedef enum {
    MAFAT_MAX_EARLIER_NUMBER,    /* val > max ? val : max: of equal ones the earlier, and no NaN */
    MAFAT_MAX_LATER_NUMBER,      /* val >= max ? val : max */
    MAFAT_MAX_EARLIER_ANY,       /* max >= val ? max : val: a NaN, until the next value comes */
    MAFAT_MAX_LATER_ANY,         /* max > val ? max : val */
    MAFAT_MAX_POSITIVE_NUMBER,   /* of zeros +0, and no NaN: maxNum of IEEE 754 */
    MAFAT_N_MAXES
} mafat_max;

enum { MAFAT_SHORT_PLANE = 256 };

typedef struct {
    /* [n]: how many first pixels of a plane of n pixels are multiplied by the reciprocal */
    unsigned short reciprocals[MAFAT_SHORT_PLANE];
    size_t step;               /* longer planes: the largest multiple of this; 0: none */
    mafat_max max;             /* of a max-pool */
} mafat_rounding;

/* resize_image() makes pixel i of `to` pixels of two neighbours among `from` pixels: it lies at
 * i * scale, near is the pixel (int)(i * scale), far the next one, and t, 0 <= t < 1, the distance
 * to near. Columns are resized first, of near and far in one sum; then rows, in two passes, and
 * what the first one stores is a float. In the formulas below each operation is rounded, and fma()
 * once. */
typedef enum {
    MAFAT_MIX_ROUNDED,             /* (1-t)*near + t*far */
    MAFAT_MIX_FUSED_NEAR,          /* fma(1-t, near, t*far) */
    MAFAT_MIX_FUSED_FAR,           /* fma(t, far, (1-t)*near) */
    MAFAT_MIX_DIFFERENCE,          /* near + t*(far-near) */
    MAFAT_MIX_FUSED_DIFFERENCE,    /* fma(t, far-near, near) */
    MAFAT_N_MIXES
} mafat_mix;

/* draw_detections() draws boxes of class x, of max, in the colour at some place between 0 and 5. */
typedef enum {
    MAFAT_COLOUR_BY_STEP,    /* x * (5/max) */
    MAFAT_COLOUR_BY_PART,    /* (x*5) * (1/max) */
    MAFAT_COLOUR_BY_CALL,    /* that of get_color(), which is compiled for itself, too */
    MAFAT_N_COLOURINGS
} mafat_colouring;

typedef struct {
    float from_byte[256];    /* what load_image_color() makes of a byte */
    bool reciprocal_x;       /* of columns, i * scale is i*(from-1) * (1/(to-1)), not
                                i * ((from-1)/(to-1)) */
    bool reciprocal_y;       /* and of rows */
    mafat_mix mix;           /* of columns */
    bool fused_second_pass;  /* of rows: fma(t, far, first), not first + t*far, where first is
                                (1-t)*near */
    mafat_colouring colouring;
} mafat_image_rounding;

/* MAFAT_UNSUPPORTED where a float is computed with more digits than it has, as in x87's registers, and
 * rounded once more wherever the compiler runs out of them. */
mafat_status mafat_rounding_check_floats(mafat_error *error);

/* How many first pixels of a plane of `n_pixels` Darknet normalises by a reciprocal. */
size_t mafat_rounding_reciprocals(const mafat_rounding *rounding, size_t n_pixels);

#endif
