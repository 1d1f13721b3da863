/* The arithmetic of kernels/winograd.h, one value after the other: what is rounded, and in which
 * order. Slow, and written from the formulas; the tests compare the kernel with it. */
#ifndef TESTS_SUPPORT_REFERENCE_WINOGRAD_H
#define TESTS_SUPPORT_REFERENCE_WINOGRAD_H

#include "kernels/convolution.h"

enum { MAFAT_REFERENCE_WINOGRAD_CHANNELS = 2048 };  /* the most that it takes */

void mafat_reference_winograd(const mafat_conv *conv, int n_filters);

#endif
