/* Values position by position, for all units at once; see table.h. */
#include "search/table.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/size.h"
#include "search/tuning.h"

/* An edge as the table sees it. */
typedef struct {
    int n_units;
    int class;         /* of its own first windows; 0: it reads none in a run, so that those behind
                          it are read ahead from before it */
    int next_class;    /* the largest one that may be read ahead while it runs */
    double seconds;
} transition;

static double *row_of(const mafat_table *t, int position, int class)
{
    return t->seconds + ((size_t)position * (size_t)t->classes + (size_t)class) * (size_t)t->units;
}

/* ------------------------------------------------------------------------------------ preparing */

static int compare_sizes(const void *left, const void *right)
{
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

/* Makes classes of the sizes that windows have: each of as many sizes, as far as that goes. */
static bool find_classes(mafat_table *t)
{
    const mafat_edges *edges = t->edges;
    size_t *sizes = malloc(((size_t)edges->n_edges + 1) * sizeof *sizes);
    int n = 0, n_sizes = 0, most = t->n_classes - 1;
    if (sizes == NULL)
        return false;
    for (int e = 0; e < edges->n_edges; e++)
        if (edges->edges[e].window_bytes > 0)
            sizes[n++] = edges->edges[e].window_bytes;
    qsort(sizes, (size_t)n, sizeof *sizes, compare_sizes);
    for (int i = 0; i < n; i++)
        if (i == 0 || sizes[i] != sizes[i - 1])
            sizes[n_sizes++] = sizes[i];
    most = most < n_sizes ? most : n_sizes;
    for (int class = 1; class <= most; class++)
        t->class_bytes[class] = sizes[(long long)(class - 1) * n_sizes / most];
    t->n_classes = most + 1;
    free(sizes);
    return true;
}

/* Finds the most that any path to each position pins. */
static void find_max_sums(mafat_table *t)
{
    for (int e = 0; e < t->edges->n_edges; e++) {
        const mafat_edge *edge = &t->edges->edges[e];
        size_t *most = &t->max_sum_bytes[edge->to];
        *most = mafat_size_max(*most, mafat_size_sum(t->max_sum_bytes[edge->from],
                                                     edge->sum_bytes));
    }
}

static size_t within(size_t n, size_t min, size_t max)
{
    return mafat_size_max(min, mafat_size_min(n, max));
}

/* What a table has beside its values. */
static size_t own_bytes(int n_positions)
{
    return mafat_price_bytes(n_positions) + ((size_t)n_positions + 1) * sizeof(size_t);
}

/* Shares the memory: units first, then classes. */
static bool allocate(mafat_table *t, size_t max_sum_bytes, size_t budget_bytes)
{
    int last = t->edges->n_positions;
    budget_bytes -= mafat_size_min(budget_bytes, own_bytes(last));
    size_t n_values = budget_bytes / sizeof *t->seconds / ((size_t)last + 1);
    t->n_classes = (int)within(n_values / TUNING_UNITS_FOR_CLASS, TUNING_MIN_CLASSES,
                               TUNING_MAX_CLASSES);
    t->class_bytes = calloc((size_t)t->n_classes, sizeof *t->class_bytes);
    t->max_sum_bytes = calloc((size_t)last + 1, sizeof *t->max_sum_bytes);
    if (!mafat_price_init(&t->price, t->edges) || t->class_bytes == NULL ||
        t->max_sum_bytes == NULL || !find_classes(t))
        return false;
    find_max_sums(t);
    size_t max_units = within(n_values / (size_t)t->n_classes, TUNING_MIN_UNITS,
                              TUNING_MAX_UNITS);
    size_t sum_bytes = mafat_size_min(t->max_sum_bytes[last], max_sum_bytes);
    /* a power of two, as what weights take is mostly whole ones */
    t->unit_bytes = mafat_size_page();
    while (sum_bytes / t->unit_bytes >= max_units)
        t->unit_bytes *= 2;
    t->max_units = (int)(sum_bytes / t->unit_bytes) + 1;
    t->seconds = malloc(mafat_table_bytes(t) - own_bytes(last));
    return t->seconds != NULL;
}

mafat_status mafat_table_init(mafat_table *table, const mafat_edges *edges, size_t max_sum_bytes,
                              size_t budget_bytes, mafat_error *error)
{
    *table = (mafat_table){.edges = edges};
    if (allocate(table, max_sum_bytes, budget_bytes))
        return MAFAT_OK;
    mafat_table_free(table);
    return mafat_edges_no_memory(edges, error);
}

size_t mafat_table_min_bytes(int n_positions)
{
    return ((size_t)n_positions + 1) * TUNING_MIN_UNITS * TUNING_MIN_CLASSES * sizeof(double) +
           own_bytes(n_positions);
}

size_t mafat_table_bytes(const mafat_table *table)
{
    return ((size_t)table->edges->n_positions + 1) * (size_t)table->n_classes *
           (size_t)table->max_units * sizeof *table->seconds +
           own_bytes(table->edges->n_positions);
}

void mafat_table_free(mafat_table *table)
{
    mafat_price_free(&table->price);
    free(table->class_bytes);
    free(table->max_sum_bytes);
    free(table->seconds);
    *table = (mafat_table){0};
}

/* -------------------------------------------------------------------------------------- filling */

/* The class of a window, or the largest one that so many bytes are room for. */
static int class_of(const mafat_table *t, size_t bytes)
{
    int class = 0;
    while (class + 1 < t->classes && t->class_bytes[class + 1] <= bytes)
        class++;
    return class;
}

/* Whether one transition is in nothing worse than another one between the same positions. */
static bool is_as_good(const transition *a, const transition *b)
{
    return a->seconds <= b->seconds && a->n_units <= b->n_units &&
           a->next_class >= b->next_class && a->class <= b->class &&
           (a->class > 0) == (b->class > 0);
}

/* to[u] = min(to[u], from[u - n_units] + seconds) */
static void relax(const double *restrict from, int n_units, double seconds, double *restrict to,
                  int n)
{
    for (int u = n_units; u < n; u++) {
        double longer_s = from[u - n_units] + seconds;
        to[u] = longer_s < to[u] ? longer_s : to[u];
    }
}

static void take(mafat_table *t, int from, int to, const transition *move)
{
    if (move->class > 0) {
        relax(row_of(t, from, move->class), move->n_units, move->seconds,
              row_of(t, to, move->next_class), t->units);
        return;
    }
    for (int class = 0; class <= move->next_class; class++)
        relax(row_of(t, from, class), move->n_units, move->seconds, row_of(t, to, class), t->units);
}

/* Goes on from a position over all edges that begin there. Of those with the same ends, the fastest
 * come first, and others may be as good as they are for the table. */
static void go_on(mafat_table *t, int position, size_t arena_bytes)
{
    enum { MAX_RIVALS = 64 };
    const mafat_edges *edges = t->edges;
    transition kept[MAX_RIVALS];
    int n_kept = 0, to = -1;
    for (int e = edges->first_edges[position]; e < edges->first_edges[position + 1]; e++) {
        const mafat_edge *edge = &edges->edges[e];
        size_t n_units = edge->sum_bytes / t->unit_bytes;
        if (mafat_edge_live_bytes(edge) > arena_bytes || n_units >= (size_t)t->units ||
            !mafat_price_allows(&t->price, edge))
            continue;
        const transition move = {
            .n_units = (int)n_units,
            .seconds = edge->seconds + t->byte_s * (double)edge->sum_bytes,
            .class = class_of(t, edge->window_bytes),
            .next_class = class_of(t, arena_bytes - edge->shared_bytes)};
        bool is_worse = false;
        n_kept = edge->to == to ? n_kept : 0;
        to = edge->to;
        for (int i = 0; i < n_kept && !is_worse; i++)
            is_worse = is_as_good(&kept[i], &move);
        if (is_worse)
            continue;
        take(t, position, to, &move);
        if (n_kept < MAX_RIVALS)
            kept[n_kept++] = move;
    }
}

/* What seconds are rounded by, added up along a path to a position. */
static double rounded_down(double seconds, int position)
{
    return seconds * (1 - 2 * (position + 1) * DBL_EPSILON);
}

/* Fills it with a price for bytes; returns the least seconds of a whole plan. */
static double fill(mafat_table *t, size_t arena_bytes, size_t sum_bytes, bool with_windows,
                   double byte_s)
{
    int last = t->edges->n_positions;
    t->byte_s = byte_s;
    t->classes = with_windows ? t->n_classes : 1;
    t->units = (int)mafat_size_min(sum_bytes / t->unit_bytes + 1, (size_t)t->max_units);
    size_t n = (size_t)t->classes * (size_t)t->units;
    for (size_t i = 0; i < ((size_t)last + 1) * n; i++)
        t->seconds[i] = i < n ? 0 : INFINITY;
    for (int position = 0; position <= last; position++) {
        for (int class = t->classes - 1; class > 0; class--)    /* room for more does no harm */
            relax(row_of(t, position, class), 0, 0, row_of(t, position, class - 1), t->units);
        if (position < last)
            go_on(t, position, arena_bytes);
    }
    return mafat_table_before(t, last, 0, sum_bytes);
}

double mafat_table_fill(mafat_table *t, size_t arena_bytes, size_t sum_bytes, bool with_windows,
                        double limit_s)
{
    double least_s = mafat_price_find(&t->price, arena_bytes, sum_bytes, limit_s);
    double byte_s = t->price.byte_s;
    if (least_s >= limit_s)
        return least_s;
    double free_s = fill(t, arena_bytes, sum_bytes, false, 0);
    double priced_s = byte_s > 0 ? fill(t, arena_bytes, sum_bytes, false, byte_s) : 0;
    if (with_windows)
        return fill(t, arena_bytes, sum_bytes, true, priced_s > free_s ? byte_s : 0);
    return fmax(free_s, priced_s);
}

double mafat_table_before(const mafat_table *t, int position, size_t window_bytes, size_t sum_bytes)
{
    size_t unit = mafat_size_min(sum_bytes / t->unit_bytes, (size_t)t->units - 1);
    double bytes = (double)mafat_size_min(sum_bytes, t->max_sum_bytes[position]);
    double seconds = row_of(t, position, class_of(t, window_bytes))[unit];
    return rounded_down(seconds, position) - t->byte_s * bytes;
}
