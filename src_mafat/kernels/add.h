/* Sum of two views of equal shape, bit for bit as Darknet's shortcut layer.
 *
 * The equivalent loop, for channel c (copy_cpu, then shortcut_cpu where both maps have one shape
 * and alpha = beta = 1):
 *
 *     for y, x:
 *         out(c, y, x) = a(c, y, x) + b(c, y, x)          a: the layer's input, b: what it adds
 *
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
} mafat_add;

void mafat_add_run(const mafat_add *add, int channel_begin, int channel_end);

#endif
