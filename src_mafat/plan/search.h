/* The choice of a configuration and of what happens to weights, for a memory limit: the fastest
 * plan that fits, by the cost model. */
#ifndef MAFAT_PLAN_SEARCH_H
#define MAFAT_PLAN_SEARCH_H

#include "plan/path.h"
#include "plan/predict.h"

/* All that there is to choose from, for any limit. */
typedef struct {
    const mafat_network *network;      /* borrowed, as the two below */
    const mafat_config *fixed;         /* NULL: any configuration */
    const mafat_process *process;
    mafat_plan_options options;
    mafat_plan_sums sums;              /* what all plans have in common; else 0 */
    mafat_edges edges;                 /* owned */
    mafat_weight_mode *weights;        /* [n_layers], owned: of the plan at hand */
    mafat_bounds bounds;               /* of the edges */
} mafat_search;

/* Prepares a search. `fixed` names the configuration where the user did; then only what happens to
 * weights is searched. options->weights is not NULL where MAFAT reads them, and else not used;
 * options->costs must be there. Everything given must outlive the search. Errors: those of
 * mafat_plan_build(). On error nothing needs to be freed. */
mafat_status mafat_search_init(mafat_search *search, const mafat_network *network,
                               const mafat_config *fixed, const mafat_plan_options *options,
                               const mafat_process *process, mafat_error *error);

/* A plan that was chosen. */
typedef struct {
    mafat_config config;     /* owned, as the plan */
    mafat_plan plan;
    double least_s;          /* no plan that fits takes less: plan.latency_s where the search is proven
                                to have found the best one */
} mafat_found;

/* Finds the fastest plan, by the cost model, of all that are predicted to take at most limit_bytes.
 * The plans are all that edge.h can put together. The search is exact, and says so in least_s,
 * unless it ends early, after so much work; then least_s says how much it may have missed. It is as
 * exact as mafat_arena_place(): what that does not place in the room that is left does not fit, and
 * neither do plans with a run of groups that it has not placed alone (jam.h).
 *
 * MAFAT_NO_FIT where nothing fits, with the smallest limit that does; other errors are those of
 * mafat_plan_build(). On error nothing needs to be freed. */
mafat_status mafat_search_best(mafat_search *search, size_t limit_bytes, mafat_found *found,
                               mafat_error *error);

/* Frees what was found and clears it; a zeroed one may be freed. */
void mafat_found_free(mafat_found *found);

/* The least bytes that any plan takes. */
mafat_status mafat_search_least(mafat_search *search, size_t *bytes, mafat_error *error);

/* Frees what the search owns and clears it; a zeroed one may be freed. */
void mafat_search_free(mafat_search *search);

#endif
