/* Max-pooling and upsampling of a view of a map, bit for bit as Darknet. */
#ifndef MAFAT_KERNELS_POOL_H
#define MAFAT_KERNELS_POOL_H

#include "base/rounding.h"
#include "kernels/view.h"

/* The equivalent loop (forward_maxpool_layer), for channel c:
 *
 *     for y, x:
 *         float max = -FLT_MAX;
 *         for ky, kx:                          val is -FLT_MAX outside the view
 *             val = in(c, y*stride + ky - pad_top, x*stride + kx - pad_left)
 *             max = the larger one of max and val, by base/rounding.h
 *         out(c, y, x) = max
 */
typedef struct {
    mafat_view in, out;
    int pad_top, pad_left;
    int size, stride;
    mafat_max max;
} mafat_maxpool;

void mafat_maxpool_run(const mafat_maxpool *pool, int channel_begin, int channel_end);

/* The equivalent loop (upsample_cpu), for channel c:
 *
 *     out(c, y, x) = scale * in(c, (y + offset_y) / stride, (x + offset_x) / stride)
 */
typedef struct {
    mafat_view in, out;
    int offset_y, offset_x; /* of the output view in the output pixels of the input view */
    int stride;
    float scale;
} mafat_upsample;

void mafat_upsample_run(const mafat_upsample *upsample, int channel_begin, int channel_end);

#endif
