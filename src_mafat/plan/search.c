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
 * is proven, or after so much work; the bound that is left then is part of what was found.
 *
 * A search is part of the process that must stay within the limit, so that it has levels: each has
 * twice the room of the one below it, and the last one as much as it takes. Less room makes bounds
 * coarser, and leaves fewer paths and only shorter groups; what it says is no less true. Plans are
 * looked at as sketches, one at a time, and the one that is chosen is made in the end; where it
 * would not fit beside the rest, that is given back before. */
#include "plan/search.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "plan/spell.h"

/* -------------------------------------------------------------------------------------- helpers */

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

/* ---------------------------------------------------------------------------------------- room */

/* The room of a level is twice that of the one below; that of the last one is not limited. */
enum { LAST_LEVEL = 6 };

/* What the least level has beyond the least that its parts need, and parts of what there is beyond
 * that: the others are for paths. */
enum { EXTRA_BYTES = 256 << 10, PARTS = 20, EDGE_PARTS = 9, BOUND_PARTS = 6 };

typedef struct {
    size_t edges, bounds, paths;
} shares;

/* The least that edges, bounds and paths need. */
static shares least_shares(int n_layers)
{
    return (shares){mafat_edges_least_room(n_layers), mafat_bounds_least_room(n_layers),
                    mafat_paths_least_room(n_layers)};
}

/* What it takes to look at a plan. A convolution has up to two buffers for windows; hardly more
 * than SOME_ALIVE buffers are alive at once. */
static size_t sketch_bytes(const mafat_network *network)
{
    enum { SOME_ALIVE = 16 };
    int n_buffers = network->n_layers + 2;
    for (int l = 0; l < network->n_layers; l++)
        n_buffers += network->layers[l].kind == MAFAT_CONVOLUTION ? 2 : 0;
    return mafat_plan_layer_bytes(network->n_layers) +
           (size_t)n_buffers * (sizeof(mafat_buffer) + sizeof(mafat_step)) +
           mafat_arena_placing_room(n_buffers, SOME_ALIVE);
}

static size_t least_room(const mafat_network *network)
{
    shares least = least_shares(network->n_layers);
    return sketch_bytes(network) + least.edges + least.bounds + least.paths + EXTRA_BYTES;
}

size_t mafat_search_least_charged(const mafat_network *network, const mafat_process *process)
{
    return mafat_predict_choosing(process, least_room(network));
}

static shares shares_of(const mafat_search *s, int level)
{
    shares share = least_shares(s->network->n_layers);
    if (level == LAST_LEVEL)
        return (shares){SIZE_MAX, SIZE_MAX, SIZE_MAX};
    size_t least = least_room(s->network), part = ((least << level) - least + EXTRA_BYTES) / PARTS;
    share.edges += EDGE_PARTS * part;
    share.bounds += BOUND_PARTS * part;
    share.paths += (PARTS - EDGE_PARTS - BOUND_PARTS) * part;
    return share;
}

/* The highest level whose room is within a limit; -1: not even the least one's is. */
static int level_within(const mafat_search *s, size_t limit_bytes)
{
    int level = -1;
    if (s->process->choosing_bytes == 0)
        return LAST_LEVEL;
    while (level < LAST_LEVEL &&
           mafat_predict_choosing(s->process, least_room(s->network) << (level + 1)) <=
               limit_bytes)
        level++;
    return level;
}

/* Notes that the search holds so much beside its edges and bounds. */
static void note_bytes(mafat_search *s, size_t more_bytes)
{
    size_t bytes = more_bytes + (size_t)s->network->n_layers * sizeof *s->weights;
    if (s->level >= 0)
        bytes += mafat_edges_bytes(&s->edges) + mafat_bounds_bytes(&s->bounds);
    s->peak_bytes = mafat_size_max(s->peak_bytes, bytes);
}

/* The largest arena with which a plan fits a limit, in whole pages: one that has least_bytes at
 * least, and sum_bytes. */
static size_t most_arena_bytes(const mafat_search *s, size_t limit_bytes, size_t least_bytes,
                               size_t sum_bytes)
{
    mafat_plan_sums sums = s->sums;
    size_t most = mafat_plan_pages(least_bytes) / MAFAT_PAGE;
    size_t too_many = limit_bytes / MAFAT_PAGE + 1;
    sums.array_bytes = sum_bytes;
    while (too_many - most > 1) {
        size_t middle = most + (too_many - most) / 2;
        sums.arena_bytes = middle * MAFAT_PAGE;
        bool fits = mafat_predict_of_sums(&sums, s->process).total_bytes <= limit_bytes;
        *(fits ? &most : &too_many) = middle;
    }
    return most * MAFAT_PAGE;
}

/* Gives back what a search is made of. */
static void forget(mafat_search *s)
{
    mafat_bounds_free(&s->bounds);
    mafat_edges_free(&s->edges);
    s->level = -1;
}

static mafat_status make_edges(mafat_search *s, const mafat_edge_limits *limits,
                               mafat_error *error)
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
                                  n_groups, &s->options, limits, error);
    free(groups);
    return status;
}

/* Makes what a search within a limit needs, in the room of a level, unless it is there. */
static mafat_status make_ready(mafat_search *s, int level, size_t limit_bytes, mafat_error *error)
{
    shares share = shares_of(s, level);
    const mafat_edge_limits limits = {.alive_bytes = most_arena_bytes(s, limit_bytes, 0, 0),
                                      .sum_bytes = limit_bytes, .room_bytes = share.edges};
    s->paths_room = share.paths;
    if (s->level == level && limit_bytes <= s->made_for_bytes)
        return MAFAT_OK;
    forget(s);
    mafat_status status = make_edges(s, &limits, error);
    if (status != MAFAT_OK)
        return status;
    note_bytes(s, s->edges.peak_bytes);
    status = mafat_bounds_init(&s->bounds, &s->edges, share.bounds, error);
    if (status != MAFAT_OK) {
        mafat_edges_free(&s->edges);
        return status;
    }
    s->level = level;
    s->made_for_bytes = limit_bytes;
    return MAFAT_OK;
}

/* ------------------------------------------------------------------------------------ preparing */

/* What all plans have in common is in any of them. */
static mafat_status find_sums(mafat_search *s, mafat_error *error)
{
    mafat_config_group group = {.tiling = {1, 1, false}};
    mafat_config whole = {.n_groups = 1, .groups = &group};
    mafat_plan plan;
    mafat_plan_options options = s->options;
    options.is_sketch = true;
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
    *search = (mafat_search){.network = network, .fixed = fixed, .process = process, .level = -1,
                             .options = *options, .rooms = mafat_plan_rooms_new(network),
                             .weights = calloc((size_t)network->n_layers,
                                               sizeof *search->weights)};
    mafat_status status = MAFAT_OK;
    if (search->weights == NULL || search->rooms == NULL)
        status = no_memory(search, error);
    search->options.rooms = search->rooms;
    if (options->weights != NULL)
        search->options.weights = search->weights;
    if (status == MAFAT_OK)
        status = find_sums(search, error);
    if (status != MAFAT_OK)
        mafat_search_free(search);
    return status;
}

void mafat_search_free(mafat_search *search)
{
    forget(search);
    mafat_plan_rooms_free(search->rooms);
    free(search->weights);
    *search = (mafat_search){0};
}

/* ------------------------------------------------------------------------------------- choosing */

/* A way through the edges that was chosen. */
typedef struct {
    int n;                       /* 0: none was */
    mafat_edge *edges;           /* [n], owned: in the order of execution */
    double seconds;
    size_t total_bytes;          /* predicted, whatever choosing takes */
    size_t array_bytes;          /* of its plan */
} choice;

static void free_choice(choice *c)
{
    free(c->edges);
    *c = (choice){0};
}

/* Makes the edges of a path those of a choice: paths->paths[] number `index`, one of the whole
 * plans. */
static mafat_status choose_path(const mafat_search *s, const mafat_paths *paths, int index,
                                choice *c, mafat_error *error)
{
    int n = 0;
    for (int i = index; paths->paths[i].edge >= 0; i = paths->paths[i].rest)
        n++;
    *c = (choice){.edges = calloc((size_t)n, sizeof *c->edges)};
    if (c->edges == NULL)
        return no_memory(s, error);
    for (int i = index; paths->paths[i].edge >= 0; i = paths->paths[i].rest)
        c->edges[c->n++] = s->edges.edges[paths->paths[i].edge];
    return MAFAT_OK;
}

/* Writes the configuration of a choice, and sets what becomes of weights. */
static mafat_status spell(mafat_search *s, const choice *c, mafat_config *config,
                          mafat_error *error)
{
    const mafat_edge **edges = calloc((size_t)s->network->n_layers, sizeof *edges);
    mafat_status status;
    if (edges == NULL)
        return no_memory(s, error);
    for (int i = 0; i < c->n; i++) {
        const mafat_edge *edge = &c->edges[i];
        mafat_group group = mafat_edge_group(&s->edges, edge);
        edges[group.first] = edge;
        for (int l = group.first; l < group.end; l++)
            s->weights[l] = mafat_edge_weights(edge);
    }
    status = s->fixed != NULL ? mafat_config_copy(config, s->fixed, error)
                              : mafat_spell_config(config, s->network, edges, error);
    free(edges);
    return status;
}

/* Makes the plan of a choice, as far as it takes to judge it: to be freed by the caller. */
static mafat_status sketch(mafat_search *s, const choice *c, size_t most_arena_bytes,
                           mafat_plan *plan, mafat_error *error)
{
    mafat_config config;
    mafat_plan_options options = s->options;
    options.is_sketch = true;
    options.most_arena_bytes = most_arena_bytes;
    mafat_status status = spell(s, c, &config, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_plan_build(plan, s->network, &config, &options, error);
    mafat_config_free(&config);
    return status;
}

/* Notes what the plan of a path came to. */
static void sum_up(const mafat_search *s, const mafat_path *path, const mafat_plan *plan, choice *c)
{
    mafat_plan_sums sums = s->sums;
    sums.arena_bytes = plan->arena_bytes;
    sums.array_bytes = path->sum_bytes;
    c->total_bytes = mafat_predict_of_sums(&sums, s->process).total_bytes;
    c->array_bytes = path->sum_bytes - plan->pinned_bytes;
    c->seconds = plan->latency_s;
}

/* Makes the plan of what was chosen. Where it would not fit beside what the search holds, that is
 * given back. */
static mafat_status make_plan(mafat_search *s, choice *c, mafat_found *found, mafat_error *error)
{
    mafat_status status = spell(s, c, &found->config, error);
    size_t n_bytes = sketch_bytes(s->network) + c->array_bytes;
    if (status == MAFAT_OK && s->level < LAST_LEVEL && n_bytes > s->peak_bytes / 4)
        forget(s);
    if (status == MAFAT_OK)
        status = mafat_plan_build(&found->plan, s->network, &found->config, &s->options, error);
    if (status == MAFAT_OK)
        note_bytes(s, found->plan.building_bytes);
    else
        mafat_config_free(&found->config);
    found->choosing_bytes = s->peak_bytes;
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
                              .to_bytes = SIZE_MAX, .most_paths = FEW_PATHS,
                              .room_bytes = s->paths_room};
}

/* The most paths from a place that it is worth to ask for, by the room that there is for them. */
static int many_paths(const mafat_search *s)
{
    enum { TIMES = 4 };    /* as many from one place as there is room for from all */
    size_t n = TIMES * (s->paths_room / sizeof(mafat_path) / (size_t)s->network->n_layers);
    return (int)mafat_size_max(FEW_PATHS, mafat_size_min(n, MANY_PATHS));
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
    choice *best;
    int many_paths;              /* from a place: no pass asks for more */
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
    return h->n_tried >= (h->best->n > 0 ? MOST_TRIED : MOST_TRIED_IN_VAIN);
}

/* What came of a path. */
typedef enum { FITS, LEARNED, MISFITS } fate;

/* Learns why the plan of a path is not placed in an arena, if that can be kept. */
static mafat_status learn(hunt *h, const mafat_paths *paths, int index, const mafat_plan *plan,
                          size_t arena_bytes, fate *came)
{
    bool learned = false;
    int n = 0, *edges = calloc((size_t)plan->n_layers, sizeof *edges);
    if (edges == NULL)
        return no_memory(h->search, h->error);
    for (int i = index; paths->paths[i].edge >= 0; i = paths->paths[i].rest)
        edges[n++] = paths->paths[i].edge;
    h->n_tried += PLANS_FOR_JAM * TRIED_FOR_PLAN;
    mafat_status status = mafat_jams_learn(&h->jams, plan, edges, n, arena_bytes, &learned,
                                           h->error);
    free(edges);
    note_bytes(h->search, paths->bytes + plan->building_bytes + h->jams.peak_bytes);
    *came = learned ? LEARNED : MISFITS;
    return status;
}

/* Makes a choice the best one so far. */
static void keep_choice(hunt *h, choice *c)
{
    if (h->best->n == 0)
        h->n_tried = 0;    /* what was in vain so far does not count */
    free_choice(h->best);
    *h->best = *c;
    *c = (choice){0};
    h->query.limit_s = h->best->seconds;
}

/* Looks at the plan of a path that is faster than the best one so far. Keeps it if it fits; else
 * learns why not. */
static mafat_status try_path(hunt *h, const mafat_paths *paths, int index, fate *came)
{
    const mafat_path *path = &paths->paths[index];
    size_t arena_bytes = most_arena_bytes(h->search, h->query.limit_bytes, path->arena_bytes,
                                          path->sum_bytes);
    choice c;
    mafat_plan plan;
    h->n_tried += TRIED_FOR_PLAN;
    mafat_status status = choose_path(h->search, paths, index, &c, h->error);
    if (status == MAFAT_OK)
        status = sketch(h->search, &c, arena_bytes, &plan, h->error);
    if (status == MAFAT_OK) {
        note_bytes(h->search, paths->bytes + plan.building_bytes);
        sum_up(h->search, path, &plan, &c);
        *came = FITS;
        if (plan.arena_bytes > arena_bytes)
            status = learn(h, paths, index, &plan, arena_bytes, came);
        else
            keep_choice(h, &c);
        mafat_plan_free(&plan);
    }
    free_choice(&c);
    return status;
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
    if (h->n_ranges < MOST_RANGES && r.most_paths <= h->many_paths)
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
    note_bytes(h->search, paths->peak_bytes);
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

/* Searches for the best plan within a limit; best->n is 0 where nothing fits. *least_s: no plan
 * that fits takes less. */
static mafat_status search_within(mafat_search *search, size_t limit_bytes, choice *best,
                                  double *least_s, mafat_error *error)
{
    hunt h = {.search = search, .query = query_of(search, limit_bytes), .best = best,
              .many_paths = many_paths(search), .missed_s = INFINITY, .error = error};
    *best = (choice){0};
    mafat_status status = mafat_jams_init(&h.jams, &search->edges, error);
    h.query.jams = &h.jams;
    if (status == MAFAT_OK)
        status = search_all(&h);
    mafat_jams_free(&h.jams);
    *least_s = fmin(least_left(&h), h.query.limit_s);
    if (!search->edges.are_all)
        *least_s = fmin(*least_s, search->edges.least_s);
    if (status != MAFAT_OK)
        free_choice(best);
    return status;
}

/* ------------------------------------------------------------------------------------ the least */

/* Looks at the plan of the path that needs least, and keeps it if that is less than what the least
 * one so far takes. */
static mafat_status try_smallest(mafat_search *s, const mafat_paths *paths, choice *least,
                                 mafat_error *error)
{
    choice c;
    mafat_plan plan;
    if (paths->n == 0 || paths->total_bytes[paths->n - 1] >= least->total_bytes)
        return MAFAT_OK;
    int index = paths->first + paths->n - 1;
    mafat_status status = choose_path(s, paths, index, &c, error);
    if (status == MAFAT_OK)
        status = sketch(s, &c, 0, &plan, error);
    if (status == MAFAT_OK) {
        note_bytes(s, paths->bytes + plan.building_bytes);
        sum_up(s, &paths->paths[index], &plan, &c);
        mafat_plan_free(&plan);
    }
    if (status == MAFAT_OK && c.total_bytes < least->total_bytes) {
        free_choice(least);
        *least = c;
        c = (choice){0};
    }
    free_choice(&c);
    return status;
}

/* Finds a plan that takes little, by bytes alone. A pass does not go on with all paths, so passes
 * look for a smaller one until there is none. */
static mafat_status find_small(mafat_search *s, choice *least, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    size_t before;
    do {
        mafat_paths paths;
        mafat_path_query query = query_of(s, least->total_bytes - 1);
        before = least->total_bytes;
        query.ignores_time = true;
        query.most_paths = MOST_SMALL_PATHS;
        status = mafat_paths_find(&paths, &s->bounds, &query, error);
        note_bytes(s, paths.peak_bytes);
        if (status == MAFAT_OK)
            status = try_smallest(s, &paths, least, error);
        mafat_paths_free(&paths);
    } while (status == MAFAT_OK && least->total_bytes < before);
    return status;
}

/* Finds a small plan in so much room, where that is not enough for all groups: then of those that
 * a smaller plan than the one at hand can have, which are fewer, and so on. */
static mafat_status find_smaller(mafat_search *s, int level, choice *least, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    bool were_all = false;
    size_t before;
    do {
        before = least->total_bytes;
        if (s->level == level && !s->edges.are_all)
            forget(s);
        status = make_ready(s, level, before - 1, error);
        if (status == MAFAT_OK) {
            were_all = s->edges.are_all;
            status = find_small(s, least, error);
        }
    } while (status == MAFAT_OK && least->total_bytes < before && !were_all);
    return status;
}

/* Finds the plan that takes least: a small one, and from there on whatever a search for less finds,
 * so that none finds anything below it. Not every path's plan comes out as small as it might, and
 * then one that is faster may be smaller. It is looked for in the same room whatever the limit, and
 * is the same plan: so the limit that it names works. */
static mafat_status find_least(mafat_search *s, choice *least, mafat_error *error)
{
    choice smaller;
    double unused_s;
    int level = s->process->choosing_bytes == 0 ? LAST_LEVEL : 0;
    *least = (choice){.total_bytes = SIZE_MAX};
    mafat_status status = find_smaller(s, level, least, error);
    while (status == MAFAT_OK) {
        status = search_within(s, least->total_bytes - 1, &smaller, &unused_s, error);
        if (status != MAFAT_OK || smaller.n == 0)
            break;
        free_choice(least);
        *least = smaller;
    }
    if (status != MAFAT_OK)
        free_choice(least);
    return status;
}

/* What a limit must be for a plan to be chosen and to run. */
static size_t needed_bytes(const mafat_search *s, const choice *c, size_t room_bytes)
{
    return mafat_size_max(c->total_bytes, mafat_predict_choosing(s->process, room_bytes));
}

/* Finds the plan that takes least and makes it; *bytes: the smallest limit that works. */
static mafat_status make_least(mafat_search *s, mafat_found *found, size_t *bytes,
                               mafat_error *error)
{
    choice least;
    mafat_status status = find_least(s, &least, error);
    if (status != MAFAT_OK)
        return status;
    found->least_s = fmin(s->edges.least_s, least.seconds);
    status = make_plan(s, &least, found, error);
    *bytes = needed_bytes(s, &least, mafat_size_max(s->peak_bytes, least_room(s->network)));
    free_choice(&least);
    return status;
}

mafat_status mafat_search_least(mafat_search *search, size_t *bytes, mafat_error *error)
{
    mafat_found least = {0};
    search->peak_bytes = 0;
    mafat_status status = make_least(search, &least, bytes, error);
    mafat_found_free(&least);
    return status;
}

/* Where no pass found a plan: the one that takes least, if that fits. */
static mafat_status settle_for_least(mafat_search *s, size_t limit_bytes, double least_s,
                                     mafat_found *found, mafat_error *error)
{
    size_t bytes;
    mafat_status status = make_least(s, found, &bytes, error);
    if (status != MAFAT_OK)
        return status;
    /* what finds nothing where there is something proves nothing */
    if (least_s < INFINITY)
        found->least_s = fmin(least_s, found->plan.latency_s);
    if (bytes <= limit_bytes)
        return status;
    return mafat_error_set(error, MAFAT_NO_FIT,
                           "nothing fits %zu bytes; the smallest limit that works is %zu",
                           limit_bytes, bytes);
}

/* Searches on a level. *least_s as above; *chosen is false where nothing was found, or the search
 * came to take more than the limit itself. */
static mafat_status search_level(mafat_search *s, int level, size_t limit_bytes,
                                 mafat_found *found, double *least_s, bool *chosen,
                                 mafat_error *error)
{
    choice best = {0};
    s->peak_bytes = 0;
    mafat_status status = make_ready(s, level, limit_bytes, error);
    if (status == MAFAT_OK)
        status = search_within(s, limit_bytes, &best, least_s, error);
    *chosen = status == MAFAT_OK && best.n > 0;
    if (*chosen)
        status = make_plan(s, &best, found, error);
    found->least_s = *least_s;
    free_choice(&best);
    if (status == MAFAT_OK && *chosen &&
        mafat_predict_choosing(s->process, found->choosing_bytes) > limit_bytes) {
        mafat_found_free(found);
        *chosen = false;
    }
    return status;
}

mafat_status mafat_search_best(mafat_search *search, size_t limit_bytes, mafat_found *found,
                               mafat_error *error)
{
    bool chosen = false;
    double least_s = INFINITY;
    int level = level_within(search, limit_bytes);
    mafat_status status = MAFAT_OK;
    *found = (mafat_found){0};
    search->peak_bytes = 0;
    for (; level >= 0 && status == MAFAT_OK && !chosen; level--)
        status = search_level(search, level, limit_bytes, found, &least_s, &chosen, error);
    if (status == MAFAT_OK && !chosen)
        status = settle_for_least(search, limit_bytes, least_s, found, error);
    if (status != MAFAT_OK)
        mafat_found_free(found);
    return status;
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
    *found = (mafat_found){0};
}
