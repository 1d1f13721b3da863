/* See algorithm.h. */
#include "plan/algorithm.h"

/* TUNING. Sums of fewer channels are too short for Winograd's to be as exact as four times theirs
 * (kernels/README.md), and gain no time; fewer filters leave lanes of vectors idle, and on smaller
 * maps most of a tile lies beyond the end. */
enum { MIN_CHANNELS = 16, MIN_FILTERS = 16, MIN_EXTENT = 8 };

static bool is_suitable(const mafat_layer *layer)
{
    return layer->kind == MAFAT_CONVOLUTION && layer->size == 3 && layer->stride == 1 &&
           layer->stride_x == 1 && layer->dilation == 1 &&
           layer->groups == 1 && layer->in.c >= MIN_CHANNELS && layer->out.c >= MIN_FILTERS &&
           layer->out.h >= MIN_EXTENT && layer->out.w >= MIN_EXTENT;
}

void mafat_algorithm_choose(mafat_network *network)
{
    for (int l = 0; l < network->n_layers; l++)
        if (is_suitable(&network->layers[l]))
            network->layers[l].algorithm = MAFAT_WINOGRAD;
}

int mafat_algorithm_count(const mafat_network *network)
{
    int n = 0;
    for (int l = 0; l < network->n_layers; l++)
        n += network->layers[l].algorithm == MAFAT_WINOGRAD;
    return n;
}
