/* Packing: the taps that some output pixels of a convolution read, laid out for the tile. */
#ifndef MAFAT_KERNELS_PACK_H
#define MAFAT_KERNELS_PACK_H

#include "kernels/conv.h"

/* How many of the pixels [begin, end) of a window lie in the row of the first one. */
static inline int mafat_pack_row_rest(const mafat_window *window, int begin, int end)
{
    int rest = window->w - begin % window->w;
    return rest < end - begin ? rest : end - begin;
}

/* Fills panels of [k_end - k_begin][MAFAT_TILE_PIXELS], one after the other, with the taps
 * k = (c, ky, kx) in [k_begin, k_end) of the output pixels [pixel_begin, pixel_end), and 0 where
 * there is none. */
void mafat_pack_run(const mafat_conv *conv, int k_begin, int k_end, int pixel_begin, int pixel_end,
                    float *panels);

#endif
