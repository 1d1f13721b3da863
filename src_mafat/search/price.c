/* Shortest paths at one price after the other; see price.h. */
#include "search/price.h"

#include <math.h>
#include <stdlib.h>

/* What sums of seconds are rounded by, at most. */
#define ROUNDING 1e-12

size_t mafat_price_bytes(int n_positions)
{
    mafat_price *price;
    return ((size_t)n_positions + 1) * (sizeof *price->before + sizeof *price->behind_s);
}

bool mafat_price_init(mafat_price *price, const mafat_edges *edges)
{
    size_t n = (size_t)edges->n_positions + 1;
    *price = (mafat_price){.edges = edges, .before = calloc(n, sizeof *price->before),
                           .behind_s = calloc(n, sizeof *price->behind_s)};
    return price->before != NULL && price->behind_s != NULL;
}

void mafat_price_free(mafat_price *price)
{
    free(price->before);
    free(price->behind_s);
    *price = (mafat_price){0};
}

static double cost_of(mafat_priced_path path, double byte_s)
{
    return path.seconds + byte_s * path.bytes;
}

static mafat_priced_path add(mafat_priced_path path, const mafat_edge *edge)
{
    return (mafat_priced_path){path.seconds + edge->seconds,
                               path.bytes + (double)edge->sum_bytes};
}

/* Finds the best paths at a price, and returns the whole one; of INFINITY, if there is none. */
static mafat_priced_path find_paths(mafat_price *p, size_t arena_bytes, double byte_s)
{
    const mafat_edges *edges = p->edges;
    p->byte_s = byte_s;
    for (int position = 1; position <= edges->n_positions; position++)
        p->before[position] = (mafat_priced_path){INFINITY, 0};
    for (int e = 0; e < edges->n_edges; e++) {
        const mafat_edge *edge = &edges->edges[e];
        mafat_priced_path path = add(p->before[edge->from], edge);
        if (cost_of(path, byte_s) < cost_of(p->before[edge->to], byte_s) &&
            mafat_edge_live_bytes(edge) <= arena_bytes)
            p->before[edge->to] = path;
    }
    return p->before[edges->n_positions];
}

/* Sets the price: where the lines through two paths cross, one that pins more than is allowed and
 * one that pins less, there may be a better one between them. It is 0 where nothing is short, or
 * where not even the least fits. */
static void set_price(mafat_price *p, size_t arena_bytes, double sum_bytes)
{
    enum { MAX_STEPS = 64 };
    static const double dear_s = 1e6;    /* then only bytes count */
    mafat_priced_path less = find_paths(p, arena_bytes, dear_s);
    mafat_priced_path more = find_paths(p, arena_bytes, 0);
    if (more.bytes <= sum_bytes || less.bytes > sum_bytes)
        return;
    for (int i = 0; i < MAX_STEPS && more.bytes > less.bytes; i++) {
        double byte_s = (less.seconds - more.seconds) / (more.bytes - less.bytes);
        mafat_priced_path path = find_paths(p, arena_bytes, byte_s);
        if (cost_of(path, byte_s) >= cost_of(more, byte_s) * (1 - ROUNDING))
            return;
        *(path.bytes > sum_bytes ? &more : &less) = path;
    }
}

static void find_behind(mafat_price *p, size_t arena_bytes)
{
    const mafat_edges *edges = p->edges;
    for (int position = 0; position < edges->n_positions; position++)
        p->behind_s[position] = INFINITY;
    for (int e = edges->n_edges - 1; e >= 0; e--) {
        const mafat_edge *edge = &edges->edges[e];
        double cost_s = p->behind_s[edge->to] + cost_of(add((mafat_priced_path){0}, edge),
                                                        p->byte_s);
        if (cost_s < p->behind_s[edge->from] && mafat_edge_live_bytes(edge) <= arena_bytes)
            p->behind_s[edge->from] = cost_s;
    }
}

double mafat_price_find(mafat_price *p, size_t arena_bytes, size_t sum_bytes, double limit_s)
{
    set_price(p, arena_bytes, (double)sum_bytes);
    find_behind(p, arena_bytes);
    p->sum_s = p->byte_s * (double)sum_bytes;
    p->limit_s = limit_s + (p->sum_s + p->behind_s[0]) * ROUNDING;
    return p->behind_s[0] * (1 - ROUNDING) - p->sum_s * (1 + ROUNDING);
}

bool mafat_price_allows(const mafat_price *p, const mafat_edge *edge)
{
    double cost_s = cost_of(add(p->before[edge->from], edge), p->byte_s) + p->behind_s[edge->to];
    return cost_s - p->sum_s <= p->limit_s;
}
