/* Networks to search plans of, and what a search of them depends on: costs, threads, a process. */
#ifndef TESTS_SUPPORT_SUBJECT_H
#define TESTS_SUPPORT_SUBJECT_H

#include "run/exec.h"
#include "search/search.h"
#include "support/brief_cfg.h"
#include "support/weight_modes.h"

/* Small ones of all sorts: brief_cfg.h. */
static const char *const test_networks[] = {
    "16x16x3 c32.3 c64.3 c96.3",
    "24x20x3 c32.3 p2.2 c64.3 p2.2 c128.3",
    "16x16x3 c64.3 p2.2 c64.3 c96.1 p2.2",
    "13x17x2 c40.5 p3.2 c48.3.2 c64.3",
    "12x12x8 c64.1 c64.3 s-2 c128.3",
    "16x16x4 c64.3 c32.1 c64.3 s-3 p2.2",
    "14x14x16 c64.3 c64.3 r-2 c32.1 r-1,-3",
    "16x16x3 c32.3 p2.2 c64.3 o r-1,-2 c64.1",
    "16x12x3 c64.3 p2.2 c128.3 u r-1,-4 c32.3",
    "16x16x3 c48.3 p2.2 c64.3 c64.3 r-3 c96.3",
    "20x20x3 c16.3 p2.2 c32.3 p2.2 c64.3 p2.2",
    "8x8x64 c128.3 c128.3 a c64.1",
    "16x16x3 c64.3 d p2.2 d c96.3",
    "18x18x8 c64.3.1.4 c96.1.2 c64.3 p2.2",
    "16x16x3 c64.3 c64.1.2 c64.3 p1.2 c32.3",
    "9x9x3 p2.1 c32.3 u c48.3 p2.2",
    "16x16x3 c64.3 d c64.3 s-3 d c64.3",
    "10x10x256 c16.1 c256.3 c16.1 c256.3",
    "40x40x4 c4.1 c4.1 c4.1 c128.3",
    "16x16x3 o c32.3 p2.2 o c128.3",
    "128x8x64 c64.1 c8.1 c8.1 p8.8 c512.3",
    "17x17x3 c64.3 c64.2.3 c64.3 p2.2",
    "16x16x3 c64.3 p1.2 c32.3 d p2.2",
    "12x16x3 c32.3! c48.3 c32.3 s-3 c64.3",
    "96x64x3 c16.1 c48.3 p2.2 o c32.1",
};

enum { TEST_N_NETWORKS = sizeof test_networks / sizeof *test_networks };

/* A network and what a search of it depends on. */
typedef struct {
    mafat_cfg cfg;
    mafat_costs costs;
    mafat_process process;
    mafat_plan_options options;
    mafat_weight_mode modes[TEST_MOST_LAYERS];
} test_subject;

/* Costs as they are, or with slow, fast or free reads, with dear or free steps. */
static inline mafat_costs test_costs_of_kind(int kind, const mafat_kernel_shape *shape)
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

static inline void test_subject_init(test_subject *s, mafat_cfg cfg, int kind)
{
    int n_threads = 1 + kind % 3;
    mafat_kernel_shape shapes[] = {{8, 48, 16, 288, 384, n_threads}, {4, 8, 4, 64, 64, n_threads},
                                   mafat_exec_kernel_shape(n_threads)};
    size_t weight_floats = 0;
    *s = (test_subject){.cfg = cfg, .costs = test_costs_of_kind(kind % 5, &shapes[kind / 2 % 3])};
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

/* Prepares a search, and all that there is to choose from; `fixed` as there. */
static inline void test_subject_search(const test_subject *s, const mafat_config *fixed,
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

#endif
