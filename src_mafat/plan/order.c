/* The order in which layer groups run; see mafat_group_order() in group.h.
 *
 * A map is alive from the group that makes it to the last group that reads it, so an order has a
 * price: the most bytes of maps alive at once and, of orders equal in that, their sum over the
 * groups. Starting from the cfg's order, each group is tried at the earliest place behind all that
 * it reads, and stays there unless that is dearer. Groups only ever move forward to where their
 * sources are, so that a whole branch follows its first group. */
#include <stdlib.h>
#include <string.h>

#include "plan/group.h"

typedef struct {
    size_t most, sum;
} price;

typedef struct {
    const mafat_network *network;
    mafat_group *groups;
    int n_groups;
    int *places;          /* [n_layers]: the place in the order of the layer's group */
    int *last_readers;    /* [n_layers]: the last place that reads a producer's map */
} order;

static void find_places(order *o)
{
    for (int g = 0; g < o->n_groups; g++)
        for (int l = o->groups[g].first; l < o->groups[g].end; l++)
            o->places[l] = o->last_readers[l] = g;
    for (int l = 0; l < o->network->n_layers; l++) {
        const mafat_layer *layer = &o->network->layers[l];
        for (int s = 0; s < layer->n_sources; s++) {
            int producer = mafat_layer_producer(o->network, layer->sources[s]);
            bool reads = producer >= 0 && layer->kind != MAFAT_IDENTITY;
            if (reads && o->places[l] > o->last_readers[producer])
                o->last_readers[producer] = o->places[l];
        }
    }
}

/* Adds up the maps of the groups; what lies inside a group does not depend on the order. */
static price price_of(order *o)
{
    price p = {0, 0};
    find_places(o);
    for (int place = 0; place < o->n_groups; place++) {
        size_t alive = 0;
        for (int g = 0; g <= place; g++) {
            int l = mafat_layer_producer(o->network, o->groups[g].end - 1);
            if (l >= o->groups[g].first && o->last_readers[l] >= place)
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

/* The first place where a group finds all that it reads. */
static int earliest_place(const order *o, int place)
{
    const mafat_group *group = &o->groups[place];
    int earliest = 0;
    for (int l = group->first; l < group->end; l++) {
        const mafat_layer *layer = &o->network->layers[l];
        for (int s = 0; s < layer->n_sources; s++) {
            int source = layer->sources[s];
            if (source >= 0 && source < group->first && o->places[source] >= earliest)
                earliest = o->places[source] + 1;
        }
    }
    return earliest;
}

/* Takes a group out of one place and puts it into another. */
static void move(order *o, int from, int to)
{
    mafat_group group = o->groups[from];
    if (to < from)
        memmove(&o->groups[to + 1], &o->groups[to], (size_t)(from - to) * sizeof group);
    else
        memmove(&o->groups[from], &o->groups[from + 1], (size_t)(to - from) * sizeof group);
    o->groups[to] = group;
}

static void improve(order *o)
{
    price best = price_of(o);
    for (int place = 1; place < o->n_groups; place++) {
        int earliest = earliest_place(o, place);
        if (earliest == place)
            continue;
        move(o, place, earliest);
        price moved = price_of(o);
        if (is_dearer(moved, best))
            move(o, earliest, place);
        else
            best = moved;
        find_places(o);
    }
}

mafat_status mafat_group_order(const mafat_network *network, mafat_group *groups, int n_groups,
                               mafat_error *error)
{
    size_t n_layers = (size_t)network->n_layers;
    order o = {.network = network, .groups = groups, .n_groups = n_groups,
               .places = calloc(n_layers, sizeof *o.places),
               .last_readers = calloc(n_layers, sizeof *o.last_readers)};
    mafat_status status = MAFAT_OK;
    if (o.places != NULL && o.last_readers != NULL)
        improve(&o);
    else
        status = mafat_error_set(error, MAFAT_FAILED, "no memory to order %d groups", n_groups);
    free(o.places);
    free(o.last_readers);
    return status;
}
