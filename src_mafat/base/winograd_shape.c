/* Sizes of pieces of work; see winograd_shape.h. */
#include "base/winograd_shape.h"

#include <float.h>
#include <stdbool.h>

#include "base/size.h"

int mafat_winograd_shape_tiles(int h, int w)
{
    return mafat_size_parts(h, MAFAT_WINOGRAD_OUT) * mafat_size_parts(w, MAFAT_WINOGRAD_OUT);
}

/* Floats of a plane: whole cache lines, an odd number of them. Planes that lay a power of two apart
 * would fall into the same few sets of a cache (weights took two to three times as long). */
static size_t plane_floats(int n_rows, int row_floats)
{
    enum { LINE = 16 };
    return (mafat_size_divide_up((size_t)n_rows * (size_t)row_floats, LINE) | 1) * LINE;
}

mafat_winograd_layout mafat_winograd_shape_layout(const mafat_winograd_unit *unit,
                                                  mafat_winograd_shape shape)
{
    mafat_winograd_layout layout = {
        .input_step = plane_floats(shape.tiles, MAFAT_WINOGRAD_CHANNELS),
        .weight_step = plane_floats(MAFAT_WINOGRAD_CHANNELS, unit->filters),
        .sum_step = plane_floats(shape.tiles, unit->filters),
        .n_sums = mafat_size_parts(shape.filters, unit->filters),
    };
    size_t n = layout.input_step + layout.weight_step + layout.sum_step * (size_t)layout.n_sums;
    layout.floats = MAFAT_WINOGRAD_POINTS * n + unit->stage_floats;
    return layout;
}

static bool fits(const mafat_winograd_unit *unit, mafat_winograd_shape shape, size_t max_bytes)
{
    return mafat_winograd_shape_layout(unit, shape).floats * sizeof(float) <= max_bytes;
}

static bool sums_wait(int channels)
{
    return channels > MAFAT_WINOGRAD_CHANNELS;
}

mafat_winograd_passes mafat_winograd_shape_passes(mafat_winograd_shape shape, int n_tiles,
                                                  int channels, int n_filters)
{
    return (mafat_winograd_passes){
        .of_weights = mafat_size_parts(n_tiles, shape.tiles),
        .of_inputs = sums_wait(channels) ? mafat_size_parts(n_filters, shape.filters) : 1,
    };
}

/* TUNING. An input takes as long as some weights: 4.2 against 2.4 ns (Zen 5). */
double mafat_winograd_shape_work(mafat_winograd_shape shape, int n_tiles, int channels,
                                 int n_filters)
{
    mafat_winograd_passes passes = mafat_winograd_shape_passes(shape, n_tiles, channels, n_filters);
    return (double)passes.of_weights * n_filters + 2. * passes.of_inputs * n_tiles;
}

/* The most tiles, in even parts, that find room beside the sums of so many filters; 1 at least. */
static int tiles_beside(const mafat_winograd_unit *unit, int n_tiles, int filters, size_t max_bytes)
{
    int enough = 1, too_many = n_tiles + 1;
    while (too_many > enough + 1) {
        int middle = enough + (too_many - enough) / 2;
        *(fits(unit, (mafat_winograd_shape){middle, filters}, max_bytes) ? &enough
                                                                         : &too_many) = middle;
    }
    return mafat_size_parts(n_tiles, mafat_size_parts(n_tiles, enough));
}

mafat_winograd_shape mafat_winograd_shape_choose(const mafat_winograd_unit *unit, int n_tiles,
                                                 int channels, int n_filters, size_t max_bytes)
{
    int n_units = sums_wait(channels) ? mafat_size_parts(n_filters, unit->filters) : 1;
    mafat_winograd_shape best = {1, unit->filters};
    double least = DBL_MAX;

    for (int parts = 1; parts <= n_units; parts++) {
        int filters = mafat_size_parts(n_units, parts) * unit->filters;
        mafat_winograd_shape shape = {tiles_beside(unit, n_tiles, filters, max_bytes), filters};
        double work = mafat_winograd_shape_work(shape, n_tiles, channels, n_filters);
        if (work < least && fits(unit, shape, max_bytes)) {
            best = shape;
            least = work;
        }
    }
    return best;
}
