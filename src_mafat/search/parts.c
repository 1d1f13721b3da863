/* See parts.h. */
#include "search/parts.h"

#include <stdlib.h>

#include "search/candidate.h"
#include "search/tuning.h"

size_t mafat_parts_min_bytes(const mafat_network *network)
{
    int n = network->n_layers;
    return mafat_candidate_max_bytes(network) + mafat_edges_min_bytes(n) +
           mafat_table_min_bytes(n) + mafat_labels_min_bytes(n) + TUNING_EXTRA_BYTES;
}

size_t mafat_parts_bytes(const mafat_parts *parts)
{
    return parts->made_for_bytes == 0
               ? 0
               : mafat_edges_bytes(&parts->edges) + mafat_table_bytes(&parts->table) +
                 mafat_labels_bytes(&parts->labels);
}

void mafat_parts_free(mafat_parts *parts)
{
    mafat_labels_free(&parts->labels);
    mafat_table_free(&parts->table);
    mafat_edges_free(&parts->edges);
    *parts = (mafat_parts){0};
}

mafat_status mafat_parts_make_edges(mafat_edges *edges, const mafat_problem *p,
                                    const mafat_edge_limits *limits, mafat_error *error)
{
    mafat_group *groups = calloc((size_t)p->network->n_layers, sizeof *groups);
    int n_groups = 0;
    mafat_status status = MAFAT_OK;
    if (groups == NULL)
        return mafat_problem_no_memory(p, error);
    if (p->fixed != NULL)
        status = mafat_problem_find_groups(p, groups, &n_groups, error);
    if (status == MAFAT_OK)
        status = mafat_edges_make(edges, p->network, p->fixed != NULL ? groups : NULL, n_groups,
                                  &p->options, limits, error);
    free(groups);
    return status;
}

/* Table and labels share what the edges leave. */
static mafat_status make_all(mafat_parts *parts, const mafat_problem *p, size_t budget_bytes,
                             size_t limit_bytes, mafat_error *error)
{
    int n = p->network->n_layers;
    size_t extra_bytes = budget_bytes - mafat_parts_min_bytes(p->network) + TUNING_EXTRA_BYTES;
    const mafat_edge_limits limits = {
        .live_bytes = mafat_problem_max_arena(p, limit_bytes, 0, 0), .sum_bytes = limit_bytes,
        .budget_bytes = mafat_edges_min_bytes(n) + extra_bytes / TUNING_EDGE_SHARE};
    mafat_status status = mafat_parts_make_edges(&parts->edges, p, &limits, error);
    if (status != MAFAT_OK)
        return status;
    size_t left_bytes = budget_bytes - mafat_candidate_max_bytes(p->network) -
                        mafat_edges_bytes(&parts->edges);
    size_t min_bytes = mafat_labels_min_bytes(n) + mafat_table_min_bytes(n);
    status = mafat_labels_init(&parts->labels, &parts->edges,
                               mafat_labels_min_bytes(n) +
                                   (left_bytes - min_bytes) / TUNING_LABEL_SHARE, error);
    if (status == MAFAT_OK)
        status = mafat_table_init(&parts->table, &parts->edges,
                                  mafat_problem_max_sum(p, limit_bytes, 0),
                                  left_bytes - mafat_labels_bytes(&parts->labels), error);
    return status;
}

mafat_status mafat_parts_make(mafat_parts *parts, const mafat_problem *problem, size_t budget_bytes,
                              size_t limit_bytes, size_t *peak_bytes, mafat_error *error)
{
    size_t held_bytes = mafat_parts_bytes(parts) + mafat_candidate_max_bytes(problem->network);
    *peak_bytes = mafat_parts_bytes(parts);
    if (limit_bytes <= parts->made_for_bytes && held_bytes <= budget_bytes)
        return MAFAT_OK;
    mafat_parts_free(parts);
    mafat_status status = make_all(parts, problem, budget_bytes, limit_bytes, error);
    *peak_bytes = parts->edges.peak_bytes;
    if (status != MAFAT_OK)
        mafat_parts_free(parts);
    else
        parts->made_for_bytes = limit_bytes;
    return status;
}
