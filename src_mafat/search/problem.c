/* See problem.h. */
#include "search/problem.h"

#include <stdlib.h>

#include "base/size.h"
#include "plan/build.h"
#include "plan/images.h"
#include "plan/order.h"
#include "plan/scratch.h"

mafat_status mafat_problem_no_memory(const mafat_problem *problem, mafat_error *error)
{
    return mafat_error_set(error, MAFAT_FAILED, "no memory to search plans of %d layers",
                           problem->network->n_layers);
}

/* What all plans have in common is in any of them. */
static mafat_status find_sums(mafat_problem *p, mafat_error *error)
{
    mafat_config_group group = {.tiling = {1, 1, false}};
    mafat_config whole = {.n_groups = 1, .groups = &group};
    mafat_plan plan;
    mafat_plan_options options = p->options;
    options.is_sketch = true;
    options.max_arena_bytes = mafat_size_page();     /* where its buffers lie does not matter */
    for (int l = 0; l < p->network->n_layers; l++)
        p->weights[l] = (mafat_weight_mode){.pinned = true, .window_filters = 1};
    mafat_status status = mafat_build_plan(&plan, p->network, &whole, &options, error);
    if (status != MAFAT_OK)
        return status;
    p->sums = mafat_predict_sum_up(&plan);
    p->sums.arena_bytes = p->sums.pinned_bytes = p->sums.array_bytes = 0;
    mafat_plan_free(&plan);
    return MAFAT_OK;
}

mafat_status mafat_problem_find_groups(const mafat_problem *p, mafat_group *groups, int *n_groups,
                                       mafat_error *error)
{
    return mafat_order_resolve(p->network, p->fixed, groups, n_groups, error);
}

/* Finds the head of several images, as if all weights came in each run. */
static mafat_status find_head(mafat_problem *p, mafat_error *error)
{
    size_t n = (size_t)p->network->n_layers;
    int n_groups;
    mafat_group *groups = calloc(n, sizeof *groups);
    mafat_status status = MAFAT_OK;
    if (groups == NULL)
        status = mafat_problem_no_memory(p, error);
    if (status == MAFAT_OK)
        status = mafat_problem_find_groups(p, groups, &n_groups, error);
    for (size_t l = 0; l < n; l++)
        p->weights[l] = (mafat_weight_mode){.window_filters = 1};
    if (status == MAFAT_OK)
        status = mafat_images_choose_head(p->network, groups, n_groups, p->options.weights,
                                          p->options.n_images, &p->options.n_head_layers, error);
    if (status == MAFAT_OK)
        mafat_images_find_sides(p->network, groups, n_groups, p->options.n_head_layers, p->sides);
    free(groups);
    return status;
}

mafat_status mafat_problem_fix(mafat_problem *problem, const mafat_config *config,
                               mafat_error *error)
{
    problem->fixed = config;
    mafat_status status = problem->sides != NULL ? find_head(problem, error) : MAFAT_OK;
    return status == MAFAT_OK ? find_sums(problem, error) : status;
}

mafat_status mafat_problem_init(mafat_problem *problem, const mafat_network *network,
                                const mafat_config *fixed, const mafat_plan_options *options,
                                const mafat_process *process, mafat_error *error)
{
    size_t n = (size_t)network->n_layers;
    bool has_sides = options->n_images > 1;
    *problem = (mafat_problem){.network = network, .process = process, .options = *options,
                               .scratch = mafat_scratch_new(network),
                               .weights = calloc(n, sizeof *problem->weights),
                               .sides = has_sides ? calloc(n + 1, sizeof *problem->sides) : NULL};
    mafat_status status = MAFAT_OK;
    if (problem->weights == NULL || problem->scratch == NULL || (has_sides && problem->sides == NULL))
        status = mafat_problem_no_memory(problem, error);
    problem->options.scratch = problem->scratch;
    if (options->weights != NULL)
        problem->options.weights = problem->weights;
    if (has_sides)
        problem->options.sides = problem->sides;
    if (status == MAFAT_OK)
        status = mafat_problem_fix(problem, fixed, error);
    if (status != MAFAT_OK)
        mafat_problem_free(problem);
    return status;
}

void mafat_problem_free(mafat_problem *problem)
{
    mafat_scratch_free(problem->scratch);
    free(problem->weights);
    free(problem->sides);
    *problem = (mafat_problem){0};
}

/* Pinned windows are whole pages, so that a sum may be all arrays. */
size_t mafat_problem_total_bytes(const mafat_problem *problem, size_t arena_bytes,
                                 size_t sum_bytes)
{
    mafat_plan_sums sums = problem->sums;
    sums.arena_bytes = arena_bytes;
    sums.array_bytes = sum_bytes;
    return mafat_predict_of_sums(&sums, problem->process).total_bytes;
}

size_t mafat_problem_max_arena(const mafat_problem *problem, size_t limit_bytes,
                               size_t min_bytes, size_t sum_bytes)
{
    size_t enough = mafat_size_in_pages(min_bytes) / mafat_size_page();
    size_t too_many = limit_bytes / mafat_size_page() + 1;
    while (too_many > enough + 1) {
        size_t middle = enough + (too_many - enough) / 2;
        bool fits = mafat_problem_total_bytes(problem, middle * mafat_size_page(), sum_bytes) <=
                    limit_bytes;
        *(fits ? &enough : &too_many) = middle;
    }
    return enough * mafat_size_page();
}

size_t mafat_problem_free_arena(const mafat_problem *problem)
{
    return mafat_problem_max_arena(problem, mafat_problem_total_bytes(problem, 0, 0), 0, 0);
}

size_t mafat_problem_max_sum(const mafat_problem *problem, size_t limit_bytes, size_t arena_bytes)
{
    mafat_plan_sums sums = problem->sums;
    size_t bytes;
    sums.arena_bytes = arena_bytes;
    return mafat_predict_max_array_bytes(&sums, problem->process, limit_bytes, &bytes) ? bytes : 0;
}
