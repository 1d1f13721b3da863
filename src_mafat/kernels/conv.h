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
 * A B panel of [MAFAT_CONV_KC][pixels] is packed straight from the view, pixels running on across
 * rows; weights are used as they lie in the file, or packed for one register tile after the other.
 * Nothing is allocated. */
#ifndef MAFAT_KERNELS_CONV_H
#define MAFAT_KERNELS_CONV_H

#include "kernels/convolution.h"

/* Floats of scratch for a run whose panel holds `panel_pixels` pixels; the panel width that is best
 * for `n_threads` runs side by side: their panels together take no more room than one thread's, as
 * long as there are no more threads than register tiles in it. */
size_t mafat_conv_scratch_floats(int panel_pixels);
int mafat_conv_panel_pixels(int n_threads);

/* Computes filters [filter_begin, filter_end) of pixels [pixel_begin, pixel_end) of the output
 * view, pixels counted along its rows. Runs on disjoint parts may go on side by side, each with a
 * scratch of its own of mafat_conv_scratch_floats(panel_pixels) floats, 64-byte aligned. */
void mafat_conv_run(const mafat_conv *conv, int filter_begin, int filter_end, int pixel_begin,
                    int pixel_end, int panel_pixels, float *scratch);

#endif
