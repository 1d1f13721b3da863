/* From labels to the plan that fits; see search.h.
 *
 * What makes the search hard is that pinned weights and the arena share the limit. With the arena
 * held at one size it is a knapsack, which table.h solves for all amounts of pinned bytes at once,
 * but for rounding. So sizes of the arena are halved into ranges, those that promise most first,
 * until a range is narrow, and dropped where the table's bound is no better than the best plan so
 * far. In a narrow range label.h finds the plans, with the table as the bound of what is left: so
 * there are few labels. The fastest of these plans that its buffers can be placed for is kept.
 *
 * A search is part of the process that must stay within the limit, so that edges, table and labels
 * have their room. Less room leaves fewer groups, makes bounds coarser, and leaves fewer labels;
 * what it says is no less true. Plans are looked at as sketches, one at a time, and the one that is
 * chosen is made in the end; where it would not fit beside the rest, that is given back before. */
#include "plan/search.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "plan/spell.h"

/* TUNING. A range of arena sizes is narrow if it is no more than this part of its least size; of
 * each range so many plans are tried, and so many others while none is placed. */
enum { NARROW_PART = 64, MAX_TRIED = 12, MAX_VARIED = 64 };

/* TUNING. What the least search has beyond the least that its parts need; the edges' share of what
 * there is beyond that, and the labels' share of what is left then. */
enum { EXTRA_BYTES = 256 << 10, EDGE_SHARE = 2, LABEL_SHARE = 4 };

/* -------------------------------------------------------------------------------------- helpers */

static mafat_status no_memory(const mafat_search *s, mafat_error *error)
{
    return mafat_error_set(error, MAFAT_FAILED, "no memory to search plans of %d layers",
                           s->network->n_layers);
}

/* What a plan takes; pinned windows are whole pages, so that its sum may be all arrays. */
static size_t total_bytes(const mafat_search *s, size_t arena_bytes, size_t sum_bytes)
{
    mafat_plan_sums sums = s->sums;
    sums.arena_bytes = arena_bytes;
    sums.array_bytes = sum_bytes;
    return mafat_predict_of_sums(&sums, s->process).total_bytes;
}

/* The largest arena with which a plan fits a limit, in whole pages: one that has least_bytes at
 * least, and sum_bytes. */
static size_t most_arena_bytes(const mafat_search *s, size_t limit_bytes, size_t least_bytes,
                               size_t sum_bytes)
{
    size_t most = mafat_plan_pages(least_bytes) / MAFAT_PAGE;
    size_t too_many = limit_bytes / MAFAT_PAGE + 1;
    while (too_many > most + 1) {
        size_t middle = most + (too_many - most) / 2;
        bool fits = total_bytes(s, middle * MAFAT_PAGE, sum_bytes) <= limit_bytes;
        *(fits ? &most : &too_many) = middle;
    }
    return most * MAFAT_PAGE;
}

/* ---------------------------------------------------------------------------------------- room */

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
    int n = network->n_layers;
    return sketch_bytes(network) + mafat_edges_least_room(n) + mafat_table_least_room(n) +
           mafat_labels_least_room(n) + EXTRA_BYTES;
}

size_t mafat_search_least_charged(const mafat_network *network, const mafat_process *process)
{
    return mafat_predict_choosing(process, least_room(network));
}

/* The room that a search within a limit has; 0 where that is less than the least. */
static size_t room_within(const mafat_search *s, size_t limit_bytes)
{
    size_t room_bytes = least_room(s->network);
    if (s->process->choosing_bytes == 0)
        return SIZE_MAX;
    if (mafat_predict_choosing(s->process, room_bytes) > limit_bytes)
        return 0;
    for (size_t step = limit_bytes / 2; step >= MAFAT_PAGE; step /= 2) {
        size_t more_bytes = mafat_size_sum(room_bytes, step);
        if (mafat_predict_choosing(s->process, more_bytes) <= limit_bytes)
            room_bytes = more_bytes;
    }
    return room_bytes;
}

static size_t held_bytes(const mafat_search *s)
{
    size_t bytes = (size_t)s->network->n_layers * sizeof *s->weights;
    if (s->made_for_bytes > 0)
        bytes += mafat_edges_bytes(&s->edges) + mafat_table_bytes(&s->table) +
                 mafat_labels_bytes(&s->labels);
    return bytes;
}

/* Notes that the search holds so much beside its edges, table and labels. */
static void note_bytes(mafat_search *s, size_t more_bytes)
{
    s->peak_bytes = mafat_size_max(s->peak_bytes, held_bytes(s) + more_bytes);
}

/* Gives back what a search is made of. */
static void forget(mafat_search *s)
{
    mafat_labels_free(&s->labels);
    mafat_table_free(&s->table);
    mafat_edges_free(&s->edges);
    s->made_for_bytes = 0;
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

/* Makes edges, table and labels for a limit in so much room. */
static mafat_status make_parts(mafat_search *s, size_t room_bytes, size_t limit_bytes,
                               mafat_error *error)
{
    int n = s->network->n_layers;
    size_t extra = room_bytes - least_room(s->network) + EXTRA_BYTES;
    const mafat_edge_limits limits = {
        .alive_bytes = most_arena_bytes(s, limit_bytes, 0, 0), .sum_bytes = limit_bytes,
        .room_bytes = mafat_edges_least_room(n) + extra / EDGE_SHARE};
    mafat_status status = make_edges(s, &limits, error);
    if (status != MAFAT_OK)
        return status;
    note_bytes(s, s->edges.peak_bytes);
    size_t left = room_bytes - sketch_bytes(s->network) - mafat_edges_bytes(&s->edges);
    size_t share = (left - mafat_labels_least_room(n) - mafat_table_least_room(n)) / LABEL_SHARE;
    status = mafat_labels_init(&s->labels, &s->edges, mafat_labels_least_room(n) + share, error);
    if (status == MAFAT_OK)
        status = mafat_table_init(&s->table, &s->edges, limit_bytes,
                                  left - mafat_labels_bytes(&s->labels), error);
    return status;
}

/* Makes what a search within a limit needs, unless it is there. */
static mafat_status make_ready(mafat_search *s, size_t room_bytes, size_t limit_bytes,
                               mafat_error *error)
{
    if (limit_bytes <= s->made_for_bytes &&
        held_bytes(s) + sketch_bytes(s->network) <= room_bytes)
        return MAFAT_OK;
    forget(s);
    mafat_status status = make_parts(s, room_bytes, limit_bytes, error);
    if (status != MAFAT_OK)
        forget(s);
    else
        s->made_for_bytes = limit_bytes;
    return status;
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
    *search = (mafat_search){.network = network, .fixed = fixed, .process = process,
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

/* A path through the edges, and what its plan came to. */
typedef struct {
    int n;                       /* 0: none was chosen */
    mafat_edge *edges;           /* [n], owned: in the order of execution */
    double seconds;
    size_t most_arena_bytes;     /* that its buffers were placed in, if they were */
    size_t arena_bytes;
    size_t total_bytes;          /* predicted, whatever choosing takes */
    size_t array_bytes;
} choice;

static void free_choice(choice *c)
{
    free(c->edges);
    *c = (choice){0};
}

/* Makes the edges of a label's path those of a choice. */
static mafat_status choose_path(const mafat_search *s, const mafat_label *label, choice *c,
                                mafat_error *error)
{
    *c = (choice){.edges = calloc((size_t)s->network->n_layers, sizeof *c->edges)};
    if (c->edges == NULL)
        return no_memory(s, error);
    for (; label->edge >= 0; label = &s->labels.labels[label->rest])
        c->edges[c->n++] = s->edges.edges[label->edge];
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

/* Makes the plan of a label's path, as far as it takes to judge it, and notes what it came to; a
 * larger arena than most_arena_bytes is of no use. */
static mafat_status sketch(mafat_search *s, const mafat_label *label, size_t most_bytes, choice *c,
                           mafat_error *error)
{
    mafat_config config;
    mafat_plan plan;
    mafat_plan_options options = s->options;
    options.is_sketch = true;
    options.most_arena_bytes = most_bytes;
    mafat_status status = choose_path(s, label, c, error);
    if (status == MAFAT_OK)
        status = spell(s, c, &config, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_plan_build(&plan, s->network, &config, &options, error);
    mafat_config_free(&config);
    if (status != MAFAT_OK)
        return status;
    note_bytes(s, plan.building_bytes);
    c->seconds = plan.latency_s;
    c->most_arena_bytes = most_bytes;
    c->arena_bytes = plan.arena_bytes;
    c->total_bytes = total_bytes(s, plan.arena_bytes, label->sum_bytes);
    c->array_bytes = label->sum_bytes - plan.pinned_bytes;
    mafat_plan_free(&plan);
    return MAFAT_OK;
}

/* Makes the plan of what was chosen. Where there is no room for it beside what the search holds,
 * that is given back. */
static mafat_status make_plan(mafat_search *s, const choice *c, size_t room_bytes,
                              mafat_found *found, mafat_error *error)
{
    mafat_plan_options options = s->options;
    options.most_arena_bytes = c->most_arena_bytes;
    mafat_status status = spell(s, c, &found->config, error);
    if (status != MAFAT_OK)
        return status;
    if (held_bytes(s) + sketch_bytes(s->network) + c->array_bytes > room_bytes)
        forget(s);
    status = mafat_plan_build(&found->plan, s->network, &found->config, &options, error);
    if (status == MAFAT_OK)
        note_bytes(s, found->plan.building_bytes);
    else
        mafat_config_free(&found->config);
    found->choosing_bytes = s->peak_bytes;
    return status;
}

/* ------------------------------------------------------------------------------------- searching */

/* The search for one limit. */
typedef struct {
    mafat_search *search;
    size_t limit_bytes;
    choice *best;            /* the best plan so far */
    double missed_s;         /* no plan that was left out takes less */
    double unplaced_s;       /* the least of the plans that were not placed */
    bool varies;             /* where no plan of a range is placed, others are tried */
    int n_varied;            /* edges that were left out for that */
    mafat_error *error;
} quest;

/* What a plan must take less than: not the same seconds added up in another order. */
static double limit_s(const quest *q)
{
    return q->best->n == 0 ? INFINITY : q->best->seconds * (1 - 1e-12);
}

/* The most that there may be beside an arena. */
static size_t room_beside(const quest *q, size_t arena_bytes)
{
    mafat_plan_sums sums = q->search->sums;
    size_t bytes;
    sums.arena_bytes = arena_bytes;
    return mafat_predict_room(&sums, q->search->process, q->limit_bytes, &bytes) ? bytes : 0;
}

/* Tries the plans that were found, the fastest first, up to one whose buffers are placed. */
static mafat_status try_plans(quest *q, int most_tried)
{
    mafat_search *s = q->search;
    const mafat_labels *labels = &s->labels;
    mafat_status status = MAFAT_OK;
    int end = labels->n_labels, next = labels->first[0];
    for (int n_tried = 0; next < end && n_tried < most_tried && status == MAFAT_OK; n_tried++) {
        const mafat_label *label = &labels->labels[next++];
        size_t most_bytes = most_arena_bytes(s, q->limit_bytes, label->live_bytes,
                                             label->sum_bytes);
        choice c;
        status = sketch(s, label, most_bytes, &c, q->error);
        if (status == MAFAT_OK && c.arena_bytes <= most_bytes) {
            free_choice(q->best);
            *q->best = c;
            return MAFAT_OK;
        }
        free_choice(&c);
        q->unplaced_s = fmin(q->unplaced_s, label->seconds);
    }
    return status;
}

/* The least seconds of plans with arenas larger than from_bytes, up to to_bytes. */
static double bound(const quest *q, size_t from_bytes, size_t to_bytes, bool with_windows)
{
    return mafat_table_fill(&q->search->table, to_bytes, room_beside(q, from_bytes), with_windows);
}

/* Where no plan of a range is placed, and there is no other yet: tries the fastest of those that do
 * not have one of the edges of the fastest, for each edge in turn, up to one that is placed. (So
 * Lawler finds the k best solutions.) */
static mafat_status vary(quest *q, mafat_label_query *query)
{
    mafat_search *s = q->search;
    const mafat_label *label = &s->labels.labels[s->labels.first[0]];
    mafat_status status = MAFAT_OK;
    int n = 0, *edges = calloc((size_t)s->network->n_layers, sizeof *edges);
    if (edges == NULL)
        return no_memory(s, q->error);
    for (; label->edge >= 0; label = &s->labels.labels[label->rest])
        edges[n++] = label->edge;
    for (int i = 0; i < n && q->n_varied < MAX_VARIED && q->best->n == 0 && status == MAFAT_OK;
         i++) {
        q->n_varied++;
        query->without = edges[i];
        mafat_labels_find(&s->labels, query);
        status = try_plans(q, 1);
    }
    free(edges);
    return status;
}

/* Searches a range of arena sizes that is narrow. */
static mafat_status search_narrow(quest *q, size_t from_bytes, size_t to_bytes)
{
    mafat_search *s = q->search;
    if (bound(q, from_bytes, to_bytes, true) >= limit_s(q))
        return MAFAT_OK;
    mafat_label_query query = {
        .table = &s->table, .from_bytes = from_bytes, .to_bytes = to_bytes,
        .room_bytes = room_beside(q, from_bytes), .limit_s = limit_s(q), .without = -1};
    mafat_labels_find(&s->labels, &query);
    q->missed_s = fmin(q->missed_s, s->labels.missed_s);
    if (s->labels.first[0] == s->labels.n_labels)
        return MAFAT_OK;
    mafat_status status = try_plans(q, MAX_TRIED);
    return status == MAFAT_OK && q->varies && q->best->n == 0 ? vary(q, &query) : status;
}

/* Searches a range of arena sizes whose plans take bound_s at least: in halves, the better one
 * first. */
static mafat_status search_range(quest *q, size_t from_bytes, size_t to_bytes, double bound_s)
{
    size_t narrow_bytes = mafat_size_max(from_bytes / NARROW_PART, q->search->table.unit_bytes);
    size_t width_bytes = to_bytes - from_bytes;
    if (bound_s >= limit_s(q))
        return MAFAT_OK;
    if (width_bytes <= mafat_size_max(narrow_bytes, MAFAT_PAGE))
        return search_narrow(q, from_bytes, to_bytes);
    size_t middle_bytes = from_bytes + mafat_plan_pages(width_bytes / 2);
    double low_s = bound(q, from_bytes, middle_bytes, false);
    double high_s = bound(q, middle_bytes, to_bytes, false);
    mafat_status status = MAFAT_OK;
    if (low_s <= high_s)
        status = search_range(q, from_bytes, middle_bytes, low_s);
    if (status == MAFAT_OK)
        status = search_range(q, middle_bytes, to_bytes, high_s);
    if (status == MAFAT_OK && low_s > high_s)
        status = search_range(q, from_bytes, middle_bytes, low_s);
    return status;
}

/* More than any plan has in its arena: SIZE_MAX stands for sizes that overflow. */
static size_t largest_arena_bytes(const mafat_edges *edges)
{
    size_t alive_bytes = 0, window_bytes = 0;
    for (int e = 0; e < edges->n_edges; e++) {
        const mafat_edge *edge = &edges->edges[e];
        if (mafat_edge_alive_bytes(edge) == SIZE_MAX)
            continue;
        alive_bytes = mafat_size_max(alive_bytes, mafat_edge_alive_bytes(edge));
        window_bytes = mafat_size_max(window_bytes, edge->window_bytes);
    }
    return mafat_plan_pages(alive_bytes + window_bytes);
}

/* The largest arena with which a plan takes no more than with none. */
static size_t free_arena_bytes(const mafat_search *s)
{
    return most_arena_bytes(s, total_bytes(s, 0, 0), 0, 0);
}

/* Searches for the best plan within a limit; best->n is 0 where nothing fits. *least_s: no plan
 * that fits takes less. */
static mafat_status search_within(mafat_search *search, size_t limit_bytes, choice *best,
                                  double *least_s, mafat_error *error)
{
    quest q = {.search = search, .limit_bytes = limit_bytes, .best = best, .missed_s = INFINITY,
               .unplaced_s = INFINITY, .error = error};
    size_t from_bytes = free_arena_bytes(search);
    size_t to_bytes = mafat_size_min(largest_arena_bytes(&search->edges),
                                     most_arena_bytes(search, limit_bytes, 0, 0));
    to_bytes = mafat_size_max(from_bytes, to_bytes);
    *best = (choice){0};
    mafat_status status = search_range(&q, from_bytes, to_bytes,
                                       bound(&q, from_bytes, to_bytes, false));
    q.varies = best->n == 0 && q.unplaced_s < INFINITY;    /* then these may hide others */
    if (status == MAFAT_OK && q.varies)
        status = search_range(&q, from_bytes, to_bytes, bound(&q, from_bytes, to_bytes, false));
    *least_s = fmin(fmin(q.missed_s, q.unplaced_s), best->n > 0 ? best->seconds : INFINITY);
    if (!search->edges.are_all)
        *least_s = fmin(*least_s, search->edges.least_s);
    if (status != MAFAT_OK)
        free_choice(best);
    return status;
}

/* ------------------------------------------------------------------------------------ the least */

/* The least that is alive at once in any plan's arena. */
static mafat_status find_least_arena(const mafat_edges *edges, size_t *bytes, mafat_error *error)
{
    size_t *least = malloc(((size_t)edges->n_places + 1) * sizeof *least);
    if (least == NULL)
        return mafat_edges_no_memory(edges, error);
    for (int place = 0; place <= edges->n_places; place++)
        least[place] = place == 0 ? 0 : SIZE_MAX;
    for (int e = 0; e < edges->n_edges; e++) {
        const mafat_edge *edge = &edges->edges[e];
        size_t most = mafat_size_max(least[edge->from], mafat_edge_alive_bytes(edge));
        least[edge->to] = mafat_size_min(least[edge->to], most);
    }
    *bytes = least[edges->n_places];
    free(least);
    return MAFAT_OK;
}

/* Finds a plan that takes little, and less than *least, by bytes alone: of the smallest paths that
 * whose plan is. */
static mafat_status find_small(mafat_search *s, choice *least, mafat_error *error)
{
    size_t arena_bytes = 0;
    quest q = {.search = s, .limit_bytes = least->total_bytes - 1};
    mafat_status status = find_least_arena(&s->edges, &arena_bytes, error);
    mafat_label_query query = {.from_bytes = mafat_size_max(arena_bytes, free_arena_bytes(s)),
                               .to_bytes = SIZE_MAX - 1, .limit_s = INFINITY, .without = -1};
    query.room_bytes = room_beside(&q, query.from_bytes);
    if (status != MAFAT_OK || arena_bytes == SIZE_MAX || query.room_bytes == 0)
        return status;
    mafat_labels_find(&s->labels, &query);
    int next = s->labels.first[0], end = s->labels.n_labels;
    for (int n = 0; n < MAX_TRIED && next < end && status == MAFAT_OK; n++) {
        const mafat_label *label = &s->labels.labels[next++];
        choice c;
        size_t most_bytes = most_arena_bytes(s, least->total_bytes - 1, label->live_bytes,
                                             label->sum_bytes);
        status = sketch(s, label, most_bytes, &c, error);
        if (status == MAFAT_OK && c.total_bytes < least->total_bytes) {
            free_choice(least);
            *least = c;
            c = (choice){0};
        }
        free_choice(&c);
    }
    return status;
}

/* Finds a small plan in so much room, where that is not enough for all groups: then of those that
 * a smaller plan than the one at hand can have, which are fewer, and so on. */
static mafat_status find_smaller(mafat_search *s, size_t room_bytes, choice *least,
                                 mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    bool were_all = false;
    size_t before;
    do {
        before = least->total_bytes;
        forget(s);
        status = make_ready(s, room_bytes, before - 1, error);
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
static mafat_status find_least(mafat_search *s, size_t room_bytes, choice *least,
                               mafat_error *error)
{
    choice smaller;
    double unused_s;
    *least = (choice){.total_bytes = SIZE_MAX};
    mafat_status status = find_smaller(s, room_bytes, least, error);
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

/* Finds the plan that takes least and makes it; *bytes: the smallest limit that works, for the
 * plan to be chosen and to run. */
static mafat_status make_least(mafat_search *s, mafat_found *found, size_t *bytes,
                               mafat_error *error)
{
    choice least;
    size_t min_bytes = least_room(s->network);
    size_t room_bytes = s->process->choosing_bytes == 0 ? SIZE_MAX : min_bytes;
    mafat_status status = find_least(s, room_bytes, &least, error);
    if (status != MAFAT_OK)
        return status;
    found->least_s = fmin(s->edges.least_s, least.seconds);
    status = make_plan(s, &least, room_bytes, found, error);
    size_t choosing_bytes = mafat_size_max(s->peak_bytes, min_bytes);
    *bytes = mafat_size_max(least.total_bytes, mafat_predict_choosing(s->process, choosing_bytes));
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

/* Where no search found a plan: the one that takes least, if that fits. */
static mafat_status settle_for_least(mafat_search *s, size_t limit_bytes, double least_s,
                                     mafat_found *found, mafat_error *error)
{
    size_t bytes;
    s->peak_bytes = 0;
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

/* ------------------------------------------------------------------------------------- the best */

/* Searches in so much room; nothing is found where there is no plan. *least_s as above. */
static mafat_status search_in(mafat_search *s, size_t room_bytes, size_t limit_bytes,
                              mafat_found *found, double *least_s, mafat_error *error)
{
    choice best = {0};
    s->peak_bytes = 0;
    mafat_status status = make_ready(s, room_bytes, limit_bytes, error);
    if (status == MAFAT_OK)
        status = search_within(s, limit_bytes, &best, least_s, error);
    if (status == MAFAT_OK && best.n > 0)
        status = make_plan(s, &best, room_bytes, found, error);
    found->least_s = *least_s;
    free_choice(&best);
    return status;
}

mafat_status mafat_search_best(mafat_search *search, size_t limit_bytes, mafat_found *found,
                               mafat_error *error)
{
    double least_s = INFINITY;
    size_t room_bytes = room_within(search, limit_bytes);
    mafat_status status = MAFAT_OK;
    *found = (mafat_found){0};
    search->peak_bytes = 0;
    while (status == MAFAT_OK && room_bytes >= least_room(search->network)) {
        status = search_in(search, room_bytes, limit_bytes, found, &least_s, error);
        if (status != MAFAT_OK || found->plan.n_groups == 0 ||
            mafat_predict_choosing(search->process, found->choosing_bytes) <= limit_bytes)
            break;
        mafat_found_free(found);    /* to choose it took more than the limit itself */
        room_bytes /= 2;
    }
    if (status == MAFAT_OK && found->plan.n_groups == 0)
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
