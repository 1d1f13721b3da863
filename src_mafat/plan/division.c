/* From layer groups to what each rank computes; see division.h. */
#include "plan/division.h"

#include <stdlib.h>

#include "base/size.h"
#include "plan/region.h"

enum { IMAGE = -1 };

/* Filters are divided by so many, as whole register tiles of most machines. */
enum { FILTER_UNIT = 8 };

/* --------------------------------------------------------------------------------------- parts */

mafat_part mafat_part_whole(mafat_shape shape)
{
    return (mafat_part){0, shape.c, 0, shape.h};
}

bool mafat_part_is_empty(mafat_part part)
{
    return part.channel_begin >= part.channel_end || part.row_begin >= part.row_end;
}

mafat_part mafat_part_intersect(mafat_part a, mafat_part b)
{
    return (mafat_part){mafat_size_max_int(a.channel_begin, b.channel_begin),
                        mafat_size_min_int(a.channel_end, b.channel_end),
                        mafat_size_max_int(a.row_begin, b.row_begin),
                        mafat_size_min_int(a.row_end, b.row_end)};
}

bool mafat_part_contains(mafat_part outer, mafat_part inner)
{
    return mafat_part_is_empty(inner) ||
           (outer.channel_begin <= inner.channel_begin && inner.channel_end <= outer.channel_end &&
            outer.row_begin <= inner.row_begin && inner.row_end <= outer.row_end);
}

size_t mafat_part_bytes(const mafat_network *network, int l, mafat_part part)
{
    if (mafat_part_is_empty(part))
        return 0;
    return (size_t)(part.channel_end - part.channel_begin) *
           (size_t)(part.row_end - part.row_begin) *
           (size_t)(l < 0 ? network->input.w : network->layers[l].out.w) * sizeof(float);
}

/* The smallest part that holds both. */
static mafat_part unite(mafat_part a, mafat_part b)
{
    if (mafat_part_is_empty(a) || mafat_part_is_empty(b))
        return mafat_part_is_empty(a) ? b : a;
    return (mafat_part){mafat_size_min_int(a.channel_begin, b.channel_begin),
                        mafat_size_max_int(a.channel_end, b.channel_end),
                        mafat_size_min_int(a.row_begin, b.row_begin),
                        mafat_size_max_int(a.row_end, b.row_end)};
}

/* ---------------------------------------------------------------------------------------- ways */

bool mafat_division_has_filters(const mafat_layer *layer)
{
    return layer->kind == MAFAT_CONVOLUTION && layer->groups == 1;
}

/* Whether a layer is divided by filters: as is chosen; else if that saves more bytes of weights than
 * its output has, all of which then goes to all ranks. */
static bool is_by_filters(const mafat_ranks *ranks, const mafat_network *network, int l)
{
    const mafat_layer *layer = &network->layers[l];
    if (!mafat_division_has_filters(layer))
        return false;
    if (ranks->ways != NULL)
        return ranks->ways[l].kind == MAFAT_BY_FILTERS;
    return mafat_layer_filter_bytes(layer) * (size_t)layer->out.c >
           mafat_shape_floats(layer->out) * sizeof(float);
}

/* A convolution that runs band by band with the pool behind it. */
static bool is_banded(const mafat_ranks *ranks, const mafat_network *network,
                      const mafat_group *group, int l)
{
    return mafat_group_pools(network, group, l) && !is_by_filters(ranks, network, l);
}

/* Whether a layer reads rows of the image, or of what is divided by rows. */
static bool reads_rows(const mafat_division *d, const mafat_ranks *ranks,
                       const mafat_network *network, const mafat_group *group, int l)
{
    const mafat_layer *layer = &network->layers[l];
    for (int s = 0; s < layer->n_sources; s++) {
        int source = layer->sources[s];
        int producer = source < 0 ? IMAGE : mafat_layer_producer(network, source);
        if (producer == IMAGE || d->ways[producer].kind == MAFAT_BY_ROWS ||
            (producer >= group->first && is_banded(ranks, network, group, producer)))
            return true;
    }
    return false;
}

static mafat_division_kind choose_kind(const mafat_division *d, const mafat_ranks *ranks,
                                       const mafat_network *network, const mafat_group *group, int l)
{
    const mafat_layer *layer = &network->layers[l];
    if (layer->kind == MAFAT_WHOLE)
        return MAFAT_FOR_ITSELF;
    if (mafat_group_is_interleaved(group))
        return l == mafat_layer_producer(network, group->end - 1) ? MAFAT_BY_ROWS
                                                                  : MAFAT_FOR_ITSELF;
    if (is_by_filters(ranks, network, l))
        return MAFAT_BY_FILTERS;
    if (is_banded(ranks, network, group, l))
        return MAFAT_FOR_ITSELF;
    if (ranks->ways != NULL)
        return ranks->ways[l].kind == MAFAT_BY_ROWS ? MAFAT_BY_ROWS : MAFAT_FOR_ITSELF;
    return layer->kind == MAFAT_CONVOLUTION || reads_rows(d, ranks, network, group, l)
               ? MAFAT_BY_ROWS : MAFAT_FOR_ITSELF;
}

/* Portions are steps of their own, and a layer that is tiled has a step for each tile. */
static bool can_have_portions(const mafat_network *network, const mafat_group *group, int l,
                              mafat_division_kind kind)
{
    return kind != MAFAT_FOR_ITSELF && mafat_division_has_filters(&network->layers[l]) &&
           !mafat_group_is_interleaved(group);
}

static mafat_division_way choose_way(const mafat_division *d, const mafat_ranks *ranks,
                                     const mafat_network *network, const mafat_group *group, int l)
{
    mafat_division_way way = {choose_kind(d, ranks, network, group, l), 1};
    if (ranks->ways != NULL && can_have_portions(network, group, l, way.kind))
        way.n_portions = ranks->ways[l].n_portions;
    return way;
}

/* ---------------------------------------------------------------------------------- their parts */

static mafat_part *made_of(const mafat_division *d, int l, int rank)
{
    return &d->made[(size_t)l * (size_t)d->n + (size_t)rank];
}

static mafat_part *wanted_of(const mafat_division *d, int l, int rank)
{
    return &d->wanted[((size_t)l + 1) * (size_t)d->n + (size_t)rank];
}

/* Rows of a layer are divided by so many: then nobody computes a row only because the last layers
 * compute in larger units (group.h). */
static int row_unit(const mafat_ranks *ranks, const mafat_network *network,
                    const mafat_group *group, int l)
{
    mafat_group alone = {.first = l, .end = l + 1};
    if (mafat_group_is_interleaved(group))
        return mafat_group_unit(network, group);
    if (l > group->first && is_banded(ranks, network, group, l - 1))
        alone.first--;
    return mafat_group_unit(network, &alone);
}

static mafat_part made_by(const mafat_division *d, const mafat_network *network,
                          const mafat_group *group, int l, const mafat_ranks *ranks, int rank)
{
    const mafat_layer *layer = &network->layers[l];
    mafat_part part = mafat_part_whole(layer->out), wanted = *wanted_of(d, l, rank);
    int unit;
    switch (d->ways[l].kind) {
    case MAFAT_BY_ROWS:
        unit = row_unit(ranks, network, group, l);
        part.row_begin = mafat_ranks_begin(ranks, layer->out.h, unit, rank);
        part.row_end = mafat_ranks_begin(ranks, layer->out.h, unit, rank + 1);
        break;
    case MAFAT_BY_FILTERS:
        part.channel_begin = mafat_ranks_begin(ranks, layer->out.c, FILTER_UNIT, rank);
        part.channel_end = mafat_ranks_begin(ranks, layer->out.c, FILTER_UNIT, rank + 1);
        break;
    case MAFAT_FOR_ITSELF:
        if (mafat_part_is_empty(wanted))
            return wanted;
        if (layer->kind == MAFAT_WHOLE)
            break;
        mafat_region rows = mafat_region_widen(
            layer, (mafat_region){wanted.row_begin, 0, wanted.row_end, layer->out.w});
        part.row_begin = rows.y0;
        part.row_end = rows.y1;
        break;
    case MAFAT_N_DIVISION_KINDS:
        mafat_error_check_failed("a way that is none", __FILE__, __LINE__);
    }
    return part;
}

static void want(mafat_division *d, int l, int rank, mafat_part part)
{
    mafat_part *wanted = wanted_of(d, l, rank);
    *wanted = unite(*wanted, part);
}

/* Adds what a rank reads to compute its part of layer l. */
static void want_sources(mafat_division *d, const mafat_network *network, int l, int rank)
{
    const mafat_layer *layer = &network->layers[l];
    mafat_part made = *made_of(d, l, rank);
    for (int s = 0; s < layer->n_sources && !mafat_part_is_empty(made); s++) {
        int source = layer->sources[s];
        int producer = source < 0 ? IMAGE : mafat_layer_producer(network, source);
        mafat_part part = mafat_part_whole(producer == IMAGE ? network->input
                                                             : network->layers[producer].out);
        if (layer->kind != MAFAT_WHOLE) {
            mafat_region rows = mafat_region_back_to(
                layer, s, (mafat_region){made.row_begin, 0, made.row_end, layer->out.w});
            part.row_begin = rows.y0;
            part.row_end = rows.y1;
        }
        want(d, producer, rank, part);
    }
}

/* Results are rank 0's. */
static void want_results(mafat_division *d, const mafat_network *network)
{
    for (int l = 0; l < network->n_layers; l++) {
        int producer = mafat_layer_producer(network, l);
        if (network->layers[l].is_result || l + 1 == network->n_layers)
            want(d, producer, 0, mafat_part_whole(producer == IMAGE ? network->input
                                                                    : network->layers[producer].out));
    }
}

static void want_output(mafat_division *d, const mafat_network *network, const mafat_group *group)
{
    int producer = mafat_layer_producer(network, group->end - 1);
    for (int rank = 0; rank < d->n && producer >= group->first; rank++)
        want(d, producer, rank, mafat_part_whole(network->layers[producer].out));
}

/* The group of each layer, where it is known; else the layer is one alone. */
static const mafat_group *group_of(const mafat_group *groups, int n_groups, int l,
                                   mafat_group *alone)
{
    for (int g = 0; g < n_groups; g++)
        if (l >= groups[g].first && l < groups[g].end)
            return &groups[g];
    *alone = (mafat_group){.first = l, .end = l + 1, .tiling = {1, 1, false}};
    return alone;
}

mafat_status mafat_division_make(mafat_division *d, const mafat_network *network,
                                 const mafat_group *groups, int n_groups, bool is_part,
                                 const mafat_ranks *ranks, mafat_error *error)
{
    size_t n_layers = (size_t)network->n_layers, n = (size_t)ranks->n;
    mafat_group alone;
    *d = (mafat_division){.n = ranks->n, .ways = calloc(n_layers, sizeof *d->ways),
                          .made = calloc(n_layers * n, sizeof *d->made),
                          .wanted = calloc((n_layers + 1) * n, sizeof *d->wanted)};
    if (d->ways == NULL || d->made == NULL || d->wanted == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to divide %zu layers among %zu ranks",
                               n_layers, n);
    for (int l = 0; l < network->n_layers; l++) {
        d->ways[l] = (mafat_division_way){MAFAT_FOR_ITSELF, 1};
        if (mafat_layer_producer(network, l) == l)
            d->ways[l] = choose_way(d, ranks, network, group_of(groups, n_groups, l, &alone), l);
    }
    if (is_part)
        want_output(d, network, &groups[0]);
    else
        want_results(d, network);
    /* whoever reads a layer stands behind it */
    for (int l = network->n_layers - 1; l >= 0; l--) {
        const mafat_group *group = group_of(groups, n_groups, l, &alone);
        for (int rank = 0; rank < ranks->n && group != &alone; rank++) {
            if (mafat_layer_producer(network, l) != l)
                continue;
            *made_of(d, l, rank) = made_by(d, network, group, l, ranks, rank);
            want_sources(d, network, l, rank);
        }
    }
    return MAFAT_OK;
}

void mafat_division_free(mafat_division *d)
{
    free(d->ways);
    free(d->made);
    free(d->wanted);
    *d = (mafat_division){0};
}

mafat_part mafat_division_made(const mafat_division *d, int l, int rank)
{
    return *made_of(d, l, rank);
}

mafat_part mafat_division_wanted(const mafat_division *d, int l, int rank)
{
    return *wanted_of(d, l, rank);
}

int mafat_division_portions(const mafat_division *d, int l)
{
    return l < 0 || d->n <= 1 ? 1 : d->ways[l].n_portions;
}

/* How many of so many filters come before a portion. */
static int filters_before(int n_filters, int portion, int n_portions)
{
    int n_units = mafat_size_parts(n_filters, FILTER_UNIT);
    return mafat_size_min_int(n_units * portion / n_portions * FILTER_UNIT, n_filters);
}

mafat_part mafat_division_portion(const mafat_division *d, int l, int rank, int portion)
{
    mafat_part part = *made_of(d, l, rank);
    int first = part.channel_begin, n_filters = part.channel_end - first, n = d->ways[l].n_portions;
    part.channel_begin = first + filters_before(n_filters, portion, n);
    part.channel_end = first + filters_before(n_filters, portion + 1, n);
    return part;
}

/* What a rank has of a map before it is exchanged. */
static mafat_part had_by(const mafat_division *d, const mafat_network *network, int l, int rank)
{
    if (l >= 0)
        return *made_of(d, l, rank);
    return rank == 0 ? mafat_part_whole(network->input) : (mafat_part){0};
}

mafat_part mafat_division_sent(const mafat_division *d, const mafat_network *network, int l,
                               int portion, int from, int to)
{
    mafat_part wanted = *wanted_of(d, l, to);
    if (from == to || mafat_part_contains(had_by(d, network, l, to), wanted))
        return (mafat_part){0};
    return mafat_part_intersect(l < 0 ? had_by(d, network, l, from)
                                      : mafat_division_portion(d, l, from, portion), wanted);
}
