/* Convolution of a view of a map by Winograd's F(4x4, 3x3): a quarter of conv.h's
 * multiplications, and other bits than Darknet's.
 *
 * It computes what conv.h says, for size 3 and stride 1, but for how sums are rounded. An output
 * is a fixed function of the 6x6 inputs of its tile and of its filter: it depends neither on how
 * tiles and filters are dealt out to runs nor on the shape below. Tiles begin at the output
 * view's first pixel, so views of a map give the same bits where they begin and end at multiples
 * of four of its rows and columns, or at its end. Inputs on which no output of the view depends
 * count as zeros. One that is infinite or NaN makes all outputs of its tiles NaN or infinite.
 *
 * Weights are used as they lie in the file. Nothing is allocated. */
#ifndef MAFAT_KERNELS_WINOGRAD_H
#define MAFAT_KERNELS_WINOGRAD_H

#include "base/winograd_shape.h"
#include "kernels/convolution.h"

/* What this build computes at once. */
mafat_winograd_unit mafat_winograd_unit_of_build(void);

/* Images for which weights are evaluated once: so many, whose inputs and outputs lie so many floats
 * apart. */
typedef struct {
    int n;
    size_t in_step, out_step;
} mafat_winograd_images;

/* Computes filters [filter_begin, filter_end) of tiles [tile_begin, tile_end), which are counted along
 * the rows of the output view (mafat_winograd_shape_tiles()), image after image; `conv` is the first
 * image's. Runs on disjoint parts may go on side by side, each with a scratch of its own for the
 * shape, 64-byte aligned (mafat_winograd_shape_layout()). */
void mafat_winograd_run(const mafat_conv *conv, const mafat_winograd_images *images,
                        mafat_winograd_shape shape, int filter_begin, int filter_end,
                        int tile_begin, int tile_end, float *scratch);

#endif
