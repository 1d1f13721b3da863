/* As many filters at a time as a vector has lanes: each row of points is interpolated, then each
 * column of outputs; some tiles' outputs are turned over, so that a vector is a run of pixels of
 * one filter, and go to the map. The epilogue follows while they are in the cache. */
#include "kernels/winograd_output.h"

#include "base/size.h"
#include "kernels/transpose.h"

enum {
    LANES = MAFAT_SIMD_FLOATS, IN = MAFAT_WINOGRAD_IN, OUT = MAFAT_WINOGRAD_OUT,
    COLUMNS = MAFAT_WINOGRAD_OUTPUT_TILES * OUT
};

/* Tiles that lie side by side in the output map, cut to it. */
typedef struct {
    int y, x, h, w;         /* outputs */
    int n_tiles;
} strip;

static void interpolate_tile(const float *sums, size_t step, float (*to)[COLUMNS][LANES])
{
    mafat_simd columns[OUT][IN];

    for (int i = 0; i < IN; i++) {
        mafat_simd at[IN], out[OUT];
        MAFAT_UNROLL
        for (int j = 0; j < IN; j++, sums += step)
            at[j] = mafat_simd_load(sums);
        mafat_winograd_points_to_outputs(at, out);
        MAFAT_UNROLL
        for (int x = 0; x < OUT; x++)
            columns[x][i] = out[x];
    }
    for (int x = 0; x < OUT; x++) {
        mafat_simd out[OUT];
        mafat_winograd_points_to_outputs(columns[x], out);
        MAFAT_UNROLL
        for (int y = 0; y < OUT; y++)
            mafat_simd_store(to[y][x], out[y]);
    }
}

/* The outputs of not more than MAFAT_WINOGRAD_OUTPUT_TILES tiles. */
static void interpolate(const float *sums, size_t step, const mafat_view *out, int f, int n_filters,
                        const strip *s, float (*rows)[COLUMNS][LANES])
{
    for (int t = 0; t < s->n_tiles; t++)
        interpolate_tile(sums + t * MAFAT_WINOGRAD_FILTERS, step,
                         (float (*)[COLUMNS][LANES])rows[0][t * OUT]);
    for (int y = 0; y < s->h; y++) {
        float *to = out->data + (size_t)f * out->channel_stride
                    + (size_t)(s->y + y) * out->row_stride + s->x;
        for (int x = 0; x < s->w; x += LANES)
            mafat_transpose_store((const float (*)[LANES])rows[y] + x, to + x,
                                  out->channel_stride, n_filters,
                                  mafat_size_min_int(s->w - x, LANES));
    }
}

/* Of the filters [f, f + n_filters). Rows that follow one another in memory and in the plane go as
 * one. */
static void finish(const mafat_conv *conv, int f, int n_filters, const strip *s)
{
    const mafat_view *out = &conv->out;
    const mafat_epilogue *epilogue = &conv->epilogue;
    bool is_dense = s->w == epilogue->plane_width && out->row_stride == (size_t)s->w;
    int n = is_dense ? s->h * s->w : s->w;

    for (int i = f; i < f + n_filters; i++) {
        for (int y = s->y; y < s->y + s->h; y += n / s->w) {
            mafat_epilogue_run(epilogue, i,
                               out->data + (size_t)i * out->channel_stride
                                   + (size_t)y * out->row_stride + s->x,
                               n, epilogue->plane_origin
                                      + (size_t)y * (size_t)epilogue->plane_width + (size_t)s->x);
        }
    }
}

/* n tiles from `tile` on, which lie in one row of them. */
static strip strip_of(const mafat_view *out, int row_tiles, int tile, int n)
{
    strip s = {.y = tile / row_tiles * OUT, .x = tile % row_tiles * OUT, .n_tiles = n};

    s.h = mafat_size_min_int(OUT, out->h - s.y);
    s.w = mafat_size_min_int(n * OUT, out->w - s.x);
    return s;
}

/* One vector of filters from f on. */
static void run_filters(const mafat_conv *conv, mafat_winograd_planes sums, int f, int n_filters,
                        int tile_begin, int tile_end, float *scratch)
{
    int row_tiles = mafat_size_parts(conv->out.w, OUT);

    for (int tile = tile_begin, end; tile < tile_end; tile = end) {
        end = mafat_size_min_int(tile_end, (tile / row_tiles + 1) * row_tiles);
        for (int t = tile, n; t < end; t += n) {
            n = mafat_size_min_int(end - t, MAFAT_WINOGRAD_OUTPUT_TILES);
            strip s = strip_of(&conv->out, row_tiles, t, n);
            interpolate(sums.data + (t - tile_begin) * MAFAT_WINOGRAD_FILTERS, sums.step,
                        &conv->out, f, n_filters, &s, (float (*)[COLUMNS][LANES])scratch);
        }
        strip s = strip_of(&conv->out, row_tiles, tile, end - tile);
        finish(conv, f, n_filters, &s);
    }
}

void mafat_winograd_output_run(const mafat_conv *conv, mafat_winograd_planes sums, int f,
                               int n_filters, int tile_begin, int tile_end, float *scratch)
{
    for (; n_filters > 0; n_filters -= LANES, f += LANES, sums.data += LANES)
        run_filters(conv, sums, f, mafat_size_min_int(n_filters, LANES), tile_begin, tile_end,
                    scratch);
}
