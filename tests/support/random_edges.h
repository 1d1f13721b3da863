/* Edges between a few positions, drawn at random, and all paths from the first of these, one by one. */
#ifndef TESTS_SUPPORT_RANDOM_EDGES_H
#define TESTS_SUPPORT_RANDOM_EDGES_H

#include "search/edge.h"
#include "support/random.h"

enum { TEST_MAX_POSITIONS = 6, TEST_MAX_EDGES = 120, TEST_CHAIN_POSITIONS = 11 };

/* A path from the first position to another one; what its first windows may take behind it, or take before it. */
typedef struct {
    int to;
    double seconds;
    size_t live_bytes, sum_bytes;
    size_t window_bytes;    /* of its first windows */
    size_t shared_bytes;      /* alive when the first windows behind it are read */
} test_path;

typedef struct {
    mafat_edges edges;
    mafat_edge space[TEST_MAX_EDGES];
    int first_edges[TEST_CHAIN_POSITIONS + 2];
    test_path *paths;       /* [n], owned */
    int n, capacity;
} test_graph;

/* Adds all paths that go on from one. */
void test_graph_go_on(test_graph *g, test_path path);

/* Many edges between near positions, few over all; arenas of few bytes or of pages; sums of whole
 * units. */
void test_graph_init(test_graph *g, test_random *r, size_t unit_bytes);

static inline bool test_is_whole(const test_graph *g, const test_path *path)
{
    return path->to == g->edges.n_positions;
}

/* Any whole path. */
const test_path *test_draw_whole(const test_graph *g, test_random *r);

void test_graph_free(test_graph *g);

#endif
