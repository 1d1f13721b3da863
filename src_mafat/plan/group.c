/* From cuts to layer groups; see group.h. */
#include "plan/group.h"

#include <stdlib.h>

#include "plan/region.h"

bool mafat_group_can_fuse(const mafat_layer *layer)
{
    return layer->kind != MAFAT_WHOLE;
}

bool mafat_group_is_interleaved(const mafat_group *group)
{
    return group->tiling.reuse || group->tiling.rows > 1 || group->tiling.cols > 1;
}

bool mafat_group_pools(const mafat_network *network, const mafat_group *group, int l)
{
    if (l + 1 >= group->end)
        return false;
    const mafat_layer *pool = &network->layers[l + 1];
    return network->layers[l].kind == MAFAT_CONVOLUTION && pool->kind == MAFAT_MAXPOOL &&
           pool->size == pool->stride;
}

static long long common_divisor(long long a, long long b)
{
    while (b != 0) {
        long long rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int mafat_group_unit(const mafat_network *network, const mafat_group *group)
{
    enum { MOST = 1 << 24 };    /* more rows than any map has: units may be larger than they need be */
    long long stride = 1, scale = 1;    /* rows of the layer at hand for so many of the group's output */
    for (int l = group->end - 1; l >= group->first; l--) {
        const mafat_layer *layer = &network->layers[l];
        long long unit = mafat_region_unit(layer) * scale;
        if (unit > scale || (group->tiling.reuse && layer->kind != MAFAT_IDENTITY))
            return (int)(unit / common_divisor(unit, stride));
        bool grows = layer->kind == MAFAT_UPSAMPLE;
        long long strides = grows ? stride : stride * layer->stride;
        long long scales = grows ? scale * layer->stride : scale;
        long long divisor = common_divisor(strides, scales);
        if (strides / divisor <= MOST)
            stride = strides / divisor;
        scale = scales / divisor < MOST ? scales / divisor : MOST;
    }
    return 1;
}

/* ------------------------------------------------------------------------------------- readers */

/* Whether the layer goes on from the one before it. */
static bool goes_on(const mafat_layer *layers, int l)
{
    int n = layers[l].kind == MAFAT_JOIN ? layers[l].n_sources : 1;
    for (int s = 0; s < n; s++)
        if (layers[l].sources[s] == l - 1)
            return true;
    return false;
}

static bool reads(const mafat_network *network, int l, int producer)
{
    const mafat_layer *layer = &network->layers[l];
    for (int s = 0; s < layer->n_sources && layer->kind != MAFAT_IDENTITY; s++)
        if (mafat_layer_producer(network, layer->sources[s]) == producer)
            return true;
    return false;
}

/* The last layer before `before` whose output layers [first, end) read; -1: there is none. */
static int last_read(const mafat_network *network, int first, int end, int before)
{
    for (int producer = before - 1; producer >= 0; producer--)
        for (int l = first; l < end; l++)
            if (reads(network, l, producer))
                return producer;
    return -1;
}

/* Whether join l waits: the branch that ends before it reads a map that, but for the branch, is done
 * with before the join's other maps are made, and that is larger than what the branch makes of it. */
static bool waits(const mafat_network *network, int l)
{
    const mafat_layer *layers = network->layers;
    int first = l - 1;
    if (layers[l].kind != MAFAT_JOIN || !goes_on(layers, l))
        return false;
    while (first > 0 && goes_on(layers, first))
        first--;
    int read = last_read(network, first, l, first), other = last_read(network, l, l + 1, first);
    int last = read;
    for (int reader = read + 1; reader < first; reader++)
        last = reads(network, reader, read) ? reader : last;
    return read >= 0 && last < other &&
           mafat_shape_floats(layers[l - 1].out) < mafat_shape_floats(layers[read].out);
}

static void find_readers(mafat_readers *r)
{
    const mafat_network *network = r->network;
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        int producer = mafat_layer_producer(network, l);
        bool is_result = layer->is_result || l + 1 == network->n_layers;
        r->marks[l].is_result |= is_result;
        if (producer >= 0)
            r->marks[producer].is_result |= is_result;
        r->last_reader[l] = l;
        r->marks[l].waits = waits(network, l);
        for (int s = 0; s < layer->n_sources; s++)
            if (layer->sources[s] >= 0)
                r->last_reader[layer->sources[s]] = l;
    }
}

mafat_status mafat_readers_init(mafat_readers *r, const mafat_network *network, mafat_error *error)
{
    size_t n = (size_t)network->n_layers;
    *r = (mafat_readers){.network = network,
                   .marks = calloc(n, sizeof *r->marks),
                   .last_reader = calloc(n, sizeof *r->last_reader)};
    if (r->marks == NULL || r->last_reader == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to group %zu layers", n);
    find_readers(r);
    return MAFAT_OK;
}

void mafat_readers_free(mafat_readers *r)
{
    free(r->marks);
    free(r->last_reader);
}

/* ------------------------------------------------------------------------------------- groups */

/* Whether the map of layer l must exist whole if its group ends at `end`. */
static bool must_be_whole(const mafat_readers *r, int l, int end, bool reuse)
{
    return r->marks[l].is_result || r->last_reader[l] > (reuse ? end - 1 : l + 1);
}

int mafat_group_end(const mafat_readers *r, int first, int limit, bool reuse)
{
    const mafat_layer *layers = r->network->layers;
    int end = first;
    while (end < limit && mafat_group_can_fuse(&layers[end]) &&
           (end == first || (goes_on(layers, end) && !r->marks[end].waits)))
        end++;
    /* an earlier end may leave out readers of layers before it */
    for (int l = first; l < end - 1; l++) {
        if (must_be_whole(r, l, end, reuse)) {
            end = l + 1;
            l = first - 1;
        }
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
static void divide(const mafat_readers *r, int first, int limit, mafat_tiling tiling,
                   mafat_group *groups, int *n_groups)
{
    int end = mafat_group_end(r, first, limit, tiling.reuse);
    if (end > first)
        groups[(*n_groups)++] = group_of(first, end, tiling);
    for (int l = end; l < limit; l++)
        groups[(*n_groups)++] = group_of(l, l + 1, (mafat_tiling){1, 1, false});
}

mafat_status mafat_group_find_segments(const mafat_network *network, mafat_group *segments,
                                       int *n_segments, mafat_error *error)
{
    mafat_readers r;
    mafat_status status = mafat_readers_init(&r, network, error);
    *n_segments = 0;
    for (int first = 0, end; status == MAFAT_OK && first < network->n_layers; first = end) {
        end = mafat_group_end(&r, first, network->n_layers, true);
        if (end == first)
            end++;
        segments[(*n_segments)++] = group_of(first, end, (mafat_tiling){1, 1, false});
    }
    mafat_readers_free(&r);
    return status;
}

mafat_status mafat_group_resolve(const mafat_network *network, const mafat_config *config,
                                 mafat_group *groups, int *n_groups, mafat_error *error)
{
    int n_layers = network->n_layers;
    mafat_readers r;
    *n_groups = 0;
    for (int i = 0; i < config->n_groups; i++) {
        mafat_status status = check(network, &config->groups[i], error);
        if (status != MAFAT_OK)
            return status;
    }
    mafat_status status = mafat_readers_init(&r, network, error);
    for (int i = 0; i < config->n_groups && status == MAFAT_OK; i++) {
        const mafat_config_group *asked = &config->groups[i];
        int limit = i + 1 < config->n_groups ? config->groups[i + 1].cut : n_layers;
        divide(&r, asked->cut, limit < n_layers ? limit : n_layers, asked->tiling, groups,
               n_groups);
    }
    mafat_readers_free(&r);
    return status;
}
