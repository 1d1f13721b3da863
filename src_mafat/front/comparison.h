/* Compares MAFAT's outputs with those that Darknet's own forward pass left behind, bit by bit. */
#ifndef MAFAT_FRONT_COMPARISON_H
#define MAFAT_FRONT_COMPARISON_H

#include "base/status.h"
#include "front/bridge.h"

typedef struct {
    const mafat_bridge *bridge;     /* borrowed */
    int n_layers;                   /* compared so far, as all below */
    size_t n_values, n_different;
    double max_abs_diff;            /* NaN where one of the two is NaN */
    int first_layer;                /* where the first difference is; -1: nowhere */
    size_t first_index;
    float first_darknet, first_mafat;
} mafat_comparison;

void mafat_comparison_begin(mafat_comparison *c, const mafat_bridge *bridge);

/* An observer's map_done(): compares one output. `context` is the comparison. */
void mafat_comparison_map_done(void *context, int layer, const float *map);

/* Puts the first difference into the error record, with its channel, row and column and both
 * values; returns MAFAT_FAILED. There must be one. */
mafat_status mafat_comparison_describe(const mafat_comparison *c, mafat_error *error);

#endif
