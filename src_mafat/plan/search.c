/* From paths to the plan that fits; see search.h.
 *
 * Branch and bound. What makes the search hard is that pinned weights and the arena share the
 * limit: paths that pin more and have a smaller arena stand beside others without end. So a pass
 * looks at arenas of one range of sizes only. In a narrow one it is all but known what a path may
 * pin, so that the bounds of bound.c are close, and few paths have to be gone on with.
 *
 * Ranges are halved, those that promise most first, until they are narrow, and dropped where their
 * bounds are no better than the best plan so far; what is left is searched with few paths from
 * each place, and then, where these were not all, in halves with twice as many. It ends when all
 * is proven, or after so much work; the bound that is left then is part of what was found. */
#include "plan/search.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "plan/spell.h"

/* ------------------------------------------------------------------------------------ preparing */

static mafat_status no_memory(const mafat_search *s, mafat_error *error)
{
    return mafat_error_set(error, MAFAT_FAILED, "no memory to search plans of %d layers",
                           s->network->n_layers);
}

/* The groups of the configuration that is fixed, in the order of execution. */
static mafat_status find_groups(const mafat_search *s, mafat_group *groups, int *n_groups,
                                mafat_error *error)
{
    mafat_status status = mafat_group_resolve(s->network, s->fixed, groups, n_groups, error);
    if (status == MAFAT_OK)
        status = mafat_group_order(s->network, groups, *n_groups, error);
    return status;
}

static mafat_status make_edges(mafat_search *s, mafat_error *error)
{
    mafat_group *groups = calloc((size_t)s->network->n_layers, sizeof *groups);
    int n_groups = 0;
    mafat_status status = MAFAT_OK;
    if (groups == NULL)
        return no_memory(s, error);
    if (s->fixed != NULL)
        status = find_groups(s, groups, &n_groups, error);
    if (status == MAFAT_OK)
        status = mafat_edges_make(&s->edges, s->network, s->fixed != NULL ? groups : NULL,
                                  n_groups, &s->options, error);
    free(groups);
    return status;
}

/* What all plans have in common is in any of them. */
static mafat_status find_sums(mafat_search *s, mafat_error *error)
{
    mafat_config_group group = {.tiling = {1, 1, false}};
    mafat_config whole = {.n_groups = 1, .groups = &group};
    mafat_plan plan;
    mafat_plan_options options = s->options;
    options.most_arena_bytes = MAFAT_PAGE;    /* where its buffers lie does not matter */
    for (int l = 0; l < s->network->n_layers; l++)
        s->weights[l] = (mafat_weight_mode){.pinned = true, .window_filters = 1};
    mafat_status status = mafat_plan_build(&plan, s->network, &whole, &options, error);
    if (status != MAFAT_OK)
        return status;
    s->sums = mafat_predict_sum_up(&plan);
    s->sums.arena_bytes = s->sums.pinned_bytes = s->sums.array_bytes = 0;
    mafat_plan_free(&plan);
    return MAFAT_OK;
}

mafat_status mafat_search_init(mafat_search *search, const mafat_network *network,
                               const mafat_config *fixed, const mafat_plan_options *options,
                               const mafat_process *process, mafat_error *error)
{
    *search = (mafat_search){.network = network, .fixed = fixed, .process = process,
                             .options = *options,
                             .weights = calloc((size_t)network->n_layers,
                                               sizeof *search->weights)};
    mafat_status status = MAFAT_OK;
    if (search->weights == NULL)
        status = no_memory(search, error);
    if (options->weights != NULL)
        search->options.weights = search->weights;
    if (status == MAFAT_OK)
        status = find_sums(search, error);
    if (status == MAFAT_OK)
        status = make_edges(search, error);
    if (status == MAFAT_OK)
        status = mafat_bounds_init(&search->bounds, &search->edges, error);
    if (status != MAFAT_OK)
        mafat_search_free(search);
    return status;
}

void mafat_search_free(mafat_search *search)
{
    mafat_bounds_free(&search->bounds);
    mafat_edges_free(&search->edges);
    free(search->weights);
    *search = (mafat_search){0};
}

/* ------------------------------------------------------------------------------------- choosing */

static void set_weights(mafat_search *s, const mafat_edge *edge)
{
    for (int l = edge->group.first; l < edge->group.end; l++)
        s->weights[l] = edge->weights;
}

/* Makes the configuration and the plan of a path: paths->paths[] number `index`, one of the whole
 * plans. */
static mafat_status make_plan(mafat_search *search, const mafat_paths *paths, int index,
                              mafat_found *found, mafat_error *error)
{
    const mafat_edge **edges = calloc((size_t)search->network->n_layers, sizeof *edges);
    mafat_status status = MAFAT_OK;
    *found = (mafat_found){0};
    if (edges == NULL)
        return no_memory(search, error);
    for (int i = index; paths->paths[i].edge >= 0; i = paths->paths[i].rest) {
        const mafat_edge *edge = &search->edges.edges[paths->paths[i].edge];
        edges[edge->group.first] = edge;
        set_weights(search, edge);
    }
    if (search->fixed != NULL)
        status = mafat_config_copy(&found->config, search->fixed, error);
    else
        status = mafat_spell_config(&found->config, search->network, edges, error);
    if (status == MAFAT_OK)
        status = mafat_plan_build(&found->plan, search->network, &found->config, &search->options,
                                  error);
    if (status != MAFAT_OK)
        mafat_config_free(&found->config);
    free(edges);
    return status;
}

/* How many ways to go on a search looks at, and where it has found nothing by then. To make a plan,
 * and to find its buffers their places, takes as long as so many of them. */
enum { MOST_TRIED = 18000000, MOST_TRIED_IN_VAIN = 5 * MOST_TRIED, TRIED_FOR_PLAN = 600000 };

/* To learn a jam takes as many placements again as so many plans. */
enum { PLANS_FOR_JAM = 3 };

/* Paths from one place that a pass goes on with: at first, how many times more where these were not
 * all, and at last. */
enum { FEW_PATHS = 64, MORE = 2, MANY_PATHS = 1024 };

/* A range of sizes is narrow enough for few paths if it is no more than this part of its least. */
enum { NARROW_PART = 48 };

/* How many ranges may wait. */
enum { MOST_RANGES = 256 };

/* Paths from one place where only bytes count. */
enum { MOST_SMALL_PATHS = 1024 };

static mafat_path_query query_of(const mafat_search *s, size_t limit_bytes)
{
    return (mafat_path_query){.process = s->process, .sums = s->sums,
                              .limit_bytes = limit_bytes, .limit_s = INFINITY,
                              .to_bytes = SIZE_MAX, .most_paths = FEW_PATHS};
}

/* A range of sizes of the arena that is still to be searched. */
typedef struct {
    size_t from_bytes, to_bytes;
    int most_paths;              /* from one place, in the next pass over it */
    double least_s;              /* none of its plans takes less */
} range;

/* The search for one limit: the best plan so far, and what is left. */
typedef struct {
    mafat_search *search;
    mafat_path_query query;
    mafat_found *best;
    bool found;
    range ranges[MOST_RANGES];
    int n_ranges;
    double missed_s;             /* no plan that was left out takes less */
    mafat_jams jams;             /* what was learned from plans that did not fit */
    long long n_tried;           /* ways to go on, in all passes */
    mafat_error *error;
} hunt;

/* Whether so many seconds are fewer than those of the best plan so far, and not the same ones added
 * up in another order. */
static bool is_faster(const hunt *h, double seconds)
{
    return seconds < h->query.limit_s * (1 - 1e-12);
}

/* Whether the search has done as much work as it may. */
static bool is_spent(const hunt *h)
{
    return h->n_tried >= (h->found ? MOST_TRIED : MOST_TRIED_IN_VAIN);
}

/* The largest arena with which a path fits, in whole pages. */
static size_t most_arena_bytes(const hunt *h, const mafat_path *path)
{
    mafat_plan_sums sums = h->query.sums;
    size_t most = mafat_plan_pages(path->arena_bytes) / MAFAT_PAGE;
    size_t too_many = h->query.limit_bytes / MAFAT_PAGE + 1;
    sums.array_bytes = path->sum_bytes;
    while (too_many - most > 1) {
        size_t middle = most + (too_many - most) / 2;
        sums.arena_bytes = middle * MAFAT_PAGE;
        bool fits = mafat_predict_of_sums(&sums, h->query.process).total_bytes <=
                    h->query.limit_bytes;
        *(fits ? &most : &too_many) = middle;
    }
    return most * MAFAT_PAGE;
}

/* Learns why the plan of a path is not placed in an arena. */
static mafat_status learn(hunt *h, const mafat_paths *paths, int index, const mafat_plan *plan,
                          size_t arena_bytes, bool *learned)
{
    int n = 0, *edges = calloc((size_t)plan->n_layers, sizeof *edges);
    if (edges == NULL)
        return no_memory(h->search, h->error);
    for (int i = index; paths->paths[i].edge >= 0; i = paths->paths[i].rest)
        edges[n++] = paths->paths[i].edge;
    h->n_tried += PLANS_FOR_JAM * TRIED_FOR_PLAN;
    mafat_status status = mafat_jams_learn(&h->jams, plan, edges, n, arena_bytes, learned,
                                           h->error);
    free(edges);
    return status;
}

/* What came of a path. */
typedef enum { FITS, LEARNED, MISFITS } fate;

/* Makes the plan of a path that is faster than the best one so far. Keeps it if it fits; else
 * learns why not, if that can be kept. */
static mafat_status try_path(hunt *h, const mafat_paths *paths, int index, fate *came)
{
    mafat_found found;
    bool learned = false;
    size_t arena_bytes = most_arena_bytes(h, &paths->paths[index]);
    h->search->options.most_arena_bytes = arena_bytes;
    mafat_status status = make_plan(h->search, paths, index, &found, h->error);
    h->search->options.most_arena_bytes = 0;
    h->n_tried += TRIED_FOR_PLAN;
    if (status != MAFAT_OK)
        return status;
    if (found.plan.arena_bytes > arena_bytes) {
        status = learn(h, paths, index, &found.plan, arena_bytes, &learned);
        *came = learned ? LEARNED : MISFITS;
        mafat_found_free(&found);
        return status;
    }
    if (!h->found)
        h->n_tried = 0;    /* what was in vain so far does not count */
    mafat_found_free(h->best);
    *h->best = found;
    h->found = true;
    h->query.limit_s = found.plan.latency_s;
    *came = FITS;
    return MAFAT_OK;
}

static bool comes_before(const range *a, const range *b)
{
    return a->most_paths < b->most_paths ||
           (a->most_paths == b->most_paths && a->least_s < b->least_s);
}

/* Takes the next range out of those that are left: the most promising one of those that were
 * searched least. */
static range take_range(hunt *h)
{
    int next = 0;
    for (int i = 1; i < h->n_ranges; i++)
        if (comes_before(&h->ranges[i], &h->ranges[next]))
            next = i;
    range taken = h->ranges[next];
    h->ranges[next] = h->ranges[--h->n_ranges];
    return taken;
}

/* Puts a range back unless its bound rules it out, or notes what is left out with it. */
static void put_range(hunt *h, range r)
{
    if (!is_faster(h, r.least_s))
        return;
    if (h->n_ranges < MOST_RANGES && r.most_paths <= MANY_PATHS)
        h->ranges[h->n_ranges++] = r;
    else
        h->missed_s = fmin(h->missed_s, r.least_s);
}

/* Finds the paths of a range, to be freed by the caller; with no paths from a place, its bound. */
static mafat_status find_paths(hunt *h, range r, int most_paths, mafat_paths *paths)
{
    h->query.from_bytes = r.from_bytes;
    h->query.to_bytes = r.to_bytes;
    h->query.most_paths = most_paths;
    mafat_status status = mafat_paths_find(paths, &h->search->bounds, &h->query, h->error);
    h->n_tried += paths->n_tried;
    return status;
}

/* Tries the plans of a pass, the fastest first, up to one that fits or that something is learned
 * from: then the others of the pass may be no plans, and may have hidden some. *learned_s: the
 * seconds of that one; else INFINITY. */
static mafat_status try_paths(hunt *h, const mafat_paths *paths, double *learned_s)
{
    mafat_status status = MAFAT_OK;
    fate last = MISFITS;
    *learned_s = INFINITY;
    for (int i = 0; i < paths->n && status == MAFAT_OK && last == MISFITS; i++) {
        double seconds = paths->paths[paths->first + i].seconds;
        if (!is_faster(h, seconds))
            break;
        if (!is_spent(h))
            status = try_path(h, paths, paths->first + i, &last);
        if (last == LEARNED)
            *learned_s = seconds;
        if (last == MISFITS)    /* and may hide others, that are no faster */
            h->missed_s = fmin(h->missed_s, seconds);
    }
    return status;
}

/* Searches a range, and puts back what is left of it: with more paths where a pass may have missed
 * some, and with as many where it did not know all jams. */
static mafat_status search_range(hunt *h, range r)
{
    mafat_paths paths;
    double learned_s = INFINITY;
    mafat_status status = find_paths(h, r, r.most_paths, &paths);
    if (status == MAFAT_OK)
        status = try_paths(h, &paths, &learned_s);
    bool learned = learned_s < INFINITY;
    if (status == MAFAT_OK && (!paths.is_exact || learned)) {
        r.least_s = fmax(r.least_s, paths.is_exact ? learned_s : paths.least_s);
        r.most_paths *= learned ? 1 : MORE;
        put_range(h, r);
    }
    mafat_paths_free(&paths);
    return status;
}

/* Puts a range back that is part of another one, with a bound of its own. */
static mafat_status put_part(hunt *h, range part)
{
    mafat_paths paths;
    mafat_status status = find_paths(h, part, 0, &paths);
    part.from_bytes = mafat_size_max(part.from_bytes, paths.least_arena_bytes);
    part.least_s = fmax(part.least_s, paths.least_s);
    if (status == MAFAT_OK && !paths.is_exact)
        put_range(h, part);
    mafat_paths_free(&paths);
    return status;
}

/* Whether a range is to be halved first: the more paths, the narrower it has to be. */
static bool is_wide(range r)
{
    size_t narrow_bytes = r.from_bytes / NARROW_PART / (size_t)(r.most_paths / FEW_PATHS);
    return r.to_bytes > r.from_bytes &&
           r.to_bytes - r.from_bytes > mafat_size_max(narrow_bytes, MAFAT_PAGE);
}

static mafat_status divide_range(hunt *h, range r)
{
    range low = r, high = r;
    low.to_bytes = high.from_bytes = r.from_bytes + (r.to_bytes - r.from_bytes) / 2;
    mafat_status status = put_part(h, low);
    return status == MAFAT_OK ? put_part(h, high) : status;
}

/* What no plan beats that was left out, or is in a range that is still to be searched. */
static double least_left(const hunt *h)
{
    double least_s = h->missed_s;
    for (int i = 0; i < h->n_ranges; i++)
        least_s = fmin(least_s, h->ranges[i].least_s);
    return least_s;
}

/* Searches range by range. */
static mafat_status search_all(hunt *h)
{
    mafat_status status = put_part(h, (range){.to_bytes = h->query.limit_bytes,
                                              .most_paths = FEW_PATHS});
    while (h->n_ranges > 0 && status == MAFAT_OK && !is_spent(h)) {
        range r = take_range(h);
        if (is_faster(h, r.least_s))
            status = is_wide(r) ? divide_range(h, r) : search_range(h, r);
    }
    return status;
}

/* Searches for the best plan within a limit. Fills `found` where anything fits; else found->plan
 * has no groups. */
static mafat_status search_within(mafat_search *search, size_t limit_bytes, mafat_found *found,
                                  mafat_error *error)
{
    hunt h = {.search = search, .query = query_of(search, limit_bytes), .best = found,
              .missed_s = INFINITY, .error = error};
    *found = (mafat_found){0};
    mafat_status status = mafat_jams_init(&h.jams, &search->edges, error);
    h.query.jams = &h.jams;
    if (status == MAFAT_OK)
        status = search_all(&h);
    mafat_jams_free(&h.jams);
    found->least_s = fmin(least_left(&h), h.query.limit_s);
    return status;
}

/* ------------------------------------------------------------------------------------ the least */

/* Makes the plan of the path that needs least, and keeps it if that is less than *bytes. */
static mafat_status try_smallest(mafat_search *s, const mafat_paths *paths, mafat_found *least,
                                 size_t *bytes, mafat_error *error)
{
    mafat_found found = {0};
    if (paths->n == 0 || paths->total_bytes[paths->n - 1] >= *bytes)
        return MAFAT_OK;
    mafat_status status = make_plan(s, paths, paths->first + paths->n - 1, &found, error);
    if (status != MAFAT_OK)
        return status;
    size_t total = mafat_predict(&found.plan, s->process).total_bytes;
    if (total < *bytes) {
        mafat_found_free(least);
        *least = found;
        *bytes = total;
    } else {
        mafat_found_free(&found);
    }
    return MAFAT_OK;
}

/* Finds a plan that takes little, by bytes alone. A pass does not go on with all paths, so passes
 * look for a smaller one until there is none. */
static mafat_status find_small(mafat_search *s, mafat_found *least, size_t *bytes,
                               mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    size_t before;
    do {
        mafat_paths paths;
        mafat_path_query query = query_of(s, *bytes - 1);
        before = *bytes;
        query.ignores_time = true;
        query.most_paths = MOST_SMALL_PATHS;
        status = mafat_paths_find(&paths, &s->bounds, &query, error);
        if (status == MAFAT_OK)
            status = try_smallest(s, &paths, least, bytes, error);
        mafat_paths_free(&paths);
    } while (status == MAFAT_OK && *bytes < before);
    return status;
}

/* Finds the plan that takes least: a small one, and from there on whatever a search for less finds,
 * so that none finds anything below it. Not every path's plan comes out as small as it might, and
 * then one that is faster may be smaller. */
static mafat_status find_least(mafat_search *s, mafat_found *least, size_t *bytes,
                               mafat_error *error)
{
    mafat_found found = {0};
    *least = (mafat_found){0};
    *bytes = SIZE_MAX;
    mafat_status status = find_small(s, least, bytes, error);
    while (status == MAFAT_OK) {
        status = search_within(s, *bytes - 1, &found, error);
        if (status != MAFAT_OK || found.plan.n_groups == 0)
            break;
        mafat_found_free(least);
        *least = found;
        *bytes = mafat_predict(&found.plan, s->process).total_bytes;
    }
    if (status != MAFAT_OK) {
        mafat_found_free(least);
        mafat_found_free(&found);
    }
    return status;
}

mafat_status mafat_search_least(mafat_search *search, size_t *bytes, mafat_error *error)
{
    mafat_found least;
    mafat_status status = find_least(search, &least, bytes, error);
    if (status == MAFAT_OK)
        mafat_found_free(&least);
    return status;
}

/* Where no pass found a plan: the one that takes least, if that fits. */
static mafat_status settle_for_least(mafat_search *s, size_t limit_bytes, mafat_found *found,
                                     mafat_error *error)
{
    size_t bytes;
    double least_s = found->least_s;
    mafat_status status = find_least(s, found, &bytes, error);
    /* what finds nothing where there is something proves nothing */
    found->least_s = least_s < INFINITY ? fmin(least_s, found->plan.latency_s) : 0;
    if (status != MAFAT_OK || bytes <= limit_bytes)
        return status;
    return mafat_error_set(error, MAFAT_NO_FIT,
                           "nothing fits %zu bytes; the smallest limit that works is %zu",
                           limit_bytes, bytes);
}

mafat_status mafat_search_best(mafat_search *search, size_t limit_bytes, mafat_found *found,
                               mafat_error *error)
{
    mafat_status status = search_within(search, limit_bytes, found, error);
    if (status == MAFAT_OK && found->plan.n_groups == 0)
        status = settle_for_least(search, limit_bytes, found, error);
    if (status != MAFAT_OK)
        mafat_found_free(found);
    return status;
}

void mafat_found_free(mafat_found *found)
{
    mafat_plan_free(&found->plan);
    mafat_config_free(&found->config);
    *found = (mafat_found){0};
}
