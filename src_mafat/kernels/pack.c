/* Packs runs of pixels that lie in one output row: a tap of such a run is a run of the input, the
 * same piece of it for every channel. */
#include "kernels/pack.h"

#include "kernels/simd.h"

/* A piece of a panel, `n` floats wide, for every channel of one tap: `before` zeros, then floats
 * of the input, then `after` zeros. */
typedef struct {
    float *panel;
    const float *in;        /* the first float that is not padding; unused where there is none */
    size_t panel_step, in_step;     /* from one channel to the next */
    int n_channels;
    int n, before, after;
    int stride;
    bool fetch_next;        /* the next panel's floats, which mostly follow in the row */
} strip;

/* The loops over channels; `stride` is constant wherever they are inlined. */

/* n floats of each channel as n_vectors vectors, the last one overlapping the one before; n_vectors
 * is constant too. */
static MAFAT_ALWAYS_INLINE void copy_vectors(const strip *s, int n, int n_vectors, int stride)
{
    float *to = s->panel + s->before;
    const float *from = s->in;

    for (int c = 0; c < s->n_channels; c++, to += s->panel_step, from += s->in_step) {
        if (s->fetch_next)
            mafat_simd_prefetch(from + stride * MAFAT_REGISTER_PIXELS,
                                stride * MAFAT_REGISTER_PIXELS);
        for (int v = 0; v < n_vectors; v++) {
            int i = v + 1 < n_vectors ? v * MAFAT_SIMD_FLOATS : n - MAFAT_SIMD_FLOATS;
            mafat_simd_store(to + i, stride == 1 ? mafat_simd_load(from + i)
                                                 : mafat_simd_load_even(from + 2 * i));
        }
    }
}

static MAFAT_ALWAYS_INLINE void copy_floats(const strip *s, int n, int stride)
{
    float *to = s->panel + s->before;
    const float *from = s->in;

    for (int c = 0; c < s->n_channels; c++, to += s->panel_step, from += s->in_step) {
        if (s->fetch_next)
            mafat_simd_prefetch(from + stride * MAFAT_REGISTER_PIXELS,
                                stride * MAFAT_REGISTER_PIXELS);
        if (stride == 1) {
            mafat_simd_copy(to, from, n);
            continue;
        }
        for (int i = 0; i < n; i++)
            to[i] = from[i * stride];
    }
}

#define COPY_CASE(STRIDE, V) case V: copy_vectors(s, n, V, STRIDE); break;

/* For strides 1 and 2. */
static MAFAT_ALWAYS_INLINE void copy_channels(const strip *s, int n, int stride)
{
    if (n < MAFAT_SIMD_FLOATS) {
        copy_floats(s, n, stride);
        return;
    }
    switch (mafat_size_parts(n, MAFAT_SIMD_FLOATS)) {
    MAFAT_REGISTER_EACH_VECTORS(COPY_CASE, stride)
    }
}

static void clear_channels(const strip *s, int begin, int end)
{
    float *to = s->panel;

    for (int c = 0; c < s->n_channels && begin < end; c++, to += s->panel_step) {
        for (int i = begin; i < end; i++)
            to[i] = 0;
    }
}

static void pack_strip(const strip *s)
{
    int n = s->n - s->before - s->after;

    clear_channels(s, 0, s->before);
    clear_channels(s, s->n - s->after, s->n);
    if (n <= 0)
        return;
    if (s->stride == 1)
        copy_channels(s, n, 1);
    else if (s->stride == 2)
        copy_channels(s, n, 2);
    else
        copy_floats(s, n, s->stride);
}

/* How many of n points, `stride` apart from 0 on, lie before `distance`. */
static int points_before(int distance, int stride, int n)
{
    if (distance <= 0)
        return 0;
    if (distance > (n - 1) * stride)
        return n;
    return (distance - 1) / stride + 1;
}

/* How many channels' k = c*n_taps + tap lie before k. */
static int channels_before(int k, int tap, int n_taps)
{
    return k > tap ? mafat_size_parts(k - tap, n_taps) : 0;
}

/* Packs the taps of n output pixels from (y, x) on, which lie in one row; `panel` is theirs. */
static void pack_pixels(const mafat_conv *conv, int k_begin, int k_end, int y, int x, int n,
                        float *panel)
{
    const mafat_view *in = &conv->in;
    int n_taps = conv->size * conv->size;

    for (int tap = 0, kx = 0, row = y * conv->stride - conv->pad_top; tap < n_taps; tap++, kx++) {
        if (kx == conv->size) {
            kx = 0;
            row += conv->dilation;
        }
        int c_begin = channels_before(k_begin, tap, n_taps);
        int c_end = channels_before(k_end, tap, n_taps);
        if (c_begin >= c_end)
            continue;
        int column = x * conv->stride_x + kx * conv->dilation - conv->pad_left;
        int before = points_before(-column, conv->stride_x, n);
        int end = points_before(in->w - column, conv->stride_x, n);
        if (row < 0 || row >= in->h || before >= end)
            before = end = n;
        strip s = {.panel = panel + (c_begin * n_taps + tap - k_begin) * MAFAT_REGISTER_PIXELS,
                   .panel_step = (size_t)n_taps * MAFAT_REGISTER_PIXELS,
                   .in_step = in->channel_stride,
                   .n_channels = c_end - c_begin,
                   .n = n, .before = before, .after = n - end,
                   .stride = conv->stride_x, .fetch_next = kx == 0};
        if (before < n)
            s.in = in->data + (size_t)c_begin * in->channel_stride + (size_t)row * in->row_stride
                   + (column + before * conv->stride_x);
        pack_strip(&s);
    }
}

void mafat_pack_run(const mafat_conv *conv, int k_begin, int k_end, int pixel_begin, int pixel_end,
                    float *panels)
{
    size_t panel_floats = (size_t)(k_end - k_begin) * MAFAT_REGISTER_PIXELS;

    for (int begin = pixel_begin, end; begin < pixel_end; begin = end) {
        end = begin + mafat_pack_panel_pixels(pixel_end - begin);
        for (int pixel = begin; pixel < end;) {
            int n = mafat_pack_row_rest(&conv->out, pixel, end);
            pack_pixels(conv, k_begin, k_end, pixel / conv->out.w, pixel % conv->out.w, n,
                        panels + (pixel - begin));
            pixel += n;
        }
        strip rest = {.panel = panels + (end - begin), .panel_step = MAFAT_REGISTER_PIXELS,
                      .n_channels = k_end - k_begin, .n = MAFAT_REGISTER_PIXELS - (end - begin)};
        rest.before = rest.n;
        pack_strip(&rest);
        panels += panel_floats;
    }
}

/* Four weights of each of four filters, turned over in registers. */
static void pack_square(const float *weights, size_t stride, float *packed)
{
    typedef mafat_simd_four_in_memory four;
    four a = *(const four *)weights, b = *(const four *)(weights + stride);
    four c = *(const four *)(weights + 2 * stride), d = *(const four *)(weights + 3 * stride);
    four ac_low = MAFAT_SIMD_SHUFFLE(a, c, 0, 4, 1, 5);
    four bd_low = MAFAT_SIMD_SHUFFLE(b, d, 0, 4, 1, 5);
    four ac_high = MAFAT_SIMD_SHUFFLE(a, c, 2, 6, 3, 7);
    four bd_high = MAFAT_SIMD_SHUFFLE(b, d, 2, 6, 3, 7);
    four rows[4] = {MAFAT_SIMD_SHUFFLE(ac_low, bd_low, 0, 4, 1, 5),
                    MAFAT_SIMD_SHUFFLE(ac_low, bd_low, 2, 6, 3, 7),
                    MAFAT_SIMD_SHUFFLE(ac_high, bd_high, 0, 4, 1, 5),
                    MAFAT_SIMD_SHUFFLE(ac_high, bd_high, 2, 6, 3, 7)};

    for (int k = 0; k < 4; k++)
        *(four *)(packed + k * MAFAT_REGISTER_FILTERS) = rows[k];
}

/* Four filters. The last square overlaps the one before, so that no loop over single weights is
 * needed. */
static void pack_squares(const float *weights, size_t stride, int n_k, float *packed)
{
    int rest = n_k % 4;

    for (int k = 4; k <= n_k; k += 4) {
        pack_square(weights, stride, packed);
        weights += 4;
        packed += 4 * MAFAT_REGISTER_FILTERS;
    }
    if (rest > 0)
        pack_square(weights + rest - 4, stride, packed + (rest - 4) * MAFAT_REGISTER_FILTERS);
}

void mafat_pack_weights(const float *weights, size_t stride, int n_filters, int n_k, float *packed)
{
    int f = 0;

    for (; MAFAT_WEIGHT_COPIES == 1 && n_k >= 4 && f + 4 <= n_filters; f += 4)
        pack_squares(weights + (size_t)f * stride, stride, n_k, packed + f);
    for (; f < n_filters; f++) {
        float *to = packed + f * MAFAT_WEIGHT_COPIES;
        for (int k = 0; k < n_k; k++, to += MAFAT_REGISTER_FILTERS * MAFAT_WEIGHT_COPIES) {
            for (int copy = 0; copy < MAFAT_WEIGHT_COPIES; copy++)
                to[copy] = weights[(size_t)f * stride + (size_t)k];
        }
    }
}
