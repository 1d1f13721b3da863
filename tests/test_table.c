/* The dynamic programme over edges that are drawn at random, against all paths one by one. */
#include <check.h>
#include <math.h>

#include "base/size.h"
#include "search/table.h"
#include "support/random_edges.h"
#include "support/suite.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

enum { QUERIES = 12 };

static mafat_error fault;

/* The least seconds of the paths from the first position to another one that keep within an arena
 * and a sum, and leave room for such windows in the arena. */
static double best_of(const test_graph *g, int position, size_t arena_bytes, size_t sum_bytes,
                      size_t window_bytes)
{
    double best = INFINITY;
    for (int i = 0; i < g->n; i++) {
        const test_path *path = &g->paths[i];
        size_t late = window_bytes > 0 && position > 0 ? path->shared_bytes + window_bytes : 0;
        if (path->to == position && path->live_bytes <= arena_bytes &&
            late <= arena_bytes && path->sum_bytes <= sum_bytes)
            best = fmin(best, path->seconds);
    }
    return best;
}

static bool is_below(double bound, double best)
{
    return bound <= best || bound <= best * (1 + 1e-12);
}

static bool is_same(double a, double b)
{
    return a == b || fabs(a - b) <= b * 1e-12;
}

/* No value is above any path that it stands for; without windows none is above it with them; where
 * every sum is of whole units and every window has a class, values are those of the best paths. */
static void expect_values(test_random *r, const test_graph *g, mafat_table *table, bool is_exact)
{
    int last = g->edges.n_positions;
    size_t arena = test_draw_whole(g, r)->live_bytes, sum = test_draw_whole(g, r)->sum_bytes;
    double best = best_of(g, last, arena, sum, 0);
    double without = mafat_table_fill(table, arena, sum, false, INFINITY);
    double with = mafat_table_fill(table, arena, sum, true, INFINITY);
    test_require(is_below(with, best) && is_below(without, with));
    test_require(!is_exact || is_same(with, best));
    for (int position = 0; position <= last; position++) {
        const mafat_edge *edge = &g->space[test_random_int(r, g->edges.n_edges)];
        size_t rest = (size_t)test_random_int(r, 1 + (int)sum);
        if (edge->window_bytes > arena)
            continue;
        double value = mafat_table_before(table, position, edge->window_bytes, rest);
        double least = best_of(g, position, arena, rest, edge->window_bytes);
        test_require(is_below(value, least));
        test_require(!is_exact || is_same(value, least));
    }
}

START_TEST(no_value_is_above_any_path)
{
    static const size_t space[] = {SIZE_MAX, 100000, 10000, 0};
    test_random r = {(uint32_t)_i + 1};
    test_graph g;
    mafat_table table;
    bool is_whole = _i % 2 == 0;
    test_graph_init(&g, &r, is_whole ? mafat_size_page() : 1237);
    for (int i = 0; i < COUNT(space); i++) {
        size_t least = mafat_table_min_bytes(g.edges.n_positions);
        ck_assert_int_eq(mafat_table_init(&table, &g.edges, SIZE_MAX, space[i], &fault), MAFAT_OK);
        test_require(mafat_table_bytes(&table) <= mafat_size_max(space[i], least));
        for (int k = 0; k < QUERIES; k++)
            expect_values(&r, &g, &table, is_whole && space[i] == SIZE_MAX);
        mafat_table_free(&table);
    }
    test_graph_free(&g);
}
END_TEST

/* What a byte saves is known where each edge pins less than a unit, which a table of few units counts
 * as nothing: of these edges half can be pinned, and each that is not takes a second more. */
START_TEST(what_units_round_away_has_its_price)
{
    enum { N = TEST_CHAIN_POSITIONS - 1, BYTES = 1000 };
    test_graph g = {.edges = {.n_positions = N, .are_all = true}};
    mafat_table table;
    g.edges.edges = g.space;
    g.edges.first_edges = g.first_edges;
    for (int position = 0; position < N; position++) {
        g.space[g.edges.n_edges++] = (mafat_edge){.from = position, .to = position + 1,
                                                  .seconds = 1, .sum_bytes = BYTES};
        g.space[g.edges.n_edges++] = (mafat_edge){.from = position, .to = position + 1,
                                                  .seconds = 2};
    }
    mafat_edges_sort(&g.edges);
    ck_assert_int_eq(mafat_table_init(&table, &g.edges, SIZE_MAX, 0, &fault), MAFAT_OK);
    test_require(table.unit_bytes > BYTES);
    for (int n = 0; n <= N; n++) {
        test_case("%d are pinned", n);
        test_require(is_same(mafat_table_fill(&table, 0, (size_t)n * BYTES, true, INFINITY),
                             2 * N - n));
    }
    test_require(mafat_table_fill(&table, 0, N / 2 * BYTES, true, 1.4 * N) >= 1.4 * N);
    mafat_table_free(&table);
}
END_TEST

int main(void)
{
    const int n_cases = test_rounds(50);
    TCase *tcase = tcase_create("table");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, no_value_is_above_any_path, 0, n_cases);
    tcase_add_test(tcase, what_units_round_away_has_its_price);
    Suite *suite = suite_create("table");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
