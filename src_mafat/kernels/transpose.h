/* Square blocks of floats turned over: as many rows and columns as a vector has lanes. */
#ifndef MAFAT_KERNELS_TRANSPOSE_H
#define MAFAT_KERNELS_TRANSPOSE_H

#include <stddef.h>

#include "kernels/simd.h"

/* A block's columns, one after the other. */
typedef float mafat_transpose_block[MAFAT_SIMD_FLOATS][MAFAT_SIMD_FLOATS];

/* The equivalent loop, for i and r < MAFAT_SIMD_FLOATS:
 *
 *     to[i][r] = r < n_rows && begin <= i && i < end ? from[r*row_stride + i] : 0;
 *
 * Nothing else of `from` is read. */
void mafat_transpose_load(const float *from, size_t row_stride, int n_rows, int begin, int end,
                          mafat_transpose_block to);

/* The equivalent loop, for r < n_rows and i < n:
 *
 *     to[r*row_stride + i] = from[i][r];
 *
 * All of `from` is read. */
void mafat_transpose_store(const mafat_transpose_block from, float *to, size_t row_stride,
                           int n_rows, int n);

#endif
