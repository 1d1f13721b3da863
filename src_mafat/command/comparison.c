/* The comparator of two forward passes; see comparison.h. */
#include "command/comparison.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { PIECE_FLOATS = 4096 };

void mafat_comparison_begin(mafat_comparison *c, const mafat_network *network,
                            mafat_outputs expected)
{
    *c = (mafat_comparison){.network = network, .expected = expected, .first_layer = -1};
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The larger of two, or NaN where one is. */
static double larger(double a, double b)
{
    return isnan(a) || a > b ? a : b;
}

static void note_difference(mafat_comparison *c, int layer, size_t index, float expected,
                            float ours)
{
    if (c->first_layer < 0) {
        c->first_layer = layer;
        c->first_index = index;
        c->first_expected = expected;
        c->first_mafat = ours;
    }
    double diff = fabs((double)expected - (double)ours);
    c->max_abs_diff = larger(diff, c->max_abs_diff);
    c->layer_diff = larger(diff, c->layer_diff);
    c->n_different++;
}

static void compare_piece(mafat_comparison *c, int layer, size_t first, size_t n, const float *map)
{
    float expected[PIECE_FLOATS];
    c->status = c->expected.read(c->expected.context, layer, first, n, expected, &c->error);
    for (size_t i = 0; i < n && c->status == MAFAT_OK; i++) {
        c->layer_squares += (double)expected[i] * (double)expected[i];
        if (bits_of(expected[i]) != bits_of(map[first + i]))
            note_difference(c, layer, first + i, expected[i], map[first + i]);
    }
    c->n_values += n;
}

void mafat_comparison_map_done(void *context, int image, int layer, const float *map)
{
    mafat_comparison *c = context;
    size_t n = mafat_shape_floats(c->network->layers[layer].out);
    c->layer_squares = c->layer_diff = 0;
    for (size_t first = 0; first < n && c->status == MAFAT_OK; first += PIECE_FLOATS)
        compare_piece(c, layer, first, n - first < PIECE_FLOATS ? n - first : PIECE_FLOATS, map);
    c->n_layers += image == 0;
    if (c->layer_diff != 0)
        c->max_relative_diff = larger(c->layer_diff / sqrt(c->layer_squares / (double)n),
                                      c->max_relative_diff);
}

mafat_status mafat_comparison_judge(const mafat_comparison *c, mafat_error *error)
{
    if (c->status != MAFAT_OK) {
        *error = c->error;
        return c->status;
    }
    if (c->n_different == 0)
        return MAFAT_OK;
    const mafat_layer *layer = &c->network->layers[c->first_layer];
    size_t plane = (size_t)layer->out.h * (size_t)layer->out.w, width = (size_t)layer->out.w;
    return mafat_error_set_layer(
        error, MAFAT_FAILED, c->first_layer, layer->type,
        "first difference at channel %zu, row %zu, column %zu: %s %.9g (0x%08" PRIx32
        "), MAFAT %.9g (0x%08" PRIx32 ")",
        c->first_index / plane, c->first_index % plane / width, c->first_index % width,
        c->expected.whose, (double)c->first_expected, bits_of(c->first_expected),
        (double)c->first_mafat, bits_of(c->first_mafat));
}

mafat_status mafat_comparison_judge_near(const mafat_comparison *c, mafat_error *error)
{
    if (c->status == MAFAT_OK && c->max_relative_diff <= MAFAT_COMPARISON_NEAR)
        return MAFAT_OK;
    return mafat_comparison_judge(c, error);
}
