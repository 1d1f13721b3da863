/* Paths through edges that are drawn at random, against all of them one by one. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan/path.h"
#include "support/random.h"
#include "support/suite.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

enum { MOST_PLACES = 6, MOST_EDGES = 120, QUERIES = 12, MANY_PATHS = 5000 };

/* Sanitized programs are slow. */
#ifdef __SANITIZE_ADDRESS__
enum { CASES = 60 };
#else
enum { CASES = 200 };
#endif

static mafat_error fault;

/* Edges, jams among them, and all whole paths. */
typedef struct {
    mafat_edges edges;
    mafat_edge rooms[MOST_EDGES];
    int first_edges[MOST_PLACES + 2];
    mafat_jams jams;
    mafat_process process;
    struct whole {
        double seconds;
        size_t arena_bytes, sum_bytes;
    } *wholes;                    /* [n], owned */
    int n, n_rooms;
} subject;

/* -------------------------------------------------------------------------------------- drawing */

static size_t draw_bytes(test_random *r, int most)
{
    return (size_t)test_random_int(r, 4) * (size_t)test_random_int(r, most);
}

/* Of many sizes, or whole pages and a few bytes beside, which may or may not take one page more. */
static size_t draw_sum(test_random *r, int most)
{
    return most > 0 ? draw_bytes(r, most)
                    : (size_t)test_random_int(r, 3) * MAFAT_PAGE + (size_t)test_random_int(r, 2);
}

/* What windows an edge has is alive while it runs, too. */
static mafat_edge draw_edge(test_random *r, int from, int to, int most_bytes, int most_sum)
{
    mafat_edge edge = {.from = from, .to = to, .seconds = 1 + test_random_int(r, 100),
                       .early_bytes = draw_bytes(r, most_bytes),
                       .late_bytes = draw_bytes(r, most_bytes),
                       .sum_bytes = draw_sum(r, most_sum)};
    edge.window_bytes = mafat_size_min(draw_bytes(r, most_bytes), mafat_edge_alive_bytes(&edge));
    edge.block_bytes = edge.window_bytes - edge.window_bytes / 3 * (size_t)test_random_int(r, 2);
    return edge;
}

/* Many edges between near places, few over all; sizes of few bytes, of pages, or of both. */
static void draw_edges(test_random *r, subject *s)
{
    int most_bytes = 1 << (4 + 3 * test_random_int(r, 5));
    int most_sum = test_random_int(r, 2) == 0 ? 0 : 1 << (2 + test_random_int(r, 16));
    s->edges = (mafat_edges){.n_places = 2 + test_random_int(r, MOST_PLACES - 1), .edges = s->rooms,
                             .first_edges = s->first_edges};
    for (int from = 0; from < s->edges.n_places; from++)
        for (int to = from + 1; to <= s->edges.n_places; to++)
            for (int i = test_random_int(r, 9 / (to - from) + 1); i >= (to > from + 1); i--)
                s->rooms[s->edges.n_edges++] = draw_edge(r, from, to, most_bytes, most_sum);
    mafat_edges_sort(&s->edges);
}

/* A few jams on ways from anywhere, some of them alike at one end. */
static void draw_jams(test_random *r, subject *s)
{
    ck_assert_int_eq(mafat_jams_init(&s->jams, &s->edges, &fault), MAFAT_OK);
    for (int n = test_random_int(r, 5); n > 0; n--) {
        mafat_jam *jam = &s->jams.jams[s->jams.n++];
        *jam = (mafat_jam){.edges = calloc(MOST_PLACES, sizeof *jam->edges),
                           .block_bytes = draw_bytes(r, 100),
                           .arena_bytes = draw_bytes(r, 20000)};
        int place = test_random_int(r, s->edges.n_places);
        do {
            int first = s->first_edges[place], end = s->first_edges[place + 1];
            int edge = first + test_random_int(r, end - first < 2 ? end - first : 2);
            jam->edges[jam->n_edges++] = edge;
            s->jams.has_edge[edge] = true;
            place = s->rooms[edge].to;
        } while (place < s->edges.n_places && test_random_int(r, 3) > 0);
    }
}

/* ------------------------------------------------------------------------------------ all paths */

/* The edge with the first windows from path[i] on. */
static const mafat_edge *first_windows(const subject *s, const int *path, int n, int i)
{
    static const mafat_edge none;
    for (; i < n; i++)
        if (s->rooms[path[i]].window_bytes > 0)
            return &s->rooms[path[i]];
    return &none;
}

static bool has_jam(const subject *s, const int *path, int n, const mafat_jam *jam)
{
    test_require(jam->n_edges > 0);
    for (int i = 0; i + jam->n_edges <= n; i++)
        if (memcmp(path + i, jam->edges, (size_t)jam->n_edges * sizeof *path) == 0)
            return first_windows(s, path, n, i + jam->n_edges)->block_bytes >= jam->block_bytes;
    return false;
}

static void add_whole(subject *s, const int *path, int n)
{
    struct whole whole = {0};
    for (int i = 0; i < n; i++) {
        const mafat_edge *edge = &s->rooms[path[i]];
        whole.seconds += edge->seconds;
        whole.sum_bytes += edge->sum_bytes;
        whole.arena_bytes = mafat_size_max(whole.arena_bytes, edge->early_bytes);
        whole.arena_bytes = mafat_size_max(whole.arena_bytes,
                                           edge->late_bytes +
                                           first_windows(s, path, n, i + 1)->window_bytes);
    }
    for (int j = 0; j < s->jams.n; j++)
        if (has_jam(s, path, n, &s->jams.jams[j]))
            whole.arena_bytes = mafat_size_max(whole.arena_bytes, s->jams.jams[j].arena_bytes);
    if (s->n == s->n_rooms) {
        s->n_rooms = 2 * s->n_rooms + 100;
        s->wholes = realloc(s->wholes, (size_t)s->n_rooms * sizeof *s->wholes);
        ck_assert_ptr_nonnull(s->wholes);
    }
    s->wholes[s->n++] = whole;
}

static void add_wholes(subject *s, int *path, int n, int place)
{
    if (place == s->edges.n_places) {
        add_whole(s, path, n);
        return;
    }
    for (int e = s->first_edges[place]; e < s->first_edges[place + 1]; e++) {
        path[n] = e;
        add_wholes(s, path, n + 1, s->rooms[e].to);
    }
}

static size_t total_of(const subject *s, const mafat_path_query *query, const struct whole *whole)
{
    mafat_plan_sums sums = query->sums;
    sums.arena_bytes = mafat_size_max(whole->arena_bytes, query->from_bytes);
    sums.array_bytes = whole->sum_bytes;
    return mafat_predict_of_sums(&sums, &s->process).total_bytes;
}

/* The least seconds of a path within the query, or the least bytes where it ignores time. */
static double best_of(const subject *s, const mafat_path_query *query)
{
    double best = INFINITY;
    for (int i = 0; i < s->n; i++) {
        size_t bytes = total_of(s, query, &s->wholes[i]);
        if (bytes > query->limit_bytes || s->wholes[i].arena_bytes > query->to_bytes)
            continue;
        best = fmin(best, query->ignores_time ? (double)bytes : s->wholes[i].seconds);
    }
    return best > query->limit_s ? INFINITY : best;
}

/* ------------------------------------------------------------------------------------ the tests */

static mafat_path_query draw_query(test_random *r, const subject *s)
{
    const struct whole *one = &s->wholes[test_random_int(r, s->n)];
    const struct whole *other = &s->wholes[test_random_int(r, s->n)];
    mafat_path_query query = {.process = &s->process, .jams = &s->jams,
                              .sums = {.n_layers = 5, .reads_weights = true}, .limit_s = INFINITY,
                              .to_bytes = SIZE_MAX, .most_paths = MANY_PATHS};
    query.limit_bytes = total_of(s, &query, one);
    if (test_random_int(r, 2) == 0) {
        query.from_bytes = mafat_size_min(one->arena_bytes, other->arena_bytes);
        query.to_bytes = mafat_size_max(one->arena_bytes, other->arena_bytes);
    }
    if (test_random_int(r, 3) > 0)
        query.limit_s = other->seconds * (1 + 1e-9);
    query.ignores_time = query.limit_s == INFINITY && test_random_int(r, 4) == 0;
    return query;
}

static double least_of(const mafat_path_query *query, const mafat_paths *paths)
{
    if (paths->n == 0)
        return INFINITY;
    return query->ignores_time ? (double)paths->total_bytes[paths->n - 1]
                               : paths->paths[paths->first].seconds;
}

/* With room for all paths the best is found; with less, and with none, no bound is above it, and
 * what is called exact is. */
static void expect_best(subject *s, mafat_path_query query, mafat_bounds *bounds)
{
    static const int most_paths[] = {MANY_PATHS, 8, 4, 1, 0};
    double best = best_of(s, &query);
    for (int i = 0; i < COUNT(most_paths); i++) {
        mafat_paths paths;
        query.most_paths = most_paths[i];
        ck_assert_int_eq(mafat_paths_find(&paths, bounds, &query, &fault), MAFAT_OK);
        double least = least_of(&query, &paths);
        test_require(least >= best * (1 - 1e-12) || isinf(best));
        test_require(most_paths[i] < MANY_PATHS || paths.is_exact);
        if (paths.is_exact)
            test_require(isinf(best) ? isinf(least) : fabs(least - best) <= best * 1e-12);
        else if (most_paths[i] > 0 || !query.ignores_time)
            test_require(paths.least_s <= best * (1 + 1e-12));
        mafat_paths_free(&paths);
    }
}

START_TEST(the_best_of_all_paths_is_found_and_no_bound_is_above_it)
{
    test_random r = {(uint32_t)_i + 1};
    subject s = {.process = {.n_threads = 1}};
    mafat_bounds bounds;
    int path[MOST_PLACES];
    s.process.decode_bytes = _i % 3 == 0 ? 9000 : 0;
    draw_edges(&r, &s);
    draw_jams(&r, &s);
    add_wholes(&s, path, 0, 0);
    ck_assert_int_eq(mafat_bounds_init(&bounds, &s.edges, SIZE_MAX, &fault), MAFAT_OK);
    for (int i = 0; i < QUERIES; i++)
        expect_best(&s, draw_query(&r, &s), &bounds);
    mafat_bounds_free(&bounds);
    mafat_jams_free(&s.jams);
    free(s.wholes);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("path");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, the_best_of_all_paths_is_found_and_no_bound_is_above_it, 0, CASES);
    Suite *suite = suite_create("path");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
