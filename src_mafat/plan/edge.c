/* Edges from groups planned alone; see edge.h. */
#include "plan/edge.h"

#include <limits.h>
#include <stdlib.h>

/* How many windows a layer that runs whole is read in, and how small they may be: a direct read of
 * less is not worth its while. */
static const int window_counts[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256};
enum { N_WINDOW_COUNTS = sizeof window_counts / sizeof window_counts[0] };
enum { LEAST_WINDOW_BYTES = 64 << 10 };

/* Rows of the output that a group which keeps rows makes at a time, and sides of square grids. */
static const int row_counts[] = {1, 2, 4, 6, 8, 12};
enum { N_ROW_COUNTS = sizeof row_counts / sizeof row_counts[0] };
enum { MOST_GRID = 5 };

typedef struct {
    mafat_edges *edges;
    const mafat_network *network;
    mafat_plan_options options;
    mafat_error *error;
    mafat_readers readers;
    mafat_weight_mode *weights;   /* [n_layers], owned: of the group at hand */
    int *last_readers;            /* [n_layers], owned: the last place that reads a layer's map */
    mafat_row_memo *memos[N_ROW_COUNTS];    /* owned: of the last groups with so many rows */
    int kept_first, kept_end;     /* the layers that kept_bytes was worked out for last */
    size_t kept_bytes;
    int n_rooms;                  /* in edges->edges */
} maker;

void mafat_edges_free(mafat_edges *edges)
{
    free(edges->places);
    free(edges->edges);
    free(edges->first_edges);
    *edges = (mafat_edges){0};
}

/* ---------------------------------------------------------------------------------- one edge */

/* Bytes of the maps that exist while a group runs and that it neither reads nor makes. */
static size_t kept_bytes(const maker *m, const mafat_edge *edge)
{
    const mafat_group *group = &edge->group;
    size_t bytes = 0;
    for (int l = 0; l < m->network->n_layers; l++) {
        if (m->edges->places[l] >= edge->from || m->last_readers[l] < edge->to ||
            m->readers.is_result[l])
            continue;
        bool is_source = false;
        for (int i = group->first; i < group->end && !is_source; i++)
            for (int s = 0; s < m->network->layers[i].n_sources; s++)
                is_source |= mafat_layer_producer(m->network,
                                                  m->network->layers[i].sources[s]) == l;
        if (!is_source)
            bytes = mafat_size_sum(bytes, mafat_arena_round(
                mafat_shape_floats(m->network->layers[l].out) * sizeof(float)));
    }
    return bytes;
}

/* The moment from which on the windows behind the part's own may be read. */
static int moment_of_last_use(const mafat_plan *part)
{
    int moment = 0;
    for (int w = 0; w < part->n_windows; w++)
        if (!part->windows[w].pinned)
            moment = part->windows[w].last_moment;
    return mafat_group_takes_turns(&part->groups[0]) ? 0 : moment;
}

/* What is alive in the arena at a moment. */
static size_t alive_bytes(const mafat_plan *part, int moment)
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

static void sum_up(const mafat_plan *part, size_t kept, mafat_edge *edge)
{
    int last_use = moment_of_last_use(part);
    bool takes_turns = mafat_group_takes_turns(&part->groups[0]);
    edge->early_bytes = edge->late_bytes = 0;
    for (int moment = 0; moment < part->n_moments; moment++) {
        size_t bytes = mafat_size_sum(alive_bytes(part, moment), kept);
        size_t *most = moment < last_use ? &edge->early_bytes : &edge->late_bytes;
        *most = bytes > *most ? bytes : *most;
    }
    edge->window_bytes = edge->block_bytes = 0;
    edge->sum_bytes = mafat_plan_array_bytes(part->n_steps, part->n_windows);
    for (int w = 0; w < part->n_windows; w++) {
        size_t bytes = part->buffers[part->windows[w].buffer].place.bytes;
        if (part->windows[w].pinned)
            edge->sum_bytes = mafat_size_sum(edge->sum_bytes, bytes);
        else if (takes_turns || w == 0) {
            edge->window_bytes = mafat_size_sum(edge->window_bytes, bytes);
            edge->block_bytes = mafat_size_max(edge->block_bytes, bytes);
        }
    }
    edge->computing_s = part->groups[0].computing_s;
    edge->seconds = part->groups[0].seconds;
}

/* Whether edge a is in nothing worse than edge b. */
static bool is_as_good(const mafat_edge *a, const mafat_edge *b)
{
    return a->seconds <= b->seconds && a->early_bytes <= b->early_bytes &&
           a->late_bytes <= b->late_bytes && a->window_bytes <= b->window_bytes &&
           a->block_bytes <= b->block_bytes && a->sum_bytes <= b->sum_bytes;
}

/* Adds an edge unless there is one of the same layers that is as good, and drops those that it is
 * as good as. Edges of the same layers are made one after the other. */
static mafat_status keep_best(maker *m, const mafat_edge *edge)
{
    mafat_edges *edges = m->edges;
    int n = edges->n_edges, first = n;
    while (first > 0 && edges->edges[first - 1].from == edge->from &&
           edges->edges[first - 1].to == edge->to)
        first--;
    for (int i = first; i < n; i++)
        if (is_as_good(&edges->edges[i], edge))
            return MAFAT_OK;
    int kept = first;
    for (int i = first; i < n; i++)
        if (!is_as_good(edge, &edges->edges[i]))
            edges->edges[kept++] = edges->edges[i];
    if (kept == m->n_rooms) {
        int n_rooms = m->n_rooms == 0 ? 256 : 2 * m->n_rooms;
        mafat_edge *rooms = realloc(edges->edges, (size_t)n_rooms * sizeof *rooms);
        if (rooms == NULL)
            return mafat_error_set(m->error, MAFAT_FAILED, "no memory for %d layer groups",
                                   n_rooms);
        edges->edges = rooms;
        m->n_rooms = n_rooms;
    }
    edges->edges[kept] = *edge;
    edges->n_edges = kept + 1;
    return MAFAT_OK;
}

/* Plans a group alone, its weights all in one mode. */
static mafat_status measure(maker *m, mafat_group group, mafat_weight_mode weights,
                            mafat_row_memo *memo, mafat_edge *edge)
{
    mafat_plan part;
    int from = m->edges->places[group.first];
    *edge = (mafat_edge){.group = group, .from = from, .to = from + group.end - group.first,
                         .weights = weights};
    for (int l = group.first; l < group.end && m->options.weights != NULL; l++)
        m->weights[l] = weights;
    mafat_status status = mafat_plan_build_part(&part, m->network, &group, &m->options, memo,
                                                m->error);
    if (status != MAFAT_OK)
        return status;
    if (group.first != m->kept_first || group.end != m->kept_end) {
        m->kept_bytes = kept_bytes(m, edge);
        m->kept_first = group.first;
        m->kept_end = group.end;
    }
    sum_up(&part, m->kept_bytes, edge);
    mafat_plan_free(&part);
    return MAFAT_OK;
}

static const mafat_weight_mode pinned = {.pinned = true, .window_filters = 1};
static const mafat_weight_mode at_once = {.window_filters = INT_MAX};

static mafat_status add_edge(maker *m, mafat_group group, mafat_weight_mode weights)
{
    mafat_edge edge;
    mafat_status status = measure(m, group, weights, NULL, &edge);
    return status == MAFAT_OK ? keep_best(m, &edge) : status;
}

/* Adds a group whose convolutions each have one window, in both modes: pinned windows are in the
 * same places at the same times, but for good, and nobody waits for them. */
static mafat_status add_both(maker *m, mafat_group group, mafat_row_memo *memo)
{
    mafat_edge edge;
    mafat_status status = measure(m, group, at_once, memo, &edge);
    if (status == MAFAT_OK && edge.window_bytes > 0)
        status = keep_best(m, &edge);
    edge.weights = pinned;
    edge.late_bytes -= edge.late_bytes < SIZE_MAX ? edge.window_bytes : 0;
    edge.sum_bytes = mafat_size_sum(edge.sum_bytes, edge.window_bytes);
    edge.window_bytes = edge.block_bytes = 0;
    edge.seconds = edge.computing_s;
    return status == MAFAT_OK ? keep_best(m, &edge) : status;
}

/* Whether MAFAT reads weights for any layer of the group. */
static bool has_weights(const maker *m, const mafat_group *group)
{
    for (int l = group->first; l < group->end && m->options.weights != NULL; l++)
        if (m->network->layers[l].kind == MAFAT_CONVOLUTION)
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
    int unit = m->options.costs->shape.tile_filters, before = 0;
    mafat_status status = pools ? MAFAT_OK : add_edge(m, group, pinned);
    if (!has_weights(m, &group))
        return status;
    size_t filter_bytes = mafat_layer_filter_bytes(layer);
    for (int i = 0; i < N_WINDOW_COUNTS && status == MAFAT_OK; i++) {
        int filters = (layer->out.c + window_counts[i] - 1) / window_counts[i];
        filters = (filters + unit - 1) / unit * unit;
        bool is_one = filters >= layer->out.c || layer->groups > 1;
        if ((pools && is_one) || filters == before)
            continue;
        if (i > 0 && (is_one || (size_t)filters * filter_bytes < LEAST_WINDOW_BYTES))
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
    for (int side = 2; side <= MOST_GRID && status == MAFAT_OK; side++)
        status = add_both(m, (mafat_group){.first = first, .end = end,
                                           .tiling = {side, side, false}}, NULL);
    return status;
}

static bool is_fusable(const maker *m, int first, int end, bool reuse)
{
    return mafat_group_end(&m->readers, first, end, reuse) == end;
}

/* All edges that end with layer `end - 1` of a block. The longest come first: those in rows that
 * are kept tell what the others come to. */
static mafat_status add_ending(maker *m, const mafat_group *block, int end)
{
    mafat_status status = MAFAT_OK;
    for (int first = block->first; first + 2 <= end && status == MAFAT_OK; first++) {
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

/* The edges of a group that is given: as it is where its layers take turns, else layer by layer,
 * convolutions with their pools where they have one window. */
static mafat_status add_fixed(maker *m, const mafat_group *group)
{
    mafat_group bare = {.first = group->first, .end = group->end, .tiling = group->tiling};
    mafat_status status = MAFAT_OK;
    if (mafat_group_takes_turns(group))
        return add_both(m, bare, NULL);
    for (int l = group->first; l < group->end && status == MAFAT_OK; l++) {
        bool pools = mafat_group_pools(m->network, group, l);
        status = add_layer(m, l, pools);
        if (pools && status == MAFAT_OK)
            status = add_both(m, (mafat_group){.first = l, .end = l + 2, .tiling = {1, 1, false}},
                              NULL);
    }
    return status;
}

/* By the places that they join. No two of the same ones are alike in all that counts. */
static int compare_edges(const void *left, const void *right)
{
    const mafat_edge *a = left, *b = right;
    if (a->from != b->from)
        return a->from - b->from;
    if (a->to != b->to)
        return a->to - b->to;
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    if (a->late_bytes != b->late_bytes)
        return a->late_bytes < b->late_bytes ? -1 : 1;
    if (a->early_bytes != b->early_bytes)
        return a->early_bytes < b->early_bytes ? -1 : 1;
    if (a->window_bytes != b->window_bytes)
        return a->window_bytes < b->window_bytes ? -1 : 1;
    if (a->block_bytes != b->block_bytes)
        return a->block_bytes < b->block_bytes ? -1 : 1;
    return (a->sum_bytes > b->sum_bytes) - (a->sum_bytes < b->sum_bytes);
}

void mafat_edges_sort(mafat_edges *edges)
{
    if (edges->n_edges > 0)
        qsort(edges->edges, (size_t)edges->n_edges, sizeof *edges->edges, compare_edges);
    for (int place = 0, e = 0; place <= edges->n_places; place++) {
        while (e < edges->n_edges && edges->edges[e].from < place)
            e++;
        edges->first_edges[place] = e;
    }
}

static void find_places(maker *m, const mafat_group *blocks, int n_blocks)
{
    int place = 0;
    for (int b = 0; b < n_blocks; b++)
        for (int l = blocks[b].first; l < blocks[b].end; l++)
            m->edges->places[l] = place++;
    for (int l = 0; l < m->network->n_layers; l++) {
        const mafat_layer *layer = &m->network->layers[l];
        for (int s = 0; s < layer->n_sources && layer->kind != MAFAT_IDENTITY; s++) {
            int producer = mafat_layer_producer(m->network, layer->sources[s]);
            if (producer >= 0 && m->edges->places[l] > m->last_readers[producer])
                m->last_readers[producer] = m->edges->places[l];
        }
    }
}

static mafat_status add_all(maker *m, const mafat_group *fixed, int n_fixed, mafat_group *blocks)
{
    int n_blocks;
    mafat_status status = mafat_group_find_blocks(m->network, blocks, &n_blocks, m->error);
    if (status == MAFAT_OK)
        status = mafat_group_order(m->network, blocks, n_blocks, m->error);
    if (status != MAFAT_OK)
        return status;
    find_places(m, blocks, n_blocks);
    for (int g = 0; g < n_fixed && status == MAFAT_OK; g++)
        status = add_fixed(m, &fixed[g]);
    for (int b = 0; b < n_blocks && fixed == NULL; b++)
        for (int l = blocks[b].first; l < blocks[b].end && status == MAFAT_OK; l++)
            status = add_ending(m, &blocks[b], l + 1);
    mafat_edges_sort(m->edges);
    return status;
}

static bool allocate(maker *m)
{
    size_t n = (size_t)m->network->n_layers;
    m->edges->places = calloc(n, sizeof *m->edges->places);
    m->edges->first_edges = calloc(n + 2, sizeof *m->edges->first_edges);
    m->weights = calloc(n, sizeof *m->weights);
    m->last_readers = calloc(n, sizeof *m->last_readers);
    bool has_memos = true;
    for (int i = 0; i < N_ROW_COUNTS; i++) {
        m->memos[i] = mafat_row_memo_new(m->network->n_layers);
        has_memos &= m->memos[i] != NULL;
    }
    return has_memos && m->edges->places != NULL && m->edges->first_edges != NULL &&
           m->weights != NULL && m->last_readers != NULL;
}

mafat_status mafat_edges_no_memory(const mafat_edges *edges, mafat_error *error)
{
    return mafat_error_set(error, MAFAT_FAILED, "no memory to search %d layer groups",
                           edges->n_edges);
}

size_t mafat_edge_alive_bytes(const mafat_edge *edge)
{
    return mafat_size_max(edge->early_bytes, edge->late_bytes);
}

mafat_status mafat_edges_make(mafat_edges *edges, const mafat_network *network,
                              const mafat_group *fixed, int n_fixed,
                              const mafat_plan_options *options, mafat_error *error)
{
    maker m = {.edges = edges, .network = network, .options = *options, .error = error};
    mafat_group *blocks = calloc((size_t)network->n_layers, sizeof *blocks);
    *edges = (mafat_edges){.n_places = network->n_layers};
    mafat_status status = MAFAT_OK;
    if (blocks == NULL || !allocate(&m))
        status = mafat_error_set(error, MAFAT_FAILED, "no memory to search plans of %d layers",
                                 network->n_layers);
    if (options->weights != NULL)
        m.options.weights = m.weights;
    if (status == MAFAT_OK)
        status = mafat_readers_init(&m.readers, network, error);
    if (status == MAFAT_OK)
        status = add_all(&m, fixed, n_fixed, blocks);
    mafat_readers_free(&m.readers);
    free(blocks);
    free(m.weights);
    free(m.last_readers);
    for (int i = 0; i < N_ROW_COUNTS; i++)
        free(m.memos[i]);
    if (status != MAFAT_OK)
        mafat_edges_free(edges);
    return status;
}
