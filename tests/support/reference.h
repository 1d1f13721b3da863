/* The equivalent loops of conv.h, pool.h, add.h and multiply.h written down as they stand there: slow, and
 * obviously right. The tests compare every other kernel with these, and these with Darknet. */
#ifndef TESTS_SUPPORT_REFERENCE_H
#define TESTS_SUPPORT_REFERENCE_H

#include "kernels/add.h"
#include "kernels/convolution.h"
#include "kernels/multiply.h"
#include "kernels/pool.h"

/* A value and a variance, found by search, for which x / d and x * (1 / d) are different floats. */
static const float TELLTALE = 0x1.3d0048p+0f, TELLTALE_VARIANCE = 0x1.eda0c2p+0f;

void mafat_reference_conv(const mafat_conv *conv, int n_filters);

/* Its last part: the epilogue of filter f, over sums that lie in the output map. */
void mafat_reference_epilogue(const mafat_conv *conv, int f);

void mafat_reference_maxpool(const mafat_maxpool *pool, int n_channels);
void mafat_reference_upsample(const mafat_upsample *upsample, int n_channels);
void mafat_reference_add(const mafat_add *add, int n_channels);
void mafat_reference_multiply(const mafat_multiply *multiply, int n_channels);

#endif
