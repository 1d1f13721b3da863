/* What a search is made of, in so much memory: edges, table and labels. */
#ifndef MAFAT_SEARCH_PARTS_H
#define MAFAT_SEARCH_PARTS_H

#include "search/edge.h"
#include "search/label.h"
#include "search/problem.h"
#include "search/table.h"

typedef struct {
    mafat_edges edges;
    mafat_table table;
    mafat_labels labels;
    size_t made_for_bytes;       /* the limit that they are for; 0: there are none */
} mafat_parts;

/* The least memory that a search needs, with what it takes to judge a plan. */
size_t mafat_parts_min_bytes(const mafat_network *network);

/* Makes the parts for a limit in so much memory, the least or more, unless they are there.
 * *peak_bytes: what that took at most. On error there are none. */
mafat_status mafat_parts_make(mafat_parts *parts, const mafat_problem *problem, size_t budget_bytes,
                              size_t limit_bytes, size_t *peak_bytes, mafat_error *error);

/* Makes edges alone, for a problem. Errors: those of mafat_edges_make(). */
mafat_status mafat_parts_make_edges(mafat_edges *edges, const mafat_problem *problem,
                                    const mafat_edge_limits *limits, mafat_error *error);

/* The memory that they take. */
size_t mafat_parts_bytes(const mafat_parts *parts);

/* Frees the parts and clears them; zeroed ones may be freed. */
void mafat_parts_free(mafat_parts *parts);

#endif
