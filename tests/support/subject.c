/* See subject.h. */
#include "support/subject.h"

#include "plan/algorithm.h"
#include "run/step.h"

/* Costs as they are, or with slow, fast or free reads, with dear or free steps. */
static mafat_costs test_costs_of_kind(int kind, const mafat_kernel_shape *shape)
{
    mafat_costs costs = mafat_cost_defaults(shape);
    double read = kind == 1 ? 50 : kind == 2 ? 0.01 : kind == 3 ? 0 : 1;
    costs.read_s *= read;
    costs.read_byte_s *= read;
    for (int i = 0; i < MAFAT_N_COSTS && kind == 2; i++)
        costs.unit_s[i] *= 30;
    costs.unit_s[MAFAT_COST_STEP] *= kind == 4 ? 100 : kind == 3 ? 0 : 1;
    return costs;
}

void test_subject_init(test_subject *s, mafat_cfg cfg, int kind)
{
    int n_threads = 1 + kind % 3;
    mafat_kernel_shape shapes[] = {{8, 48, 16, 288, 384, n_threads, {32, 3072}},
                                   {4, 8, 4, 64, 64, n_threads, {16, 1000}},
                                   mafat_step_kernel_shape(n_threads)};
    size_t weight_floats = 0;
    *s = (test_subject){.cfg = cfg, .costs = test_costs_of_kind(kind % 5, &shapes[kind / 2 % 3])};
    if (kind % 4 >= 2)
        mafat_algorithm_choose(&s->cfg.network);
    for (int l = 0; l < cfg.network.n_layers; l++)
        weight_floats += mafat_layer_weight_floats(&cfg.network.layers[l]);
    s->process = (mafat_process){
        .base_bytes = 1234567, .image_bytes = kind % 4 == 1 ? 7777 : 0,
        .decode_bytes = kind % 4 == 3 ? 300000 : 0, .statistics_bytes = 5000,
        .weight_bytes = weight_floats * sizeof(float), .thread_bytes = 65536,
        .n_threads = n_threads};
    s->options = (mafat_plan_options){
        .workspace_bytes = (size_t)n_threads * 8192 + 100, .image_by_rows = kind % 2 == 0,
        .weights = kind % 7 == 6 ? NULL : s->modes, .costs = &s->costs};
}

void test_subject_search(const test_subject *s, const mafat_config *fixed,
                         mafat_search *search)
{
    mafat_error error;
    ck_assert_msg(mafat_search_init(search, &s->cfg.network, fixed, &s->options, &s->process,
                                    &error) == MAFAT_OK, "%s", error.text);
    mafat_found found;    /* in no limit: it makes all edges for that */
    ck_assert_msg(mafat_search_best(search, SIZE_MAX, &found, &error) == MAFAT_OK, "%s",
                  error.text);
    mafat_found_free(&found);
}
