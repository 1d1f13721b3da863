/* Product of two views; see multiply.h. In vectors by hand, for the reason of add.c. */
#include "kernels/multiply.h"

#include "kernels/simd.h"

static void multiply_floats(const float *a, const float *b, float *out, int n)
{
    int i = 0;

    for (; i + MAFAT_SIMD_FLOATS <= n; i += MAFAT_SIMD_FLOATS)
        mafat_simd_store(out + i, mafat_simd_load(a + i) * mafat_simd_load(b + i));
    for (; i < n; i++)
        out[i] = a[i] * b[i];
}

static void scale_floats(float a, const float *b, float *out, int n)
{
    int i = 0;

    for (; i + MAFAT_SIMD_FLOATS <= n; i += MAFAT_SIMD_FLOATS)
        mafat_simd_store(out + i, mafat_simd_fill(a) * mafat_simd_load(b + i));
    for (; i < n; i++)
        out[i] = a * b[i];
}

void mafat_multiply_run(const mafat_multiply *multiply, int channel_begin, int channel_end)
{
    const mafat_view *a = &multiply->a, *b = &multiply->b, *out = &multiply->out;

    for (int c = channel_begin; c < channel_end; c++) {
        for (int y = 0; y < out->h; y++) {
            const float *factors = a->data + (size_t)c * a->channel_stride + (size_t)y * a->row_stride;
            const float *from = b->data + (size_t)c * b->channel_stride + (size_t)y * b->row_stride;
            float *to = out->data + (size_t)c * out->channel_stride + (size_t)y * out->row_stride;
            if (a->w == out->w)
                multiply_floats(factors, from, to, out->w);
            else
                scale_floats(*factors, from, to, out->w);
        }
    }
}
