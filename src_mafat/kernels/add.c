/* Sum of two views; see add.h. In vectors by hand: where maps may be one, a compiler's own loop
 * goes by single floats if they are. */
#include "kernels/add.h"

#include <stdbool.h>

#include "kernels/simd.h"

static void add_floats(const float *a, const float *b, float weight, float *out, size_t n)
{
    mafat_simd weights = mafat_simd_fill(weight);
    size_t i = 0;

    for (; i + MAFAT_SIMD_FLOATS <= n; i += MAFAT_SIMD_FLOATS)
        mafat_simd_store(out + i, mafat_simd_load(a + i) + weights * mafat_simd_load(b + i));
    for (; i < n; i++)
        out[i] = a[i] + weight * b[i];
}

/* Whether a channel's rows follow one another without a gap. */
static bool is_whole(const mafat_view *view)
{
    return view->row_stride == (size_t)view->w;
}

void mafat_add_run(const mafat_add *add, int channel_begin, int channel_end)
{
    const mafat_view *a = &add->a, *b = &add->b, *out = &add->out;
    bool whole = is_whole(a) && is_whole(b) && is_whole(out);
    size_t n = (size_t)out->w * (whole ? (size_t)out->h : 1);
    int n_runs = whole ? 1 : out->h;

    for (int c = channel_begin; c < channel_end; c++) {
        for (int y = 0; y < n_runs; y++)
            add_floats(a->data + (size_t)c * a->channel_stride + (size_t)y * a->row_stride,
                       b->data + (size_t)c * b->channel_stride + (size_t)y * b->row_stride, add->weight,
                       out->data + (size_t)c * out->channel_stride + (size_t)y * out->row_stride,
                       n);
    }
}
