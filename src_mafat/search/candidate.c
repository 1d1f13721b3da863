/* See candidate.h. */
#include "search/candidate.h"

#include <stdint.h>
#include <stdlib.h>

#include "plan/build.h"
#include "plan/scratch.h"
#include "search/spell.h"

/* TUNING. A convolution has up to two buffers for windows; hardly more than SOME_ALIVE buffers are alive at
 * once. */
size_t mafat_candidate_max_bytes(const mafat_network *network)
{
    enum { SOME_ALIVE = 16 };
    int n_buffers = network->n_layers + 2;
    for (int l = 0; l < network->n_layers; l++)
        n_buffers += network->layers[l].kind == MAFAT_CONVOLUTION ? 2 : 0;
    return mafat_scratch_bytes(network->n_layers) + mafat_plan_layer_bytes(network->n_layers) +
           (size_t)n_buffers * (sizeof(mafat_buffer) + sizeof(mafat_step)) +
           mafat_arena_max_placing_bytes(n_buffers, SOME_ALIVE);
}

void mafat_candidate_free(mafat_candidate *candidate)
{
    free(candidate->edges);
    *candidate = (mafat_candidate){0};
}

/* Writes the configuration of a candidate, and sets what becomes of weights. */
static mafat_status spell(const mafat_candidate *c, mafat_problem *p, mafat_config *config,
                          mafat_error *error)
{
    int n_layers = p->network->n_layers;
    const mafat_edge **edges = calloc((size_t)n_layers, sizeof *edges), *edge = NULL;
    if (edges == NULL)
        return mafat_problem_no_memory(p, error);
    for (int l = 0; l < n_layers; l++) {
        if (c->edges[l].to > c->edges[l].from)
            edge = edges[l] = &c->edges[l];
        p->weights[l] = mafat_edge_weights(edge);
    }
    mafat_status status = p->fixed != NULL
                              ? mafat_config_copy(config, p->fixed, error)
                              : mafat_spell_config(config, p->network, edges, error);
    free(edges);
    return status;
}

/* Builds the plan; `is_sketch` as in mafat_plan_options. */
static mafat_status build(const mafat_candidate *c, mafat_problem *p, bool is_sketch,
                          mafat_config *config, mafat_plan *plan, mafat_error *error)
{
    mafat_plan_options options = p->options;
    options.is_sketch = is_sketch;
    options.max_arena_bytes = c->max_arena_bytes;
    mafat_status status = spell(c, p, config, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_build_plan(plan, p->network, config, &options, error);
    if (status != MAFAT_OK)
        mafat_config_free(config);
    return status;
}

mafat_status mafat_candidate_init(mafat_candidate *candidate, mafat_problem *problem,
                                  const mafat_labels *labels, const mafat_label *label,
                                  size_t max_arena_bytes, mafat_error *error)
{
    mafat_config config;
    mafat_plan plan;
    *candidate = (mafat_candidate){
        .edges = calloc((size_t)problem->network->n_layers, sizeof *candidate->edges),
        .max_arena_bytes = max_arena_bytes};
    if (candidate->edges == NULL)
        return mafat_problem_no_memory(problem, error);
    for (const mafat_label *l = label; l->edge >= 0; l = &labels->labels[l->rest]) {
        const mafat_edge *edge = &labels->edges->edges[l->edge];
        candidate->edges[mafat_edge_group(labels->edges, edge).first] = *edge;
    }
    mafat_status status = build(candidate, problem, true, &config, &plan, error);
    if (status == MAFAT_USAGE && problem->fixed == NULL) {
        candidate->seconds = label->seconds;
        candidate->arena_bytes = SIZE_MAX;
        return MAFAT_OK;
    }
    if (status != MAFAT_OK) {
        mafat_candidate_free(candidate);
        return status;
    }
    candidate->seconds = plan.latency_s;
    candidate->arena_bytes = plan.arena_bytes;
    candidate->total_bytes = mafat_problem_total_bytes(problem, plan.arena_bytes,
                                                       label->sum_bytes);
    candidate->read_bytes = plan.weight_bytes_read;
    candidate->array_bytes = label->sum_bytes - plan.pinned_bytes;
    candidate->building_bytes = plan.building_bytes;
    mafat_plan_free(&plan);
    mafat_config_free(&config);
    return MAFAT_OK;
}

/* In the arena that it was judged by: placed in any other one, its buffers may need more. */
mafat_status mafat_candidate_make(const mafat_candidate *candidate, mafat_problem *problem,
                                  mafat_config *config, mafat_plan *plan, mafat_error *error)
{
    return build(candidate, problem, false, config, plan, error);
}
