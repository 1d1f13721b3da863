/* What follows a convolution's sums: batch norm, bias, activation, in Darknet's order and
 * precision.
 *
 * The equivalent loops, for filter f and each pixel i of its output plane (forward_batchnorm_layer,
 * scale_bias, add_bias, activate_array):
 *
 *     if (batch_normalize) {
 *         double d = sqrt((double)variance[f]) + .000001f;
 *         x = i < n_reciprocals ? (float)((double)(x - mean[f]) * (1 / d))
 *                               : (float)((double)(x - mean[f]) / d);
 *         x = x * scales[f];                      rounded to float, never fused with the next line
 *     }
 *     x = x + biases[f];
 *     x = activation(x);
 * / */
#ifndef MAFAT_KERNELS_EPILOGUE_H
#define MAFAT_KERNELS_EPILOGUE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    MAFAT_EPILOGUE_LINEAR,
    MAFAT_EPILOGUE_LEAKY,   /* x > 0 ? x : (float)(.1 * (double)x) */
    MAFAT_EPILOGUE_CALL     /* whatever `call` does: Darknet's own code for the other activations */
} mafat_epilogue_activation;

typedef struct {
    bool batch_normalize;
    const float *mean, *variance, *scales;  /* [n_filters], borrowed; with batch_normalize */
    const float *biases;                    /* [n_filters], borrowed */
    mafat_epilogue_activation activation;
    void (*call)(float *x, int n, int code);
    int code;                               /* handed to `call` */

    /* The output view's position in the plane: its element (y, x) is pixel
     * plane_origin + y*plane_width + x. */
    size_t plane_origin;
    int plane_width;
    size_t n_reciprocals;   /* base/rounding.h */
} mafat_epilogue;

/* Applies the epilogue of filter f to x[0..n), pixels first_pixel .. first_pixel+n-1 of the
 * plane. */
void mafat_epilogue_run(const mafat_epilogue *epilogue, int f, float *x, int n, size_t first_pixel);

#endif
