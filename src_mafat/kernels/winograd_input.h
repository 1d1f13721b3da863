/* The inputs of tiles, evaluated at Winograd's points. */
#ifndef MAFAT_KERNELS_WINOGRAD_INPUT_H
#define MAFAT_KERNELS_WINOGRAD_INPUT_H

#include "kernels/convolution.h"
#include "kernels/winograd_points.h"

/* Columns of inputs that are evaluated at once, and how many tiles have their inputs in them. */
enum { MAFAT_WINOGRAD_INPUT_COLUMNS = 32 };
enum { MAFAT_WINOGRAD_INPUT_TILES = (MAFAT_WINOGRAD_INPUT_COLUMNS - 2) / MAFAT_WINOGRAD_OUT };

/* Floats of its scratch. */
enum {
    MAFAT_WINOGRAD_INPUT_FLOATS =
        MAFAT_WINOGRAD_IN * MAFAT_WINOGRAD_INPUT_COLUMNS * MAFAT_SIMD_FLOATS
};

/* Channels [channel_begin, channel_end), not more than MAFAT_WINOGRAD_CHANNELS, of tiles
 * [tile_begin, tile_end): channel c of tile t at point p comes to
 *
 *     at.data[p*at.step + (t - tile_begin)*MAFAT_WINOGRAD_CHANNELS + c - channel_begin]
 *
 * What is written behind the last channel is without meaning. */
void mafat_winograd_input_run(const mafat_conv *conv, int channel_begin, int channel_end,
                              int tile_begin, int tile_end, mafat_winograd_planes at,
                              float *scratch);

#endif
