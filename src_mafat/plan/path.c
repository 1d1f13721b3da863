/* Label setting from the last place to the first; see path.h. */
#include "plan/path.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* New paths after which those are dropped that others are as good as. */
enum { MANY = 4096 };

/* However little room there is: paths that are kept from each place, and those that are found from
 * one before some are dropped. */
enum { LEAST_PATHS = 16, LEAST_FOUND = 256 };

/* What a path takes that was found, and sorting it: qsort() sorts pointers to it, and needs as many
 * again. */
enum { FOUND_BYTES = sizeof(mafat_path) + 2 * sizeof(void *) };

/* One of so many paths from a place is kept for its bytes, the others for their promise. */
enum { SPREAD_PART = 4 };

/* The most that pinned weights and arrays may have beside an arena. */
typedef struct {
    size_t arena_bytes, room_bytes;
    bool fits;
    bool is_known;
} room;

enum { N_ROOMS = 256 };

typedef struct {
    mafat_paths *paths;
    const mafat_edges *edges;
    const mafat_path_query *query;
    mafat_bounds *bounds;
    room rooms[N_ROOMS];      /* what was worked out, by pages of the arena: most paths have one of
                                 few arenas */
    int *firsts;              /* [n_places + 1], owned: of the paths from each place; how many */
    int *counts;              /* [n_places + 1], owned */
    mafat_path *found;        /* [n_found], owned: the paths from the place at hand */
    int n_found, most_found, most_at_once;    /* that there is room for; that there were */
    int most_paths;           /* that there is room for, from all places together */
    int most_here;            /* from the place at hand */
    mafat_path *parts;        /* [most_paths / SPREAD_PART + 1], owned: while paths are chosen */
    mafat_error *error;
} finder;

/* Pinned weights and arrays are rounded up together (predict.h), so that sums may be all arrays. */
static mafat_plan_sums sums_of(const finder *f, size_t arena_bytes, size_t sum_bytes)
{
    mafat_plan_sums sums = f->query->sums;
    sums.arena_bytes = arena_bytes;
    sums.array_bytes = sum_bytes;
    return sums;
}

static size_t total_bytes(const finder *f, size_t arena_bytes, size_t sum_bytes)
{
    mafat_plan_sums sums = sums_of(f, arena_bytes, sum_bytes);
    return mafat_predict_of_sums(&sums, f->query->process).total_bytes;
}

static const room *room_beside(finder *f, size_t arena_bytes)
{
    room *r = &f->rooms[arena_bytes / MAFAT_PAGE % N_ROOMS];
    if (r->is_known && r->arena_bytes == arena_bytes)
        return r;
    mafat_plan_sums sums = sums_of(f, arena_bytes, 0);
    *r = (room){.arena_bytes = arena_bytes, .is_known = true};
    r->fits = mafat_predict_room(&sums, f->query->process, f->query->limit_bytes, &r->room_bytes);
    return r;
}

/* The least seconds of a whole plan within the limit that ends with the path, going by what stands
 * before it, or the least bytes where time is ignored; INFINITY where none fits. */
static double least_seconds(finder *f, int place, const mafat_path *path)
{
    size_t sum_bytes = mafat_size_sum(path->sum_bytes, f->bounds->sum_bytes[place]);
    if (path->arena_bytes > f->query->to_bytes)
        return INFINITY;
    const room *beside = room_beside(f, path->arena_bytes);
    if (!beside->fits || sum_bytes > beside->room_bytes)
        return INFINITY;
    if (f->query->ignores_time)
        return (double)total_bytes(f, path->arena_bytes, sum_bytes);
    return path->seconds + mafat_bounds_before(f->bounds, path->window_bytes,
                                               beside->room_bytes - path->sum_bytes);
}

/* ------------------------------------------------------------------------------------ one place */

/* In whole pages of the arena, as they are charged. */
static size_t bytes_of(const mafat_path *path)
{
    return mafat_size_sum(mafat_plan_pages(path->arena_bytes), path->sum_bytes);
}

/* Whether what one path leaves room for, the other one does, too. It may have a larger arena if it
 * has as much less beside it: what comes before may need that arena anyway. */
static bool is_as_good(const mafat_path *a, const mafat_path *b)
{
    return a->seconds <= b->seconds && a->sum_bytes <= b->sum_bytes && bytes_of(a) <= bytes_of(b) &&
           a->window_bytes <= b->window_bytes && a->block_bytes <= b->block_bytes &&
           (a->open & ~b->open) == 0;
}

/* By seconds; of equals those first that can be as good as the others. */
static int compare_paths(const void *left, const void *right)
{
    const mafat_path *a = left, *b = right;
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    if (a->sum_bytes != b->sum_bytes)
        return a->sum_bytes < b->sum_bytes ? -1 : 1;
    if (a->arena_bytes != b->arena_bytes)
        return a->arena_bytes < b->arena_bytes ? -1 : 1;
    if (a->window_bytes != b->window_bytes)
        return a->window_bytes < b->window_bytes ? -1 : 1;
    if (a->block_bytes != b->block_bytes)
        return a->block_bytes < b->block_bytes ? -1 : 1;
    if (a->open != b->open)
        return a->open < b->open ? -1 : 1;
    return a->edge != b->edge ? a->edge - b->edge : a->rest - b->rest;
}

static double seconds_of(const finder *f, const mafat_edge *edge)
{
    return f->query->ignores_time ? 0 : edge->seconds;
}

/* The path that goes over `edge` and then along path number `rest`. */
static mafat_path prepend(const finder *f, int edge_index, int rest)
{
    const mafat_edge *edge = &f->edges->edges[edge_index];
    const mafat_path *behind = &f->paths->paths[rest];
    size_t alive = mafat_size_max(edge->early_bytes,
                                  mafat_size_sum(edge->late_bytes, behind->window_bytes));
    mafat_path path = {
        .seconds = seconds_of(f, edge) + behind->seconds,
        .arena_bytes = mafat_size_max(mafat_size_max(alive, behind->arena_bytes),
                                      f->bounds->arena_bytes[edge->from]),
        .sum_bytes = mafat_size_sum(edge->sum_bytes, behind->sum_bytes),
        .window_bytes = edge->window_bytes > 0 ? edge->window_bytes : behind->window_bytes,
        .block_bytes = edge->window_bytes > 0 ? edge->block_bytes : behind->block_bytes,
        .edge = edge_index, .rest = rest,
    };
    if (f->query->jams != NULL)
        path.open = mafat_jams_go_on(f->query->jams, edge_index, behind->open,
                                     behind->block_bytes, &path.arena_bytes);
    return path;
}

/* By promise; of equals by seconds. A path comes before those that it is as good as. */
static int compare_promise(const void *left, const void *right)
{
    const mafat_path *a = left, *b = right;
    if (a->least_s != b->least_s)
        return a->least_s < b->least_s ? -1 : 1;
    return compare_paths(left, right);
}

/* Whether one of the paths found[0] to found[n - 1] is as good as another one. *last is the one
 * that was so last: the next one is often worse than that, too. */
static bool is_worse(const finder *f, int n, const mafat_path *path, int *last)
{
    if (*last < n && is_as_good(&f->found[*last], path))
        return true;
    for (int k = 0; k < n; k++) {
        if (is_as_good(&f->found[k], path)) {
            *last = k;
            return true;
        }
    }
    return false;
}

/* Which of n equal parts of [fewest, most] bytes a path needs. */
static int part_of(const mafat_path *path, size_t fewest, size_t most, int n)
{
    double share = (double)(bytes_of(path) - fewest) / ((double)(most - fewest) + 1);
    return (int)(share * n);
}

/* Puts others in place of the last of the paths found[0] to found[n - 1]: of all from there on, the
 * fastest of each part of the bytes that they need. Returns how many paths there are then. */
static int spread(finder *f, int n, int *last)
{
    int n_parts = f->most_here / SPREAD_PART, first = n - n_parts, n_kept = first;
    size_t fewest = SIZE_MAX, most = 0;
    for (int i = first; i < f->n_found; i++) {
        fewest = mafat_size_min(fewest, bytes_of(&f->found[i]));
        most = mafat_size_max(most, bytes_of(&f->found[i]));
    }
    for (int part = 0; part < n_parts; part++)
        f->parts[part].seconds = INFINITY;
    for (int i = first; i < f->n_found; i++) {
        mafat_path *fastest = &f->parts[part_of(&f->found[i], fewest, most, n_parts)];
        if (compare_paths(&f->found[i], fastest) < 0 &&
            (i < n || !is_worse(f, n, &f->found[i], last)))
            *fastest = f->found[i];
    }
    for (int part = 0; part < n_parts; part++)
        if (f->parts[part].seconds < INFINITY)
            f->found[n_kept++] = f->parts[part];
    return n_kept;
}

/* Leaves those of the paths that were found that no other one is as good as, in order. Where they
 * are more than the query wants, leaves those that promise most, and some of the others: what
 * promises most may all need too much, for there are networks where hardly a bound tells paths
 * apart. */
static void choose(finder *f)
{
    int n = 0, i = 0, last = 0;
    qsort(f->found, (size_t)f->n_found, sizeof *f->found, compare_promise);
    for (; i < f->n_found; i++) {
        const mafat_path path = f->found[i];
        if (is_worse(f, n, &path, &last))
            continue;
        if (n == f->most_here)
            break;
        f->found[n++] = path;
    }
    if (i < f->n_found) {
        f->paths->is_exact = false;
        memmove(&f->found[n], &f->found[i], (size_t)(f->n_found - i) * sizeof *f->found);
        f->n_found -= i - n;
        n = spread(f, n, &last);
    }
    f->n_found = n;
    qsort(f->found, (size_t)n, sizeof *f->found, compare_paths);
}

/* How many paths from a place may be kept: half of what there still is room for may go to it alone,
 * but so that all get their share. */
static int most_here(const finder *f, int place)
{
    int n_left = f->most_paths - f->paths->n_paths;
    int share = n_left / (place + 1), half = (n_left - LEAST_PATHS * place) / 2;
    int most = half > share ? half : share;
    most = most < f->most_found / 2 ? most : f->most_found / 2;
    return most < f->query->most_paths ? most : f->query->most_paths;
}

/* Finds all paths from a place that can be part of a plan within the limits. */
static void find_from(finder *f, int place)
{
    int n_best = 0;
    f->n_found = 0;
    f->most_here = most_here(f, place);
    mafat_bounds_enter(f->bounds, place);
    double fastest_s = mafat_bounds_before(f->bounds, 0, f->bounds->limits.room_bytes);
    for (int e = f->edges->first_edges[place]; e < f->edges->first_edges[place + 1]; e++) {
        int end = f->edges->edges[e].to;
        if (mafat_edge_alive_bytes(&f->edges->edges[e]) > f->query->to_bytes)
            continue;
        f->paths->n_tried += f->counts[end];
        for (int i = 0; i < f->counts[end]; i++) {
            mafat_path path = prepend(f, e, f->firsts[end] + i);
            if (path.seconds + fastest_s > f->query->limit_s)
                break;    /* and those behind it are no faster */
            path.least_s = least_seconds(f, place, &path);
            if (path.least_s == INFINITY || path.least_s > f->query->limit_s)
                continue;
            if (f->n_found == f->most_found)
                choose(f);
            f->found[f->n_found++] = path;
            f->most_at_once = f->n_found > f->most_at_once ? f->n_found : f->most_at_once;
        }
        if (f->n_found < n_best + MANY)
            continue;
        choose(f);    /* so that little memory is enough */
        n_best = f->n_found;
    }
    choose(f);
}

/* Adds the paths from a place that were found to all. */
static void keep_found(finder *f, int place)
{
    mafat_paths *paths = f->paths;
    f->firsts[place] = paths->n_paths;
    for (int i = 0; i < f->n_found; i++)
        paths->paths[paths->n_paths++] = f->found[i];
    f->counts[place] = f->n_found;
}

/* ---------------------------------------------------------------------------------- all places */

/* What bounds are for. Returns false where nothing fits. */
static bool find_limits(finder *f, mafat_bound_limits *limits)
{
    size_t least_bytes = f->bounds->arena_bytes[f->edges->n_places];
    const room *beside = room_beside(f, mafat_size_max(least_bytes, f->query->from_bytes));
    *limits = (mafat_bound_limits){
        .room_bytes = beside->room_bytes, .arena_bytes = f->query->to_bytes,
        .seconds = f->query->limit_s, .ignores_time = f->query->ignores_time,
    };
    return beside->fits && least_bytes <= f->query->to_bytes;
}

/* The path that begins at the last place, and with it the bounds of all plans. */
static void find_last(finder *f)
{
    int last = f->edges->n_places;
    mafat_path path = {.edge = -1, .rest = -1};
    mafat_bounds_enter(f->bounds, last);
    path.arena_bytes = mafat_size_max(f->bounds->arena_bytes[last], f->query->from_bytes);
    path.least_s = least_seconds(f, last, &path);
    f->found[0] = path;
    f->n_found = path.least_s <= f->query->limit_s && path.least_s < INFINITY;
    f->paths->least_s = path.least_s;
    keep_found(f, last);
}

static void find_all(finder *f)
{
    find_last(f);
    for (int place = f->edges->n_places - 1; place >= 0; place--) {
        find_from(f, place);
        keep_found(f, place);
    }
}

/* Whole plans: their first windows are read before anything runs, so that they make no difference
 * any more, nor does it matter what is arena and what is not. */
static bool keep_front(finder *f)
{
    mafat_paths *paths = f->paths;
    size_t least_bytes = SIZE_MAX;
    int n = f->counts[0];
    paths->first = f->firsts[0];
    paths->total_bytes = calloc((size_t)n + 1, sizeof *paths->total_bytes);
    if (paths->total_bytes == NULL)
        return false;
    for (int i = 0; i < n; i++) {
        mafat_path path = paths->paths[paths->first + i];
        size_t bytes = total_bytes(f, path.arena_bytes, path.sum_bytes);
        if (bytes >= least_bytes || bytes > f->query->limit_bytes)
            continue;
        least_bytes = bytes;
        paths->total_bytes[paths->n] = bytes;
        paths->paths[paths->first + paths->n++] = path;
    }
    return true;
}

/* What is there for each place and for each path that may be kept from one. */
static size_t least_bytes(int n_places, int most_paths)
{
    return 2 * ((size_t)n_places + 1) * sizeof(int) +
           ((size_t)most_paths / SPREAD_PART + 1) * sizeof(mafat_path);
}

size_t mafat_paths_least_room(int n_places)
{
    return least_bytes(n_places, LEAST_PATHS) + (size_t)LEAST_FOUND * FOUND_BYTES +
           ((size_t)n_places + 1) * LEAST_PATHS * sizeof(mafat_path);
}

/* Shares the room: a third of it for paths that are found from one place, before the best are
 * chosen. Memory that nobody touches takes none. */
static bool allocate(finder *f)
{
    size_t n = (size_t)f->edges->n_places + 1, most_paths = (size_t)f->query->most_paths;
    size_t taken = least_bytes(f->edges->n_places, f->query->most_paths), left = 0;
    if (f->query->room_bytes == 0)
        left = SIZE_MAX;
    else if (f->query->room_bytes > taken)
        left = f->query->room_bytes - taken;
    size_t found = mafat_size_min(left / 3 / FOUND_BYTES, 2 * most_paths + 2 * MANY);
    size_t paths = mafat_size_min(left / 3 * 2 / sizeof(mafat_path), n * most_paths);
    f->most_found = (int)mafat_size_max(found, 2 * LEAST_FOUND);
    f->most_paths = (int)mafat_size_max(paths, n * LEAST_PATHS);
    f->found = malloc((size_t)f->most_found * sizeof *f->found);
    f->parts = malloc((most_paths / SPREAD_PART + 1) * sizeof *f->parts);
    f->paths->paths = malloc((size_t)f->most_paths * sizeof *f->paths->paths);
    return f->found != NULL && f->parts != NULL && f->paths->paths != NULL;
}

/* Finds the bounds, and the paths if they are wanted and there may be any. */
static mafat_status find(finder *f)
{
    mafat_bound_limits limits;
    mafat_paths *paths = f->paths;
    paths->n_tried = f->edges->n_edges;
    paths->least_s = INFINITY;
    paths->least_arena_bytes = f->bounds->arena_bytes[f->edges->n_places];
    paths->is_exact = true;
    if (!find_limits(f, &limits))
        return MAFAT_OK;
    paths->least_s = mafat_bounds_find_behind(f->bounds, &limits);
    if (paths->least_s == INFINITY || paths->least_s > f->query->limit_s)
        return MAFAT_OK;
    paths->is_exact = f->query->most_paths > 0;
    if (f->query->most_paths == 0)
        return MAFAT_OK;
    if (!allocate(f))
        return mafat_edges_no_memory(f->edges, f->error);
    mafat_bounds_find_before(f->bounds);
    paths->n_tried += f->bounds->n_tried;
    find_all(f);
    paths->bytes = (size_t)paths->n_paths * sizeof(mafat_path) +
                   (size_t)f->counts[0] * sizeof *paths->total_bytes;
    paths->peak_bytes = paths->bytes + least_bytes(f->edges->n_places, f->query->most_paths) +
                        (size_t)f->most_at_once * FOUND_BYTES;
    return keep_front(f) ? MAFAT_OK : mafat_edges_no_memory(f->edges, f->error);
}

mafat_status mafat_paths_find(mafat_paths *paths, mafat_bounds *bounds,
                              const mafat_path_query *query, mafat_error *error)
{
    size_t n = (size_t)bounds->edges->n_places + 1;
    *paths = (mafat_paths){0};
    finder f = {.paths = paths, .edges = bounds->edges, .query = query, .bounds = bounds,
                .firsts = calloc(2 * n, sizeof *f.firsts), .error = error};
    mafat_status status;
    if (f.firsts == NULL) {
        status = mafat_edges_no_memory(f.edges, error);
    } else {
        f.counts = f.firsts + n;
        status = find(&f);
    }
    free(f.firsts);
    free(f.found);
    free(f.parts);
    if (status != MAFAT_OK)
        mafat_paths_free(paths);
    return status;
}

void mafat_paths_free(mafat_paths *paths)
{
    free(paths->paths);
    free(paths->total_bytes);
    *paths = (mafat_paths){0};
}
