/* A convolution of a view of a map, as data: what pack lays out and conv computes. */
#ifndef MAFAT_KERNELS_CONVOLUTION_H
#define MAFAT_KERNELS_CONVOLUTION_H

#include "kernels/epilogue.h"
#include "kernels/view.h"

typedef struct {
    mafat_view in;          /* all taps that are not padding; may be a part of a larger map */
    mafat_view out;         /* channel f is filter f */
    int pad_top, pad_left;  /* where the first output's receptive field starts before the view */
    int channels;           /* of the input, and of each filter */
    int size, stride;       /* stride: down columns */
    int stride_x;           /* along rows */
    int dilation;           /* taps are so many pixels apart */
    const float *weights;   /* [n_filters][channels][size][size], borrowed */
    mafat_epilogue epilogue;
} mafat_conv;

#endif
