/* Why neighbours of a plan lost, against plans of all of them, made one by one. */
#include <check.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "base/size.h"
#include "plan/build.h"
#include "search/spell.h"
#include "support/all_plans.h"
#include "support/subject.h"
#include "support/suite.h"

/* A search that misses the best plan misses this much at most (tests/test_search.c). */
static const double MAX_ABOVE = 1.02;

static mafat_error fault;

/* A plan, and all that there is to put others together from. */
typedef struct {
    const test_subject *subject;
    size_t limit;
    mafat_edges all;
    int n;
    const mafat_edge *path[TEST_PLAN_LAYERS];    /* [n], the plan's, in the order of execution */
} neighbourhood;

static bool same_seconds(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b));
}

/* ------------------------------------------------------------------------------ what was chosen */

/* The edge of a group that a line of the trace names. */
static const mafat_edge *find_edge(const neighbourhood *n, const mafat_trace_group *group, int end)
{
    const mafat_edges *all = &n->all;
    const mafat_layer *layers = n->subject->cfg.network.layers;
    for (int e = 0; e < all->n_edges; e++) {
        const mafat_edge *edge = &all->edges[e];
        mafat_group g = mafat_edge_group(all, edge);
        bool is_one = group->weights.window_filters == INT_MAX &&
                      edge->window_filters >= layers[g.first].out.c;
        bool is_mode = group->weights.window_filters == 0 ||
                       (edge->pinned == group->weights.pinned &&
                        (is_one || edge->window_filters == group->weights.window_filters));
        if (g.first == group->first && g.end == end && is_mode &&
            g.tiling.rows == group->tiling.rows && g.tiling.cols == group->tiling.cols &&
            g.tiling.reuse == group->tiling.reuse)
            return edge;
    }
    ck_abort_msg("the trace names a group that there is not, from layer %d on", group->first);
    return NULL;
}

/* Puts the plan together from what the lines say was chosen. Layers that none speaks of can be run
 * in one way alone. */
static void find_path(neighbourhood *n, const mafat_trace *trace)
{
    const mafat_edge *chosen[TEST_PLAN_LAYERS] = {NULL};
    for (int i = 0; i < trace->n; i++) {
        const mafat_trace_choice *choice = &trace->lines[i].chosen;
        for (int k = 0; k < choice->n_groups; k++) {
            int first = choice->groups[k].first;
            int end = k + 1 < choice->n_groups ? choice->groups[k + 1].first
                                            : trace->lines[i].last_layer + 1;
            const mafat_edge *edge = find_edge(n, &choice->groups[k], end);
            test_require(chosen[first] == NULL || chosen[first] == edge);
            chosen[first] = edge;
        }
    }
    n->n = 0;
    for (int position = 0; position < n->all.n_positions; position = n->path[n->n++]->to) {
        int layer = n->all.layers[position];
        n->path[n->n] = chosen[layer] != NULL ? chosen[layer]
                                              : &n->all.edges[n->all.first_edges[position]];
    }
}

/* ---------------------------------------------------------------------------------- neighbours */

/* The plan of a path, as it is built; *min_bytes: what it is predicted to take if its arena has
 * no gaps. */
static test_outcome build(const neighbourhood *n, const mafat_edge *const *path, int n_path,
                          size_t *min_bytes)
{
    const test_subject *s = n->subject;
    const mafat_edge *edges[TEST_PLAN_LAYERS] = {NULL};
    mafat_weight_mode modes[TEST_PLAN_LAYERS];
    mafat_config config;
    mafat_plan plan;
    mafat_plan_options options = s->options;
    for (int i = 0; i < n_path; i++) {
        mafat_group group = mafat_edge_group(&n->all, path[i]);
        edges[group.first] = path[i];
        for (int l = group.first; l < group.end; l++)
            modes[l] = mafat_edge_weights(path[i]);
    }
    options.weights = options.weights != NULL ? modes : NULL;
    ck_assert_int_eq(mafat_spell_config(&config, &s->cfg.network, edges, &fault), MAFAT_OK);
    ck_assert_int_eq(mafat_build_plan(&plan, &s->cfg.network, &config, &options, &fault), MAFAT_OK);
    mafat_plan_sums sums = mafat_predict_sum_up(&plan);
    test_outcome outcome = {.seconds = plan.latency_s,
                            .bytes = mafat_predict(&plan, &s->process).total_bytes};
    sums.arena_bytes = mafat_size_in_pages(plan.live_bytes);
    *min_bytes = mafat_predict_of_sums(&sums, &s->process).total_bytes;
    mafat_plan_free(&plan);
    mafat_config_free(&config);
    return outcome;
}

/* The neighbours that run `count` groups of the plan in another way, from number `first` on. */
typedef struct {
    const neighbourhood *n;
    int first, count;
    double chosen_s;
    int n_outcomes;
    test_outcome outcomes[1 << 14];    /* with the least bytes of each */
} neighbours;

static void add(neighbours *b, const mafat_edge *one, const mafat_edge *two)
{
    const neighbourhood *n = b->n;
    const mafat_edge *path[TEST_PLAN_LAYERS + 1];
    int n_path = 0;
    size_t min_bytes;
    for (int i = 0; i < b->first; i++)
        path[n_path++] = n->path[i];
    path[n_path++] = one;
    if (two != NULL)
        path[n_path++] = two;
    for (int i = b->first + b->count; i < n->n; i++)
        path[n_path++] = n->path[i];
    test_outcome outcome = build(n, path, n_path, &min_bytes);
    test_require(outcome.bytes > n->limit || b->chosen_s <= outcome.seconds * MAX_ABOVE);
    ck_assert_int_lt(b->n_outcomes, (int)(sizeof b->outcomes / sizeof *b->outcomes));
    b->outcomes[b->n_outcomes++] = (test_outcome){.bytes = min_bytes,
                                                  .seconds = outcome.seconds};
}

static void add_all(neighbours *b)
{
    const mafat_edges *all = &b->n->all;
    const mafat_edge *const *chosen = b->n->path + b->first;
    int from = chosen[0]->from, to = chosen[b->count - 1]->to;
    for (int i = 0; i < all->n_edges; i++) {
        const mafat_edge *one = &all->edges[i];
        if (one->from != from || one == chosen[0])
            continue;
        if (one->to == to)
            add(b, one, NULL);
        for (int k = 0; k < all->n_edges && (b->count == 1 || one->to != chosen[0]->to); k++)
            if (all->edges[k].from == one->to && all->edges[k].to == to)
                add(b, one, &all->edges[k]);
    }
}

/* The fastest of those, or of those that fit; NULL: there is none. */
static const test_outcome *fastest(const neighbours *b, bool fits)
{
    const test_outcome *best = NULL;
    for (int i = 0; i < b->n_outcomes; i++)
        if ((!fits || b->outcomes[i].bytes <= b->n->limit) &&
            (best == NULL || b->outcomes[i].seconds < best->seconds))
            best = &b->outcomes[i];
    return best;
}

/* A line tells of a neighbour as fast as that, and how far it is over the limit. */
static void expect_line(const neighbours *b, const mafat_trace_line *line,
                        const test_outcome *expected)
{
    const mafat_edge *const *chosen = b->n->path + b->first;
    bool is_there = false;
    ck_assert_int_eq(line->first_layer, b->n->all.layers[chosen[0]->from]);
    ck_assert_int_eq(line->last_layer, b->n->all.layers[chosen[b->count - 1]->to - 1]);
    ck_assert_int_eq(line->chosen.n_groups, b->count);
    test_require(same_seconds(b->chosen_s + line->slower_s, expected->seconds));
    for (int i = 0; i < b->n_outcomes; i++) {
        size_t bytes = b->outcomes[i].bytes;
        is_there |= same_seconds(b->outcomes[i].seconds, b->chosen_s + line->slower_s) &&
                    line->bytes_over == (bytes > b->n->limit ? bytes - b->n->limit : 0);
    }
    test_require(is_there);
}

/* Goes over the groups of the plan, and over each two. */
static void expect_trace(neighbourhood *n, const mafat_trace *trace, double seconds)
{
    neighbours *b = malloc(sizeof *b);
    int line = 0;
    size_t min_bytes;
    find_path(n, trace);
    test_require(same_seconds(build(n, n->path, n->n, &min_bytes).seconds, seconds));
    for (int i = 0; i < 2 * n->n - 1; i++) {
        b->n = n;
        b->first = i / 2;
        b->count = 1 + i % 2;
        b->chosen_s = seconds;
        b->n_outcomes = 0;
        add_all(b);
        const test_outcome *fitting = fastest(b, true), *best = fastest(b, false);
        if (fitting != NULL)
            expect_line(b, &trace->lines[line++], fitting);
        if (best != NULL && best->bytes > n->limit && best->seconds < seconds * (1 - 1e-9))
            expect_line(b, &trace->lines[line++], best);
    }
    ck_assert_int_eq(line, trace->n);
    free(b);
}

START_TEST(each_line_is_the_best_of_all_neighbours)
{
    test_subject s;
    mafat_search search;
    size_t least;
    test_subject_init(&s, test_brief_read(test_networks[_i % TEST_N_NETWORKS]),
                      _i / TEST_N_NETWORKS + _i % TEST_N_NETWORKS);
    const mafat_edge_limits none = {SIZE_MAX, SIZE_MAX, SIZE_MAX};
    neighbourhood n = {.subject = &s};
    ck_assert_int_eq(mafat_edges_make(&n.all, &s.cfg.network, NULL, 0, &s.options, &none, &fault),
                     MAFAT_OK);
    test_subject_search(&s, NULL, &search);
    search.traces = true;
    ck_assert_int_eq(mafat_search_min_limit(&search, &least, &fault), MAFAT_OK);
    for (int i = 0; i < 4; i++) {
        mafat_found found;
        n.limit = i == 3 ? SIZE_MAX : least + least / 8 * (size_t)i;
        ck_assert_int_eq(mafat_search_best(&search, n.limit, &found, &fault), MAFAT_OK);
        expect_trace(&n, &found.trace, found.plan.latency_s);
        mafat_found_free(&found);
    }
    mafat_search_free(&search);
    mafat_edges_free(&n.all);
    mafat_cfg_free(&s.cfg);
}
END_TEST

/* What it takes is part of what the search takes: the plan is the same, the search fits the limit
 * that it fits without a trace, even the smallest. Ways that no plan has room for are told of,
 * too. */
START_TEST(a_trace_has_room_in_the_smallest_limit)
{
    static const char *const paths[] = {"darknet/cfg/yolov2.cfg", "darknet/cfg/yolov2-tiny.cfg"};
    enum { CHOOSING_BYTES = 1 << 20 };
    test_subject s;
    mafat_search search;
    mafat_cfg cfg;
    size_t least, most_needed = 0;
    ck_assert_int_eq(mafat_cfg_read(&cfg, paths[_i], 0, 0, &fault), MAFAT_OK);
    test_subject_init(&s, cfg, 10);
    s.process.chooses = true;
    s.process.choosing_bytes = CHOOSING_BYTES;
    ck_assert_int_eq(mafat_search_init(&search, &s.cfg.network, NULL, &s.options, &s.process,
                                       &fault), MAFAT_OK);
    ck_assert_int_eq(mafat_search_min_limit(&search, &least, &fault), MAFAT_OK);
    for (size_t limit = least; limit < 8 * least; limit *= 2) {
        mafat_found found, traced;
        search.traces = false;
        ck_assert_int_eq(mafat_search_best(&search, limit, &found, &fault), MAFAT_OK);
        search.traces = true;
        ck_assert_int_eq(mafat_search_best(&search, limit, &traced, &fault), MAFAT_OK);
        for (int i = 0; i < traced.trace.n; i++)
            most_needed = mafat_size_max(most_needed, limit + traced.trace.lines[i].bytes_over);
        test_require(found.trace.n == 0 && traced.trace.n > 0);
        test_require(found.plan.latency_s == traced.plan.latency_s);
        test_require(traced.choosing_bytes >= mafat_trace_bytes(&traced.trace));
        test_require(mafat_found_predict(&traced, &s.process).total_bytes <= limit);
        test_require(mafat_predict_choosing(&s.process, traced.choosing_bytes) <= limit);
        mafat_found_free(&found);
        mafat_found_free(&traced);
    }
    test_require(most_needed > 8 * least);    /* more than each of these limits */
    mafat_search_free(&search);
    mafat_cfg_free(&s.cfg);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("trace");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, each_line_is_the_best_of_all_neighbours, 0,
                        test_rounds(3) * TEST_N_NETWORKS);
    tcase_add_loop_test(tcase, a_trace_has_room_in_the_smallest_limit, 0, test_part_of(2));
    Suite *suite = suite_create("trace");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
