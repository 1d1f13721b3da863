/* Edges from groups planned alone; see edge.h. */
#include "search/edge.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/size.h"
#include "plan/build.h"
#include "plan/order.h"
#include "plan/row_memo.h"
#include "plan/scratch.h"
#include "search/tuning.h"

static const int window_counts[] = {TUNING_WINDOW_COUNTS};
static const int row_counts[] = {TUNING_ROW_COUNTS};
enum { N_WINDOW_COUNTS = sizeof window_counts / sizeof window_counts[0],
       N_ROW_COUNTS = sizeof row_counts / sizeof row_counts[0] };

typedef struct {
    mafat_edges *edges;
    const mafat_network *network;
    mafat_plan_options options;
    const mafat_edge_limits *limits;
    bool is_fixed;                /* the configuration */
    mafat_error *error;
    mafat_readers readers;
    int *positions;               /* [n_layers], owned: where each layer stands in the order */
    mafat_weight_mode *weights;   /* [n_layers], owned: of the group at hand */
    int *last_readers;            /* [n_layers], owned: the last position that reads a layer's
                                     map */
    mafat_row_memo *memos[N_ROW_COUNTS];    /* owned: of the last groups with so many rows */
    int kept_first, kept_end;     /* the layers that kept_bytes was worked out for last */
    size_t kept_bytes;
    double *min_s;                /* [n_layers + 1], owned: the least seconds to each position, over
                                     whatever edges there are */
    int max_layers;              /* that a group may have */
    int longest;                  /* and that it may have to be kept */
    int capacity, max_edges;     /* in edges->edges: how many there are, and may be */
    int max_kept;                /* edges that were kept at once */
} maker;

void mafat_edges_free(mafat_edges *edges)
{
    free(edges->layers);
    free(edges->edges);
    free(edges->first_edges);
    *edges = (mafat_edges){0};
}

mafat_group mafat_edge_group(const mafat_edges *edges, const mafat_edge *edge)
{
    int first = edges->layers[edge->from];    /* those behind it follow: a group is in one
                                                 segment */
    return (mafat_group){.first = first, .end = first + edge->to - edge->from,
                         .tiling = {(int)edge->rows, (int)edge->cols, edge->reuse}};
}

mafat_weight_mode mafat_edge_weights(const mafat_edge *edge)
{
    return (mafat_weight_mode){.pinned = edge->pinned, .window_filters = edge->window_filters};
}

/* ---------------------------------------------------------------------------- several images */

static bool has_images(const maker *m)
{
    return m->options.n_images > 1;
}

/* Whether layers that begin at a position are in the head of several images. */
static bool is_in_head(const maker *m, int from)
{
    return has_images(m) && from < m->options.n_head_layers;
}

/* Whether a group is in the head and behind it. */
static bool is_divided(const maker *m, const mafat_group *group)
{
    int from = m->positions[group->first], to = from + group->end - group->first;
    return is_in_head(m, from) && to > m->options.n_head_layers;
}

/* Whether a layer's map has a part for each image. */
static bool is_for_each_image(const maker *m, int l)
{
    return has_images(m) && m->options.sides[l + 1] != MAFAT_WITHIN_HEAD;
}

static bool is_convolution(const maker *m, int l)
{
    return m->network->layers[l].kind == MAFAT_CONVOLUTION;
}

/* Bytes of the weights of all layers of the head but a group's, which are there while it runs. */
static size_t held_bytes(const maker *m, const mafat_group *group)
{
    size_t bytes = 0;
    for (int l = 0; l < m->network->n_layers && m->options.weights != NULL; l++) {
        const mafat_layer *layer = &m->network->layers[l];
        bool is_own = group->first <= l && l < group->end;
        if (is_convolution(m, l) && is_in_head(m, m->positions[l]) && !is_own)
            bytes = mafat_size_sum(bytes, mafat_arena_round(mafat_plan_unit_span(
                (size_t)layer->out.c * mafat_layer_filter_bytes(layer))));
    }
    return bytes;
}

/* ---------------------------------------------------------------------------------- one edge */

/* Whether a layer's map exists all the time that a group runs, whatever the group does. The head
 * makes its maps of each image for all at once. */
static bool is_there(const maker *m, int l, const mafat_edge *edge)
{
    if (is_in_head(m, edge->from) && m->options.sides[l + 1] == MAFAT_ACROSS)
        return true;
    bool is_wanted = m->last_readers[l] >= edge->to || (has_images(m) && m->readers.marks[l].is_result);
    return m->positions[l] < edge->from && is_wanted &&
           (has_images(m) || !m->readers.marks[l].is_result);
}

/* Whether a group makes or reads the map of a layer. */
static bool is_touched(const maker *m, int l, const mafat_group *group)
{
    bool is_touched = group->first <= l && l < group->end;
    for (int i = group->first; i < group->end && !is_touched; i++)
        for (int s = 0; s < m->network->layers[i].n_sources; s++)
            is_touched |= mafat_layer_producer(m->network, m->network->layers[i].sources[s]) == l;
    return is_touched;
}

/* Bytes of what exists while a group runs and is not its own: maps that it neither reads nor makes,
 * and weights of the head. */
static size_t kept_bytes(const maker *m, const mafat_group *group, const mafat_edge *edge)
{
    size_t bytes = is_in_head(m, edge->from) ? held_bytes(m, group) : 0;
    for (int l = 0; l < m->network->n_layers; l++) {
        if (!is_there(m, l, edge) || is_touched(m, l, group))
            continue;
        size_t map_bytes = mafat_arena_round(mafat_shape_floats(m->network->layers[l].out) *
                                             sizeof(float));
        for (int i = is_for_each_image(m, l) ? m->options.n_images : 1; i > 0; i--)
            bytes = mafat_size_sum(bytes, map_bytes);
    }
    return bytes;
}

/* The moment from which on the windows behind the part's own may be read. */
static int moment_of_last_use(const mafat_plan *part, bool is_in_head)
{
    int moment = 0;
    for (int w = 0; w < part->n_windows; w++)
        if (!part->windows[w].pinned)
            moment = part->windows[w].last_moment;
    return is_in_head || mafat_group_is_interleaved(&part->groups[0]) ? 0 : moment;
}

/* What is alive in the arena at a moment. */
static size_t live_bytes(const mafat_plan *part, int moment)
{
    size_t bytes = 0;
    for (int i = 0; i < part->n_buffers; i++) {
        const mafat_buffer *buffer = &part->buffers[i];
        if (buffer->storage == MAFAT_IN_ARENA && buffer->place.first <= moment &&
            moment <= buffer->place.last)
            bytes = mafat_size_sum(bytes, mafat_arena_round(buffer->place.bytes));
    }
    return bytes;
}

static void sum_up(const mafat_plan *part, size_t kept, bool is_in_head, mafat_edge *edge)
{
    int last_use = moment_of_last_use(part, is_in_head);
    bool is_interleaved = mafat_group_is_interleaved(&part->groups[0]);
    edge->alone_bytes = edge->shared_bytes = 0;
    for (int moment = 0; moment < part->n_moments; moment++) {
        size_t bytes = mafat_size_sum(live_bytes(part, moment), kept);
        size_t *most = moment < last_use ? &edge->alone_bytes : &edge->shared_bytes;
        *most = bytes > *most ? bytes : *most;
    }
    edge->window_bytes = 0;
    edge->sum_bytes = mafat_plan_array_bytes(part);
    for (int w = 0; w < part->n_windows; w++) {
        size_t bytes = part->buffers[part->windows[w].buffer].place.bytes;
        if (part->windows[w].pinned)
            edge->sum_bytes = mafat_size_sum(edge->sum_bytes, bytes);
        else if ((is_interleaved || w == 0) && !is_in_head)    /* there nobody reads ahead */
            edge->window_bytes = mafat_size_sum(edge->window_bytes, bytes);
    }
    edge->seconds = part->groups[0].seconds;
}

/* Whether edge a is in nothing worse than edge b. */
static bool is_as_good(const mafat_edge *a, const mafat_edge *b)
{
    return a->seconds <= b->seconds && a->alone_bytes <= b->alone_bytes &&
           a->shared_bytes <= b->shared_bytes && a->window_bytes <= b->window_bytes &&
           a->sum_bytes <= b->sum_bytes;
}

/* Makes room by leaving out the longest groups, up to half of all edges. */
static void shorten(maker *m)
{
    mafat_edges *edges = m->edges;
    int n_kept = edges->n_edges;
    while (n_kept > m->max_edges / 2 && m->longest > 2) {
        m->longest -= 1 + m->longest / 8;
        n_kept = 0;
        for (int i = 0; i < edges->n_edges; i++)
            n_kept += edges->edges[i].to - edges->edges[i].from <= m->longest;
    }
    n_kept = 0;
    for (int i = 0; i < edges->n_edges; i++)
        if (edges->edges[i].to - edges->edges[i].from <= m->longest)
            edges->edges[n_kept++] = edges->edges[i];
    edges->n_edges = n_kept;
    edges->are_all = false;
}

/* Makes room for one more edge, by leaving out others where there are as many as may be: so the
 * array doubles only up to these. */
static mafat_status grow_edges(maker *m)
{
    mafat_edges *edges = m->edges;
    if (edges->n_edges == m->max_edges)
        shorten(m);
    if (edges->n_edges < m->capacity)
        return MAFAT_OK;
    int capacity = m->capacity == 0 ? 4096 : 2 * m->capacity;
    capacity = capacity < m->max_edges ? capacity : m->max_edges;
    mafat_edge *grown = NULL;
    if (capacity > edges->n_edges)
        grown = mafat_array_resize(edges->edges, (size_t)capacity, sizeof *grown);
    if (grown == NULL)
        return mafat_error_set(m->error, MAFAT_FAILED, "no memory for %d layer groups",
                               edges->n_edges + 1);
    edges->edges = grown;
    m->capacity = capacity;
    return MAFAT_OK;
}

/* Whether the edge is one of those that are wanted, and that a plan can have. */
static bool is_possible(const maker *m, const mafat_edge *edge)
{
    return mafat_edge_live_bytes(edge) <= m->limits->live_bytes &&
           edge->sum_bytes <= m->limits->sum_bytes && edge->seconds < INFINITY;
}

/* Adds an edge behind those that are kept, in place of the ones from `first` on that it is as good
 * as. */
static void add_kept(maker *m, const mafat_edge *edge, int first)
{
    mafat_edges *edges = m->edges;
    int kept = first;
    for (int i = first; i < edges->n_edges; i++)
        if (!is_as_good(edge, &edges->edges[i]))
            edges->edges[kept++] = edges->edges[i];
    edges->edges[kept] = *edge;
    edges->n_edges = kept + 1;
    m->max_kept = edges->n_edges > m->max_kept ? edges->n_edges : m->max_kept;
}

/* Adds an edge unless there is one of the same layers that is as good, and drops those that it is
 * as good as. Edges of the same layers are made one after the other. */
static mafat_status keep_best(maker *m, const mafat_edge *edge)
{
    mafat_edges *edges = m->edges;
    if (!is_possible(m, edge))
        return MAFAT_OK;
    m->min_s[edge->to] = fmin(m->min_s[edge->to], m->min_s[edge->from] + edge->seconds);
    mafat_status status = grow_edges(m);
    if (status != MAFAT_OK)
        return status;
    if (edge->to - edge->from > m->longest) {
        edges->are_all = false;
        return MAFAT_OK;
    }
    int first = edges->n_edges;
    while (first > 0 && edges->edges[first - 1].from == edge->from &&
           edges->edges[first - 1].to == edge->to)
        first--;
    for (int i = first; i < edges->n_edges; i++)
        if (is_as_good(&edges->edges[i], edge))
            return MAFAT_OK;
    add_kept(m, edge, first);
    return MAFAT_OK;
}

static void set_mode(mafat_edge *edge, mafat_weight_mode weights)
{
    edge->pinned = weights.pinned;
    edge->window_filters = weights.window_filters;
}

/* Plans a group alone, its weights all in one mode. *computing_s: its seconds but for reads; INFINITY
 * where it has more steps than a plan may have, unless it is asked for. */
static mafat_status measure(maker *m, mafat_group group, mafat_weight_mode weights,
                            mafat_row_memo *memo, mafat_edge *edge, double *computing_s)
{
    enum { MASK = (1 << 13) - 1 };
    mafat_plan part;
    int from = m->positions[group.first];
    *edge = (mafat_edge){.from = from, .to = from + group.end - group.first,
                         .rows = (unsigned)group.tiling.rows & MASK,
                         .cols = (unsigned)group.tiling.cols & MASK, .reuse = group.tiling.reuse};
    set_mode(edge, weights);
    for (int l = group.first; l < group.end && m->options.weights != NULL; l++)
        m->weights[l] = weights;
    mafat_status status = mafat_build_part(&part, m->network, &group, &m->options, memo, m->error);
    if (status == MAFAT_USAGE && !m->is_fixed) {
        edge->seconds = *computing_s = INFINITY;
        return MAFAT_OK;
    }
    if (status != MAFAT_OK)
        return status;
    if (group.first != m->kept_first || group.end != m->kept_end) {
        m->kept_bytes = kept_bytes(m, &group, edge);
        m->kept_first = group.first;
        m->kept_end = group.end;
    }
    sum_up(&part, m->kept_bytes, is_in_head(m, from), edge);
    *computing_s = part.groups[0].computing_s;
    mafat_plan_free(&part);
    return MAFAT_OK;
}

static const mafat_weight_mode pinned = {.pinned = true, .window_filters = 1};
static const mafat_weight_mode at_once = {.window_filters = INT_MAX};

static mafat_status add_edge(maker *m, mafat_group group, mafat_weight_mode weights)
{
    mafat_edge edge;
    double computing_s;
    mafat_status status = measure(m, group, weights, NULL, &edge, &computing_s);
    return status == MAFAT_OK ? keep_best(m, &edge) : status;
}

/* What the weights of a group take that are all read once. */
static size_t pinned_bytes(const maker *m, const mafat_group *group)
{
    size_t bytes = 0;
    for (int l = group->first; l < group->end && m->options.weights != NULL; l++) {
        const mafat_layer *layer = &m->network->layers[l];
        if (is_convolution(m, l))
            bytes = mafat_size_sum(bytes, mafat_plan_pinned_span((size_t)layer->out.c *
                                                                 mafat_layer_filter_bytes(layer)));
    }
    return bytes;
}

/* Adds a group whose convolutions each have one window, in both modes: pinned windows are there at
 * the same times, but for good and in a place of their own, and nobody waits for them. In the head
 * of several images weights stay anyway, and are not pinned. */
static mafat_status add_both(maker *m, mafat_group group, mafat_row_memo *memo)
{
    mafat_edge edge;
    double computing_s;
    if (is_divided(m, &group))
        return MAFAT_OK;
    mafat_status status = measure(m, group, at_once, memo, &edge, &computing_s);
    if (status != MAFAT_OK)
        return status;
    if (is_in_head(m, edge.from))
        return keep_best(m, &edge);
    if (edge.window_bytes > 0)
        status = keep_best(m, &edge);
    set_mode(&edge, pinned);
    edge.shared_bytes -= edge.shared_bytes < SIZE_MAX ? edge.window_bytes : 0;
    edge.sum_bytes = mafat_size_sum(edge.sum_bytes, pinned_bytes(m, &group));
    edge.window_bytes = 0;
    edge.seconds = computing_s;
    return status == MAFAT_OK ? keep_best(m, &edge) : status;
}

/* Whether MAFAT reads weights for any layer of the group. */
static bool has_weights(const maker *m, const mafat_group *group)
{
    for (int l = group->first; l < group->end && m->options.weights != NULL; l++)
        if (is_convolution(m, l))
            return true;
    return false;
}

/* ---------------------------------------------------------------------------- edges of a group */

/* One layer, whole, in all windows that it can have. `pools` says that with one window it would run
 * with the next layer, which is another edge. */
static mafat_status add_layer(maker *m, int l, bool pools)
{
    const mafat_layer *layer = &m->network->layers[l];
    mafat_group group = {.first = l, .end = l + 1, .tiling = {1, 1, false}};
    int unit = m->options.costs->shape.register_filters, before = 0;
    if (is_in_head(m, m->positions[l]))
        return pools ? MAFAT_OK : add_edge(m, group, at_once);
    mafat_status status = pools ? MAFAT_OK : add_edge(m, group, pinned);
    if (!has_weights(m, &group))
        return status;
    size_t filter_bytes = mafat_layer_filter_bytes(layer);
    for (int i = 0; i < N_WINDOW_COUNTS && status == MAFAT_OK; i++) {
        int filters = mafat_size_parts(layer->out.c, window_counts[i]);
        filters = mafat_size_parts(filters, unit) * unit;
        bool is_one = filters >= layer->out.c || layer->groups > 1;
        if ((pools && is_one) || filters == before)
            continue;
        if (i > 0 && (is_one || (size_t)filters * filter_bytes < TUNING_MIN_WINDOW_BYTES))
            break;
        before = filters;
        status = add_edge(m, group, (mafat_weight_mode){.window_filters = filters});
    }
    return status;
}

/* ------------------------------------------------------------------------------- edges of all */

/* A group in rows that are kept, so many at a time. */
static mafat_status add_rows(maker *m, int first, int end)
{
    int h = m->network->layers[end - 1].out.h, before = 0;
    mafat_status status = MAFAT_OK;
    for (int i = 0; i < N_ROW_COUNTS && status == MAFAT_OK; i++) {
        int n_tiles = h / row_counts[i];
        if (n_tiles == before || n_tiles < 1 || n_tiles > MAFAT_MAX_GRID)
            continue;
        before = n_tiles;
        status = add_both(m, (mafat_group){.first = first, .end = end,
                                           .tiling = {n_tiles, 1, true}}, m->memos[i]);
    }
    return status;
}

static mafat_status add_grids(maker *m, int first, int end)
{
    mafat_status status = MAFAT_OK;
    for (int side = 2; side <= TUNING_MAX_SIDE && status == MAFAT_OK; side++)
        status = add_both(m, (mafat_group){.first = first, .end = end,
                                           .tiling = {side, side, false}}, NULL);
    return status;
}

static bool is_fusable(const maker *m, int first, int end, bool reuse)
{
    return mafat_group_end(&m->readers, first, end, reuse) == end;
}

/* All edges that end with layer `end - 1` of a segment. The longest come first: those in rows that
 * are kept tell what the others come to. */
static mafat_status add_ending(maker *m, const mafat_group *segment, int end)
{
    mafat_status status = MAFAT_OK;
    int first = end - m->max_layers > segment->first ? end - m->max_layers : segment->first;
    for (; first + 2 <= end && status == MAFAT_OK; first++) {
        mafat_group pair = {.first = first, .end = end, .tiling = {1, 1, false}};
        bool fuses = is_fusable(m, first, end, false);
        if (fuses && first + 2 == end && mafat_group_pools(m->network, &pair, first))
            status = add_both(m, pair, NULL);
        if (status == MAFAT_OK && is_fusable(m, first, end, true))
            status = add_rows(m, first, end);
        if (status == MAFAT_OK && fuses)
            status = add_grids(m, first, end);
    }
    return status == MAFAT_OK ? add_layer(m, end - 1, false) : status;
}

/* The edges of a group that is given: as it is where it is interleaved, else layer by layer,
 * convolutions with their pools where they have one window. */
static mafat_status add_fixed(maker *m, const mafat_group *group)
{
    mafat_group bare = {.first = group->first, .end = group->end, .tiling = group->tiling};
    mafat_status status = MAFAT_OK;
    if (mafat_group_is_interleaved(group))
        return add_both(m, bare, NULL);
    for (int l = group->first; l < group->end && status == MAFAT_OK; l++) {
        mafat_group pair = {.first = l, .end = l + 2, .tiling = {1, 1, false}};
        bool pools = mafat_group_pools(m->network, group, l) && !is_divided(m, &pair);
        status = add_layer(m, l, pools);
        if (pools && status == MAFAT_OK)
            status = add_both(m, pair, NULL);
    }
    return status;
}

/* By the positions that they join. No two of the same ones are alike in all that counts. */
static int compare_edges(const void *left, const void *right)
{
    const mafat_edge *a = left, *b = right;
    if (a->from != b->from)
        return a->from - b->from;
    if (a->to != b->to)
        return a->to - b->to;
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    if (a->shared_bytes != b->shared_bytes)
        return a->shared_bytes < b->shared_bytes ? -1 : 1;
    if (a->alone_bytes != b->alone_bytes)
        return a->alone_bytes < b->alone_bytes ? -1 : 1;
    if (a->window_bytes != b->window_bytes)
        return a->window_bytes < b->window_bytes ? -1 : 1;
    return (a->sum_bytes > b->sum_bytes) - (a->sum_bytes < b->sum_bytes);
}

void mafat_edges_sort(mafat_edges *edges)
{
    if (edges->n_edges > 0)
        qsort(edges->edges, (size_t)edges->n_edges, sizeof *edges->edges, compare_edges);
    for (int position = 0, e = 0; position <= edges->n_positions; position++) {
        while (e < edges->n_edges && edges->edges[e].from < position)
            e++;
        edges->first_edges[position] = e;
    }
}

static void find_positions(maker *m, const mafat_group *segments, int n_segments)
{
    int position = 0;
    for (int b = 0; b < n_segments; b++) {
        for (int l = segments[b].first; l < segments[b].end; l++) {
            m->edges->layers[position] = l;
            m->positions[l] = position++;
        }
    }
    for (int l = 0; l < m->network->n_layers; l++) {
        const mafat_layer *layer = &m->network->layers[l];
        for (int s = 0; s < layer->n_sources && layer->kind != MAFAT_IDENTITY; s++) {
            int producer = mafat_layer_producer(m->network, layer->sources[s]);
            if (producer >= 0 && m->positions[l] > m->last_readers[producer])
                m->last_readers[producer] = m->positions[l];
        }
    }
}

/* How many layers all groups of n together have that can be fused in some way. */
static long long work_of(const maker *m, const mafat_group *segments, int n_segments, int n)
{
    long long work = 0;
    for (int b = 0; b < n_segments; b++)
        for (int l = segments[b].first; l + n <= segments[b].end; l++)
            work += is_fusable(m, l, l + n, true) || is_fusable(m, l, l + n, false) ? n : 0;
    return work;
}

/* Decides how long groups may be, by what it takes to plan them. */
static int find_max_layers(const maker *m, const mafat_group *segments, int n_segments)
{
    long long work = 0;
    int most = 1;
    while (most < m->network->n_layers && work <= TUNING_MAX_WORK)
        work += work_of(m, segments, n_segments, ++most);
    return most;
}

/* Gives back what the edges that were left out took. */
static void give_back(mafat_edges *edges)
{
    mafat_edge *fewer = mafat_array_resize(edges->edges, (size_t)edges->n_edges,
                                           sizeof *fewer);
    edges->edges = fewer != NULL ? fewer : edges->edges;
}

static mafat_status add_all(maker *m, const mafat_group *fixed, int n_fixed, mafat_group *segments)
{
    int n_segments;
    mafat_status status = mafat_group_find_segments(m->network, segments, &n_segments, m->error);
    if (status == MAFAT_OK)
        status = mafat_order_groups(m->network, segments, n_segments, m->error);
    if (status != MAFAT_OK)
        return status;
    find_positions(m, segments, n_segments);
    m->max_layers = fixed != NULL ? m->network->n_layers : find_max_layers(m, segments, n_segments);
    m->longest = m->max_layers;
    for (int position = 1; position <= m->network->n_layers; position++)
        m->min_s[position] = INFINITY;
    for (int g = 0; g < n_fixed && status == MAFAT_OK; g++)
        status = add_fixed(m, &fixed[g]);
    for (int b = 0; b < n_segments && fixed == NULL; b++)
        for (int l = segments[b].first; l < segments[b].end && status == MAFAT_OK; l++)
            status = add_ending(m, &segments[b], l + 1);
    mafat_edges_sort(m->edges);
    m->edges->min_s = m->min_s[m->network->n_layers];
    if (status == MAFAT_OK && m->edges->n_edges > 0)
        give_back(m->edges);
    return status;
}

static bool allocate(maker *m)
{
    size_t n = (size_t)m->network->n_layers;
    m->edges->layers = calloc(n, sizeof *m->edges->layers);
    m->edges->first_edges = calloc(n + 2, sizeof *m->edges->first_edges);
    m->positions = calloc(n, sizeof *m->positions);
    m->weights = calloc(n, sizeof *m->weights);
    m->min_s = calloc(n + 1, sizeof *m->min_s);
    m->last_readers = calloc(n, sizeof *m->last_readers);
    bool has_memos = true;
    for (int i = 0; i < N_ROW_COUNTS; i++) {
        m->memos[i] = mafat_row_memo_new(m->network->n_layers);
        has_memos &= m->memos[i] != NULL;
    }
    return has_memos && m->edges->layers != NULL && m->edges->first_edges != NULL &&
           m->positions != NULL && m->weights != NULL && m->min_s != NULL &&
           m->last_readers != NULL;
}

mafat_status mafat_edges_no_memory(const mafat_edges *edges, mafat_error *error)
{
    return mafat_error_set(error, MAFAT_FAILED, "no memory to search %d layer groups",
                           edges->n_edges);
}

size_t mafat_edge_live_bytes(const mafat_edge *edge)
{
    return mafat_size_max(edge->alone_bytes, edge->shared_bytes);
}

/* What is there while edges are made, but for the edges and what sorts them. */
static size_t making_bytes(int n_layers)
{
    size_t n = (size_t)n_layers;
    size_t memo_bytes = N_ROW_COUNTS * mafat_row_memo_bytes(n_layers);
    size_t own_bytes = n * (sizeof(mafat_group) + 5 * sizeof(int) + sizeof(mafat_weight_mode) +
                            sizeof(double) + sizeof(bool));
    return memo_bytes + own_bytes + mafat_scratch_bytes(n_layers) +
           mafat_plan_layer_bytes(n_layers);
}

/* What an edge takes, and sorting it: qsort() sorts pointers to it, and needs as many again. */
enum { EDGE_BYTES = sizeof(mafat_edge) + 2 * sizeof(void *) };

size_t mafat_edges_min_bytes(int n_layers)
{
    return making_bytes(n_layers) + (size_t)n_layers * TUNING_MIN_EDGES_A_LAYER * EDGE_BYTES;
}

size_t mafat_edges_bytes(const mafat_edges *edges)
{
    return (size_t)edges->n_edges * sizeof *edges->edges +
           2 * (size_t)edges->n_positions * sizeof *edges->layers;
}

static int max_edges(size_t budget_bytes, int n_layers)
{
    size_t min_bytes = making_bytes(n_layers);
    size_t n = budget_bytes > min_bytes ? (budget_bytes - min_bytes) / EDGE_BYTES : 0;
    size_t least = (size_t)n_layers * TUNING_MIN_EDGES_A_LAYER;
    return (int)mafat_size_max(least, mafat_size_min(n, TUNING_MAX_EDGES));
}

static void free_maker(maker *m)
{
    mafat_readers_free(&m->readers);
    free(m->positions);
    free(m->weights);
    free(m->min_s);
    free(m->last_readers);
    for (int i = 0; i < N_ROW_COUNTS; i++)
        free(m->memos[i]);
}

mafat_status mafat_edges_make(mafat_edges *edges, const mafat_network *network,
                              const mafat_group *fixed, int n_fixed,
                              const mafat_plan_options *options, const mafat_edge_limits *limits,
                              mafat_error *error)
{
    maker m = {.edges = edges, .network = network, .options = *options, .limits = limits,
               .is_fixed = fixed != NULL, .error = error,
               .max_edges = max_edges(limits->budget_bytes, network->n_layers)};
    mafat_group *segments = calloc((size_t)network->n_layers, sizeof *segments);
    *edges = (mafat_edges){.n_positions = network->n_layers, .are_all = true};
    mafat_status status = MAFAT_OK;
    if (segments == NULL || !allocate(&m))
        status = mafat_error_set(error, MAFAT_FAILED, "no memory to search plans of %d layers",
                                 network->n_layers);
    if (options->weights != NULL)
        m.options.weights = m.weights;
    if (status == MAFAT_OK)
        status = mafat_readers_init(&m.readers, network, error);
    if (status == MAFAT_OK)
        status = add_all(&m, fixed, n_fixed, segments);
    edges->peak_bytes = making_bytes(network->n_layers) + (size_t)m.max_kept * EDGE_BYTES;
    free(segments);
    free_maker(&m);
    if (status != MAFAT_OK)
        mafat_edges_free(edges);
    return status;
}
