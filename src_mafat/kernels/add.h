/* Sum of two views of equal shape, bit for bit as Darknet's shortcut layer.
 *
 * The equivalent loop, for channel c (copy_cpu, then shortcut_cpu where both maps have one shape
 * and alpha = beta = 1; forward_shortcut in upstream/foreign_layers.c):
 *
 *     for y, x:
 *         out(c, y, x) = a(c, y, x) + weight * b(c, y, x)     a: what there is, b: what is added
 *
 * That is a fused multiply-add exactly where the target has one; with a weight of 1 it is the sum.
 * Darknet writes alpha*a + beta*b. A product with 1 is exact, so the sum is rounded once however
 * the compiler contracts it, and flushing denormals gives the same before and after. Where a and b
 * are both NaN so is the sum, but which of their payloads it carries is the compiler's choice,
 * there as here. */
#ifndef MAFAT_KERNELS_ADD_H
#define MAFAT_KERNELS_ADD_H

#include "kernels/view.h"

/* `out` may be the very view a or b, but may not overlap them otherwise. */
typedef struct {
    mafat_view a, b, out;       /* of one height and width */
    float weight;
} mafat_add;

void mafat_add_run(const mafat_add *add, int channel_begin, int channel_end);

#endif
