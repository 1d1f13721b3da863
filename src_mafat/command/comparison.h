/* Compares MAFAT's outputs with those of Darknet's own forward pass, or of another plan, bit by
 * bit. */
#ifndef MAFAT_COMMAND_COMPARISON_H
#define MAFAT_COMMAND_COMPARISON_H

#include "base/layer.h"
#include "base/status.h"

/* TUNING. Outputs by other algorithms than Darknet's are near to its own where none is further from
 * them than this, in parts of its layer's root mean square. Rounding makes 1e-4 of it in some thirty
 * layers; a fault, about 1. */
#define MAFAT_COMPARISON_NEAR 0.01

/* Where the outputs are that are compared with. */
typedef struct {
    void *context;
    const char *whose;      /* in messages */
    /* Gives values [first, first + n) of a layer's output; of one layer they are asked for in
     * order. */
    mafat_status (*read)(void *context, int layer, size_t first, size_t n, float *to,
                         mafat_error *error);
} mafat_outputs;

typedef struct {
    const mafat_network *network;   /* borrowed */
    mafat_outputs expected;
    mafat_status status;            /* of reading these */
    mafat_error error;
    int n_layers;                   /* compared so far, as all below; of the first image */
    size_t n_values, n_different;
    double max_abs_diff;            /* NaN where one of the two is NaN */
    double max_relative_diff;       /* in parts of the root mean square of a layer's output as it is
                                       expected; NaN as above */
    double layer_squares, layer_diff;    /* of the layer at hand */
    int first_layer;                /* where the first difference is; -1: nowhere */
    size_t first_index;
    float first_expected, first_mafat;
} mafat_comparison;

void mafat_comparison_begin(mafat_comparison *c, const mafat_network *network,
                            mafat_outputs expected);

/* An observer's map_done(): compares one output; all images are the one that was run for it.
 * `context` is the comparison. */
void mafat_comparison_map_done(void *context, int image, int layer, const float *map);

/* MAFAT_OK where all that was compared is equal. Else MAFAT_FAILED, with the first difference in
 * the error record: its channel, row and column and both values; or with what kept outputs from
 * being read. */
mafat_status mafat_comparison_judge(const mafat_comparison *c, mafat_error *error);

/* MAFAT_OK where all is near; else the same. */
mafat_status mafat_comparison_judge_near(const mafat_comparison *c, mafat_error *error);

#endif
