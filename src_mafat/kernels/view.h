/* A view of a map in memory: what a kernel reads or writes. */
#ifndef MAFAT_KERNELS_VIEW_H
#define MAFAT_KERNELS_VIEW_H

#include <stddef.h>

/* Element (c, y, x) is data[c*channel_stride + y*row_stride + x]; strides are in floats. */
typedef struct {
    float *data;
    int h, w;
    size_t row_stride, channel_stride;
} mafat_view;

#endif
