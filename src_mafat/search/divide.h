/* The choice of how layers are divided among ranks, and of how many ranks work at all: what takes the
 * least time, by the cost model. */
#ifndef MAFAT_SEARCH_DIVIDE_H
#define MAFAT_SEARCH_DIVIDE_H

#include "plan/plan.h"

typedef struct {
    const mafat_network *network;    /* borrowed, as all below */
    const mafat_config *config;      /* groups that are tiled are divided by rows, whatever is chosen */
    const mafat_costs *costs;        /* of rank 0 */
    const mafat_rank_costs *rank_costs;
    size_t workspace_bytes;
    mafat_ranks ranks;               /* with shares, */
    bool has_shares;                 /* which somebody has said; else they are chosen, too */
    size_t room_bytes[MAFAT_MAX_RANKS];    /* that each rank has for weights: what is more is read for
                                              each image */
} mafat_divide_problem;

typedef struct {
    int shares[MAFAT_MAX_RANKS];     /* 0: the rank does nothing, or what rank 0 does with results */
    mafat_division_way *ways;        /* [n_layers], owned */
    double seconds;                  /* that an image takes so, */
    double alone_s;                  /* and on rank 0 alone */
    bool takes[MAFAT_MAX_RANKS];     /* where images are many, and each is one rank's: the ranks that */
    int n_taking;                    /* take one each, so that most are done; */
    double dealt_s;                  /* all of them are done with theirs in so long, */
    size_t result_bytes;             /* of which results go to rank 0 */
} mafat_divided;

/* Chooses. Shares are as the ranks are fast, in tenths of the fastest; those of the slowest ranks
 * become none where that is sooner. Layers are divided by rows up to one and by filters from it on,
 * whichever is best, and from there the way of one layer at a time is changed, and its number of
 * portions (powers of two), as long as that is sooner: what is found is a good division, and need not be
 * the best. MAFAT_FAILED without memory; MAFAT_USAGE where the configuration does not suit the network. */
mafat_status mafat_divide_best(mafat_divided *divided, const mafat_divide_problem *problem,
                               mafat_error *error);

/* Frees what was chosen and clears it; a zeroed one may be freed. */
void mafat_divided_free(mafat_divided *divided);

#endif
