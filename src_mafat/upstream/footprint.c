/* Sizes of Darknet's structures; see footprint.h. */
#include <string.h>

#include "base/charge.h"
#include "base/size.h"
#include "darknet.h"
#include "run/store.h"
#include "upstream/footprint.h"

static size_t block_bytes(size_t n_floats)
{
    size_t n_bytes = n_floats * sizeof(float) + MAFAT_CHARGE_BLOCK_HEAD;
    return n_bytes < mafat_size_page() ? n_bytes : mafat_size_in_pages(n_bytes);
}

/* Arrays of a layer's own that Darknet's forward() writes at inference, in layers that keep them
 * all (see is_known() in bridge/lean.c). */
static size_t kept_floats(const mafat_layer *layer)
{
    size_t n_out = mafat_shape_floats(layer->out);
    if (layer->kind != MAFAT_WHOLE)
        return 0;
    if (strcmp(layer->type, "normalization") == 0)
        return 2 * n_out;                                       /* squared, norms */
    if (strcmp(layer->type, "l2norm") == 0)
        return n_out;                                           /* scales */
    if (strcmp(layer->type, "connected") == 0)
        return layer->weight_sets[0].n_norms > 0 ? n_out : 0;   /* x */
    if (strcmp(layer->type, "convolutional") == 0)              /* binary_weights, binary_input */
        return layer->weight_sets[0].n_weights + mafat_shape_floats(layer->in);
    return 0;
}

/* Layers that bridge/lean.c does not know by heart keep what they do not touch, too. Of such a
 * block there is the page that it begins with. */
static size_t untouched_bytes(const mafat_layer *layer)
{
    static const char *const known[] = {"convolutional", "route", "reorg", "avgpool", "region",
                                        "yolo"};
    enum { N_KNOWN = sizeof known / sizeof known[0] };
    for (int i = 0; i < N_KNOWN; i++)
        if (layer->kind != MAFAT_WHOLE || layer->is_foreign || strcmp(layer->type, known[i]) == 0)
            return 0;
    return MAFAT_CHARGE_UNTOUCHED_BLOCKS *
           mafat_size_min(block_bytes(mafat_shape_floats(layer->out)), mafat_size_page());
}

/* The im2col of a layer that Darknet's own code runs: the network has one workspace for all. */
static size_t workspace_floats(const mafat_layer *layer)
{
    size_t n_filters = (size_t)layer->out.c, n_pixels = (size_t)layer->out.h * (size_t)layer->out.w;
    if (layer->kind != MAFAT_WHOLE || layer->n_weight_sets == 0)
        return 0;
    if (strcmp(layer->type, "convolutional") == 0)
        return layer->size == 1 && !layer->is_foreign ? 0 : layer->weight_sets[0].n_weights / n_filters * n_pixels;
    if (strcmp(layer->type, "local") == 0)    /* each pixel has its own filters */
        return layer->weight_sets[0].n_weights / n_filters;
    return 0;
}

/* Blocks on the heap share pages with what was freed between them. */
static size_t with_gaps(size_t n_bytes)
{
    return n_bytes + n_bytes / MAFAT_CHARGE_GAPS_PART;
}

/* What the cfg reader makes of a layer. */
static size_t description_bytes(const mafat_layer *layer)
{
    return sizeof *layer + (size_t)layer->n_sources * sizeof *layer->sources;
}

static size_t layer_bytes(const mafat_layer *layer)
{
    size_t bytes = description_bytes(layer) + 2 * sizeof(mafat_parameters) + 4 * sizeof(float *);
    return with_gaps(bytes) + (strcmp(layer->type, "route") == 0 ? MAFAT_CHARGE_ROUTE : 0);
}

/* Darknet's layers, or the bridge's copies of them: one block. */
static size_t layers_bytes(int n_layers)
{
    size_t n_bytes = (size_t)n_layers * sizeof(struct layer);
    return n_bytes < MAFAT_CHARGE_OWN_PAGES
               ? with_gaps(n_bytes)
               : mafat_size_in_pages(n_bytes + MAFAT_CHARGE_BLOCK_HEAD);
}

size_t mafat_footprint_cfg_bytes(const mafat_network *network)
{
    size_t bytes = MAFAT_CHARGE_SMALL_BLOCKS_OF_CHOOSING;
    for (int l = 0; l < network->n_layers; l++)
        bytes += with_gaps(description_bytes(&network->layers[l]));
    return bytes;
}

size_t mafat_footprint_network_bytes(const mafat_network *network)
{
    size_t bytes = sizeof(struct network) + MAFAT_CHARGE_SMALL_BLOCKS, workspace = 0;
    bytes += 2 * layers_bytes(network->n_layers);
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        size_t n_floats = workspace_floats(layer);
        workspace = n_floats > workspace ? n_floats : workspace;
        bytes += layer_bytes(layer) + block_bytes(kept_floats(layer)) + untouched_bytes(layer);
    }
    return bytes + block_bytes(workspace);
}

size_t mafat_footprint_parameter_bytes(const mafat_network *network)
{
    size_t bytes = 0;
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        for (int s = 0; s < layer->n_weight_sets; s++) {
            const mafat_weight_set *set = &layer->weight_sets[s];
            bytes += block_bytes(set->n_weights) + block_bytes(set->n_biases) +
                     3 * block_bytes(set->n_norms);
        }
    }
    return bytes;
}
