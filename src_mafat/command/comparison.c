/* The comparator of two forward passes; see comparison.h. */
#include "command/comparison.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { PIECE_FLOATS = 4096 };

void mafat_comparison_begin(mafat_comparison *c, const mafat_network *network,
                            mafat_outputs darknet)
{
    *c = (mafat_comparison){.network = network, .darknet = darknet, .first_layer = -1};
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void note_difference(mafat_comparison *c, int layer, size_t index, float darknet,
                            float ours)
{
    if (c->first_layer < 0) {
        c->first_layer = layer;
        c->first_index = index;
        c->first_darknet = darknet;
        c->first_mafat = ours;
    }
    double diff = fabs((double)darknet - (double)ours);
    if (diff > c->max_abs_diff || isnan(diff))
        c->max_abs_diff = diff;
    c->n_different++;
}

static void compare_piece(mafat_comparison *c, int layer, size_t first, size_t n, const float *map)
{
    float darknet[PIECE_FLOATS];
    c->status = c->darknet.read(c->darknet.context, layer, first, n, darknet, &c->error);
    for (size_t i = 0; i < n && c->status == MAFAT_OK; i++)
        if (bits_of(darknet[i]) != bits_of(map[first + i]))
            note_difference(c, layer, first + i, darknet[i], map[first + i]);
    c->n_values += n;
}

void mafat_comparison_map_done(void *context, int image, int layer, const float *map)
{
    mafat_comparison *c = context;
    size_t n = mafat_shape_floats(c->network->layers[layer].out);
    for (size_t first = 0; first < n && c->status == MAFAT_OK; first += PIECE_FLOATS)
        compare_piece(c, layer, first, n - first < PIECE_FLOATS ? n - first : PIECE_FLOATS, map);
    c->n_layers += image == 0;
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
        "first difference at channel %zu, row %zu, column %zu: Darknet %.9g (0x%08" PRIx32
        "), MAFAT %.9g (0x%08" PRIx32 ")",
        c->first_index / plane, c->first_index % plane / width, c->first_index % width,
        (double)c->first_darknet, bits_of(c->first_darknet), (double)c->first_mafat,
        bits_of(c->first_mafat));
}
