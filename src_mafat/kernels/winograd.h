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

#include "kernels/convolution.h"

/* How large the pieces are that are computed from one another in the scratch. */
typedef struct {
    int tiles;          /* of the map */
    int filters;        /* whose sums wait there while channels pass */
} mafat_winograd_shape;

/* How many tiles an output view has; they are counted along its rows. */
int mafat_winograd_tiles(const mafat_view *out);

/* Floats of scratch for runs of this shape. */
size_t mafat_winograd_scratch_floats(const mafat_winograd_shape *shape);

/* TUNING. Scratch that a run should have: as much as a near cache holds. How many times as fast as
 * conv.h the 3x3 layers of YOLOv2-608 were, one by one, on a core of Zen 5 with 1 MB of
 * second-level cache: AVX-512 2.58 with 1280 KB, 2.54 with 1024 KB, 2.49 with 768 KB; layer by
 * layer 2.2 (32 channels at 304x304) to 2.9 (128 at 76x76). Five of them by AVX2: 2.6 with 1280 KB,
 * 2.4 with 768 KB, 2.3 with 512 KB; three by SSE2: 2.7 with 1024 KB, 2.6 with 512 KB. */
enum { MAFAT_WINOGRAD_BYTES = 1 << 20 };

/* The shape in which a run for n_filters filters of so many channels, on an output view of h by
 * w, has the fewest inputs and weights to evaluate, of those whose scratch is not more than
 * max_bytes; the smallest one where there is none. */
mafat_winograd_shape mafat_winograd_choose(int h, int w, int channels, int n_filters,
                                           size_t max_bytes);

/* Computes filters [filter_begin, filter_end) of tiles [tile_begin, tile_end). Runs on disjoint
 * parts may go on side by side, each with a scratch of its own, 64-byte aligned. */
void mafat_winograd_run(const mafat_conv *conv, const mafat_winograd_shape *shape,
                        int filter_begin, int filter_end, int tile_begin, int tile_end,
                        float *scratch);

#endif
