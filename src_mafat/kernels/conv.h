/* Convolution of a view of a map, bit for bit as Darknet's im2col and GEMM.
 *
 * The equivalent loop (forward_convolutional_layer, one filter group):
 *
 *     for f, y, x:
 *         float sum = 0;
 *         for c, ky, kx:                                  in this order, one sequential chain
 *             sum += weights[f][c][ky][kx] * in(c, y*stride + ky*dilation - pad_top,
 *                                                  x*stride_x + kx*dilation - pad_left)
 *         out(f, y, x) = epilogue(f, sum)
 *
 * where in() is 0 outside the view: that is Darknet's padding, and padded taps are multiplied and
 * added like all others. `sum +=` is a fused multiply-add exactly where the target has one, as in
 * Darknet's own GEMM built with the same flags.
 *
 * A B panel of [taps][pixels] is packed straight from the view, pixels running on across
 * rows; weights are used as they lie in the file, or packed for one register tile after the other.
 * Nothing is allocated. */
#ifndef MAFAT_KERNELS_CONV_H
#define MAFAT_KERNELS_CONV_H

#include "kernels/convolution.h"

/* What is packed at once: so many taps of so many pixels. */
typedef struct {
    int taps, pixels;
} mafat_conv_panel;

/* Floats of scratch for a run with such a panel; the panel that is best for `n_threads` runs side by
 * side, where the last cache has so many bytes, or 0 where nobody knows: their panels together take
 * no more room than one thread's, as long as there are no more threads than register tiles in it, and
 * no more than half of that cache, as far as a quarter of MAFAT_CONV_KC allows. */
size_t mafat_conv_scratch_floats(mafat_conv_panel panel);
mafat_conv_panel mafat_conv_panel_best(size_t cache_bytes, int n_threads);

/* Computes filters [filter_begin, filter_end) of pixels [pixel_begin, pixel_end) of the output
 * view, pixels counted along its rows. Runs on disjoint parts may go on side by side, each with a
 * scratch of its own of mafat_conv_scratch_floats(panel) floats, 64-byte aligned. */
void mafat_conv_run(const mafat_conv *conv, int filter_begin, int filter_end, int pixel_begin,
                    int pixel_end, mafat_conv_panel panel, float *scratch);

#endif
