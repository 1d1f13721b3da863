/* Plans found label by label through edges that are drawn at random, against all paths one by
 * one. */
#include <check.h>
#include <math.h>

#include "base/size.h"
#include "search/label.h"
#include "support/random_edges.h"
#include "support/suite.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

enum { QUERIES = 12 };

static mafat_error fault;

/* What a path takes beside an arena of from_bytes. */
static size_t taken_bytes(const mafat_label_query *query, size_t live_bytes, size_t sum_bytes)
{
    size_t arena = mafat_size_max(live_bytes, query->from_bytes);
    return mafat_size_in_pages(arena) - mafat_size_in_pages(query->from_bytes) + sum_bytes;
}

/* The least seconds of a whole path within the query, or the least bytes where only these count. */
static double best_of(const test_graph *g, const mafat_label_query *query)
{
    double best = INFINITY;
    for (int i = 0; i < g->n; i++) {
        const test_path *path = &g->paths[i];
        size_t taken = taken_bytes(query, path->live_bytes, path->sum_bytes);
        if (test_is_whole(g, path) && path->live_bytes <= query->to_bytes &&
            taken <= query->max_sum_bytes)
            best = fmin(best, query->table == NULL ? (double)taken : path->seconds);
    }
    return best < query->limit_s ? best : INFINITY;
}

/* What a label says is what its path comes to, and that is within the query. */
static void expect_path(const test_graph *g, const mafat_labels *labels,
                        const mafat_label_query *query, const mafat_label *label)
{
    test_path path = {0};
    for (const mafat_label *l = label; l->edge >= 0; l = &labels->labels[l->rest]) {
        const mafat_edge *edge = &g->space[l->edge];
        test_require(edge->from == path.to && l->edge != query->without);
        path.to = edge->to;
        path.seconds += edge->seconds;
        path.sum_bytes += edge->sum_bytes;
    }
    test_require(path.to == g->edges.n_positions && path.sum_bytes == label->sum_bytes);
    test_require(query->table == NULL || label->seconds == path.seconds);
    test_require(label->live_bytes >= query->from_bytes && label->live_bytes <= query->to_bytes);
    test_require(taken_bytes(query, label->live_bytes, label->sum_bytes) <= query->max_sum_bytes);
}

/* The best path is found, or what was left out has a bound that is not above it. */
static void expect_best(const test_graph *g, mafat_labels *labels, const mafat_label_query *query)
{
    double best = best_of(g, query), least = INFINITY;
    mafat_labels_find(labels, query);
    for (int i = labels->first[0]; i < labels->n_labels; i++) {
        expect_path(g, labels, query, &labels->labels[i]);
        least = fmin(least, labels->labels[i].min_s);
    }
    test_require(isinf(best) ? isinf(least) : least >= best * (1 - 1e-12));
    test_require(fmin(least, labels->missed_s) <= best * (1 + 1e-12));
}

static mafat_label_query draw_query(test_random *r, const test_graph *g, mafat_table *table)
{
    size_t one = test_draw_whole(g, r)->live_bytes, other = test_draw_whole(g, r)->live_bytes;
    mafat_label_query query = {.from_bytes = mafat_size_min(one, other), .limit_s = INFINITY,
                               .to_bytes = mafat_size_max(one, other), .without = -1,
                               .max_sum_bytes = test_draw_whole(g, r)->sum_bytes};
    if (test_random_int(r, 4) == 0)
        return query;
    if (test_random_int(r, 3) > 0)
        query.limit_s = test_draw_whole(g, r)->seconds;
    double least = mafat_table_fill(table, query.to_bytes, query.max_sum_bytes,
                                    test_random_int(r, 2) == 0, query.limit_s);
    query.table = table;
    test_require(least <= best_of(g, &query) * (1 + 1e-12));
    if (least >= query.limit_s) {    /* then it may not have been filled */
        query.table = NULL;
        query.limit_s = INFINITY;
    }
    return query;
}

START_TEST(the_best_of_all_paths_is_found_or_has_a_bound)
{
    static const size_t space[] = {SIZE_MAX, 10000, 0};
    test_random r = {(uint32_t)_i + 1};
    test_graph g;
    mafat_labels labels;
    mafat_table table;
    test_graph_init(&g, &r, _i % 2 == 0 ? mafat_size_page() : 1237);
    ck_assert_int_eq(mafat_table_init(&table, &g.edges, SIZE_MAX, _i % 3 == 0 ? 0 : SIZE_MAX,
                                      &fault), MAFAT_OK);
    for (int i = 0; i < COUNT(space); i++) {
        test_case("room for %zu bytes", space[i]);
        size_t least = mafat_labels_min_bytes(g.edges.n_positions);
        ck_assert_int_eq(mafat_labels_init(&labels, &g.edges, space[i], &fault), MAFAT_OK);
        test_require(mafat_labels_bytes(&labels) <= mafat_size_max(space[i], least));
        for (int k = 0; k < QUERIES; k++) {
            test_case("query %d", k);
            mafat_label_query query = draw_query(&r, &g, &table);
            expect_best(&g, &labels, &query);
        }
        mafat_labels_free(&labels);
    }
    mafat_table_free(&table);
    test_graph_free(&g);
}
END_TEST

/* So many edges between neighbours: each pins less than the one before it and takes longer, all in other
 * sizes, so that hardly a path dominates another one. */
static void draw_knapsack(test_random *r, test_graph *g, int n_positions, int n_edges)
{
    *g = (test_graph){.edges = {.n_positions = n_positions, .are_all = true}};
    g->edges.edges = g->space;
    g->edges.first_edges = g->first_edges;
    for (int position = 0; position < n_positions; position++) {
        int size = 1000 + 300 * position;
        for (int e = 0; e < n_edges; e++) {
            mafat_edge edge = {.from = position, .to = position + 1, .seconds = 1};
            if (e > 0)
                edge.seconds += e * size + test_random_int(r, size);
            if (e < n_edges - 1)
                edge.sum_bytes = (size_t)((n_edges - 1 - e) * size + test_random_int(r, size));
            g->space[g->edges.n_edges++] = edge;
        }
    }
    mafat_edges_sort(&g->edges);
    test_graph_go_on(g, (test_path){0});
}

/* Where there are more paths than are kept, the best may be among those that are left out: then
 * these have a bound that is not above it. Of six edges more come to a position than are looked at in
 * one go. */
START_TEST(what_is_left_out_has_a_bound)
{
    test_random r = {(uint32_t)_i + 1};
    test_graph g;
    mafat_labels labels;
    mafat_table table;
    draw_knapsack(&r, &g, _i % 2 == 0 ? TEST_CHAIN_POSITIONS : 5, _i % 2 == 0 ? 2 : 6);
    size_t max_sum_bytes = test_draw_whole(&g, &r)->sum_bytes;
    ck_assert_int_eq(mafat_table_init(&table, &g.edges, SIZE_MAX, 0, &fault), MAFAT_OK);
    ck_assert_int_eq(mafat_labels_init(&labels, &g.edges, 0, &fault), MAFAT_OK);
    mafat_table_fill(&table, 0, max_sum_bytes, true, INFINITY);
    mafat_label_query query = {.table = &table, .max_sum_bytes = max_sum_bytes, .limit_s = INFINITY,
                               .without = -1};
    expect_best(&g, &labels, &query);
    mafat_labels_free(&labels);
    mafat_table_free(&table);
    test_graph_free(&g);
}
END_TEST

/* Without an edge, no plan has it, and the best of the others is found. */
START_TEST(an_edge_can_be_left_out)
{
    test_random r = {(uint32_t)_i + 1};
    test_graph g, fewer;
    mafat_labels labels;
    test_graph_init(&g, &r, 1237);
    ck_assert_int_eq(mafat_labels_init(&labels, &g.edges, SIZE_MAX, &fault), MAFAT_OK);
    mafat_label_query query = {.to_bytes = SIZE_MAX - 1, .max_sum_bytes = SIZE_MAX / 2,
                               .limit_s = INFINITY,
                               .without = test_random_int(&r, g.edges.n_edges)};
    fewer = g;
    fewer.n = 0;
    fewer.capacity = 0;
    fewer.paths = NULL;
    fewer.space[query.without].alone_bytes = SIZE_MAX;    /* so that no path with it fits */
    test_graph_go_on(&fewer, (test_path){0});
    expect_best(&fewer, &labels, &query);
    mafat_labels_free(&labels);
    test_graph_free(&fewer);
    test_graph_free(&g);
}
END_TEST

int main(void)
{
    const int n_cases = test_rounds(50);
    TCase *tcase = tcase_create("label");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, the_best_of_all_paths_is_found_or_has_a_bound, 0, n_cases);
    tcase_add_loop_test(tcase, what_is_left_out_has_a_bound, 0, n_cases);
    tcase_add_loop_test(tcase, an_edge_can_be_left_out, 0, n_cases);
    Suite *suite = suite_create("label");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
