/* A path through the edges (edge.h) as a plan: spelled as a configuration, judged, made. */
#ifndef MAFAT_SEARCH_CANDIDATE_H
#define MAFAT_SEARCH_CANDIDATE_H

#include "search/label.h"
#include "search/problem.h"

typedef struct {
    mafat_edge *edges;           /* [n_layers], owned: each at the first layer of its group; the
                                    others have no ends; NULL: there is no candidate */
    double seconds;
    size_t max_arena_bytes;      /* in which its buffers were to be placed */
    size_t arena_bytes;          /* larger: they were not, or the plan has too many steps */
    size_t total_bytes;          /* predicted, whatever choosing takes */
    size_t read_bytes;           /* of weights, in each run */
    size_t array_bytes;
    size_t building_bytes;       /* of memory, that judging it took */
} mafat_candidate;

/* What it takes to judge a candidate. */
size_t mafat_candidate_max_bytes(const mafat_network *network);

/* Judges the path of a label: plans it with an arena of at most max_arena_bytes, as a sketch. On
 * error nothing needs to be freed. */
mafat_status mafat_candidate_init(mafat_candidate *candidate, mafat_problem *problem,
                                  const mafat_labels *labels, const mafat_label *label,
                                  size_t max_arena_bytes, mafat_error *error);

/* Makes its configuration and its plan, for the caller to free; needs no edges or labels. On error
 * nothing needs to be freed. */
mafat_status mafat_candidate_make(const mafat_candidate *candidate, mafat_problem *problem,
                                  mafat_config *config, mafat_plan *plan, mafat_error *error);

/* Frees what the candidate owns and clears it; a zeroed one may be freed. */
void mafat_candidate_free(mafat_candidate *candidate);

#endif
