/* What a run needs of the program that it lives in: Darknet, or a test. */
#ifndef MAFAT_RUN_HOST_H
#define MAFAT_RUN_HOST_H

#include "base/rounding.h"

typedef struct {
    void *context;
    /* Runs a layer of kind MAFAT_WHOLE from `input` to maps[layer]; maps[i] is the whole output of
     * layer i, [n_layers], for those that the plan makes whole and that are alive. */
    void (*forward)(void *context, int layer, float *input, float *const *maps);
    /* Applies an activation to n floats: for those that have no kernel of ours. */
    void (*activate)(float *x, int n, int activation);
    /* The weight of source number `source` of a shortcut that has weights, in a channel; `weights` are
     * those that the file holds for the layer. */
    float (*weigh)(void *context, int layer, const float *weights, int source, int channel);
    mafat_rounding rounding;
} mafat_host;

#endif
