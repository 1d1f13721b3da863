/* The loops around the register tile (conv.h):
 *
 *     for the pixels of each panel:
 *         for slices of k:                        sums wait in the output map in between, exactly
 *             pack the slice's taps               [panels][k][MAFAT_REGISTER_PIXELS]
 *             for each MAFAT_REGISTER_FILTERS filters:
 *                 pack their weights              where MAFAT_WEIGHT_COPIES is not 0
 *                 for panels: the register tile
 *                 after the last k: epilogue      while the filters' sums are in the cache
 */
#include "kernels/conv.h"

#include "base/size.h"
#include "kernels/pack.h"
#include "kernels/register_tile.h"
#include "kernels/simd.h"

typedef struct {
    const mafat_conv *conv;
    int pixel_begin, pixel_end;
    int filter_end;
    int k_begin, k_end, n_k;    /* n_k: of the whole filter */
    int slice_taps;
    float *panels, *weights;    /* the scratch: packed taps and, after them, packed weights */
} pass;

/* Pixels in whole panels. */
static int whole_panels(int n_pixels)
{
    return mafat_size_parts(n_pixels, MAFAT_REGISTER_PIXELS) * MAFAT_REGISTER_PIXELS;
}

size_t mafat_conv_scratch_floats(mafat_conv_panel panel)
{
    int weights = MAFAT_REGISTER_FILTERS * MAFAT_WEIGHT_COPIES;
    return (size_t)panel.taps * (size_t)(whole_panels(panel.pixels) + weights);
}

mafat_conv_panel mafat_conv_panel_best(size_t cache_bytes, int n_threads)
{
    int taps = MAFAT_CONV_KC, n_panels = MAFAT_CONV_NC / MAFAT_REGISTER_PIXELS / n_threads;

    while (cache_bytes > 0 && taps > MAFAT_CONV_KC / 4
           && (size_t)taps * MAFAT_CONV_NC * sizeof(float) > cache_bytes / 2)
        taps /= 2;
    return (mafat_conv_panel){.taps = taps,
                              .pixels = (n_panels > 0 ? n_panels : 1) * MAFAT_REGISTER_PIXELS};
}

/* Without a division where it can be: a tile of few taps takes little longer than some of them. */
static float *out_pixel(const mafat_view *out, int f, int pixel)
{
    float *plane = out->data + (size_t)f * out->channel_stride;

    if (out->row_stride == (size_t)out->w)
        return plane + pixel;
    return plane + (size_t)(pixel / out->w) * out->row_stride + pixel % out->w;
}

/* Whether pixels [begin, end) follow one another in memory. */
static bool is_contiguous(const mafat_view *out, int begin, int end)
{
    return out->row_stride == (size_t)out->w || mafat_pack_row_rest(out, begin, end) == end - begin;
}

/* Copies the sums of pixels [begin, end) of some filters from the output map, or to it. */
static void copy_sums(const mafat_view *out, int f, int n_filters, int begin, int end,
                      float (*sums)[MAFAT_REGISTER_PIXELS], bool to_map)
{
    int n;

    for (int pixel = begin; pixel < end; pixel += n) {
        n = is_contiguous(out, pixel, end) ? end - pixel : mafat_pack_row_rest(out, pixel, end);
        float *map = out_pixel(out, f, pixel);
        for (int i = 0; i < n_filters; i++, map += out->channel_stride) {
            float *in_tile = sums[i] + (pixel - begin);
            mafat_simd_copy(to_map ? map : in_tile, to_map ? in_tile : map, n);
        }
    }
}

/* A tile whose pixels do not lie in the map as they do in the panel: its sums take a detour. */
static void run_scattered(mafat_register_tile *tile, const mafat_view *out, int f, int n_filters,
                          int begin, int end)
{
    float sums[MAFAT_REGISTER_FILTERS][MAFAT_REGISTER_PIXELS] = {{0}};

    tile->sums = sums[0];
    tile->sum_stride = MAFAT_REGISTER_PIXELS;
    if (!tile->start)
        copy_sums(out, f, n_filters, begin, end, sums, false);
    mafat_register_tile_run(tile, n_filters, mafat_size_parts(end - begin, MAFAT_SIMD_FLOATS));
    copy_sums(out, f, n_filters, begin, end, sums, true);
}

static const float *filter_weights(const pass *p, int f)
{
    return p->conv->weights + (size_t)f * (size_t)p->n_k + p->k_begin;
}

/* Fetches ahead of the tile of panel number `panel`, which ends before pixel `end`: the sums of the
 * next panel, where there are any, and this panel's share of the weights of the next filters, which
 * come in pieces too short for the hardware to foresee. */
static void prefetch(const pass *p, int f, int n_filters, int panel, int end)
{
    const mafat_view *out = &p->conv->out;
    int n_panels = mafat_size_parts(p->pixel_end - p->pixel_begin, MAFAT_REGISTER_PIXELS);
    int next_end = mafat_size_min_int(f + 2 * MAFAT_REGISTER_FILTERS, p->filter_end);

    if (end < p->pixel_end && p->k_begin > 0) {
        const float *sums = out_pixel(out, f, end);
        for (int i = 0; i < n_filters; i++)
            mafat_simd_prefetch(sums + (size_t)i * out->channel_stride, MAFAT_REGISTER_PIXELS);
    }
    for (int i = f + MAFAT_REGISTER_FILTERS + panel; i < next_end; i += n_panels)
        mafat_simd_prefetch(filter_weights(p, i), p->k_end - p->k_begin);
}

static void run_tiles(const pass *p, int f, int n_filters)
{
    const mafat_view *out = &p->conv->out;
    mafat_register_tile tile = {.weights = filter_weights(p, f),
                                .weight_stride = (size_t)p->n_k,
                                .panel = p->panels,
                                .n_k = p->k_end - p->k_begin,
                                .start = p->k_begin == 0};

    if (MAFAT_WEIGHT_COPIES > 0) {
        mafat_pack_weights(tile.weights, tile.weight_stride, n_filters, tile.n_k, p->weights);
        tile.weights = p->weights;
    }
    for (int begin = p->pixel_begin, panel = 0, end; begin < p->pixel_end; begin = end, panel++) {
        end = begin + mafat_pack_panel_pixels(p->pixel_end - begin);
        prefetch(p, f, n_filters, panel, end);
        if (is_contiguous(out, begin, end) && (end - begin) % MAFAT_SIMD_FLOATS == 0) {
            tile.sums = out_pixel(out, f, begin);
            tile.sum_stride = out->channel_stride;
            mafat_register_tile_run(&tile, n_filters, (end - begin) / MAFAT_SIMD_FLOATS);
        } else {
            run_scattered(&tile, out, f, n_filters, begin, end);
        }
        tile.panel += (size_t)tile.n_k * MAFAT_REGISTER_PIXELS;
    }
}

static void run_epilogue(const pass *p, int f)
{
    const mafat_view *out = &p->conv->out;
    const mafat_epilogue *epilogue = &p->conv->epilogue;
    bool whole_rows = out->row_stride == (size_t)out->w && epilogue->plane_width == out->w;

    for (int pixel = p->pixel_begin; pixel < p->pixel_end;) {
        int n = whole_rows ? p->pixel_end - pixel
                           : mafat_pack_row_rest(out, pixel, p->pixel_end);
        size_t first = epilogue->plane_origin
                       + (size_t)(pixel / out->w) * (size_t)epilogue->plane_width
                       + (size_t)(pixel % out->w);
        mafat_epilogue_run(epilogue, f, out_pixel(out, f, pixel), n, first);
        pixel += n;
    }
}

static void run_pixels(pass *p, int filter_begin)
{
    int n_slices = mafat_size_parts(p->n_k, p->slice_taps);
    int step = mafat_size_parts(p->n_k, n_slices);

    for (p->k_begin = 0; p->k_begin < p->n_k; p->k_begin = p->k_end) {
        p->k_end = mafat_size_min_int(p->k_begin + step, p->n_k);
        mafat_pack_run(p->conv, p->k_begin, p->k_end, p->pixel_begin, p->pixel_end, p->panels);
        for (int f = filter_begin; f < p->filter_end; f += MAFAT_REGISTER_FILTERS) {
            int n_filters = mafat_size_min_int(MAFAT_REGISTER_FILTERS, p->filter_end - f);
            run_tiles(p, f, n_filters);
            for (int i = 0; i < n_filters && p->k_end == p->n_k; i++)
                run_epilogue(p, f + i);
        }
    }
}

void mafat_conv_run(const mafat_conv *conv, int filter_begin, int filter_end, int pixel_begin,
                    int pixel_end, mafat_conv_panel panel, float *scratch)
{
    pass p = {.conv = conv, .filter_end = filter_end,
              .n_k = conv->channels * conv->size * conv->size, .slice_taps = panel.taps,
              .panels = scratch, .weights = scratch + panel.taps * whole_panels(panel.pixels)};

    for (int pixel = pixel_begin; pixel < pixel_end; pixel = p.pixel_end) {
        p.pixel_begin = pixel;
        p.pixel_end = mafat_size_min_int(pixel + panel.pixels, pixel_end);
        run_pixels(&p, filter_begin);
    }
}
