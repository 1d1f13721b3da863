/* Edges of the search's graph: that plans come to the sum of their groups, which is what the search
 * rests on, and what groups wait for. */
#include <check.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "plan/build.h"
#include "plan/timing.h"
#include "search/spell.h"
#include "support/random.h"
#include "support/random_cfg.h"
#include "support/subject.h"
#include "support/suite.h"

static mafat_error fault;

/* -------------------------------------------------------------------------------------- sums */

/* A random way through the edges: what its plan must come to. */
typedef struct {
    const mafat_edge *edges[TEST_MAX_LAYERS];     /* at their first layers; else NULL */
    mafat_group groups[TEST_MAX_LAYERS];          /* theirs */
    double seconds;
    size_t live_bytes, sum_bytes;
} path;

/* Any edge from a position; one layer is as likely as all groups together. */
static const mafat_edge *random_edge(test_random *r, const mafat_edges *edges, int position)
{
    int first = edges->first_edges[position], n_whole = 0;
    int n = edges->first_edges[position + 1] - first;
    while (n_whole < n && edges->edges[first + n_whole].to == position + 1)
        n_whole++;
    return &edges->edges[first + test_random_int(r, test_random_int(r, 2) == 0 ? n_whole : n)];
}

/* Walks forward, and adds sizes up backward: windows have their room in what runs before them. */
static void walk(test_random *r, const mafat_edges *edges, path *w)
{
    const mafat_edge *passed[TEST_MAX_LAYERS];
    size_t window_bytes = 0;
    int n = 0;
    *w = (path){0};
    for (int position = 0; position < edges->n_positions; n++) {
        passed[n] = random_edge(r, edges, position);
        mafat_group group = mafat_edge_group(edges, passed[n]);
        w->edges[group.first] = passed[n];
        w->groups[group.first] = group;
        position = passed[n]->to;
    }
    while (n-- > 0) {
        size_t late = passed[n]->shared_bytes + window_bytes, early = passed[n]->alone_bytes;
        size_t most = early > late ? early : late;
        w->live_bytes = most > w->live_bytes ? most : w->live_bytes;
        window_bytes = passed[n]->window_bytes > 0 ? passed[n]->window_bytes : window_bytes;
        w->seconds += passed[n]->seconds;
        w->sum_bytes += passed[n]->sum_bytes;
    }
}

/* The plan has the groups of the way, but that whole layers may be grouped otherwise. */
static void expect_groups(const path *w, const mafat_plan *plan)
{
    for (int g = 0; g < plan->n_groups; g++) {
        const mafat_group *group = &plan->groups[g];
        const mafat_group *chosen = &w->groups[group->first];
        if (w->edges[group->first] == NULL || !mafat_group_is_interleaved(chosen)) {
            test_require(!mafat_group_is_interleaved(group));
            continue;
        }
        test_require(chosen->end == group->end);
        test_require(chosen->tiling.rows == group->tiling.rows &&
                     chosen->tiling.cols == group->tiling.cols &&
                     chosen->tiling.reuse == group->tiling.reuse);
    }
}

/* What the groups take to compute is what their steps take one by one, and 3 % more where layers take
 * turns. */
static void expect_times_of_steps(const test_subject *s, const mafat_plan *plan)
{
    double seconds[TEST_MAX_LAYERS] = {0};
    for (int i = 0; i < plan->n_steps; i++) {
        const mafat_step *step = &plan->steps[i];
        mafat_work work = mafat_timing_step_work(&s->costs.shape, s->options.workspace_bytes,
                                                 &s->cfg.network, step, 1);
        seconds[step->group] += mafat_cost_seconds(&s->costs, &work);
    }
    for (int g = 0; g < plan->n_groups; g++) {
        double more = mafat_group_is_interleaved(&plan->groups[g]) ? 1.03 : 1;
        test_require(fabs(plan->groups[g].computing_s - more * seconds[g]) <=
                     1e-9 * seconds[g]);
    }
}

static void expect_sums(const test_subject *s, const path *w, const char *context)
{
    test_case("%s", context);
    mafat_weight_mode modes[TEST_MAX_LAYERS];
    mafat_plan_options options = s->options;
    mafat_config config, again;
    mafat_plan plan;
    char text[1024];
    options.weights = options.weights != NULL ? modes : NULL;
    for (int l = 0; l < s->cfg.network.n_layers; l++)
        for (int i = l; w->edges[l] != NULL && i < w->groups[l].end; i++)
            modes[i] = mafat_edge_weights(w->edges[l]);
    ck_assert_int_eq(mafat_spell_config(&config, &s->cfg.network, w->edges, &fault), MAFAT_OK);
    mafat_config_print(&config, text, sizeof text);
    ck_assert_int_eq(mafat_config_parse(&again, text, &fault), MAFAT_OK);
    ck_assert_msg(mafat_build_plan(&plan, &s->cfg.network, &again, &options, &fault) == MAFAT_OK,
                  "%s: %s", text, fault.text);
    expect_groups(w, &plan);
    expect_times_of_steps(s, &plan);
    size_t sum_bytes = plan.pinned_bytes + mafat_plan_array_bytes(&plan);
    if (plan.live_bytes != w->live_bytes || sum_bytes != w->sum_bytes ||
        fabs(plan.latency_s - w->seconds) > 1e-9 * w->seconds)
        ck_abort_msg("%s: alive %zu instead of %zu bytes, sums %zu instead of %zu, %.9g instead of "
                     "%.9g s", text, plan.live_bytes, w->live_bytes, sum_bytes, w->sum_bytes,
                     plan.latency_s, w->seconds);
    mafat_plan_free(&plan);
    mafat_config_free(&config);
    mafat_config_free(&again);
}

static void expect_sums_of_random_paths(mafat_cfg cfg, uint64_t seed, int n_paths,
                                        const char *context)
{
    test_random r = {seed};
    test_subject s;
    mafat_search search;
    path w;
    test_subject_init(&s, cfg, test_random_int(&r, 1000));
    test_subject_search(&s, NULL, &search);
    for (int i = 0; i < n_paths; i++) {
        walk(&r, &search.parts.edges, &w);
        expect_sums(&s, &w, context);
    }
    mafat_search_free(&search);
    mafat_cfg_free(&s.cfg);
}

START_TEST(a_plan_is_the_sum_of_its_edges)
{
    const char *line = test_networks[_i % TEST_N_NETWORKS];
    expect_sums_of_random_paths(test_brief_read(line), (uint64_t)_i + 1, 100, line);
}
END_TEST

START_TEST(plans_of_random_networks_are_sums_of_their_edges)
{
    test_random r = {(uint64_t)_i + 1};
    char text[TEST_CFG_BYTES];
    test_cfg_make(&r, text, 4 + _i % 8);
    expect_sums_of_random_paths(test_cfg_parse(text), (uint64_t)_i + 1, 40, text);
}
END_TEST

/* Of 5x5 tiles on 31x18 pixels, 8x2 at the right edge follow 4x4 at the left one: as many pixels
 * read and written, but two of Winograd's tiles and one. */
START_TEST(a_step_takes_the_time_of_its_own_extent)
{
    test_subject s;
    mafat_weight_mode modes[1] = {{true, INT_MAX}};
    mafat_config config;
    mafat_plan plan;
    test_subject_init(&s, test_brief_read("31x18x16 c32.3"), 2);
    ck_assert_int_eq(s.cfg.network.layers[0].algorithm, MAFAT_WINOGRAD);
    s.options.weights = modes;
    ck_assert_int_eq(mafat_config_parse(&config, "5x5", &fault), MAFAT_OK);
    ck_assert_int_eq(mafat_build_plan(&plan, &s.cfg.network, &config, &s.options, &fault), MAFAT_OK);
    expect_times_of_steps(&s, &plan);
    mafat_plan_free(&plan);
    mafat_config_free(&config);
    mafat_cfg_free(&s.cfg);
}
END_TEST

/* -------------------------------------------------------------------------------------- memos */

static void expect_equal_parts(const mafat_plan *a, const mafat_plan *b, const char *context)
{
    bool same = a->n_steps == b->n_steps && a->macs == b->macs && a->n_moments == b->n_moments &&
                a->groups[0].n_tiles == b->groups[0].n_tiles && a->n_buffers == b->n_buffers &&
                a->latency_s == b->latency_s;
    for (int i = 0; i < a->n_buffers && same; i++)
        same = a->buffers[i].place.bytes == b->buffers[i].place.bytes &&
               a->buffers[i].place.first == b->buffers[i].place.first &&
               a->buffers[i].place.last == b->buffers[i].place.last;
    ck_assert_msg(same, "layers %d to %d in %d tiles: %s", a->groups[0].first,
                  a->groups[0].end - 1, a->groups[0].tiling.rows, context);
}

/* Groups that keep rows, in any order: what a memo knows of one makes no difference to others. */
START_TEST(a_memo_changes_no_part)
{
    const char *line = test_networks[_i % TEST_N_NETWORKS];
    test_random r = {(uint64_t)_i + 1};
    test_subject s;
    mafat_readers readers;
    test_subject_init(&s, test_brief_read(line), _i);
    const mafat_network *network = &s.cfg.network;
    mafat_row_memo *memo = mafat_row_memo_new(network->n_layers);
    ck_assert_int_eq(mafat_readers_init(&readers, network, &fault), MAFAT_OK);
    for (int l = 0; l < network->n_layers; l++)
        s.modes[l] = (mafat_weight_mode){false, INT_MAX};
    for (int i = 0; i < 200; i++) {
        mafat_plan fresh, recalled;
        int first = test_random_int(&r, network->n_layers);
        int limit = first + 1 + test_random_int(&r, network->n_layers - first);
        mafat_group group = {.first = first,
                             .end = mafat_group_end(&readers, first, limit, true),
                             .tiling = {1 + test_random_int(&r, 4), 1, true}};
        if (group.end == first)
            continue;
        ck_assert_int_eq(mafat_build_part(&fresh, network, &group, &s.options, NULL, &fault),
                         MAFAT_OK);
        ck_assert_int_eq(mafat_build_part(&recalled, network, &group, &s.options, memo, &fault),
                         MAFAT_OK);
        expect_equal_parts(&fresh, &recalled, line);
        mafat_plan_free(&fresh);
        mafat_plan_free(&recalled);
    }
    free(memo);
    mafat_readers_free(&readers);
    mafat_cfg_free(&s.cfg);
}
END_TEST

/* --------------------------------------------------------------------------------- first reads */

static double seconds_of_group(const test_subject *s, const char *text, int group, bool is_pinned)
{
    mafat_weight_mode modes[TEST_MAX_LAYERS];
    mafat_plan_options options = s->options;
    mafat_config config;
    mafat_plan plan;
    options.weights = modes;
    for (int l = 0; l < s->cfg.network.n_layers; l++)
        modes[l] = (mafat_weight_mode){is_pinned, INT_MAX};
    ck_assert_int_eq(mafat_config_parse(&config, text, &fault), MAFAT_OK);
    ck_assert_int_eq(mafat_build_plan(&plan, &s->cfg.network, &config, &options, &fault), MAFAT_OK);
    double seconds = plan.groups[group].seconds;
    mafat_plan_free(&plan);
    mafat_config_free(&config);
    return seconds;
}

START_TEST(the_first_read_is_waited_for)
{
    static const struct {
        const char *config;
        int group, first, end;      /* and its layers */
        int hides;                  /* 0: nothing; 1: all that fits; 2: but the first read */
    } cases[] = {{"1x1/1/1x1", 0, 0, 1, 2}, {"1x1/1/1x1/2/1x1", 1, 1, 2, 1},
                 {"2x2", 0, 0, 3, 0}, {"4x1r", 0, 0, 3, 0}, {"1x1/1/1x1/2/1x1", 2, 2, 3, 1}};
    test_subject s;
    test_subject_init(&s, test_brief_read("16x16x3 c32.3 c64.3 c96.3"), _i);
    for (int i = 0; i < (int)(sizeof cases / sizeof *cases); i++) {
        test_case("%s, group %d", cases[i].config, cases[i].group);
        double computing = seconds_of_group(&s, cases[i].config, cases[i].group, true);
        double read = 0, lost = 0;
        for (int l = cases[i].first; l < cases[i].end; l++) {
            size_t n_bytes = mafat_layer_macs(&s.cfg.network.layers[l], 1) * sizeof(float);
            read += mafat_cost_read_seconds(&s.costs, 1, n_bytes);
            lost += mafat_cost_lost_seconds(&s.costs, n_bytes);
        }
        double longer = computing + lost > read ? computing + lost : read;
        double expected = cases[i].hides == 0   ? computing + read
                          : cases[i].hides == 1 ? longer
                                                : longer + read;
        double seconds = seconds_of_group(&s, cases[i].config, cases[i].group, false);
        test_require(fabs(seconds - expected) <= 1e-9 * expected);
    }
    mafat_cfg_free(&s.cfg);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("edge");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_plan_is_the_sum_of_its_edges, 0, test_rounds(1) * TEST_N_NETWORKS);
    tcase_add_loop_test(tcase, plans_of_random_networks_are_sums_of_their_edges, 0,
                        test_rounds(30));
    tcase_add_test(tcase, a_step_takes_the_time_of_its_own_extent);
    tcase_add_loop_test(tcase, a_memo_changes_no_part, 0, test_rounds(1) * TEST_N_NETWORKS);
    tcase_add_loop_test(tcase, the_first_read_is_waited_for, 0, 5);
    Suite *suite = suite_create("edge");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
