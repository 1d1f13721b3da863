/* Label setting from the last position to the first; see label.h. */
#include "search/label.h"

#include <math.h>
#include <stdlib.h>

#include "base/size.h"
#include "search/tuning.h"

/* What a label takes that was found, and sorting it: qsort() sorts pointers to large elements, and
 * needs as many again. */
enum { FOUND_BYTES = sizeof(mafat_label) + 2 * sizeof(void *) };

static size_t bytes_of(int n_positions, int width)
{
    size_t n = (size_t)n_positions + 1, w = (size_t)width;
    return n * w * sizeof(mafat_label) + n * sizeof(int) + TUNING_FOUND_FOR_KEPT * w * FOUND_BYTES;
}

size_t mafat_labels_min_bytes(int n_positions)
{
    return bytes_of(n_positions, TUNING_MIN_WIDTH);
}

size_t mafat_labels_bytes(const mafat_labels *labels)
{
    return labels->width == 0 ? 0 : bytes_of(labels->edges->n_positions, labels->width);
}

mafat_status mafat_labels_init(mafat_labels *labels, const mafat_edges *edges, size_t budget_bytes,
                               mafat_error *error)
{
    size_t n = (size_t)edges->n_positions + 1;
    *labels = (mafat_labels){.edges = edges, .width = TUNING_MAX_WIDTH,
                             .page_bytes = mafat_size_page()};
    while (labels->width > TUNING_MIN_WIDTH && mafat_labels_bytes(labels) > budget_bytes)
        labels->width--;
    labels->labels = malloc(n * (size_t)labels->width * sizeof *labels->labels);
    labels->found = malloc((size_t)(labels->width * TUNING_FOUND_FOR_KEPT) * sizeof *labels->found);
    labels->first = calloc(n, sizeof *labels->first);
    if (labels->labels != NULL && labels->found != NULL && labels->first != NULL)
        return MAFAT_OK;
    mafat_labels_free(labels);
    return mafat_edges_no_memory(edges, error);
}

void mafat_labels_free(mafat_labels *labels)
{
    free(labels->labels);
    free(labels->found);
    free(labels->first);
    *labels = (mafat_labels){0};
}

/* What a path takes of the limit, in whole pages of the arena, as they are charged. */
static size_t charged_bytes(const mafat_labels *l, const mafat_label *label)
{
    return mafat_size_sum(mafat_size_round_up(label->live_bytes, l->page_bytes), label->sum_bytes);
}

/* Whether what one path leaves room for, the other one does, too. It may have a larger arena if it
 * has as much less beside it: what comes before may need that arena anyway. */
static bool dominates(const mafat_labels *l, const mafat_label *a, const mafat_label *b)
{
    return a->seconds <= b->seconds && a->sum_bytes <= b->sum_bytes &&
           a->window_bytes <= b->window_bytes && charged_bytes(l, a) <= charged_bytes(l, b);
}

/* By promise; of equals those first that may dominate the others. */
static int compare_labels(const void *left, const void *right)
{
    const mafat_label *a = left, *b = right;
    if (a->min_s != b->min_s)
        return a->min_s < b->min_s ? -1 : 1;
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    if (a->sum_bytes != b->sum_bytes)
        return a->sum_bytes < b->sum_bytes ? -1 : 1;
    if (a->window_bytes != b->window_bytes)
        return a->window_bytes < b->window_bytes ? -1 : 1;
    return a->edge != b->edge ? a->edge - b->edge : a->rest - b->rest;
}

/* Whether one of the first n labels of found[] dominates another one: the one that has dominated
 * last often does so again. */
static bool is_dominated(mafat_labels *l, int n, const mafat_label *label)
{
    if (l->last < n && dominates(l, &l->found[l->last], label))
        return true;
    for (int k = 0; k < n; k++) {
        if (dominates(l, &l->found[k], label)) {
            l->last = k;
            return true;
        }
    }
    return false;
}

/* Leaves those labels of found[] that no other one dominates, the most promising `width` of
 * them. */
static void choose(mafat_labels *l)
{
    int n = 0;
    qsort(l->found, (size_t)l->n_found, sizeof *l->found, compare_labels);
    for (int i = 0; i < l->n_found; i++) {
        const mafat_label label = l->found[i];
        if (is_dominated(l, n, &label))
            continue;
        if (n == l->width) {
            l->missed_s = fmin(l->missed_s, label.min_s);
            break;
        }
        l->found[n++] = label;
    }
    l->n_found = l->n_chosen = n;
}

/* Adds a label to those found. One that promises less than all that were chosen, where they are as
 * many as are kept, is not chosen any more. */
static void add(mafat_labels *l, const mafat_label *label)
{
    if (l->n_chosen == l->width && label->min_s >= l->found[l->width - 1].min_s) {
        if (label->min_s < l->missed_s && !is_dominated(l, l->width, label))
            l->missed_s = label->min_s;
        return;
    }
    if (l->n_found == l->width * TUNING_FOUND_FOR_KEPT)
        choose(l);
    l->found[l->n_found++] = *label;
}

mafat_label mafat_label_prepend(const mafat_edge *edge, const mafat_label *behind)
{
    size_t alive = mafat_size_max(edge->alone_bytes,
                                  mafat_size_sum(edge->shared_bytes, behind->window_bytes));
    return (mafat_label){
        .seconds = behind->seconds + edge->seconds,
        .live_bytes = mafat_size_max(behind->live_bytes, alive),
        .sum_bytes = mafat_size_sum(behind->sum_bytes, edge->sum_bytes),
        .window_bytes = edge->window_bytes > 0 ? edge->window_bytes : behind->window_bytes,
        .edge = -1, .rest = -1,
    };
}

/* The path that goes over an edge and then along label number `rest`. */
static mafat_label prepend(const mafat_labels *l, int edge, int rest, bool counts_time)
{
    mafat_label label = mafat_label_prepend(&l->edges->edges[edge], &l->labels[rest]);
    label.seconds = counts_time ? label.seconds : 0;
    label.edge = edge;
    label.rest = rest;
    return label;
}

/* The least of a whole plan that ends with the path: seconds, or bytes where only these count;
 * INFINITY: none fits. */
static double min_s_of(const mafat_labels *l, const mafat_label_query *query, int position,
                       const mafat_label *label)
{
    size_t taken_bytes = charged_bytes(l, label) -
                         mafat_size_round_up(query->from_bytes, l->page_bytes);
    if (label->live_bytes > query->to_bytes || taken_bytes > query->max_sum_bytes)
        return INFINITY;
    if (query->table == NULL)
        return (double)taken_bytes;
    return label->seconds + mafat_table_before(query->table, position, label->window_bytes,
                                               query->max_sum_bytes - taken_bytes);
}

/* Finds the labels at a position. */
static void find_at(mafat_labels *l, const mafat_label_query *query, int position)
{
    l->n_found = l->n_chosen = l->last = 0;
    for (int e = l->edges->first_edges[position]; e < l->edges->first_edges[position + 1]; e++) {
        const mafat_edge *edge = &l->edges->edges[e];
        bool is_fast = query->table == NULL || mafat_price_allows(&query->table->price, edge);
        int to = edge->to;
        if (e == query->without || !is_fast || mafat_edge_live_bytes(edge) > query->to_bytes)
            continue;
        for (int rest = l->first[to]; rest < l->first[to - 1]; rest++) {
            mafat_label label = prepend(l, e, rest, query->table != NULL);
            label.min_s = min_s_of(l, query, position, &label);
            if (label.min_s < query->limit_s && label.min_s < INFINITY)
                add(l, &label);
        }
    }
    choose(l);
}

void mafat_labels_find(mafat_labels *l, const mafat_label_query *query)
{
    int last = l->edges->n_positions;
    l->labels[0] = (mafat_label){.live_bytes = query->from_bytes, .edge = -1, .rest = -1};
    l->n_labels = 1;
    l->first[last] = 0;
    l->missed_s = INFINITY;
    for (int position = last - 1; position >= 0; position--) {
        l->first[position] = l->n_labels;
        find_at(l, query, position);
        for (int i = 0; i < l->n_found; i++)
            l->labels[l->n_labels++] = l->found[i];
    }
}
