/* The price of a pinned byte, in seconds (a Lagrange multiplier). Where each byte that a path pins
 * costs its price beside its seconds, the best path is found without counting bytes; and no plan
 * that pins no more than so much takes less than that path does, less the price of so much. The
 * price that is found is the one at which this bound is the highest: what the last bytes save.
 *
 * The same bound holds for the plans that have one edge: those that are too slow with it need not
 * be looked at, and where memory is short that is most of them. */
#ifndef MAFAT_SEARCH_PRICE_H
#define MAFAT_SEARCH_PRICE_H

#include "search/edge.h"

/* What a path comes to. */
typedef struct {
    double seconds, bytes;
} mafat_priced_path;

typedef struct {
    const mafat_edges *edges;      /* borrowed */
    double byte_s;                 /* the price */
    double sum_s;                  /* of all bytes that may be pinned */
    double limit_s;                /* that a plan must take less than, rounded up */
    mafat_priced_path *before;     /* [n_positions + 1], owned: the best path to each position */
    double *behind_s;              /* [n_positions + 1], owned: what the best path from each to the
                                      last one costs, bytes and all */
} mafat_price;

/* Prepares a price for edges, which must outlive it. False without memory, and then it may be
 * freed as well. */
bool mafat_price_init(mafat_price *price, const mafat_edges *edges);

/* What one takes. */
size_t mafat_price_bytes(int n_positions);

/* Finds the price for paths that have at most so much alive in the arena and so much pinned, and
 * take less than so many seconds. Returns what no whole plan takes less than. */
double mafat_price_find(mafat_price *price, size_t arena_bytes, size_t sum_bytes, double limit_s);

/* Whether a plan with the edge may take less than the limit. */
bool mafat_price_allows(const mafat_price *price, const mafat_edge *edge);

/* Frees what the price owns and clears it. */
void mafat_price_free(mafat_price *price);

#endif
