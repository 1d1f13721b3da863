/* Runs of groups that are placed alone; see jam.h. */
#include "plan/jam.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

mafat_status mafat_jams_init(mafat_jams *jams, const mafat_edges *edges, mafat_error *error)
{
    *jams = (mafat_jams){.edges = edges,
                         .has_edge = calloc((size_t)edges->n_edges + 1, sizeof *jams->has_edge)};
    if (jams->has_edge == NULL)
        return mafat_edges_no_memory(edges, error);
    return MAFAT_OK;
}

void mafat_jams_free(mafat_jams *jams)
{
    for (int j = 0; j < jams->n; j++)
        free(jams->jams[j].edges);
    free(jams->has_edge);
    *jams = (mafat_jams){0};
}

static bool has_edge(const mafat_jam *jam, int edge)
{
    for (int i = 0; i < jam->n_edges; i++)
        if (jam->edges[i] == edge)
            return true;
    return false;
}

/* An edge stands at its places alone: one that is in a jam comes right before what is open of
 * it. */
uint64_t mafat_jams_go_on(const mafat_jams *jams, int edge, uint64_t open, size_t block_bytes,
                          size_t *arena_bytes)
{
    uint64_t now_open = 0;
    if (!jams->has_edge[edge])
        return 0;
    for (int j = 0; j < jams->n; j++) {
        const mafat_jam *jam = &jams->jams[j];
        bool begins = edge == jam->edges[jam->n_edges - 1] && block_bytes >= jam->block_bytes;
        if (!begins && ((open >> j & 1) == 0 || !has_edge(jam, edge)))
            continue;
        if (edge == jam->edges[0])
            *arena_bytes = mafat_size_max(*arena_bytes, jam->arena_bytes);
        else
            now_open |= (uint64_t)1 << j;
    }
    return now_open;
}

/* ------------------------------------------------------------------------------------- learning */

/* A plan whose buffers are placed a run of edges at a time. */
typedef struct {
    mafat_jams *jams;
    const mafat_plan *plan;
    const int *edges;              /* [n], borrowed */
    int n;
    size_t most_bytes;
    int *index_of;                 /* [n_layers], owned: of the edge that has the layer */
    int *firsts, *lasts;           /* [n], owned: moments of the edges; none: first > last */
    mafat_arena_buffer *buffers;   /* [n_buffers], owned: of the run at hand */
    mafat_error *error;
} learner;

/* Number `index` of the path's edges. */
static const mafat_edge *edge_of(const learner *l, int index)
{
    return &l->jams->edges->edges[l->edges[index]];
}

static void find_moments(learner *l)
{
    for (int i = 0; i < l->n; i++) {
        mafat_group group = mafat_edge_group(l->jams->edges, edge_of(l, i));
        l->firsts[i] = INT_MAX;
        l->lasts[i] = -1;
        for (int layer = group.first; layer < group.end; layer++)
            l->index_of[layer] = i;
    }
    for (int s = 0; s < l->plan->n_steps; s++) {
        const mafat_step *step = &l->plan->steps[s];
        int layer = step->layer < 0 ? l->plan->groups[step->group].first : step->layer;
        int i = l->index_of[layer];
        l->firsts[i] = step->moment < l->firsts[i] ? step->moment : l->firsts[i];
        l->lasts[i] = step->moment > l->lasts[i] ? step->moment : l->lasts[i];
    }
}

/* The buffers of a run, from its first moment to its last: what is alive across it is among them,
 * and the first windows behind it. */
static int find_buffers(learner *l, int first, int last)
{
    int n = 0, from = INT_MAX, to = -1;
    for (int i = first; i <= last; i++) {
        from = l->firsts[i] < from ? l->firsts[i] : from;
        to = l->lasts[i] > to ? l->lasts[i] : to;
    }
    for (int i = 0; i < l->plan->n_buffers; i++) {
        const mafat_buffer *buffer = &l->plan->buffers[i];
        mafat_arena_buffer place = buffer->place;
        if (buffer->storage != MAFAT_IN_ARENA || place.first > to || place.last < from)
            continue;
        place.first = place.first > from ? place.first : from;
        place.last = place.last < to ? place.last : to;
        l->buffers[n++] = place;
    }
    return n;
}

/* Places the buffers of a run. */
static mafat_status place(learner *l, int n, size_t most_bytes, size_t *bytes)
{
    size_t placing_bytes;
    mafat_status status = mafat_arena_place_counted(l->buffers, n, most_bytes, bytes,
                                                    &placing_bytes, l->error);
    placing_bytes += (size_t)l->plan->n_buffers * sizeof *l->buffers +
                     (size_t)l->plan->n_layers * sizeof *l->index_of +
                     2 * (size_t)l->n * sizeof *l->firsts;
    l->jams->peak_bytes = mafat_size_max(l->jams->peak_bytes, placing_bytes);
    return status;
}

/* Whether the buffers of a run are placed in the room that there is. */
static mafat_status try_run(learner *l, int first, int last, bool *fits)
{
    size_t bytes;
    int n = find_buffers(l, first, last);
    mafat_status status = place(l, n, l->most_bytes, &bytes);
    *fits = bytes <= l->most_bytes;
    return status;
}

/* Finds the run: the earliest edge that it may end with, by halving, then the latest one that it
 * may begin with, which is mostly near. */
static mafat_status find_run(learner *l, int *first, int *last)
{
    mafat_status status = MAFAT_OK;
    bool fits = true;
    int fitting = -1;
    *last = l->n - 1;
    while (*last - fitting > 1 && status == MAFAT_OK) {
        int middle = fitting + (*last - fitting) / 2;
        status = try_run(l, 0, middle, &fits);
        *(fits ? &fitting : last) = middle;
    }
    for (*first = *last; *first > 0 && status == MAFAT_OK; (*first)--) {
        status = try_run(l, *first, *last, &fits);
        if (!fits)
            break;
    }
    return status;
}

/* Which edge's first windows are read ahead while those up to `last` run: its number; n: none's. */
static int next_reader(const learner *l, int last)
{
    int next = last + 1;
    while (next < l->n && edge_of(l, next)->window_bytes == 0)
        next++;
    return next;
}

/* Adds the jam of a run, with the room that its buffers are placed in. */
static mafat_status add_jam(learner *l, int first, int last)
{
    mafat_jams *jams = l->jams;
    mafat_jam *jam = &jams->jams[jams->n];
    size_t bytes;
    mafat_status status = place(l, find_buffers(l, first, last), SIZE_MAX, &bytes);
    if (status != MAFAT_OK)
        return status;
    int next = next_reader(l, last);
    size_t block_bytes = next < l->n ? edge_of(l, next)->block_bytes : 0;
    if (next < l->n && block_bytes < edge_of(l, next)->window_bytes) {
        last = next;
        block_bytes = 0;
    }
    size_t n = (size_t)(last - first + 1);
    *jam = (mafat_jam){.n_edges = (int)n, .edges = calloc(n, sizeof *jam->edges),
                       .block_bytes = block_bytes,
                       .arena_bytes = mafat_size_max(bytes, l->most_bytes + 1)};
    if (jam->edges == NULL)
        return mafat_edges_no_memory(l->jams->edges, l->error);
    memcpy(jam->edges, l->edges + first, n * sizeof *jam->edges);
    for (size_t i = 0; i < n; i++)
        jams->has_edge[jam->edges[i]] = true;
    jams->n++;
    return MAFAT_OK;
}

static mafat_status learn(learner *l)
{
    int first = 0, last = 0;
    l->index_of = calloc((size_t)l->plan->n_layers, sizeof *l->index_of);
    l->firsts = calloc(2 * (size_t)l->n, sizeof *l->firsts);
    l->buffers = calloc((size_t)l->plan->n_buffers, sizeof *l->buffers);
    if (l->index_of == NULL || l->firsts == NULL || l->buffers == NULL)
        return mafat_edges_no_memory(l->jams->edges, l->error);
    l->lasts = l->firsts + l->n;
    find_moments(l);
    mafat_status status = find_run(l, &first, &last);
    return status == MAFAT_OK ? add_jam(l, first, last) : status;
}

mafat_status mafat_jams_learn(mafat_jams *jams, const mafat_plan *plan, const int *edges, int n,
                              size_t most_bytes, bool *learned, mafat_error *error)
{
    learner l = {.jams = jams, .plan = plan, .edges = edges, .n = n, .most_bytes = most_bytes,
                 .error = error};
    *learned = jams->n < MAFAT_MOST_JAMS;
    if (!*learned)
        return MAFAT_OK;
    mafat_status status = learn(&l);
    free(l.index_of);
    free(l.firsts);
    free(l.buffers);
    return status;
}
