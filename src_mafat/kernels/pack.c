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

/* Copies n floats of each channel as n_vectors vectors, the last one overlapping the one before;
 * n_vectors is constant wherever this is inlined. */
static MAFAT_ALWAYS_INLINE void copy_vectors(const strip *s, int n, int n_vectors)
{
    float *to = s->panel + s->before;
    const float *from = s->in;

    for (int c = 0; c < s->n_channels; c++, to += s->panel_step, from += s->in_step) {
        if (s->fetch_next)
            mafat_simd_prefetch(from + MAFAT_TILE_PIXELS, MAFAT_TILE_PIXELS);
        for (int v = 0; v < n_vectors; v++) {
            int i = v + 1 < n_vectors ? v * MAFAT_SIMD_FLOATS : n - MAFAT_SIMD_FLOATS;
            mafat_simd_store(to + i, mafat_simd_load(from + i));
        }
    }
}

static MAFAT_ALWAYS_INLINE void copy_floats(const strip *s, int n)
{
    float *to = s->panel + s->before;
    const float *from = s->in;

    for (int c = 0; c < s->n_channels; c++, to += s->panel_step, from += s->in_step) {
        if (s->fetch_next)
            mafat_simd_prefetch(from + MAFAT_TILE_PIXELS, MAFAT_TILE_PIXELS);
        mafat_simd_copy(to, from, n);
    }
}

static void copy_channels(const strip *s, int n)
{
    _Static_assert(MAFAT_TILE_VECTORS == 3, "a panel's width has its own case");

    if (n > 2 * MAFAT_SIMD_FLOATS)
        copy_vectors(s, n, 3);
    else if (n > MAFAT_SIMD_FLOATS)
        copy_vectors(s, n, 2);
    else
        copy_floats(s, n);
}

static MAFAT_ALWAYS_INLINE void gather_channels(const strip *s, int n, int stride)
{
    float *to = s->panel + s->before;
    const float *from = s->in;

    for (int c = 0; c < s->n_channels; c++, to += s->panel_step, from += s->in_step) {
        for (int i = 0; i < n; i++)
            to[i] = from[i * stride];
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
    if (s->stride == 1 && n > 0)
        copy_channels(s, n);
    else if (s->stride == 2 && n > 0)
        gather_channels(s, n, 2);
    else if (n > 0)
        gather_channels(s, n, s->stride);
}

/* How many of n points, `stride` apart from 0 on, lie before `distance`. */
static int points_before(int distance, int stride, int n)
{
    if (distance <= 0)
        return 0;
    int points = (distance - 1) / stride + 1;
    return points < n ? points : n;
}

/* Packs the taps of n output pixels from (y, x) on, which lie in one row; `panel` is theirs. */
static void pack_pixels(const mafat_conv *conv, int k_begin, int k_end, int y, int x, int n,
                        float *panel)
{
    const mafat_window *in = &conv->in;
    int n_taps = conv->size * conv->size;

    for (int tap = 0; tap < n_taps; tap++) {
        /* [c_begin, c_end): the channels whose k = c*n_taps + tap lies in the block */
        int c_begin = (k_begin - tap + n_taps - 1) / n_taps;
        int c_end = (k_end - tap + n_taps - 1) / n_taps;
        if (c_begin >= c_end)
            continue;
        int row = y * conv->stride + tap / conv->size - conv->pad_top;
        int column = x * conv->stride + tap % conv->size - conv->pad_left;
        int before = points_before(-column, conv->stride, n);
        int end = points_before(in->w - column, conv->stride, n);
        if (row < 0 || row >= in->h || before >= end)
            before = end = n;
        strip s = {.panel = panel + (c_begin * n_taps + tap - k_begin) * MAFAT_TILE_PIXELS,
                   .panel_step = (size_t)n_taps * MAFAT_TILE_PIXELS,
                   .in_step = in->channel_stride,
                   .n_channels = c_end - c_begin,
                   .n = n, .before = before, .after = n - end,
                   .stride = conv->stride, .fetch_next = tap % conv->size == 0};
        if (before < n)
            s.in = in->data + (size_t)c_begin * in->channel_stride + (size_t)row * in->row_stride
                   + (column + before * conv->stride);
        pack_strip(&s);
    }
}

void mafat_pack_run(const mafat_conv *conv, int k_begin, int k_end, int pixel_begin, int pixel_end,
                    float *panels)
{
    size_t panel_floats = (size_t)(k_end - k_begin) * MAFAT_TILE_PIXELS;

    for (int begin = pixel_begin; begin < pixel_end; begin += MAFAT_TILE_PIXELS) {
        int end = begin + MAFAT_TILE_PIXELS < pixel_end ? begin + MAFAT_TILE_PIXELS : pixel_end;
        for (int pixel = begin; pixel < end;) {
            int n = mafat_pack_row_rest(&conv->out, pixel, end);
            pack_pixels(conv, k_begin, k_end, pixel / conv->out.w, pixel % conv->out.w, n,
                        panels + (pixel - begin));
            pixel += n;
        }
        strip rest = {.panel = panels + (end - begin), .panel_step = MAFAT_TILE_PIXELS,
                      .n_channels = k_end - k_begin, .n = MAFAT_TILE_PIXELS - (end - begin)};
        rest.before = rest.n;
        pack_strip(&rest);
        panels += panel_floats;
    }
}
