/* The loops around the stages (winograd.h):
 *
 *     for each shape.tiles tiles:
 *         for each shape.filters filters:
 *             for each MAFAT_WINOGRAD_CHANNELS channels:
 *                 inputs at all points
 *                 for each MAFAT_WINOGRAD_FILTERS filters:
 *                     weights at all points       right before they are used
 *                     for all points: sums += inputs * weights
 *                     after the last channels: outputs and epilogue
 */
#include "kernels/winograd.h"

#include <float.h>

#include "base/size.h"
#include "kernels/winograd_input.h"
#include "kernels/winograd_multiply.h"
#include "kernels/winograd_output.h"
#include "kernels/winograd_weights.h"

enum { UNIT = MAFAT_WINOGRAD_CHANNELS, FILTERS = MAFAT_WINOGRAD_FILTERS, TAPS = 9 };

typedef struct {
    const mafat_conv *conv;
    int tile_begin, tile_end;
    int filter_begin, filter_end;
    mafat_winograd_planes inputs;   /* of a unit of channels */
    mafat_winograd_planes weights;  /* of a unit of channels of MAFAT_WINOGRAD_FILTERS filters */
    mafat_winograd_planes sums;     /* of as many filters; n_sums times */
    int n_sums;
    float *scratch;                 /* of the stages */
} pass;

/* Floats of a plane: whole cache lines, an odd number of them. Planes that lay a power of two apart
 * would fall into the same few sets of a cache (weights took two to three times as long). */
static size_t plane_floats(int n_rows, int row_floats)
{
    enum { LINE = 16 };
    return (mafat_size_divide_up((size_t)n_rows * (size_t)row_floats, LINE) | 1) * LINE;
}

static size_t floats_of(mafat_winograd_planes planes)
{
    return MAFAT_WINOGRAD_POINTS * planes.step;
}

/* What lies in the scratch, but for where. */
static pass pass_of(const mafat_winograd_shape *shape)
{
    return (pass){
        .inputs.step = plane_floats(shape->tiles, UNIT),
        .weights.step = plane_floats(UNIT, FILTERS),
        .sums.step = plane_floats(shape->tiles, FILTERS),
        .n_sums = mafat_size_parts(shape->filters, FILTERS),
    };
}

size_t mafat_winograd_scratch_floats(const mafat_winograd_shape *shape)
{
    pass p = pass_of(shape);
    size_t stages = mafat_size_max(MAFAT_WINOGRAD_INPUT_FLOATS, MAFAT_WINOGRAD_WEIGHTS_FLOATS);

    return floats_of(p.inputs) + floats_of(p.weights) + floats_of(p.sums) * (size_t)p.n_sums
           + mafat_size_max(stages, MAFAT_WINOGRAD_OUTPUT_FLOATS);
}

int mafat_winograd_tiles(const mafat_view *out)
{
    return mafat_size_parts(out->h, MAFAT_WINOGRAD_OUT)
           * mafat_size_parts(out->w, MAFAT_WINOGRAD_OUT);
}

/* Where all channels are summed at once, no sums wait for others. */
static bool sums_wait(int channels)
{
    return channels > UNIT;
}

/* The most filters, in even parts, whose sums find room beside so many tiles; as many at least as
 * are computed together. */
static int filters_beside(int n_tiles, int channels, int n_filters, size_t max_bytes)
{
    int n_tiled = mafat_size_parts(n_filters, FILTERS);

    for (int parts = 1; sums_wait(channels) && parts < n_tiled; parts++) {
        mafat_winograd_shape shape = {n_tiles, mafat_size_parts(n_tiled, parts) * FILTERS};
        if (mafat_winograd_scratch_floats(&shape) * sizeof(float) <= max_bytes)
            return shape.filters;
    }
    return FILTERS;
}

/* TUNING. How many weights are evaluated in the time of an input: 4.2 against 2.4 ns (Zen 5). */
static double evaluating(const mafat_winograd_shape *shape, int n_tiles, int channels,
                         int n_filters)
{
    int tile_parts = mafat_size_parts(n_tiles, shape->tiles);
    int filter_parts = sums_wait(channels) ? mafat_size_parts(n_filters, shape->filters) : 1;

    return (double)tile_parts * n_filters + 2. * filter_parts * n_tiles;
}

/* Pieces of the map are whole rows of tiles or parts of one row, as even as can be, largest
 * first. */
mafat_winograd_shape mafat_winograd_choose(int h, int w, int channels, int n_filters,
                                           size_t max_bytes)
{
    int n_rows = mafat_size_parts(h, MAFAT_WINOGRAD_OUT);
    int row_tiles = mafat_size_parts(w, MAFAT_WINOGRAD_OUT);
    mafat_winograd_shape best = {0};
    double least = DBL_MAX;

    for (int parts = 1; parts < n_rows + row_tiles; parts++) {
        int n = parts <= n_rows ? mafat_size_parts(n_rows, parts) * row_tiles
                                : mafat_size_parts(row_tiles, parts - n_rows + 1);
        mafat_winograd_shape shape = {n, filters_beside(n, channels, n_filters, max_bytes)};
        double work = evaluating(&shape, n_rows * row_tiles, channels, n_filters);
        if (mafat_winograd_scratch_floats(&shape) * sizeof(float) > max_bytes) {
            best = shape;
        } else if (work < least) {
            best = shape;
            least = work;
        }
    }
    return best;
}

static int unit_of(const pass *p, int c)
{
    return mafat_size_min_int(UNIT, p->conv->channels - c);
}

static int filters_of(const pass *p, int f)
{
    return mafat_size_min_int(FILTERS, p->filter_end - f);
}

static const float *weights_of(const pass *p, int f, int c)
{
    return p->conv->weights + ((size_t)f * (size_t)p->conv->channels + (size_t)c) * TAPS;
}

/* Fetches one row of the weights that come after those of filter f and channel c: they come in
 * pieces too short for the hardware to foresee, from far away. */
static void prefetch(const pass *p, int f, int c, int row)
{
    f += FILTERS;
    if (f >= p->filter_end) {
        f = p->filter_begin;
        c += UNIT;
    }
    if (c < p->conv->channels && row < filters_of(p, f))
        mafat_simd_prefetch(weights_of(p, f + row, c), unit_of(p, c) * TAPS);
}

/* Where the sums of the filters from f on wait. */
static mafat_winograd_planes sums_of(const pass *p, int f)
{
    size_t piece = (size_t)((f - p->filter_begin) / FILTERS % p->n_sums);
    return (mafat_winograd_planes){p->sums.data + piece * floats_of(p->sums), p->sums.step};
}

/* Adds the products of the channels from c on for the filters from f on. */
static void add_products(const pass *p, int f, int c)
{
    const float *inputs = p->inputs.data, *weights = p->weights.data;
    mafat_winograd_planes sums = sums_of(p, f);

    mafat_winograd_weights_run(weights_of(p, f, c), (size_t)p->conv->channels * TAPS,
                               filters_of(p, f), unit_of(p, c), p->weights, p->scratch);
    for (int point = 0; point < MAFAT_WINOGRAD_POINTS; point++) {
        prefetch(p, f, c, point);
        mafat_winograd_multiply_run(inputs, weights, sums.data, p->tile_end - p->tile_begin,
                                    unit_of(p, c), c == 0);
        inputs += p->inputs.step;
        weights += p->weights.step;
        sums.data += sums.step;
    }
}

static void run_filters(const pass *p)
{
    for (int c = 0; c < p->conv->channels; c += UNIT) {
        mafat_winograd_input_run(p->conv, c, c + unit_of(p, c), p->tile_begin, p->tile_end,
                                 p->inputs, p->scratch);
        for (int f = p->filter_begin; f < p->filter_end; f += FILTERS) {
            add_products(p, f, c);
            if (c + UNIT >= p->conv->channels)
                mafat_winograd_output_run(p->conv, sums_of(p, f), f, filters_of(p, f),
                                          p->tile_begin, p->tile_end, p->scratch);
        }
    }
}

void mafat_winograd_run(const mafat_conv *conv, const mafat_winograd_shape *shape,
                        int filter_begin, int filter_end, int tile_begin, int tile_end,
                        float *scratch)
{
    pass p = pass_of(shape);
    int filters = sums_wait(conv->channels) ? shape->filters : filter_end - filter_begin;

    p.conv = conv;
    p.inputs.data = scratch;
    p.weights.data = p.inputs.data + floats_of(p.inputs);
    p.sums.data = p.weights.data + floats_of(p.weights);
    p.scratch = p.sums.data + floats_of(p.sums) * (size_t)p.n_sums;
    for (p.tile_begin = tile_begin; p.tile_begin < tile_end; p.tile_begin = p.tile_end) {
        p.tile_end = mafat_size_min_int(p.tile_begin + shape->tiles, tile_end);
        for (int f = filter_begin; f < filter_end; f = p.filter_end) {
            p.filter_begin = f;
            p.filter_end = mafat_size_min_int(f + filters, filter_end);
            run_filters(&p);
        }
    }
}
