/* Packing: the taps that some output pixels of a convolution read, and weights of some filters, laid
 * out for the register tile. */
#ifndef MAFAT_KERNELS_PACK_H
#define MAFAT_KERNELS_PACK_H

#include "base/size.h"
#include "kernels/convolution.h"
#include "kernels/simd.h"

/* How many of the pixels [begin, end) of a view lie in the row of the first one. */
static inline int mafat_pack_row_rest(const mafat_view *view, int begin, int end)
{
    int rest = view->w - begin % view->w;
    return rest < end - begin ? rest : end - begin;
}

/* How many of the last n pixels of a run go into the next panel: as many as fit, but the last two
 * panels share theirs, because a register tile of one vector has too few sums to fill the time
 * until the next taps can be added to them. */
static inline int mafat_pack_panel_pixels(int n)
{
    int n_vectors = mafat_size_parts(n, MAFAT_SIMD_FLOATS);
    if (n_vectors > MAFAT_REGISTER_VECTORS && n_vectors < 2 * MAFAT_REGISTER_VECTORS)
        return (n_vectors + 1) / 2 * MAFAT_SIMD_FLOATS;
    return n < MAFAT_REGISTER_PIXELS ? n : MAFAT_REGISTER_PIXELS;
}

/* Fills panels of [k_end - k_begin][MAFAT_REGISTER_PIXELS], one after the other, with the taps
 * k = (c, ky, kx) in [k_begin, k_end) of the output pixels [pixel_begin, pixel_end), each
 * mafat_pack_panel_pixels of the rest, and 0 where there is none. */
void mafat_pack_run(const mafat_conv *conv, int k_begin, int k_end, int pixel_begin, int pixel_end,
                    float *panels);

/* Fills [n_k][MAFAT_REGISTER_FILTERS][MAFAT_WEIGHT_COPIES] with the first n_k weights of n_filters
 * filters, which lie `stride` floats apart. What is there for filters beyond them stays as it is. */
void mafat_pack_weights(const float *weights, size_t stride, int n_filters, int n_k, float *packed);

#endif
