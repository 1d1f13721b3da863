/* The equivalent loops; see reference.h. */
#include "support/reference.h"

#include <float.h>
#include <math.h>

static float *at(const mafat_view *map, int c, int y, int x)
{
    return map->data + (size_t)c * map->channel_stride + (size_t)y * map->row_stride + x;
}

static float at_or(const mafat_view *map, int c, int y, int x, float outside)
{
    bool inside = y >= 0 && y < map->h && x >= 0 && x < map->w;
    return inside ? *at(map, c, y, x) : outside;
}

/* The sums of a filter stay in memory and pixels are the inner loops, as in Darknet's GEMM: a chain
 * in one variable may be compiled to products by vectors, added in order and so not fused. */
static void convolve(const mafat_conv *conv, int f)
{
    const mafat_view *out = &conv->out;
    int n_taps = conv->size * conv->size, n_k = conv->channels * n_taps;

    for (int y = 0; y < out->h; y++) {
        for (int x = 0; x < out->w; x++)
            *at(out, f, y, x) = 0;
    }
    for (int k = 0; k < n_k; k++) {
        int c = k / n_taps;
        int ky = k % n_taps / conv->size * conv->dilation - conv->pad_top;
        int kx = k % conv->size * conv->dilation - conv->pad_left;
        float weight = conv->weights[(size_t)f * (size_t)n_k + (size_t)k];
        for (int y = 0; y < out->h; y++) {
            for (int x = 0; x < out->w; x++) {
                *at(out, f, y, x) += weight * at_or(&conv->in, c, y * conv->stride + ky,
                                                    x * conv->stride_x + kx, 0);
            }
        }
    }
}

/* Darknet's passes over a row of filter f, one by one, so that nothing is fused. */
static void finish(const mafat_epilogue *e, int f, float *x, int n, size_t first_pixel)
{
    if (e->batch_normalize) {
        double d = sqrt((double)e->variance[f]) + (double).000001f;
        for (int i = 0; i < n; i++) {
            double centred = (double)(x[i] - e->mean[f]);
            bool multiply = first_pixel + (size_t)i < e->n_reciprocals;
            x[i] = (float)(multiply ? centred * (1 / d) : centred / d);
        }
        for (int i = 0; i < n; i++)
            x[i] *= e->scales[f];
    }
    for (int i = 0; i < n; i++)
        x[i] += e->biases[f];
    if (e->activation == MAFAT_EPILOGUE_LEAKY) {
        for (int i = 0; i < n; i++)
            x[i] = x[i] > 0 ? x[i] : (float)(.1 * (double)x[i]);
    } else if (e->activation == MAFAT_EPILOGUE_CALL) {
        e->call(x, n, e->code);
    }
}

void mafat_reference_epilogue(const mafat_conv *conv, int f)
{
    const mafat_epilogue *e = &conv->epilogue;

    for (int y = 0; y < conv->out.h; y++) {
        finish(e, f, at(&conv->out, f, y, 0), conv->out.w,
               e->plane_origin + (size_t)y * (size_t)e->plane_width);
    }
}

void mafat_reference_conv(const mafat_conv *conv, int n_filters)
{
    for (int f = 0; f < n_filters; f++) {
        convolve(conv, f);
        mafat_reference_epilogue(conv, f);
    }
}

/* By what it does, not how: which of two equal ones, and whether a NaN is taken. */
static float larger(float max, float val, mafat_max way)
{
    bool takes_any = way == MAFAT_MAX_EARLIER_ANY || way == MAFAT_MAX_LATER_ANY;
    if (isnan(val))
        return takes_any ? val : max;
    if (isnan(max) || val != max)
        return isnan(max) || val > max ? val : max;
    if (way == MAFAT_MAX_POSITIVE_NUMBER)
        return signbit(max) ? val : max;
    return way == MAFAT_MAX_LATER_NUMBER || way == MAFAT_MAX_LATER_ANY ? val : max;
}

void mafat_reference_maxpool(const mafat_maxpool *pool, int n_channels)
{
    for (int c = 0; c < n_channels; c++) {
        for (int y = 0; y < pool->out.h; y++) {
            for (int x = 0; x < pool->out.w; x++) {
                float max = -FLT_MAX;
                for (int k = 0; k < pool->size * pool->size; k++) {
                    int ky = k / pool->size - pool->pad_top, kx = k % pool->size - pool->pad_left;
                    float val = at_or(&pool->in, c, y * pool->stride + ky,
                                      x * pool->stride + kx, -FLT_MAX);
                    max = larger(max, val, pool->max);
                }
                *at(&pool->out, c, y, x) = max;
            }
        }
    }
}

void mafat_reference_upsample(const mafat_upsample *up, int n_channels)
{
    for (int c = 0; c < n_channels; c++) {
        for (int y = 0; y < up->out.h; y++) {
            for (int x = 0; x < up->out.w; x++) {
                *at(&up->out, c, y, x) = up->scale * *at(&up->in, c,
                                                         (y + up->offset_y) / up->stride,
                                                         (x + up->offset_x) / up->stride);
            }
        }
    }
}

void mafat_reference_add(const mafat_add *add, int n_channels)
{
    for (int c = 0; c < n_channels; c++) {
        for (int y = 0; y < add->out.h; y++) {
            for (int x = 0; x < add->out.w; x++)
                *at(&add->out, c, y, x) = *at(&add->a, c, y, x) + add->weight * *at(&add->b, c, y, x);
        }
    }
}

void mafat_reference_multiply(const mafat_multiply *m, int n_channels)
{
    for (int c = 0; c < n_channels; c++) {
        for (int y = 0; y < m->out.h; y++) {
            for (int x = 0; x < m->out.w; x++)
                *at(&m->out, c, y, x) = *at(&m->a, c, y, m->a.w == 1 ? 0 : x) * *at(&m->b, c, y, x);
        }
    }
}
