/* What a plan can be put together from: the edges of a graph whose nodes are places between layers,
 * in the order of execution. An edge is one layer group with one tiling and one mode for its
 * weights, planned and timed alone; a path from the first place to the last one is a plan.
 *
 * Which maps are alive across a group is the same in all plans (mafat_group_order()). But one thing
 * reaches from a group into those before it: its first windows of weights are read while the
 * windows before them are in use. */
#ifndef MAFAT_PLAN_EDGE_H
#define MAFAT_PLAN_EDGE_H

#include "plan/plan.h"

typedef struct {
    mafat_group group;
    int from, to;               /* the places before and behind it */
    mafat_weight_mode weights;  /* of all its convolutions */
    size_t early_bytes;         /* the most alive at once in the arena before its last windows are
                                   in use */
    size_t late_bytes;          /* and from then on: the next group's first windows come on top */
    size_t window_bytes;        /* the room of its own first windows; 0: it reads none in a run */
    size_t block_bytes;         /* and of the largest of them: a group whose layers take turns has
                                   one for each of them, others have one */
    size_t sum_bytes;           /* what it adds to pinned weights and to the plan's own arrays */
    double computing_s, seconds;/* without and with what reading adds */
} mafat_edge;

typedef struct {
    int n_places;               /* as many as layers, and one behind the last */
    int *places;                /* [n_layers], owned: where each layer stands in the order */
    int n_edges;
    mafat_edge *edges;          /* [n_edges], owned: by the places where they begin and end */
    int *first_edges;           /* [n_places + 1], owned: of each place, in edges[] */
} mafat_edges;

/* Makes the edges of all plans for a network: every layer whole, with its weights pinned or in
 * windows of many sizes; every convolution with the pool behind it; every group of two layers and
 * more that the network allows, in rows that are kept and in square grids, with its weights pinned
 * or read in each run. An edge that is no better than another one of the same layers is left out.
 * Where `fixed` is not NULL, [n_fixed], in the order of execution, the plans are those that have
 * these groups.
 *
 * options->costs must be there. options->weights says whether MAFAT reads the weights (not NULL),
 * and is not read otherwise. Errors: those of mafat_plan_build_part(). On error nothing needs to be
 * freed. */
mafat_status mafat_edges_make(mafat_edges *edges, const mafat_network *network,
                              const mafat_group *fixed, int n_fixed,
                              const mafat_plan_options *options, mafat_error *error);

/* Puts edges in order: by their places, those with the same ones by seconds; and notes where those
 * of each place begin. Whoever reads them relies on it. */
void mafat_edges_sort(mafat_edges *edges);

/* Says in `error` that there is no memory to search them, and returns MAFAT_FAILED. */
mafat_status mafat_edges_no_memory(const mafat_edges *edges, mafat_error *error);

/* The most that an edge has alive at once in the arena, whatever comes next. */
size_t mafat_edge_alive_bytes(const mafat_edge *edge);

/* Frees what the edges own and clears them; zeroed ones may be freed. */
void mafat_edges_free(mafat_edges *edges);

#endif
