/* The choice of a configuration and of what happens to weights, for a memory limit: the fastest
 * plan that fits, by the cost model. */
#ifndef MAFAT_SEARCH_SEARCH_H
#define MAFAT_SEARCH_SEARCH_H

#include "search/parts.h"
#include "search/trace.h"

/* All that there is to choose from, for any limit. */
typedef struct {
    mafat_problem problem;
    const mafat_config *asked;    /* the configuration that was named; NULL: any */
    mafat_parts parts;
    size_t kept_bytes;       /* of parts for any configuration, beside those for one */
    size_t peak_bytes;       /* of memory, that it took for the limit at hand */
    size_t spent_bytes;      /* and before, where the configuration was found by a search, too */
    bool traces;             /* mafat_search_best() tells why other plans lost; false at first */
} mafat_search;

/* What a process is charged for while even the smallest search runs, which also finds out what the
 * smallest limit is; nothing where another process chooses. */
size_t mafat_search_min_charged_bytes(const mafat_network *network, const mafat_process *process);

/* Prepares a search. `fixed` names the configuration where the user did; then only what happens to
 * weights is searched. options->weights is not NULL where MAFAT reads them, and else not used;
 * options->costs must be there. Everything given must outlive the search. Errors: those of
 * mafat_build_plan(). On error nothing needs to be freed. */
mafat_status mafat_search_init(mafat_search *search, const mafat_network *network,
                               const mafat_config *fixed, const mafat_plan_options *options,
                               const mafat_process *process, mafat_error *error);

/* A plan that was chosen. */
typedef struct {
    mafat_config config;     /* owned, as the plan */
    mafat_plan plan;
    double min_s;            /* no plan that fits takes less, of plans for as many images:
                                plan.latency_s where that is proven to be the fastest one */
    mafat_trace trace;       /* why other plans lost, where the search traces */
    size_t choosing_bytes;   /* of memory, that the search took */
} mafat_found;

/* Finds the fastest plan, by the cost model, of all that are predicted to take at most limit_bytes.
 * The plans are all that edge.h can put together. What is found is near-optimal: min_s says how
 * near, and most often that it is the best. Of plans that the cost model cannot tell apart it is one
 * that takes little memory (TUNING_AS_FAST). A plan that mafat_arena_place() does not place in what
 * is left of the limit does not fit. Who names the configuration that was found gets the plan that
 * was found: it is looked for once more as if it had been named.
 *
 * Where the process chooses the plan that it runs (process->chooses), process->choosing_bytes and
 * what the search itself holds are within the limit meanwhile. Where that leaves little the
 * search misses plans, and still says in min_s how much it may have missed.
 *
 * MAFAT_NO_FIT where nothing fits, with the smallest limit that does; other errors are those of
 * mafat_build_plan(). On error nothing needs to be freed. */
mafat_status mafat_search_best(mafat_search *search, size_t limit_bytes, mafat_found *found,
                               mafat_error *error);

/* What it is predicted to take, with what choosing it took. */
mafat_prediction mafat_found_predict(const mafat_found *found, const mafat_process *process);

/* Frees what was found and clears it; a zeroed one may be freed. */
void mafat_found_free(mafat_found *found);

/* The smallest limit that works: for the plan that takes least, and for the search that finds it.
 * Errors: those of mafat_search_best(). */
mafat_status mafat_search_min_limit(mafat_search *search, size_t *bytes, mafat_error *error);

/* Frees what the search owns and clears it; a zeroed one may be freed. */
void mafat_search_free(mafat_search *search);

#endif
