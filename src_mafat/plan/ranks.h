/* Processes that run one network together, and how much of the work each of them takes. */
#ifndef MAFAT_PLAN_RANKS_H
#define MAFAT_PLAN_RANKS_H

enum { MAFAT_MAX_RANKS = 64 };

/* How the output of a layer is divided among ranks. */
typedef enum {
    MAFAT_FOR_ITSELF,    /* each rank computes what it reads */
    MAFAT_BY_ROWS,
    MAFAT_BY_FILTERS,    /* convolutions alone, of one group of channels */
    MAFAT_N_DIVISION_KINDS
} mafat_division_kind;

enum { MAFAT_MAX_PORTIONS = 8 };

/* How a layer is divided, and in how many portions of its filters each rank computes its part, if the
 * layer has any: one goes to other ranks while the next one is computed. */
typedef struct {
    mafat_division_kind kind;
    int n_portions;      /* from 1 to MAFAT_MAX_PORTIONS */
} mafat_division_way;

/* Ranks are numbered from 0. All of them make their plans of the same shares and ways, and rank 0 has
 * the image and wants the results. */
typedef struct {
    int n;                          /* 1 or more */
    int rank;                       /* the one whose plan it is */
    int shares[MAFAT_MAX_RANKS];    /* [n]: so many parts of their sum, which is more than 0 */
    const mafat_division_way *ways; /* [n_layers], borrowed, as far as layer and group allow:
                                       see division.h; NULL: those that are usual */
} mafat_ranks;

/* Ranks that take the same each. */
mafat_ranks mafat_ranks_even(int n, int rank);

/* Where the part of a rank begins in an extent of rows or filters, and the one before it ends: parts
 * are whole units, but for the last one, and may be empty. The extent ends behind the last rank. */
int mafat_ranks_begin(const mafat_ranks *ranks, int extent, int unit, int rank);

#endif
