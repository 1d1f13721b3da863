/* Each span of the plan against the other edges between its ends; see trace.h. Seconds add up along
 * a path, so that only what is faster than the best choice so far needs to be judged by its
 * bytes. */
#include "search/trace.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/size.h"
#include "search/parts.h"

typedef struct {
    const mafat_edge *edges[2];    /* the second may be NULL */
    double seconds;
    size_t bytes_over;
} choice;

/* One or two groups of the plan, and what the plan has around them. */
typedef struct {
    int from, cut, to;        /* positions; cut: `to` where there is one group */
    choice chosen;
    mafat_label before;       /* the groups before it, as if no windows were behind them; */
    size_t shared_bytes;      /* the most that they have alive while such windows are read */
    mafat_label behind;       /* the groups behind it */
    choice fitting, fastest;     /* the fastest other choice that fits, and the fastest of all */
} span;

typedef struct {
    const mafat_problem *problem;
    size_t limit_bytes;
    mafat_edges edges;            /* owned: all, whatever they take */
    const mafat_edge **chosen;    /* [n_chosen], owned: those of the plan */
    int n_chosen;
} tracer;

/* ------------------------------------------------------------------------------------- one span */

static size_t find_bytes_over(const tracer *t, const span *s, const choice *w)
{
    mafat_label path = s->behind;
    for (int i = 1; i >= 0; i--)
        if (w->edges[i] != NULL)
            path = mafat_label_prepend(w->edges[i], &path);
    size_t live_bytes = mafat_size_max(mafat_size_max(path.live_bytes, s->before.live_bytes),
                                       mafat_size_sum(s->shared_bytes, path.window_bytes));
    size_t bytes = mafat_problem_total_bytes(t->problem, mafat_size_in_pages(live_bytes),
                                             mafat_size_sum(path.sum_bytes, s->before.sum_bytes));
    return bytes > t->limit_bytes ? bytes - t->limit_bytes : 0;
}

static choice make_choice(const mafat_edge *first, const mafat_edge *second)
{
    return (choice){.edges = {first, second},
                 .seconds = first->seconds + (second != NULL ? second->seconds : 0)};
}

static void consider(const tracer *t, span *s, choice w)
{
    if (w.seconds >= s->fitting.seconds)
        return;
    w.bytes_over = find_bytes_over(t, s, &w);
    if (w.seconds < s->fastest.seconds)
        s->fastest = w;
    if (w.bytes_over == 0)
        s->fitting = w;
}

static bool is_same(const mafat_edge *a, const mafat_edge *b)
{
    return a->to == b->to && a->rows == b->rows && a->cols == b->cols && a->reuse == b->reuse &&
           a->pinned == b->pinned && a->window_filters == b->window_filters;
}

/* The first edge of those between two positions, or of those behind it. */
static int find_between(const mafat_edges *edges, int from, int to)
{
    int low = edges->first_edges[from], high = edges->first_edges[from + 1];
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (edges->edges[middle].to < to)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Considers all other choices. Edges between the same positions are in order of their seconds. */
static void consider_all(const tracer *t, span *s)
{
    const mafat_edge *edges = t->edges.edges;
    for (int e = t->edges.first_edges[s->from]; e < t->edges.first_edges[s->from + 1]; e++) {
        const mafat_edge *first = &edges[e];
        if (first->to > s->to)
            break;
        if (first->to == s->to && !is_same(first, s->chosen.edges[0]))
            consider(t, s, make_choice(first, NULL));
        if (first->to == s->to || first->to == s->cut)
            continue;
        int end = t->edges.first_edges[first->to + 1];
        for (int k = find_between(&t->edges, first->to, s->to); k < end; k++) {
            if (edges[k].to > s->to || first->seconds + edges[k].seconds >= s->fitting.seconds)
                break;
            consider(t, s, make_choice(first, &edges[k]));
        }
    }
}

/* The span of n groups of the plan, from number `first` on. */
static span make_span(const tracer *t, int first, int n)
{
    const choice none = {.seconds = INFINITY};
    const mafat_edge *const *chosen = t->chosen + first;
    span s = {.from = chosen[0]->from, .cut = chosen[0]->to, .to = chosen[n - 1]->to,
              .chosen = make_choice(chosen[0], n > 1 ? chosen[1] : NULL),
              .fitting = none, .fastest = none};
    for (int g = first - 1; g >= 0; g--) {
        if (s.before.window_bytes == 0)
            s.shared_bytes = mafat_size_max(s.shared_bytes, t->chosen[g]->shared_bytes);
        s.before = mafat_label_prepend(t->chosen[g], &s.before);
    }
    for (int g = t->n_chosen - 1; g >= first + n; g--)
        s.behind = mafat_label_prepend(t->chosen[g], &s.behind);
    return s;
}

/* ------------------------------------------------------------------------------------ the trace */

static mafat_trace_group group_of(const tracer *t, const mafat_edge *edge)
{
    mafat_group group = mafat_edge_group(&t->edges, edge);
    mafat_trace_group traced = {.first = group.first, .tiling = group.tiling};
    for (int l = group.first; l < group.end && t->problem->options.weights != NULL; l++) {
        const mafat_layer *layer = &t->problem->network->layers[l];
        if (layer->kind != MAFAT_CONVOLUTION)
            continue;
        traced.weights = mafat_edge_weights(edge);
        if (!edge->pinned && edge->window_filters >= layer->out.c)
            traced.weights.window_filters = INT_MAX;
    }
    return traced;
}

static mafat_trace_choice choice_of(const tracer *t, const choice *w)
{
    mafat_trace_choice traced = {0};
    for (int i = 0; i < 2 && w->edges[i] != NULL; i++)
        traced.groups[traced.n_groups++] = group_of(t, w->edges[i]);
    return traced;
}

static void add_line(const tracer *t, const span *s, const choice *other, mafat_trace *trace)
{
    int first = t->edges.layers[s->from];    /* those behind it follow: a group is in one segment */
    trace->lines[trace->n++] = (mafat_trace_line){
        .first_layer = first, .last_layer = first + s->to - s->from - 1,
        .chosen = choice_of(t, &s->chosen), .other = choice_of(t, other),
        .slower_s = other->seconds - s->chosen.seconds, .bytes_over = other->bytes_over,
    };
}

static void add_span(const tracer *t, int first, int n, mafat_trace *trace)
{
    span s = make_span(t, first, n);
    consider_all(t, &s);
    if (s.fitting.seconds < INFINITY)
        add_line(t, &s, &s.fitting, trace);
    if (s.fastest.bytes_over > 0 && s.fastest.seconds < s.chosen.seconds * (1 - 1e-12))
        add_line(t, &s, &s.fastest, trace);
}

/* Lists the plan's edges in the order of execution. */
static void find_chosen(tracer *t, const mafat_candidate *candidate)
{
    for (int position = 0; position < t->edges.n_positions; position = t->chosen[t->n_chosen++]->to)
        t->chosen[t->n_chosen] = &candidate->edges[t->edges.layers[position]];
}

/* Two for each group, and for each two that follow one another. */
static int max_lines(int n_groups)
{
    return 2 * (2 * n_groups - 1);
}

static mafat_status make(tracer *t, const mafat_candidate *candidate, mafat_trace *trace,
                         mafat_error *error)
{
    t->chosen = calloc((size_t)t->edges.n_positions, sizeof *t->chosen);
    if (t->chosen == NULL)
        return mafat_problem_no_memory(t->problem, error);
    find_chosen(t, candidate);
    int capacity = max_lines(t->n_chosen);
    trace->lines = calloc((size_t)capacity, sizeof *trace->lines);
    if (trace->lines == NULL)
        return mafat_problem_no_memory(t->problem, error);
    trace->capacity = capacity;
    for (int g = 0; g < t->n_chosen; g++) {
        add_span(t, g, 1, trace);
        if (g + 1 < t->n_chosen)
            add_span(t, g, 2, trace);
    }
    return MAFAT_OK;
}

/* What tracing takes beside edges, at most. */
static size_t own_bytes(const mafat_problem *problem)
{
    return (size_t)max_lines(problem->network->n_layers) * sizeof(mafat_trace_line) +
           (size_t)problem->network->n_layers * sizeof(const mafat_edge *);
}

mafat_status mafat_trace_make(mafat_trace *trace, const mafat_problem *problem,
                              const mafat_candidate *chosen, size_t limit_bytes,
                              size_t budget_bytes, size_t *peak_bytes, mafat_error *error)
{
    enum { ANY_BYTES_PART = 4 };    /* what overflows is of no use, nor what comes near it */
    tracer t = {.problem = problem, .limit_bytes = limit_bytes};
    MAFAT_CHECK(budget_bytes >=
                own_bytes(problem) + mafat_edges_min_bytes(problem->network->n_layers));
    const mafat_edge_limits limits = {.live_bytes = SIZE_MAX / ANY_BYTES_PART,
                                      .sum_bytes = SIZE_MAX / ANY_BYTES_PART,
                                      .budget_bytes = budget_bytes - own_bytes(problem)};
    mafat_trace_free(trace);
    mafat_status status = mafat_parts_make_edges(&t.edges, problem, &limits, error);
    *peak_bytes = own_bytes(problem) + t.edges.peak_bytes;
    if (status == MAFAT_OK)
        status = make(&t, chosen, trace, error);
    free(t.chosen);
    mafat_edges_free(&t.edges);
    return status;
}

size_t mafat_trace_bytes(const mafat_trace *trace)
{
    return (size_t)trace->capacity * sizeof *trace->lines;
}

void mafat_trace_free(mafat_trace *trace)
{
    free(trace->lines);
    *trace = (mafat_trace){0};
}
