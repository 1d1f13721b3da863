/* Compares MAFAT's outputs with those of Darknet's own forward pass, bit by bit. */
#ifndef MAFAT_COMMAND_COMPARISON_H
#define MAFAT_COMMAND_COMPARISON_H

#include "base/layer.h"
#include "base/status.h"

/* Where Darknet's outputs are. */
typedef struct {
    void *context;
    /* Gives values [first, first + n) of a layer's output; of one layer they are asked for in
     * order. */
    mafat_status (*read)(void *context, int layer, size_t first, size_t n, float *to,
                         mafat_error *error);
} mafat_outputs;

typedef struct {
    const mafat_network *network;   /* borrowed */
    mafat_outputs darknet;
    mafat_status status;            /* of reading Darknet's outputs */
    mafat_error error;
    int n_layers;                   /* compared so far, as all below; of the first image */
    size_t n_values, n_different;
    double max_abs_diff;            /* NaN where one of the two is NaN */
    int first_layer;                /* where the first difference is; -1: nowhere */
    size_t first_index;
    float first_darknet, first_mafat;
} mafat_comparison;

void mafat_comparison_begin(mafat_comparison *c, const mafat_network *network,
                            mafat_outputs darknet);

/* An observer's map_done(): compares one output; all images are the one that Darknet ran.
 * `context` is the comparison. */
void mafat_comparison_map_done(void *context, int image, int layer, const float *map);

/* MAFAT_OK where all that was compared is equal. Else MAFAT_FAILED, with the first difference in
 * the error record: its channel, row and column and both values; or with what kept Darknet's
 * outputs from being read. */
mafat_status mafat_comparison_judge(const mafat_comparison *c, mafat_error *error);

#endif
