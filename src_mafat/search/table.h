/* A dynamic programme over the edges of all plans (edge.h): what a path to a position takes at
 * least, with arenas up to one size.
 *
 * With the arena held at one size, what is left of the choice is a knapsack along a path. State:
 * (position, class, units). Value: the least seconds of a path from the first position to that one
 * which pins at most so many units, and behind which windows of weights up to that class may be
 * read ahead. Transition: an edge, which pins some units and leaves room for some windows.
 *
 * Pinned bytes are rounded down to whole units, and windows to the least of their class, so that no
 * path takes less than its value: a bound, and as good as its units and classes are fine. Where many
 * small windows are pinned, what is rounded away is much: then bytes have their price (price.h)
 * within the values, which is taken off again for all that may be pinned. */
#ifndef MAFAT_SEARCH_TABLE_H
#define MAFAT_SEARCH_TABLE_H

#include "search/price.h"

typedef struct {
    const mafat_edges *edges;    /* borrowed */
    size_t unit_bytes;           /* of pinned weights and plans' own arrays */
    int n_classes;
    size_t *class_bytes;         /* [n_classes], owned: the least window of each class, ascending;
                                    that of class 0 is none */
    int max_units;               /* that fit its budget */
    double *seconds;             /* [n_positions + 1][classes][units], owned: the values */
    int classes, units;          /* that they were filled for */
    size_t *max_sum_bytes;       /* [n_positions + 1], owned: the most that a path to each pins */
    mafat_price price;
    double byte_s;               /* what a byte costs in the values: that price, or nothing */
} mafat_table;

/* Prepares a table for edges, which must outlive it, and paths that pin no more than so much; it is
 * the coarser the less memory there is for it. MAFAT_FAILED without memory. On error
 * nothing needs to be freed. */
mafat_status mafat_table_init(mafat_table *table, const mafat_edges *edges, size_t max_sum_bytes,
                              size_t budget_bytes, mafat_error *error);

/* The least memory that a table needs, and what one has taken. */
size_t mafat_table_min_bytes(int n_positions);
size_t mafat_table_bytes(const mafat_table *table);

/* Fills it for paths that have at most so much alive in the arena, and so much pinned, of plans that
 * take less than limit_s. Without windows they are let be, which is as much quicker as there are
 * classes. Returns the least seconds of a whole plan; INFINITY: there is none. Where that is not
 * less than limit_s, the table may be filled or not. */
double mafat_table_fill(mafat_table *table, size_t arena_bytes, size_t sum_bytes,
                        bool with_windows, double limit_s);

/* The least seconds of a path to a position that pins no more than so much, and behind which
 * windows of so many bytes may be read ahead; of paths that a plan as fast as that goes on from. */
double mafat_table_before(const mafat_table *table, int position, size_t window_bytes,
                          size_t sum_bytes);

/* Frees what the table owns and clears it; a zeroed one may be freed. */
void mafat_table_free(mafat_table *table);

#endif
