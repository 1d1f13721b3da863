/* See weight_modes.h. */
#include "support/weight_modes.h"

static size_t test_filter_bytes(const mafat_layer *layer)
{
    return mafat_layer_macs(layer, 1) / (size_t)layer->out.c * sizeof(float);
}

static int test_largest_layer(const mafat_network *network, const mafat_weight_mode *modes,
                              size_t most)
{
    int largest = -1;
    size_t bytes = 0;
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        if (layer->kind != MAFAT_CONVOLUTION || modes[l].pinned)
            continue;
        size_t n = mafat_plan_unit_span((size_t)layer->out.c * test_filter_bytes(layer));
        if (n <= most && n > bytes) {
            largest = l;
            bytes = n;
        }
    }
    return largest;
}

const mafat_weight_mode *test_weight_modes(const mafat_network *network,
                                           test_weights weights,
                                           mafat_weight_mode *modes)
{
    size_t rest = weights.pinned_bytes;
    int largest;
    if (weights.window_bytes == 0)
        return NULL;
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        modes[l] = (mafat_weight_mode){.window_filters = 1};
        if (layer->kind != MAFAT_CONVOLUTION)
            continue;
        size_t most = weights.window_bytes / test_filter_bytes(layer);
        int filters = most < 1 ? 1 : most > (size_t)layer->out.c ? layer->out.c : (int)most;
        int unit = weights.filter_unit;
        modes[l].window_filters = (filters + unit - 1) / unit * unit;
    }
    while ((largest = test_largest_layer(network, modes, rest)) >= 0) {
        modes[largest].pinned = true;
        rest -= mafat_plan_unit_span((size_t)network->layers[largest].out.c *
                                     test_filter_bytes(&network->layers[largest]));
    }
    return modes;
}
