/* What a plan can be put together from: the edges of a graph whose nodes are positions between
 * layers, in the order of execution. An edge is one layer group with one tiling and one mode for
 * its weights, planned and timed alone; a path from the first position to the last one is a plan.
 *
 * Which maps are alive across a group is the same in all plans (mafat_order_groups()). But one
 * thing reaches from a group into those before it: its first windows of weights are read while the
 * windows before them are in use.
 *
 * Of several images all plans have the same head (plan.h), so that no edge is in both parts: an edge
 * of the head has what the whole head keeps there beside it, its windows and what it hands on. */
#ifndef MAFAT_SEARCH_EDGE_H
#define MAFAT_SEARCH_EDGE_H

#include "plan/plan.h"

/* There are tens of thousands of them where a network is deep, so that each is small. */
typedef struct {
    int from, to;               /* the positions before and behind it */
    unsigned rows : 13, cols : 13;    /* its tiling: MAFAT_MAX_GRID at most */
    unsigned reuse : 1;
    unsigned pinned : 1;        /* the mode of the weights of all its convolutions */
    int window_filters;
    size_t alone_bytes;         /* the most alive at once in the arena before its last windows are
                                   in use: nothing of the next group is there */
    size_t shared_bytes;        /* and from then on, when the next group's first windows are read:
                                   these come on top */
    size_t window_bytes;        /* bytes of its own first windows; 0: it reads none in a run */
    size_t sum_bytes;           /* what it adds to pinned weights and to the plan's own arrays */
    double seconds;             /* with what reading adds */
} mafat_edge;

typedef struct {
    int n_positions;            /* as many as layers, and one behind the last */
    int *layers;                /* [n_layers], owned: which layer stands at each position */
    int n_edges;
    mafat_edge *edges;          /* [n_edges], owned: by the positions where they begin and end */
    int *first_edges;           /* [n_positions + 1], owned: of each position, in edges[] */
    bool are_all;               /* no group was left out for want of memory */
    double min_s;               /* no plan takes less, not even of groups that were left out */
    size_t peak_bytes;          /* what making them took at most, themselves among it */
} mafat_edges;

/* What edges are wanted for, and may take. */
typedef struct {
    size_t live_bytes;          /* only those that have no more alive at once, */
    size_t sum_bytes;           /* nor pin more */
    size_t budget_bytes;        /* of memory for them: where there are more, the longest groups are
                                   left out */
} mafat_edge_limits;

/* Makes the edges of all plans for a network: every layer whole, with its weights pinned or in
 * windows of many sizes; every convolution with the pool behind it; every group of two layers and
 * more that the network allows, in rows that are kept and in square grids, with its weights pinned
 * or read in each run. An edge that is no better than another one of the same layers is left out.
 * Groups are of as many layers as can be planned in a second or two: of all that there are in
 * networks of some hundred layers, of some twenty in a chain of thousands.
 * Where `fixed` is not NULL, [n_fixed], in the order of execution, the plans are those that have
 * these groups.
 *
 * options->costs must be there. options->weights says whether MAFAT reads the weights (not NULL),
 * and is not read otherwise. Of several images, options->n_head_layers and options->sides must be
 * there. Errors: those of mafat_build_part(). On error nothing needs to be
 * freed. */
mafat_status mafat_edges_make(mafat_edges *edges, const mafat_network *network,
                              const mafat_group *fixed, int n_fixed,
                              const mafat_plan_options *options, const mafat_edge_limits *limits,
                              mafat_error *error);

/* The least memory that edges need, however few they are to be. */
size_t mafat_edges_min_bytes(int n_layers);

/* The memory that edges take. */
size_t mafat_edges_bytes(const mafat_edges *edges);

/* The group of an edge, and the mode of its weights. */
mafat_group mafat_edge_group(const mafat_edges *edges, const mafat_edge *edge);
mafat_weight_mode mafat_edge_weights(const mafat_edge *edge);

/* Puts edges in order: by their positions, those with the same ones by seconds; and notes where
 * those of each position begin. Whoever reads them relies on it. */
void mafat_edges_sort(mafat_edges *edges);

/* Says in `error` that there is no memory to search them, and returns MAFAT_FAILED. */
mafat_status mafat_edges_no_memory(const mafat_edges *edges, mafat_error *error);

/* The most that an edge has alive at once in the arena, whatever comes next. */
size_t mafat_edge_live_bytes(const mafat_edge *edge);

/* Frees what the edges own and clears them; zeroed ones may be freed. */
void mafat_edges_free(mafat_edges *edges);

#endif
