/* Dynamic programming back, relaxed label setting forward; see bound.h. */
#include "plan/bound.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* How many units there are at most, and how many in all places together: 4 MB of seconds. */
enum { MOST_UNITS = 4096, MOST_UNITS_IN_ALL = 1 << 19 };

/* In how many parts of their sum_bytes ways are told apart, and where no limit of seconds keeps
 * them few. */
enum { N_CELLS = 4096, N_CELLS_UNLIMITED = 512 };

/* How many ways there may be to all places. */
enum { MOST_WAYS = 1 << 18 };

/* However little room there is. */
enum { LEAST_UNITS = 16, LEAST_CELLS = 16, LEAST_WAYS_A_PLACE = 4 };

static bool is_usable(const mafat_bounds *b, const mafat_edge *edge)
{
    return mafat_edge_alive_bytes(edge) <= b->limits.arena_bytes;
}

static double seconds_of(const mafat_bounds *b, const mafat_edge *edge)
{
    return b->limits.ignores_time ? 0 : edge->seconds;
}

/* ------------------------------------------------------------------------------------ preparing */

static void sort_by_end(mafat_bounds *b)
{
    const mafat_edges *edges = b->edges;
    int *first = b->first_ends;
    for (int e = 0; e < edges->n_edges; e++)
        first[edges->edges[e].to + 1]++;
    for (int place = 0; place <= edges->n_places; place++)
        first[place + 1] += first[place];
    for (int e = 0; e < edges->n_edges; e++)
        b->ends[first[edges->edges[e].to]++] = e;
    for (int place = edges->n_places; place > 0; place--)    /* each stands at the next one's now */
        first[place] = first[place - 1];
    first[0] = 0;
}

static int compare_sizes(const void *left, const void *right)
{
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

static void find_windows(mafat_bounds *b)
{
    int n = 0;
    for (int e = 0; e < b->edges->n_edges; e++)
        if (b->edges->edges[e].window_bytes > 0)
            b->windows[n++] = b->edges->edges[e].window_bytes;
    b->n_sorted = n;
    qsort(b->windows, (size_t)n, sizeof *b->windows, compare_sizes);
    for (int i = 0; i < n; i++)
        if (i == 0 || b->windows[i] != b->windows[i - 1])
            b->windows[b->n_windows++] = b->windows[i];
}

static void find_least_bytes(mafat_bounds *b)
{
    const mafat_edges *edges = b->edges;
    for (int place = 1; place <= edges->n_places; place++)
        b->arena_bytes[place] = b->sum_bytes[place] = SIZE_MAX;
    for (int e = 0; e < edges->n_edges; e++) {
        const mafat_edge *edge = &edges->edges[e];
        size_t *arena = &b->arena_bytes[edge->to], *sum = &b->sum_bytes[edge->to];
        *arena = mafat_size_min(*arena, mafat_size_max(b->arena_bytes[edge->from],
                                                       mafat_edge_alive_bytes(edge)));
        *sum = mafat_size_min(*sum, mafat_size_sum(b->sum_bytes[edge->from], edge->sum_bytes));
    }
}

/* What the tables take that do not depend on limits. */
static size_t fixed_bytes(const mafat_edges *edges, int n_sorted)
{
    return (size_t)edges->n_edges * sizeof(int) + (size_t)n_sorted * sizeof(size_t) +
           (size_t)(edges->n_places + 2) * (2 * sizeof(int) + 2 * sizeof(size_t));
}

/* What a cell takes in all classes, with the seconds beside it. */
enum { CELL_BYTES = MAFAT_WINDOW_CLASSES * (sizeof(mafat_way) + sizeof(double)) };

size_t mafat_bounds_least_room(int n_places)
{
    size_t for_place = LEAST_UNITS * sizeof(double) + LEAST_WAYS_A_PLACE * sizeof(mafat_way);
    return (size_t)(n_places + 2) * (for_place + 2 * sizeof(int) + 2 * sizeof(size_t)) +
           (size_t)LEAST_CELLS * CELL_BYTES;
}

static int within(size_t n, size_t least, size_t most)
{
    return (int)mafat_size_max(least, mafat_size_min(n, most));
}

/* Shares the room: half of it for units, the other half for cells and ways. */
static void share_room(mafat_bounds *b, size_t room_bytes)
{
    size_t n_places = (size_t)b->edges->n_places + 2;
    size_t taken = fixed_bytes(b->edges, b->edges->n_edges);
    size_t part = room_bytes > taken ? (room_bytes - taken) / 4 : 0;
    size_t most_units = mafat_size_min(MOST_UNITS, MOST_UNITS_IN_ALL / n_places + 1);
    b->most_units = within(2 * part / sizeof(double) / n_places, LEAST_UNITS, most_units);
    b->most_cells = within(part / CELL_BYTES, LEAST_CELLS, N_CELLS);
    b->most_ways = within(part / sizeof(mafat_way), LEAST_WAYS_A_PLACE * n_places, MOST_WAYS);
}

static bool allocate(mafat_bounds *b)
{
    size_t n_edges = (size_t)b->edges->n_edges + 1, n_places = (size_t)b->edges->n_places + 2;
    size_t n_cells = (size_t)MAFAT_WINDOW_CLASSES * (size_t)b->most_cells;
    b->ends = calloc(n_edges, sizeof *b->ends);
    b->first_ends = calloc(n_places, sizeof *b->first_ends);
    b->windows = calloc(n_edges, sizeof *b->windows);
    b->arena_bytes = calloc(n_places, sizeof *b->arena_bytes);
    b->sum_bytes = calloc(n_places, sizeof *b->sum_bytes);
    b->behind = malloc(n_places * (size_t)b->most_units * sizeof *b->behind);
    b->ways = malloc((size_t)b->most_ways * sizeof *b->ways);
    b->first_ways = calloc(n_places, sizeof *b->first_ways);
    b->cells = malloc(n_cells * sizeof *b->cells);
    b->least_s = malloc(n_cells * sizeof *b->least_s);
    return b->ends != NULL && b->first_ends != NULL && b->windows != NULL &&
           b->arena_bytes != NULL && b->sum_bytes != NULL && b->behind != NULL &&
           b->ways != NULL && b->first_ways != NULL && b->cells != NULL && b->least_s != NULL;
}

mafat_status mafat_bounds_init(mafat_bounds *bounds, const mafat_edges *edges, size_t room_bytes,
                               mafat_error *error)
{
    *bounds = (mafat_bounds){.edges = edges};
    share_room(bounds, room_bytes);
    if (!allocate(bounds)) {
        mafat_bounds_free(bounds);
        return mafat_edges_no_memory(edges, error);
    }
    sort_by_end(bounds);
    find_windows(bounds);
    find_least_bytes(bounds);
    return MAFAT_OK;
}

size_t mafat_bounds_bytes(const mafat_bounds *bounds)
{
    size_t n_places = (size_t)bounds->edges->n_places + 2;
    return fixed_bytes(bounds->edges, bounds->n_sorted) +
           n_places * (size_t)bounds->most_units_used * sizeof *bounds->behind +
           (size_t)bounds->most_cells_used * sizeof *bounds->cells +
           (size_t)bounds->most_seconds_used * sizeof *bounds->least_s +
           (size_t)bounds->most_ways_used * sizeof *bounds->ways;
}

void mafat_bounds_free(mafat_bounds *bounds)
{
    free(bounds->ends);
    free(bounds->first_ends);
    free(bounds->windows);
    free(bounds->arena_bytes);
    free(bounds->sum_bytes);
    free(bounds->behind);
    free(bounds->ways);
    free(bounds->first_ways);
    free(bounds->cells);
    free(bounds->least_s);
    *bounds = (mafat_bounds){0};
}

/* --------------------------------------------------------------------------------------- behind */

static void note_most(int *most, int n)
{
    *most = n > *most ? n : *most;
}

static double *behind_of(const mafat_bounds *b, int place)
{
    return b->behind + (size_t)place * (size_t)b->n_units;
}

/* Goes back over an edge that takes so many units. */
static void extend(const double *restrict from, double seconds, size_t n_edge_units,
                   double *restrict to, size_t n_units)
{
    for (size_t i = n_edge_units; i < n_units; i++) {
        double longer_s = from[i - n_edge_units] + seconds;
        to[i] = longer_s < to[i] ? longer_s : to[i];
    }
}

/* Edges with the same ends come in order of their seconds: one that takes no fewer units than one
 * before it makes no difference here, where windows do not count. */
static void find_behind(mafat_bounds *b, int place)
{
    const mafat_edges *edges = b->edges;
    int to = -1;
    size_t fewest_units = SIZE_MAX;
    for (int e = edges->first_edges[place]; e < edges->first_edges[place + 1]; e++) {
        const mafat_edge *edge = &edges->edges[e];
        size_t n_units = edge->sum_bytes / b->unit_bytes;
        if (edge->to != to)
            fewest_units = SIZE_MAX;
        to = edge->to;
        if (n_units >= fewest_units || !is_usable(b, edge))
            continue;
        fewest_units = n_units;
        extend(behind_of(b, to), seconds_of(b, edge), n_units, behind_of(b, place),
               (size_t)b->n_units);
    }
}

double mafat_bounds_find_behind(mafat_bounds *bounds, const mafat_bound_limits *limits)
{
    int n_places = bounds->edges->n_places;
    bounds->limits = *limits;
    bounds->unit_bytes = 1;
    while (limits->room_bytes / bounds->unit_bytes >= (size_t)bounds->most_units)
        bounds->unit_bytes *= 2;
    bounds->n_units = (int)(limits->room_bytes / bounds->unit_bytes) + 1;
    note_most(&bounds->most_units_used, bounds->n_units);
    for (int place = n_places; place >= 0; place--) {
        double *behind = behind_of(bounds, place);
        for (int i = 0; i < bounds->n_units; i++)
            behind[i] = place == n_places ? 0 : INFINITY;
        if (place < n_places)
            find_behind(bounds, place);
    }
    return behind_of(bounds, 0)[bounds->n_units - 1];
}

/* --------------------------------------------------------------------------------------- before */

/* Of the sizes that windows can have, the least of each class, evenly chosen; the first class is
 * that of less room than any needs. */
static void choose_classes(mafat_bounds *b)
{
    bool is_limited = b->limits.seconds < INFINITY && !b->limits.ignores_time;
    int n = 0, most = is_limited ? MAFAT_WINDOW_CLASSES - 1 : 0;
    while (n < b->n_windows && b->windows[n] <= b->limits.arena_bytes)
        n++;
    most = most < n ? most : n;
    for (int i = 0; i < most; i++)
        b->class_bytes[i + 1] = b->windows[(long long)i * n / most];
    b->n_classes = most + 1;
    b->n_cells = is_limited || b->most_cells < N_CELLS_UNLIMITED ? b->most_cells
                                                                 : N_CELLS_UNLIMITED;
    b->cell_bytes = b->limits.room_bytes / (size_t)b->n_cells + 1;
}

/* Has more ways be much alike: in the end one to each place is left. */
static void coarsen(mafat_bounds *b)
{
    if (b->n_cells <= LEAST_CELLS && b->n_classes > 1)
        b->n_classes = 1;
    else
        b->n_cells = (b->n_cells + 1) / 2;
    b->cell_bytes = b->limits.room_bytes / (size_t)b->n_cells + 1;
}

static int class_of(const mafat_bounds *b, size_t window_bytes)
{
    int class = 0;
    while (class + 1 < b->n_classes && b->class_bytes[class + 1] <= window_bytes)
        class++;
    return class;
}

/* The cell, in its class, of so many sum_bytes. */
static int cell_of(const mafat_bounds *b, size_t sum_bytes)
{
    return (int)(sum_bytes / b->cell_bytes);
}

static int index_of(const mafat_bounds *b, int class, int cell)
{
    return class * b->n_cells + cell;
}

/* Adds a way; false where there are too many. */
static bool add_way(mafat_bounds *b, const mafat_way *way)
{
    if (b->n_ways == b->most_ways)
        return false;
    b->ways[b->n_ways++] = *way;
    return true;
}

/* Begins with no cells in use, and notes that one is. */
static void use_none(mafat_bounds *b)
{
    b->low = b->n_cells;
    b->high = 0;
}

static void use_cell(mafat_bounds *b, int cell)
{
    b->low = cell < b->low ? cell : b->low;
    b->high = cell >= b->high ? cell + 1 : b->high;
}

/* Makes the way in a cell as good as another one that comes to it. */
static void merge(mafat_bounds *b, const mafat_way *way)
{
    int cell = cell_of(b, way->sum_bytes);
    mafat_way *merged = &b->cells[index_of(b, way->class, cell)];
    use_cell(b, cell);
    if (merged->seconds == INFINITY) {
        *merged = *way;
        return;
    }
    merged->seconds = way->seconds < merged->seconds ? way->seconds : merged->seconds;
    merged->sum_bytes = mafat_size_min(merged->sum_bytes, way->sum_bytes);
    merged->window_bytes = mafat_size_max(merged->window_bytes, way->window_bytes);
}

/* Goes on over an edge with all ways to where it begins. */
static void go_on(mafat_bounds *b, const mafat_edge *edge)
{
    size_t room_bytes = b->limits.room_bytes;
    const double *behind = behind_of(b, edge->to);
    mafat_way last = {.window_bytes = b->limits.arena_bytes - edge->late_bytes};
    last.class = class_of(b, last.window_bytes);
    b->n_tried += b->first_ways[edge->from + 1] - b->first_ways[edge->from];
    for (int i = b->first_ways[edge->from]; i < b->first_ways[edge->from + 1]; i++) {
        mafat_way way = b->ways[i];
        if (edge->window_bytes > way.window_bytes || edge->sum_bytes > room_bytes - way.sum_bytes)
            continue;
        way.seconds += seconds_of(b, edge);
        way.sum_bytes += edge->sum_bytes;
        if (way.seconds + behind[(room_bytes - way.sum_bytes) / b->unit_bytes] > b->limits.seconds)
            continue;
        if (edge->window_bytes > 0 || last.window_bytes < way.window_bytes) {
            way.window_bytes = last.window_bytes;
            way.class = last.class;
        }
        merge(b, &way);
    }
}

/* Makes least_s[], which holds the least seconds of each cell, those of all cells that have no more
 * sum_bytes and no smaller class. */
static void cumulate(mafat_bounds *b)
{
    if (b->high > b->low)
        note_most(&b->most_seconds_used, b->n_classes * (b->high - b->low));
    for (int class = b->n_classes - 1; class >= 0; class--) {
        double *row = b->least_s + index_of(b, class, 0), least_s = INFINITY;
        for (int i = b->low; i < b->high; i++) {
            least_s = row[i] < least_s ? row[i] : least_s;
            row[i] = least_s;
        }
        for (int i = b->low; i < b->high && class + 1 < b->n_classes; i++)
            row[i] = row[b->n_cells + i] < row[i] ? row[b->n_cells + i] : row[i];
    }
}

/* Whether another way to the place, that is kept, is as good as one: of a larger class, or of the
 * same one, of which those from `first` on are kept. */
static bool is_worse(const mafat_bounds *b, const mafat_way *way, int first)
{
    int cell = cell_of(b, way->sum_bytes);
    if (way->class + 1 < b->n_classes && cell > b->low &&
        b->least_s[index_of(b, way->class + 1, cell - 1)] <= way->seconds)
        return true;
    for (int i = first; i < b->n_ways; i++)
        if (b->ways[i].seconds <= way->seconds && b->ways[i].window_bytes >= way->window_bytes)
            return true;
    return false;
}

/* Adds what is in the cells to the ways, and empties them; false where those are too many. */
static bool keep_cells(mafat_bounds *b)
{
    for (int class = 0; class < b->n_classes; class++)
        for (int cell = b->low; cell < b->high; cell++)
            b->least_s[index_of(b, class, cell)] = b->cells[index_of(b, class, cell)].seconds;
    cumulate(b);
    for (int class = 0; class < b->n_classes; class++) {
        int first = b->n_ways;
        for (int cell = b->low; cell < b->high; cell++) {
            mafat_way *way = &b->cells[index_of(b, class, cell)];
            if (way->seconds < INFINITY && !is_worse(b, way, first) && !add_way(b, way))
                return false;
            way->seconds = INFINITY;
        }
    }
    return true;
}

/* Finds all ways; false where they are too many. */
static bool find_before(mafat_bounds *b)
{
    mafat_way start = {.window_bytes = b->limits.arena_bytes, .class = b->n_classes - 1};
    b->first_ways[0] = 0;
    b->n_ways = 1;
    b->ways[0] = start;
    note_most(&b->most_cells_used, b->n_classes * b->n_cells);
    for (int i = 0; i < b->n_classes * b->n_cells; i++)
        b->cells[i].seconds = INFINITY;
    for (int place = 1; place <= b->edges->n_places; place++) {
        b->first_ways[place] = b->n_ways;
        use_none(b);
        for (int i = b->first_ends[place]; i < b->first_ends[place + 1]; i++)
            if (is_usable(b, &b->edges->edges[b->ends[i]]))
                go_on(b, &b->edges->edges[b->ends[i]]);
        if (!keep_cells(b))
            return false;
    }
    b->first_ways[b->edges->n_places + 1] = b->n_ways;
    return true;
}

void mafat_bounds_find_before(mafat_bounds *bounds)
{
    choose_classes(bounds);
    bounds->n_tried = 0;
    while (!find_before(bounds)) {
        bounds->most_ways_used = bounds->most_ways;
        coarsen(bounds);
    }
    note_most(&bounds->most_ways_used, bounds->n_ways);
}

void mafat_bounds_enter(mafat_bounds *bounds, int place)
{
    const mafat_way *ways = bounds->ways;
    int first = bounds->first_ways[place], end = bounds->first_ways[place + 1];
    use_none(bounds);
    for (int i = first; i < end; i++)
        use_cell(bounds, cell_of(bounds, ways[i].sum_bytes));
    for (int class = 0; class < bounds->n_classes; class++)
        for (int cell = bounds->low; cell < bounds->high; cell++)
            bounds->least_s[index_of(bounds, class, cell)] = INFINITY;
    for (int i = first; i < end; i++)    /* no two of them are of one cell */
        bounds->least_s[index_of(bounds, ways[i].class, cell_of(bounds, ways[i].sum_bytes))] =
            ways[i].seconds;
    cumulate(bounds);
}

double mafat_bounds_before(const mafat_bounds *bounds, size_t window_bytes, size_t rest_bytes)
{
    int cell = cell_of(bounds, rest_bytes);
    if (cell < bounds->low)
        return INFINITY;
    cell = cell < bounds->high ? cell : bounds->high - 1;
    return bounds->least_s[index_of(bounds, class_of(bounds, window_bytes), cell)];
}
