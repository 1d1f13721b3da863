/* See random_edges.h. */
#include <stdlib.h>

#include "base/array.h"
#include "base/size.h"
#include "support/random_edges.h"
#include "support/suite.h"

static size_t test_draw_bytes(test_random *r, int most)
{
    return (size_t)test_random_int(r, 4) * (size_t)test_random_int(r, most);
}

/* What windows an edge has is alive while it runs, too. */
static mafat_edge test_draw_edge(test_random *r, int from, int to, int max_bytes,
                                 size_t unit_bytes)
{
    mafat_edge edge = {.from = from, .to = to, .seconds = 1 + test_random_int(r, 100),
                       .alone_bytes = test_draw_bytes(r, max_bytes),
                       .shared_bytes = test_draw_bytes(r, max_bytes),
                       .sum_bytes = (size_t)test_random_int(r, 40) * unit_bytes};
    edge.window_bytes = mafat_size_min((size_t)test_random_int(r, 5) * (size_t)max_bytes / 3,
                                       mafat_edge_live_bytes(&edge));
    return edge;
}

static void test_graph_add(test_graph *g, test_path path)
{
    g->paths = mafat_array_grow(g->paths, g->n, &g->capacity, 100, sizeof *g->paths);
    ck_assert_ptr_nonnull(g->paths);
    g->paths[g->n++] = path;
}

void test_graph_go_on(test_graph *g, test_path path)
{
    test_graph_add(g, path);
    for (int e = g->first_edges[path.to];
         path.to < g->edges.n_positions && e < g->first_edges[path.to + 1]; e++) {
        const mafat_edge *edge = &g->space[e];
        bool reads = edge->window_bytes > 0;
        size_t alive = mafat_size_max(edge->alone_bytes, edge->shared_bytes);
        test_path longer = path;
        longer.to = edge->to;
        longer.seconds += edge->seconds;
        longer.sum_bytes += edge->sum_bytes;
        longer.window_bytes = path.window_bytes > 0 ? path.window_bytes : edge->window_bytes;
        longer.live_bytes = mafat_size_max(path.live_bytes, alive);
        if (reads)
            longer.live_bytes = mafat_size_max(longer.live_bytes,
                                               path.shared_bytes + edge->window_bytes);
        longer.shared_bytes = reads ? edge->shared_bytes
                                  : mafat_size_max(path.shared_bytes, edge->shared_bytes);
        test_graph_go_on(g, longer);
    }
}

void test_graph_init(test_graph *g, test_random *r, size_t unit_bytes)
{
    int max_bytes = 1 << (4 + 3 * test_random_int(r, 5));
    *g = (test_graph){.edges = {.n_positions = 2 + test_random_int(r, TEST_MAX_POSITIONS - 1),
                                .are_all = true}};
    g->edges.edges = g->space;
    g->edges.first_edges = g->first_edges;
    for (int from = 0; from < g->edges.n_positions; from++)
        for (int to = from + 1; to <= g->edges.n_positions; to++)
            for (int i = test_random_int(r, 9 / (to - from) + 1); i >= (to > from + 1); i--)
                g->space[g->edges.n_edges++] = test_draw_edge(r, from, to, max_bytes, unit_bytes);
    mafat_edges_sort(&g->edges);
    test_graph_go_on(g, (test_path){0});
}

const test_path *test_draw_whole(const test_graph *g, test_random *r)
{
    const test_path *path;
    do
        path = &g->paths[test_random_int(r, g->n)];
    while (!test_is_whole(g, path));
    return path;
}

void test_graph_free(test_graph *g)
{
    free(g->paths);
}
