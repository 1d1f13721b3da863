/* Small facts about a network's description; see layer.h. */
#include "base/layer.h"

#include <stdlib.h>
#include <string.h>

static const char *const activation_names[MAFAT_N_ACTIVATIONS] = {
    [MAFAT_LOGISTIC] = "logistic", [MAFAT_RELU] = "relu",   [MAFAT_RELIE] = "relie",
    [MAFAT_LINEAR] = "linear",     [MAFAT_RAMP] = "ramp",   [MAFAT_TANH] = "tanh",
    [MAFAT_PLSE] = "plse",         [MAFAT_LEAKY] = "leaky", [MAFAT_ELU] = "elu",
    [MAFAT_LOGGY] = "loggy",       [MAFAT_STAIR] = "stair", [MAFAT_HARDTAN] = "hardtan",
    [MAFAT_LHTAN] = "lhtan",       [MAFAT_SELU] = "selu",
    [MAFAT_MISH] = "mish",         [MAFAT_SWISH] = "swish", [MAFAT_RELU6] = "relu6",
    [MAFAT_HARD_MISH] = "hard_mish", [MAFAT_GELU] = "gelu",
};

const char *mafat_activation_name(mafat_activation activation)
{
    return activation_names[activation];
}

bool mafat_activation_find(const char *name, mafat_activation *activation)
{
    for (int i = 0; i < MAFAT_N_ACTIVATIONS; i++) {
        if (strcmp(name, activation_names[i]) == 0) {
            *activation = (mafat_activation)i;
            return true;
        }
    }
    return false;
}

size_t mafat_shape_floats(mafat_shape shape)
{
    return (size_t)shape.c * (size_t)shape.h * (size_t)shape.w;
}

void mafat_network_free(mafat_network *network)
{
    for (int i = 0; i < network->n_layers; i++)
        free(network->layers[i].sources);
    free(network->layers);
    *network = (mafat_network){0};
}

int mafat_layer_producer(const mafat_network *network, int l)
{
    while (l >= 0 && network->layers[l].kind == MAFAT_IDENTITY)
        l = network->layers[l].sources[0];
    return l;
}

int mafat_layer_first_channel(const mafat_network *network, int l)
{
    int channel = 0;
    for (; l >= 0 && network->layers[l].kind == MAFAT_IDENTITY; l = network->layers[l].sources[0])
        channel += network->layers[l].first_channel;
    return channel;
}

int mafat_layer_source_channels(const mafat_network *network, int l, int s)
{
    int source = network->layers[l].sources[s];
    return source < 0 ? network->input.c : network->layers[source].out.c;
}

bool mafat_layer_reads_two(const mafat_layer *layer)
{
    return layer->kind == MAFAT_SHORTCUT || layer->kind == MAFAT_PRODUCT;
}

/* Weights of one of a convolution's filters. */
static size_t filter_floats(const mafat_layer *layer)
{
    return (size_t)(layer->in.c / layer->groups) * (size_t)layer->size * (size_t)layer->size;
}

uint64_t mafat_layer_macs(const mafat_layer *layer, size_t n_pixels)
{
    if (layer->kind != MAFAT_CONVOLUTION)
        return 0;
    return (uint64_t)n_pixels * (uint64_t)layer->out.c * filter_floats(layer);
}

size_t mafat_layer_filter_bytes(const mafat_layer *layer)
{
    return filter_floats(layer) * sizeof(float);
}

size_t mafat_weight_set_floats(const mafat_weight_set *set)
{
    return set->n_biases + 3 * set->n_norms + set->n_weights;
}

size_t mafat_layer_weight_floats(const mafat_layer *layer)
{
    size_t n = 0;
    for (int i = 0; i < layer->n_weight_sets; i++)
        n += mafat_weight_set_floats(&layer->weight_sets[i]);
    return n;
}
