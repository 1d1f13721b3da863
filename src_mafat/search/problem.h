/* What is searched: plans of a network for a process, and whether one fits a limit, by the sizes of
 * its arena and of what is beside it. */
#ifndef MAFAT_SEARCH_PROBLEM_H
#define MAFAT_SEARCH_PROBLEM_H

#include "plan/predict.h"

typedef struct {
    const mafat_network *network;      /* borrowed, as the two below */
    const mafat_config *fixed;         /* NULL: any configuration */
    const mafat_process *process;
    mafat_plan_options options;
    mafat_scratch *scratch;            /* owned: plans are built in it */
    mafat_weight_mode *weights;        /* [n_layers], owned: of the plan at hand */
    mafat_image_side *sides;           /* [n_layers + 1], owned: of several images; all plans have
                                          the same head; else NULL */
    mafat_plan_sums sums;              /* what all plans have in common; else 0 */
} mafat_problem;

/* Describes a problem: see mafat_search_init(). On error nothing needs to be freed. */
mafat_status mafat_problem_init(mafat_problem *problem, const mafat_network *network,
                                const mafat_config *fixed, const mafat_plan_options *options,
                                const mafat_process *process, mafat_error *error);

/* Makes it the problem of one configuration, which is borrowed, or of any: NULL. On error only
 * mafat_problem_free() may follow. */
mafat_status mafat_problem_fix(mafat_problem *problem, const mafat_config *config,
                               mafat_error *error);

/* Frees what the problem owns and clears it; a zeroed one may be freed. */
void mafat_problem_free(mafat_problem *problem);

/* Finds groups[n_layers], in the order of execution, those of the configuration that is fixed; where
 * none is, each group is as many layers as can run whole one after the other. Errors: those of
 * mafat_group_resolve(). */
mafat_status mafat_problem_find_groups(const mafat_problem *problem, mafat_group *groups,
                                       int *n_groups, mafat_error *error);

/* What a plan takes with such an arena and so much pinned and in arrays of its own, whatever
 * choosing it takes. */
size_t mafat_problem_total_bytes(const mafat_problem *problem, size_t arena_bytes,
                                 size_t sum_bytes);

/* The largest arena, in whole pages, with which a plan fits a limit that fits it with one of
 * min_bytes; and the largest one with which it takes no more than with none. */
size_t mafat_problem_max_arena(const mafat_problem *problem, size_t limit_bytes,
                               size_t min_bytes, size_t sum_bytes);
size_t mafat_problem_free_arena(const mafat_problem *problem);

/* The most that may be pinned and in arrays beside an arena; 0 where nothing may. */
size_t mafat_problem_max_sum(const mafat_problem *problem, size_t limit_bytes,
                             size_t arena_bytes);

/* Says in `error` that there is no memory to search, and returns MAFAT_FAILED. */
mafat_status mafat_problem_no_memory(const mafat_problem *problem, mafat_error *error);

#endif
