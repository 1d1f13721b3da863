/* Cuts only where they are needed; see spell.h. */
#include "search/spell.h"

#include <stdlib.h>

typedef struct {
    mafat_config *config;
    mafat_readers readers;
    int end;             /* of the group that the last tiling makes if no cut follows */
    bool must_cut;       /* the next group has to begin with a cut */
} speller;

static void cut(speller *s, const mafat_group *group)
{
    s->config->groups[s->config->n_groups++] =
        (mafat_config_group){.cut = group->first, .tiling = group->tiling};
    s->end = mafat_group_end(&s->readers, group->first, s->readers.network->n_layers,
                             group->tiling.reuse);
    s->must_cut = false;
}

/* Whether a layer that runs whole with the pool behind it would do so without a cut before it; or,
 * where it runs without it, whether a cut has to follow. */
static bool would_pool(const speller *s, int first, const mafat_edge *edge)
{
    const mafat_config_group *last = &s->config->groups[s->config->n_groups - 1];
    mafat_group group = {.first = last->cut, .end = s->end, .tiling = last->tiling};
    const mafat_layer *layer = &s->readers.network->layers[first];
    bool one_window = edge->pinned || edge->window_filters >= layer->out.c || layer->groups > 1;
    return first < s->end && one_window && mafat_group_pools(s->readers.network, &group, first);
}

/* Adds the group of an edge that begins at layer `first`. */
static void add(speller *s, int first, const mafat_edge *edge)
{
    const mafat_group group = {.first = first, .end = first + edge->to - edge->from,
                               .tiling = {(int)edge->rows, (int)edge->cols, edge->reuse}};
    bool is_interleaved = mafat_group_is_interleaved(&group);
    const mafat_config_group *last =
        s->config->n_groups == 0 ? NULL : &s->config->groups[s->config->n_groups - 1];
    bool is_pair = group.end - group.first == 2;
    bool was_divided = last != NULL && (last->tiling.reuse || last->tiling.rows > 1 ||
                                        last->tiling.cols > 1);
    if (last == NULL || s->must_cut || is_interleaved || (was_divided && first < s->end) ||
        (is_pair && !would_pool(s, first, edge)))
        cut(s, &group);
    s->must_cut = !is_interleaved && !is_pair && would_pool(s, first, edge);
}

mafat_status mafat_spell_config(mafat_config *config, const mafat_network *network,
                                const mafat_edge *const *edges, mafat_error *error)
{
    speller s = {.config = config};
    *config = (mafat_config){
        .groups = calloc((size_t)network->n_layers, sizeof *config->groups)};
    mafat_status status = mafat_readers_init(&s.readers, network, error);
    if (config->groups == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for a configuration");
    for (int l = 0; l < network->n_layers && status == MAFAT_OK; l++)
        if (edges[l] != NULL)
            add(&s, l, edges[l]);
    mafat_readers_free(&s.readers);
    if (status != MAFAT_OK)
        mafat_config_free(config);
    return status;
}
