/* From labels to the plan that fits; see search.h.
 *
 * What makes the search hard is that pinned weights and the arena share the limit. With the arena
 * held at one size it is a knapsack, which table.h solves for all amounts of pinned bytes at once,
 * but for rounding. So sizes of the arena are halved into ranges, those that promise most first,
 * until a range is narrow, and dropped where the table's bound is no better than the best plan so
 * far. In a narrow range label.h finds the plans, with the table as the bound of what is left: so
 * there are few labels. The fastest of these plans that its buffers can be placed for is kept. The
 * smallest limit is found by the same walk: time does not count, and each plan that is found lowers
 * the limit that the walk goes on with.
 *
 * A search is part of the process that must stay within the limit, so that edges, table and labels
 * have a budget. A smaller one leaves fewer groups, makes bounds coarser, and leaves fewer labels;
 * what the search says is no less true. Plans are looked at as sketches, one at a time, and the one
 * that is chosen is made in the end; where it would not fit beside the rest, that is given back
 * before. */
#include "search/search.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/size.h"
#include "search/tuning.h"

size_t mafat_search_min_charged_bytes(const mafat_network *network, const mafat_process *process)
{
    return mafat_predict_choosing(process, mafat_parts_min_bytes(network));
}

/* Finds the budget of a search within a limit; false where even the least is more. */
static bool find_budget(const mafat_problem *p, size_t limit_bytes, size_t *budget_bytes)
{
    *budget_bytes = SIZE_MAX;
    if (!p->process->chooses)
        return true;
    *budget_bytes = mafat_parts_min_bytes(p->network);
    for (size_t step = limit_bytes / 2; step >= mafat_size_page(); step /= 2) {
        size_t more_bytes = mafat_size_sum(*budget_bytes, step);
        if (mafat_predict_choosing(p->process, more_bytes) <= limit_bytes)
            *budget_bytes = more_bytes;
    }
    return mafat_predict_choosing(p->process, *budget_bytes) <= limit_bytes;
}

/* What the search holds. */
static size_t held_bytes(const mafat_search *s)
{
    return (size_t)s->problem.network->n_layers * sizeof *s->problem.weights +
           s->kept_bytes + mafat_parts_bytes(&s->parts);
}

/* Notes that it holds so much beside that. */
static void note_bytes(mafat_search *s, size_t more_bytes)
{
    s->peak_bytes = mafat_size_max(s->peak_bytes, held_bytes(s) + more_bytes);
}

static mafat_status make_parts(mafat_search *s, size_t budget_bytes, size_t limit_bytes,
                               mafat_error *error)
{
    size_t bytes;
    mafat_status status = mafat_parts_make(&s->parts, &s->problem, budget_bytes, limit_bytes,
                                           &bytes, error);
    s->peak_bytes = mafat_size_max(s->peak_bytes, s->kept_bytes + bytes);
    return status;
}

mafat_status mafat_search_init(mafat_search *search, const mafat_network *network,
                               const mafat_config *fixed, const mafat_plan_options *options,
                               const mafat_process *process, mafat_error *error)
{
    *search = (mafat_search){.asked = fixed};
    return mafat_problem_init(&search->problem, network, fixed, options, process, error);
}

void mafat_search_free(mafat_search *search)
{
    mafat_parts_free(&search->parts);
    mafat_problem_free(&search->problem);
    *search = (mafat_search){0};
}

/* Judges the path of a label by an arena that its plan may have. */
static mafat_status judge(mafat_search *s, const mafat_label *label, size_t limit_bytes,
                          mafat_candidate *candidate, mafat_error *error)
{
    size_t max_bytes = mafat_problem_max_arena(&s->problem, limit_bytes, label->live_bytes,
                                               label->sum_bytes);
    mafat_status status = mafat_candidate_init(candidate, &s->problem, &s->parts.labels, label,
                                               max_bytes, error);
    if (status == MAFAT_OK)
        note_bytes(s, candidate->building_bytes);
    return status;
}

/* Tells why the neighbours of what was chosen lost, those of other configurations among them, in what
 * the parts of the search give back. */
static mafat_status make_trace(mafat_search *s, const mafat_candidate *chosen, size_t limit_bytes,
                               mafat_trace *trace, mafat_error *error)
{
    size_t bytes, min_bytes = mafat_parts_min_bytes(s->problem.network);
    size_t budget_bytes = mafat_size_max(mafat_size_max(s->peak_bytes, s->spent_bytes), min_bytes) -
                          mafat_candidate_max_bytes(s->problem.network);
    mafat_problem problem = s->problem;
    problem.fixed = s->asked;
    mafat_parts_free(&s->parts);
    mafat_status status = mafat_trace_make(trace, &problem, chosen, limit_bytes, budget_bytes,
                                           &bytes, error);
    note_bytes(s, bytes);
    return status;
}

/* Makes the plan of what was chosen for a limit. Where there is no room for it beside what the
 * search holds, that is given back. */
static mafat_status make_plan(mafat_search *s, const mafat_candidate *chosen, size_t budget_bytes,
                              size_t limit_bytes, mafat_found *found, mafat_error *error)
{
    size_t plan_bytes = mafat_candidate_max_bytes(s->problem.network) + chosen->array_bytes;
    mafat_status status = MAFAT_OK;
    if (s->traces && chosen->total_bytes <= limit_bytes)
        status = make_trace(s, chosen, limit_bytes, &found->trace, error);
    if (held_bytes(s) + plan_bytes > budget_bytes)
        mafat_parts_free(&s->parts);
    if (status == MAFAT_OK)
        status = mafat_candidate_make(chosen, &s->problem, &found->config, &found->plan, error);
    if (status == MAFAT_OK)
        note_bytes(s, found->plan.building_bytes + mafat_trace_bytes(&found->trace));
    found->choosing_bytes = mafat_size_max(s->peak_bytes, s->spent_bytes);
    return status;
}

/* Makes a candidate the best one so far, or frees it. */
static void keep_if(bool is_better, mafat_candidate *best, mafat_candidate *candidate)
{
    mafat_candidate before = *best;
    if (is_better)
        *best = *candidate;
    mafat_candidate_free(is_better ? &before : candidate);
}

/* ------------------------------------------------------------------------------------ searching */

/* The search for one limit. */
typedef struct {
    mafat_search *search;
    bool counts_time;        /* the fastest plan is wanted; else the smallest */
    double slowest_s;        /* only plans that take less */
    size_t limit_bytes;      /* where time does not count, less than the best plan takes */
    mafat_candidate *best;   /* so far */
    double missed_s;         /* no plan that was left out takes less */
    double unplaced_s;       /* the least of the plans that were not placed */
    bool varies;             /* where no plan of a range is placed, others are tried */
    int n_varied;            /* edges that were left out for that */
    int n_unplaced;          /* paths whose plans were not placed */
    uint64_t unplaced[TUNING_MAX_UNPLACED];    /* numbers of the last ones */
    mafat_error *error;
} solver;

/* What a plan must take less than: not the same seconds added up in another order. */
static double limit_s(const solver *v)
{
    return v->best->edges == NULL || !v->counts_time ? v->slowest_s : v->best->seconds * (1 - 1e-12);
}

/* A number that hardly another path has. */
static uint64_t number_of(const mafat_labels *labels, const mafat_label *label)
{
    uint64_t number = 0;
    for (; label->edge >= 0; label = &labels->labels[label->rest])
        number = (number ^ (uint64_t)label->edge) * 0x9e3779b97f4a7c15u + (number >> 29);
    return number;
}

/* Whether a path's plan was tried in another range, and not placed. */
static bool is_unplaced(const solver *v, uint64_t number)
{
    for (int i = 0; i < v->n_unplaced && i < TUNING_MAX_UNPLACED; i++)
        if (v->unplaced[i] == number)
            return true;
    return false;
}

static void note_unplaced(solver *v, uint64_t number, double seconds)
{
    v->unplaced[v->n_unplaced++ % TUNING_MAX_UNPLACED] = number;
    v->unplaced_s = fmin(v->unplaced_s, seconds);
}

/* Tries the plans that were found, the best first, up to one whose buffers are placed. */
static mafat_status try_plans(solver *v, int max_tried)
{
    const mafat_labels *labels = &v->search->parts.labels;
    mafat_status status = MAFAT_OK;
    bool is_placed = false;
    int next = labels->first[0], end = labels->n_labels;
    for (int n = 0; n < max_tried && next < end && !is_placed && status == MAFAT_OK; n++) {
        const mafat_label *label = &labels->labels[next++];
        uint64_t number = number_of(labels, label);
        mafat_candidate candidate;
        if (is_unplaced(v, number))
            continue;
        status = judge(v->search, label, v->limit_bytes, &candidate, v->error);
        if (status != MAFAT_OK)
            return status;
        is_placed = candidate.arena_bytes <= candidate.max_arena_bytes;
        if (!is_placed)
            note_unplaced(v, number, candidate.seconds);
        else if (!v->counts_time)
            v->limit_bytes = candidate.total_bytes - 1;
        keep_if(is_placed, v->best, &candidate);
    }
    return status;
}

/* Finds the plans with arenas up to to_bytes, where smaller ones count as from_bytes, beside which
 * the rest must have room. */
static mafat_label_query find_labels(solver *v, size_t from_bytes, size_t to_bytes,
                                     size_t max_sum_bytes)
{
    mafat_search *s = v->search;
    const mafat_label_query query = {
        .table = v->counts_time ? &s->parts.table : NULL, .from_bytes = from_bytes,
        .to_bytes = to_bytes, .max_sum_bytes = max_sum_bytes, .limit_s = limit_s(v), .without = -1};
    mafat_labels_find(&s->parts.labels, &query);
    return query;
}

static bool has_labels(const solver *v)
{
    const mafat_labels *labels = &v->search->parts.labels;
    return labels->first[0] < labels->n_labels;
}

/* The least seconds of plans with arenas larger than from_bytes, up to to_bytes; INFINITY: there is
 * none. Where time does not count they take no seconds. */
static double bound(solver *v, size_t from_bytes, size_t to_bytes, bool with_windows)
{
    mafat_search *s = v->search;
    size_t max_sum_bytes = mafat_problem_max_sum(&s->problem, v->limit_bytes, from_bytes);
    if (v->counts_time)
        return mafat_table_fill(&s->parts.table, to_bytes, max_sum_bytes, with_windows,
                                limit_s(v));
    find_labels(v, to_bytes, to_bytes, max_sum_bytes);
    return has_labels(v) ? 0 : INFINITY;
}

/* What becomes less with a better plan; INFINITY: there is none yet. */
static double demerit(const solver *v)
{
    if (v->best->edges == NULL)
        return INFINITY;
    return v->counts_time ? v->best->seconds : (double)v->best->total_bytes;
}

/* Where no plan of a range is placed that is better than the best so far: tries the fastest of those
 * that do not have one of the edges of the fastest, for each edge in turn, up to one that is placed.
 * (So Lawler finds the k best solutions.) */
static mafat_status vary(solver *v, mafat_label_query *query)
{
    mafat_search *s = v->search;
    const mafat_label *label = &s->parts.labels.labels[s->parts.labels.first[0]];
    mafat_status status = MAFAT_OK;
    int n = 0, *edges = calloc((size_t)s->problem.network->n_layers, sizeof *edges);
    double before = demerit(v);
    if (edges == NULL)
        return mafat_problem_no_memory(&s->problem, v->error);
    for (; label->edge >= 0; label = &s->parts.labels.labels[label->rest])
        edges[n++] = label->edge;
    for (int i = 0; i < n && demerit(v) == before && status == MAFAT_OK; i++) {
        if (v->n_varied == TUNING_MAX_VARIED)
            break;
        v->n_varied++;
        query->without = edges[i];
        mafat_labels_find(&s->parts.labels, query);
        status = try_plans(v, 1);
    }
    free(edges);
    return status;
}

/* Searches a range of arena sizes that is narrow. */
static mafat_status search_narrow(solver *v, size_t from_bytes, size_t to_bytes)
{
    if (v->counts_time && bound(v, from_bytes, to_bytes, true) >= limit_s(v))
        return MAFAT_OK;
    mafat_label_query query = find_labels(v, from_bytes, to_bytes,
                                          mafat_problem_max_sum(&v->search->problem,
                                                                v->limit_bytes, from_bytes));
    v->missed_s = fmin(v->missed_s, v->search->parts.labels.missed_s);
    if (!has_labels(v))
        return MAFAT_OK;
    double before = demerit(v);
    mafat_status status = try_plans(v, TUNING_MAX_TRIED);
    return status == MAFAT_OK && v->varies && demerit(v) == before ? vary(v, &query) : status;
}

/* The width of a range that is narrow. */
static size_t narrow_bytes(const solver *v, size_t from_bytes)
{
    if (!v->counts_time)
        return mafat_size_max(from_bytes / TUNING_SMALL_PART, mafat_size_page());
    return mafat_size_max(from_bytes / TUNING_NARROW_PART,
                          mafat_size_max(v->search->parts.table.unit_bytes, mafat_size_page()));
}

/* Searches a range of arena sizes whose plans take bound_s at least: in halves, the better one
 * first. */
static mafat_status search_range(solver *v, size_t from_bytes, size_t to_bytes, double bound_s)
{
    size_t width_bytes = to_bytes - from_bytes;
    if (bound_s >= limit_s(v))
        return MAFAT_OK;
    if (width_bytes <= narrow_bytes(v, from_bytes))
        return search_narrow(v, from_bytes, to_bytes);
    size_t middle_bytes = from_bytes + mafat_size_in_pages(width_bytes / 2);
    double low_s = bound(v, from_bytes, middle_bytes, false);
    double high_s = bound(v, middle_bytes, to_bytes, false);
    mafat_status status = MAFAT_OK;
    if (low_s <= high_s)
        status = search_range(v, from_bytes, middle_bytes, low_s);
    if (status == MAFAT_OK)
        status = search_range(v, middle_bytes, to_bytes, high_s);
    if (status == MAFAT_OK && low_s > high_s)
        status = search_range(v, from_bytes, middle_bytes, low_s);
    return status;
}

/* More than any plan has in its arena: SIZE_MAX stands for sizes that overflow. */
static size_t max_arena_of(const mafat_edges *edges)
{
    size_t live_bytes = 0, window_bytes = 0;
    for (int e = 0; e < edges->n_edges; e++) {
        const mafat_edge *edge = &edges->edges[e];
        if (mafat_edge_live_bytes(edge) == SIZE_MAX)
            continue;
        live_bytes = mafat_size_max(live_bytes, mafat_edge_live_bytes(edge));
        window_bytes = mafat_size_max(window_bytes, edge->window_bytes);
    }
    return mafat_size_in_pages(live_bytes + window_bytes);
}

/* Searches for the fastest plan within a limit that takes less than slowest_s, or for the smallest;
 * best->edges is NULL where there is none. *min_s: no plan that fits takes less, if it takes less
 * than slowest_s. */
static mafat_status search_within(mafat_search *search, size_t limit_bytes, bool counts_time,
                                  double slowest_s, mafat_candidate *best, double *min_s,
                                  mafat_error *error)
{
    solver v = {.search = search, .limit_bytes = limit_bytes, .counts_time = counts_time,
                .slowest_s = slowest_s, .best = best, .missed_s = INFINITY,
                .unplaced_s = INFINITY, .error = error};
    size_t from_bytes = mafat_problem_free_arena(&search->problem);
    size_t to_bytes = mafat_size_min(max_arena_of(&search->parts.edges),
                                     mafat_problem_max_arena(&search->problem, limit_bytes, 0, 0));
    to_bytes = mafat_size_max(from_bytes, to_bytes);
    *best = (mafat_candidate){0};
    mafat_status status = search_range(&v, from_bytes, to_bytes,
                                       bound(&v, from_bytes, to_bytes, false));
    double hidden_s = best->edges == NULL ? INFINITY : counts_time ? best->seconds : 0;
    v.varies = v.unplaced_s < hidden_s * TUNING_WORTH_VARYING;    /* these may hide others */
    if (status == MAFAT_OK && v.varies)
        status = search_range(&v, from_bytes, to_bytes, bound(&v, from_bytes, to_bytes, false));
    *min_s = fmin(fmin(v.missed_s, v.unplaced_s), best->edges != NULL ? best->seconds : INFINITY);
    if (!search->parts.edges.are_all)
        *min_s = fmin(*min_s, search->parts.edges.min_s);
    if (status != MAFAT_OK)
        mafat_candidate_free(best);
    return status;
}

/* ------------------------------------------------------------------------------------ the least */

/* Finds a plan that takes less than *least, if there is one: by bytes, and where that finds none by
 * seconds, as not every path's plan comes out as small as it might. Where there was no memory for
 * all edges they are made anew: fewer plans are small enough now. */
static mafat_status find_smaller(mafat_search *s, size_t budget_bytes, mafat_candidate *least,
                                 mafat_error *error)
{
    size_t limit_bytes = least->total_bytes - 1;
    mafat_candidate smaller = {0};
    double unused_s;
    if (!s->parts.edges.are_all)
        mafat_parts_free(&s->parts);
    mafat_status status = make_parts(s, budget_bytes, limit_bytes, error);
    if (status == MAFAT_OK)
        status = search_within(s, limit_bytes, false, INFINITY, &smaller, &unused_s, error);
    if (status == MAFAT_OK && smaller.edges == NULL)
        status = search_within(s, limit_bytes, true, INFINITY, &smaller, &unused_s, error);
    keep_if(smaller.edges != NULL, least, &smaller);
    return status;
}

/* Finds the plan that takes least: one that takes less than the last one, until a search for less
 * finds nothing. It is looked for with the same budget whatever the limit, and is the same plan: so
 * the limit that it names works. */
static mafat_status find_smallest(mafat_search *s, size_t budget_bytes, mafat_candidate *least,
                                  mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    size_t before;
    *least = (mafat_candidate){.total_bytes = SIZE_MAX};
    do {
        before = least->total_bytes;
        status = find_smaller(s, budget_bytes, least, error);
    } while (status == MAFAT_OK && least->total_bytes < before);
    if (status != MAFAT_OK)
        mafat_candidate_free(least);
    return status;
}

/* Finds the plan that takes least and makes it, for a limit; *bytes: the smallest limit that works,
 * for the plan to be chosen and to run. */
static mafat_status make_smallest(mafat_search *s, size_t limit_bytes, mafat_found *found,
                                  size_t *bytes, mafat_error *error)
{
    mafat_candidate least;
    size_t min_bytes = mafat_parts_min_bytes(s->problem.network);
    size_t budget_bytes = s->problem.process->chooses ? min_bytes : SIZE_MAX;
    mafat_status status = find_smallest(s, budget_bytes, &least, error);
    if (status != MAFAT_OK)
        return status;
    found->min_s = fmin(s->parts.edges.min_s, least.seconds);
    status = make_plan(s, &least, budget_bytes, limit_bytes, found, error);
    size_t choosing_bytes = mafat_size_max(s->peak_bytes, min_bytes);
    *bytes = mafat_size_max(least.total_bytes,
                            mafat_predict_choosing(s->problem.process, choosing_bytes));
    mafat_candidate_free(&least);
    return status;
}

mafat_status mafat_search_min_limit(mafat_search *search, size_t *bytes, mafat_error *error)
{
    mafat_found least = {0};
    search->peak_bytes = 0;
    mafat_status status = make_smallest(search, 0, &least, bytes, error);
    mafat_found_free(&least);
    return status;
}

/* Where no search found a plan: the one that takes least, if that fits. */
static mafat_status settle_for_smallest(mafat_search *s, size_t limit_bytes, double min_s,
                                        mafat_found *found, mafat_error *error)
{
    size_t bytes;
    s->peak_bytes = 0;
    mafat_status status = make_smallest(s, limit_bytes, found, &bytes, error);
    if (status != MAFAT_OK)
        return status;
    /* what finds nothing where there is something proves nothing */
    if (min_s < INFINITY)
        found->min_s = fmin(min_s, found->plan.latency_s);
    if (bytes <= limit_bytes)
        return status;
    return mafat_error_set(error, MAFAT_NO_FIT,
                           "nothing fits %zu bytes; the smallest limit that works is %zu (%s)",
                           limit_bytes, bytes, MAFAT_SIZE(bytes));
}

/* ------------------------------------------------------------------------------------- the best */

/* Of plans that the cost model cannot tell apart from the fastest one takes one that is clearly
 * smaller and reads no more in a run, again and again: memory that makes a run no faster is not
 * worth to be touched. */
static mafat_status find_leaner(mafat_search *s, mafat_candidate *best, mafat_error *error)
{
    const double slowest_s = best->seconds * TUNING_AS_FAST;
    mafat_status status = MAFAT_OK;
    bool is_leaner = true;
    while (is_leaner && status == MAFAT_OK) {
        mafat_candidate leaner;
        double unused_s;
        size_t limit_bytes = best->total_bytes - best->total_bytes / TUNING_LEANER_PART;
        status = search_within(s, limit_bytes, true, slowest_s, &leaner, &unused_s, error);
        is_leaner = leaner.edges != NULL && leaner.read_bytes <= best->read_bytes;
        keep_if(is_leaner, best, &leaner);
    }
    return status;
}

/* Searches with so much memory; nothing is found where there is no plan. *min_s as above. */
static mafat_status search_in(mafat_search *s, size_t budget_bytes, size_t limit_bytes,
                              mafat_found *found, double *min_s, mafat_error *error)
{
    mafat_candidate best = {0};
    s->peak_bytes = 0;
    mafat_status status = make_parts(s, budget_bytes, limit_bytes, error);
    if (status == MAFAT_OK)
        status = search_within(s, limit_bytes, true, INFINITY, &best, min_s, error);
    if (status == MAFAT_OK && best.edges != NULL)
        status = find_leaner(s, &best, error);
    if (status == MAFAT_OK && best.edges != NULL)
        status = make_plan(s, &best, budget_bytes, limit_bytes, found, error);
    found->min_s = *min_s;
    mafat_candidate_free(&best);
    return status;
}

/* Finds the best plan of the problem as it is. */
static mafat_status choose(mafat_search *search, size_t limit_bytes, mafat_found *found,
                           mafat_error *error)
{
    double min_s = INFINITY;
    size_t budget_bytes, min_bytes = mafat_parts_min_bytes(search->problem.network);
    bool has_budget = find_budget(&search->problem, limit_bytes, &budget_bytes);
    mafat_status status = MAFAT_OK;
    *found = (mafat_found){0};
    search->peak_bytes = 0;
    budget_bytes -= search->kept_bytes;
    while (has_budget && status == MAFAT_OK && budget_bytes >= min_bytes) {
        status = search_in(search, budget_bytes, limit_bytes, found, &min_s, error);
        if (status != MAFAT_OK || found->plan.n_groups == 0 ||
            mafat_predict_choosing(search->problem.process, found->choosing_bytes) <= limit_bytes)
            break;
        mafat_found_free(found);    /* to choose it took more than the limit itself */
        budget_bytes /= 2;
    }
    if (status == MAFAT_OK && found->plan.n_groups == 0)
        status = settle_for_smallest(search, limit_bytes, min_s, found, error);
    if (status != MAFAT_OK)
        mafat_found_free(found);
    return status;
}

/* Whether what was made for any configuration may stay beside a search of one, which is to find what it
 * finds alone: where it is a small part of what there is room for. */
static bool has_room_to_keep(const mafat_search *s, size_t limit_bytes)
{
    enum { SMALL_PART = 8 };
    size_t budget_bytes;
    return find_budget(&s->problem, limit_bytes, &budget_bytes) &&
           mafat_parts_bytes(&s->parts) <= budget_bytes / SMALL_PART;
}

/* Finds the best plan of one configuration. */
static mafat_status choose_of(mafat_search *s, const mafat_config *config, size_t limit_bytes,
                              mafat_found *found, mafat_error *error)
{
    if (!has_room_to_keep(s, limit_bytes))
        mafat_parts_free(&s->parts);
    mafat_parts parts = s->parts;
    s->kept_bytes = mafat_parts_bytes(&parts);
    s->parts = (mafat_parts){0};
    mafat_status status = mafat_problem_fix(&s->problem, config, error);
    if (status == MAFAT_OK)
        status = choose(s, limit_bytes, found, error);
    mafat_parts_free(&s->parts);
    s->parts = parts;
    s->kept_bytes = 0;
    return status;
}

/* Takes the plan that who says the configuration that was found gets: it may pin other weights, and of
 * several images have another head. Where a search of that configuration alone finds nothing, which
 * nothing rules out, it stays with what was found. */
static mafat_status find_as_said(mafat_search *s, size_t limit_bytes, mafat_found *found,
                                 mafat_error *error)
{
    mafat_found first = *found;
    *found = (mafat_found){0};
    mafat_plan_free(&first.plan);
    s->spent_bytes = first.choosing_bytes;
    mafat_status status = choose_of(s, &first.config, limit_bytes, found, error);
    bool finds = status == MAFAT_OK;
    mafat_config_free(&first.config);
    if (status != MAFAT_FAILED)
        status = mafat_problem_fix(&s->problem, NULL, error);
    if (status == MAFAT_OK && !finds)
        status = choose(s, limit_bytes, found, error);
    found->min_s = fmin(first.min_s, found->plan.latency_s);
    s->spent_bytes = 0;
    if (status != MAFAT_OK)
        mafat_found_free(found);
    return status;
}

mafat_status mafat_search_best(mafat_search *search, size_t limit_bytes, mafat_found *found,
                               mafat_error *error)
{
    bool traces = search->traces;
    if (search->asked != NULL)
        return choose(search, limit_bytes, found, error);
    search->traces = false;
    mafat_status status = choose(search, limit_bytes, found, error);
    search->traces = traces;
    return status == MAFAT_OK ? find_as_said(search, limit_bytes, found, error) : status;
}

mafat_prediction mafat_found_predict(const mafat_found *found, const mafat_process *process)
{
    mafat_plan_sums sums = mafat_predict_sum_up(&found->plan);
    sums.search_bytes = found->choosing_bytes;
    return mafat_predict_of_sums(&sums, process);
}

void mafat_found_free(mafat_found *found)
{
    mafat_plan_free(&found->plan);
    mafat_config_free(&found->config);
    mafat_trace_free(&found->trace);
    *found = (mafat_found){0};
}
