/* From cuts to layer groups; see group.h. */
#include "plan/group.h"

#include <stdlib.h>

bool mafat_group_can_fuse(const mafat_layer *layer)
{
    return layer->kind != MAFAT_WHOLE;
}

/* Marks the layers whose output somebody else than the next layer reads. */
static void find_whole_maps(const mafat_network *network, bool *must_be_whole)
{
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        must_be_whole[l] |= layer->is_result || l + 1 == network->n_layers;
        for (int s = 0; s < layer->n_sources; s++)
            if (layer->sources[s] >= 0 && layer->sources[s] != l - 1)
                must_be_whole[layer->sources[s]] = true;
    }
}

/* The end of a group that begins at `first` and may not go beyond `limit`. */
static int group_end(const mafat_network *network, const bool *must_be_whole, int first, int limit)
{
    int end = first;
    while (end < limit && mafat_group_can_fuse(&network->layers[end])) {
        end++;
        bool next_reads_it = end < network->n_layers &&
                             network->layers[end].sources[0] == end - 1;
        if (must_be_whole[end - 1] || !next_reads_it)
            break;
    }
    return end;
}

static mafat_status check(const mafat_network *network, const mafat_config_group *asked,
                          mafat_error *error)
{
    char tiling[32];
    mafat_config_print_tiling(asked->tiling, tiling, sizeof tiling);
    bool divides = asked->tiling.rows > 1 || asked->tiling.cols > 1;
    if (!divides && !asked->tiling.reuse)
        return MAFAT_OK;
    if (asked->cut >= network->n_layers)
        return mafat_error_set(error, MAFAT_USAGE,
                               "cut %d is behind the last layer; cuts go from 1 to %d", asked->cut,
                               network->n_layers - 1);
    const mafat_layer *layer = &network->layers[asked->cut];
    if (asked->tiling.reuse)
        return mafat_error_set_layer(error, MAFAT_USAGE, asked->cut, layer->type,
                                     "tiling %s: reuse of halo rows ('r') is not built yet; "
                                     "allowed are tilings without r",
                                     tiling);
    if (!mafat_group_can_fuse(layer))
        return mafat_error_set_layer(error, MAFAT_USAGE, asked->cut, layer->type,
                                     "cannot be inside a layer group, so that no tiling but 1x1 "
                                     "can begin there; given %s",
                                     tiling);
    return MAFAT_OK;
}

static mafat_group group_of(int first, int end, mafat_tiling tiling)
{
    return (mafat_group){.first = first, .end = end, .tiling = tiling};
}

/* Adds the groups of layers [first, limit), of which the tiling covers the first ones. */
static void divide(const mafat_network *network, const bool *must_be_whole, int first, int limit,
                   mafat_tiling tiling, mafat_group *groups, int *n_groups)
{
    int end = group_end(network, must_be_whole, first, limit);
    if (end > first)
        groups[(*n_groups)++] = group_of(first, end, tiling);
    for (int l = end; l < limit; l++)
        groups[(*n_groups)++] = group_of(l, l + 1, (mafat_tiling){1, 1, false});
}

mafat_status mafat_group_resolve(const mafat_network *network, const mafat_config *config,
                                 mafat_group *groups, int *n_groups, mafat_error *error)
{
    int n_layers = network->n_layers;
    *n_groups = 0;
    for (int i = 0; i < config->n_groups; i++) {
        mafat_status status = check(network, &config->groups[i], error);
        if (status != MAFAT_OK)
            return status;
    }
    bool *must_be_whole = calloc((size_t)n_layers, sizeof *must_be_whole);
    if (must_be_whole == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to group %d layers", n_layers);
    find_whole_maps(network, must_be_whole);
    for (int i = 0; i < config->n_groups; i++) {
        const mafat_config_group *asked = &config->groups[i];
        int limit = i + 1 < config->n_groups ? config->groups[i + 1].cut : n_layers;
        divide(network, must_be_whole, asked->cut, limit < n_layers ? limit : n_layers,
               asked->tiling, groups, n_groups);
    }
    free(must_be_whole);
    return MAFAT_OK;
}
