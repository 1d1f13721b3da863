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

#include "base/size.h"
#include "kernels/winograd_input.h"
#include "kernels/winograd_multiply.h"
#include "kernels/winograd_output.h"
#include "kernels/winograd_weights.h"

enum { UNIT = MAFAT_WINOGRAD_CHANNELS, FILTERS = MAFAT_WINOGRAD_FILTERS, TAPS = 9 };

typedef struct {
    const mafat_conv *conv;         /* of the first image */
    const mafat_winograd_images *images;
    int image_tiles;                /* of each of them */
    int tile_begin, tile_end;
    int filter_begin, filter_end;
    mafat_winograd_planes inputs;   /* of a unit of channels */
    mafat_winograd_planes weights;  /* of a unit of channels of MAFAT_WINOGRAD_FILTERS filters */
    mafat_winograd_planes sums;     /* of as many filters; n_sums times */
    int n_sums;
    float *scratch;                 /* of the stages */
} pass;

mafat_winograd_unit mafat_winograd_unit_of_build(void)
{
    size_t stages = mafat_size_max(MAFAT_WINOGRAD_INPUT_FLOATS, MAFAT_WINOGRAD_WEIGHTS_FLOATS);
    return (mafat_winograd_unit){FILTERS, mafat_size_max(stages, MAFAT_WINOGRAD_OUTPUT_FLOATS)};
}

static size_t floats_of(mafat_winograd_planes planes)
{
    return MAFAT_WINOGRAD_POINTS * planes.step;
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

/* Tiles of the pass that lie in one image. */
typedef struct {
    mafat_conv conv;
    int begin, end;         /* of that image's tiles */
    int place;              /* of the first one among those of the pass */
} stretch;

/* The one that begins with a tile. */
static stretch stretch_at(const pass *p, int tile)
{
    int image = tile / p->image_tiles, first = image * p->image_tiles;
    stretch s = {.conv = *p->conv, .begin = tile - first,
                 .end = mafat_size_min_int(p->tile_end - first, p->image_tiles),
                 .place = tile - p->tile_begin};

    s.conv.in.data += (size_t)image * p->images->in_step;
    s.conv.out.data += (size_t)image * p->images->out_step;
    return s;
}

static void evaluate_inputs(const pass *p, int c)
{
    for (int tile = p->tile_begin; tile < p->tile_end;) {
        stretch s = stretch_at(p, tile);
        mafat_winograd_planes at = {p->inputs.data + s.place * UNIT, p->inputs.step};
        mafat_winograd_input_run(&s.conv, c, c + unit_of(p, c), s.begin, s.end, at, p->scratch);
        tile += s.end - s.begin;
    }
}

static void interpolate_outputs(const pass *p, int f)
{
    for (int tile = p->tile_begin; tile < p->tile_end;) {
        stretch s = stretch_at(p, tile);
        mafat_winograd_planes sums = sums_of(p, f);
        sums.data += s.place * FILTERS;
        mafat_winograd_output_run(&s.conv, sums, f, filters_of(p, f), s.begin, s.end, p->scratch);
        tile += s.end - s.begin;
    }
}

static void run_filters(const pass *p)
{
    for (int c = 0; c < p->conv->channels; c += UNIT) {
        evaluate_inputs(p, c);
        for (int f = p->filter_begin; f < p->filter_end; f += FILTERS) {
            add_products(p, f, c);
            if (c + UNIT >= p->conv->channels)
                interpolate_outputs(p, f);
        }
    }
}

void mafat_winograd_run(const mafat_conv *conv, const mafat_winograd_images *images,
                        mafat_winograd_shape shape, int filter_begin, int filter_end,
                        int tile_begin, int tile_end, float *scratch)
{
    const mafat_winograd_unit unit = mafat_winograd_unit_of_build();
    mafat_winograd_layout layout = mafat_winograd_shape_layout(&unit, shape);
    bool is_one_unit = conv->channels <= UNIT;    /* no sums wait: all filters take one turn */
    int filters = is_one_unit ? filter_end - filter_begin : shape.filters;
    pass p = {.conv = conv, .images = images,
              .image_tiles = mafat_winograd_shape_tiles(conv->out.h, conv->out.w),
              .inputs = {scratch, layout.input_step}, .n_sums = layout.n_sums};

    p.weights = (mafat_winograd_planes){p.inputs.data + floats_of(p.inputs), layout.weight_step};
    p.sums = (mafat_winograd_planes){p.weights.data + floats_of(p.weights), layout.sum_step};
    p.scratch = p.sums.data + floats_of(p.sums) * (size_t)p.n_sums;
    for (p.tile_begin = tile_begin; p.tile_begin < tile_end; p.tile_begin = p.tile_end) {
        p.tile_end = mafat_size_min_int(p.tile_begin + shape.tiles, tile_end);
        for (int f = filter_begin; f < filter_end; f = p.filter_end) {
            p.filter_begin = f;
            p.filter_end = mafat_size_min_int(f + filters, filter_end);
            run_filters(&p);
        }
    }
}
