/* The order in which layer groups run; see order.h.
 *
 * A segment's map is alive from the segment that makes it to the last one that reads it, so an
 * order of segments has a price: the most bytes of maps alive at once and, of orders equal in that,
 * their sum over the segments. Starting from the cfg's order, each segment is tried at the earliest
 * position behind all that it reads, and stays there unless that is dearer. Segments only ever move
 * forward to where their sources are, so that a whole branch follows its first segment.
 *
 * A join may be made row by row, but only with much around it: for the price its map exists. */
#include "plan/order.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t most, sum;
} price;

typedef struct {
    const mafat_network *network;
    mafat_group *segments; /* [2 * n_layers], owned: n_segments in their order, and as many
                              to sort in */
    int n_segments;
    mafat_group *pieces;   /* [n_layers], owned: segments cut before and behind joins */
    int *positions;        /* [n_layers], owned: the position in the order of the layer's segment */
    int *last_readers;     /* [n_layers], owned: the last position that reads a producer's map */
} order;

/* Notes where in an order of groups each layer stands, and where its map is read last. */
static void find_positions(order *o, const mafat_group *groups, int n_groups)
{
    for (int i = 0; i < n_groups; i++)
        for (int l = groups[i].first; l < groups[i].end; l++)
            o->positions[l] = o->last_readers[l] = i;
    for (int l = 0; l < o->network->n_layers; l++) {
        const mafat_layer *layer = &o->network->layers[l];
        for (int s = 0; s < layer->n_sources; s++) {
            int producer = mafat_layer_producer(o->network, layer->sources[s]);
            bool reads = producer >= 0 && layer->kind != MAFAT_IDENTITY;
            if (reads && o->positions[l] > o->last_readers[producer])
                o->last_readers[producer] = o->positions[l];
        }
    }
}

/* Cuts the segments into pieces; returns how many there are. */
static int cut_pieces(order *o)
{
    const mafat_layer *layers = o->network->layers;
    int n = 0;
    for (int i = 0; i < o->n_segments; i++) {
        for (int l = o->segments[i].first; l < o->segments[i].end; l++) {
            bool begins = l == o->segments[i].first || layers[l].kind == MAFAT_JOIN ||
                          layers[l - 1].kind == MAFAT_JOIN;
            if (begins)
                o->pieces[n++].first = l;
            o->pieces[n - 1].end = l + 1;
        }
    }
    return n;
}

/* Adds up the maps of the pieces; what lies inside a piece does not depend on the order. */
static price price_of(order *o)
{
    price p = {0, 0};
    int n = cut_pieces(o);
    find_positions(o, o->pieces, n);
    for (int position = 0; position < n; position++) {
        size_t alive = 0;
        for (int i = 0; i <= position; i++) {
            int l = mafat_layer_producer(o->network, o->pieces[i].end - 1);
            if (l >= o->pieces[i].first && o->last_readers[l] >= position)
                alive += mafat_shape_floats(o->network->layers[l].out);
        }
        p.most = alive > p.most ? alive : p.most;
        p.sum += alive;
    }
    return p;
}

static bool is_dearer(price a, price b)
{
    return a.most != b.most ? a.most > b.most : a.sum > b.sum;
}

/* The first position where a segment finds all that it reads. */
static int earliest_position(const order *o, int position)
{
    const mafat_group *segment = &o->segments[position];
    int earliest = 0;
    for (int l = segment->first; l < segment->end; l++) {
        const mafat_layer *layer = &o->network->layers[l];
        for (int s = 0; s < layer->n_sources; s++) {
            int source = layer->sources[s];
            if (source >= 0 && source < segment->first && o->positions[source] >= earliest)
                earliest = o->positions[source] + 1;
        }
    }
    return earliest;
}

/* Takes a segment out of one position and puts it into another. */
static void move(order *o, int from, int to)
{
    mafat_group segment = o->segments[from];
    if (to < from)
        memmove(&o->segments[to + 1], &o->segments[to], (size_t)(from - to) * sizeof segment);
    else
        memmove(&o->segments[from], &o->segments[from + 1], (size_t)(to - from) * sizeof segment);
    o->segments[to] = segment;
}

static void improve(order *o)
{
    price best = price_of(o);
    for (int position = 1; position < o->n_segments; position++) {
        find_positions(o, o->segments, o->n_segments);
        int earliest = earliest_position(o, position);
        if (earliest == position)
            continue;
        move(o, position, earliest);
        price moved = price_of(o);
        if (is_dearer(moved, best))
            move(o, earliest, position);
        else
            best = moved;
    }
}

/* Sorts the groups by their segments; ordered[n_groups] is scratch. */
static void sort(const order *o, mafat_group *groups, int n_groups, mafat_group *ordered)
{
    int n = 0;
    for (int i = 0; i < o->n_segments; i++)
        for (int g = 0; g < n_groups; g++)
            if (o->segments[i].first <= groups[g].first && groups[g].first < o->segments[i].end)
                ordered[n++] = groups[g];
    MAFAT_CHECK(n == n_groups);
    memcpy(groups, ordered, (size_t)n * sizeof *groups);
}

mafat_status mafat_order_groups(const mafat_network *network, mafat_group *groups, int n_groups,
                                mafat_error *error)
{
    size_t n_layers = (size_t)network->n_layers;
    order o = {.network = network,
               .segments = calloc(2 * n_layers, sizeof *o.segments),
               .pieces = calloc(n_layers, sizeof *o.pieces),
               .positions = calloc(n_layers, sizeof *o.positions),
               .last_readers = calloc(n_layers, sizeof *o.last_readers)};
    mafat_status status = MAFAT_OK;
    if (o.segments == NULL || o.pieces == NULL || o.positions == NULL || o.last_readers == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory to order %d groups", n_groups);
    if (status == MAFAT_OK)
        status = mafat_group_find_segments(network, o.segments, &o.n_segments, error);
    if (status == MAFAT_OK) {
        improve(&o);
        sort(&o, groups, n_groups, o.segments + n_layers);
    }
    free(o.segments);
    free(o.pieces);
    free(o.positions);
    free(o.last_readers);
    return status;
}

mafat_status mafat_order_resolve(const mafat_network *network, const mafat_config *config,
                                 mafat_group *groups, int *n_groups, mafat_error *error)
{
    mafat_config_group whole = {.tiling = {1, 1, false}};
    const mafat_config any = {.n_groups = 1, .groups = &whole};
    mafat_status status = mafat_group_resolve(network, config != NULL ? config : &any, groups, n_groups,
                                              error);
    return status == MAFAT_OK ? mafat_order_groups(network, groups, *n_groups, error) : status;
}
