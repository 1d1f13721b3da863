/* Product of two views, of which the first may be one pixel.
 *
 * The equivalent loop, for channel c (forward_scale and forward_sam in upstream/foreign_layers.c):
 *
 *     for y, x:
 *         out(c, y, x) = a(c, y, x) * b(c, y, x)          a(c, y, 0) where a is one column wide
 *
 * One channel, or one row, that is to come back for all of them has a stride of 0. Where a and b are
 * both NaN so is the product, but which of their payloads it carries is the compiler's choice, there
 * as here. */
#ifndef MAFAT_KERNELS_MULTIPLY_H
#define MAFAT_KERNELS_MULTIPLY_H

#include "kernels/view.h"

typedef struct {
    mafat_view a;               /* as wide as the others, or one column */
    mafat_view b, out;          /* of one height and width; `out` may be the very view b */
} mafat_multiply;

void mafat_multiply_run(const mafat_multiply *multiply, int channel_begin, int channel_end);

#endif
