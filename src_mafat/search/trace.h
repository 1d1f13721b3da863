/* Why the neighbours of a chosen plan lost: what it would take to run one of its layer groups, or
 * two that follow one another, in another way, while all else stays. Bytes are judged as the search
 * judges a path (label.h); whether the buffers can be placed in the arena is not asked. */
#ifndef MAFAT_SEARCH_TRACE_H
#define MAFAT_SEARCH_TRACE_H

#include "search/candidate.h"

/* A layer group with its weights. */
typedef struct {
    int first;                    /* its first layer */
    mafat_tiling tiling;
    mafat_weight_mode weights;    /* window_filters is 0 where it has none to read, INT_MAX where
                                     those of a layer are one window */
} mafat_trace_group;

/* One or two that follow one another. */
typedef struct {
    int n_groups;
    mafat_trace_group groups[2];
} mafat_trace_choice;

/* A choice for some layers that was not made: the fastest that fits, or the fastest of all where
 * that is faster than what was chosen. */
typedef struct {
    int first_layer, last_layer;
    mafat_trace_choice chosen, other;
    double slower_s;    /* that the plan takes with the other choice; less than 0 where it is
                               faster */
    size_t bytes_over;      /* the limit; 0: it fits */
} mafat_trace_line;

typedef struct {
    int n;
    mafat_trace_line *lines;    /* [capacity], owned: those of some layers follow one another, in
                                   the order of execution */
    int capacity;
} mafat_trace;

/* Traces a plan that was chosen for a limit: for each of its groups, and each two that follow one
 * another, looks at all ways to run the same layers in one group, or in two with a cut where the
 * plan has none, also at those that take more than the limit. It makes all edges anew for that, in
 * so much memory as the least search has for edges, table and labels, or more; where there are
 * more edges than fit it, the longest groups are left out. What the trace had before is freed.
 * *peak_bytes: of memory, that it took, the trace among it. Errors: those of mafat_edges_make(). On
 * error the trace is empty. */
mafat_status mafat_trace_make(mafat_trace *trace, const mafat_problem *problem,
                              const mafat_candidate *chosen, size_t limit_bytes,
                              size_t budget_bytes, size_t *peak_bytes, mafat_error *error);

/* The memory that it takes. */
size_t mafat_trace_bytes(const mafat_trace *trace);

/* Frees what the trace owns and clears it; a zeroed one may be freed. */
void mafat_trace_free(mafat_trace *trace);

#endif
