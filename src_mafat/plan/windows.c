/* Weights divided into windows that are read one after the other while the layers run; builder.h.
 *
 * A layer that runs once takes its filters window by window: its weights pass through memory and
 * are read once. A layer that runs many times, tile after tile, needs them all at hand, so that its
 * window is the layer. While one window is used the next one is read: it gets its room from the
 * moment on at which the window before it is used.
 *
 * Whole layers are pinned, the largest first: each window packs its layer's input anew, and a
 * pinned layer is one window. */
#include <stdlib.h>

#include "plan/builder.h"

static size_t filter_bytes(const mafat_layer *layer)
{
    return (size_t)(layer->in.c / layer->groups) * (size_t)layer->size * (size_t)layer->size *
           sizeof(float);
}

static size_t layer_room(const mafat_layer *layer)
{
    return mafat_plan_room((size_t)layer->out.c * filter_bytes(layer));
}

static int round_up(int n, int unit)
{
    return (n + unit - 1) / unit * unit;
}

/* The filters of each of a layer's windows but the last. */
static int window_filters(const mafat_builder *b, const mafat_group *group, int l)
{
    const mafat_layer *layer = &b->network->layers[l];
    size_t most = b->options->window_bytes / filter_bytes(layer);
    if (b->pinned[l] || mafat_group_takes_turns(group) || layer->groups > 1 ||
        most >= (size_t)layer->out.c)
        return layer->out.c;
    int n_windows = most == 0 ? layer->out.c : (layer->out.c + (int)most - 1) / (int)most;
    int each = round_up((layer->out.c + n_windows - 1) / n_windows, b->options->filter_unit);
    return each < layer->out.c ? each : layer->out.c;
}

/* Adds the windows of layer l, or only counts them where there is no room for them yet. */
static void add_windows(mafat_builder *b, const mafat_group *group, int l)
{
    mafat_plan *plan = b->plan;
    const mafat_layer *layer = &b->network->layers[l];
    int each = window_filters(b, group, l);
    b->first_windows[l] = plan->n_windows;
    b->n_windows[l] = (layer->out.c + each - 1) / each;
    for (int f = 0; f < layer->out.c; f += each, plan->n_windows++) {
        int end = f + each < layer->out.c ? f + each : layer->out.c;
        if (plan->windows != NULL)
            plan->windows[plan->n_windows] = (mafat_weight_window){
                .layer = l, .filter_begin = f, .filter_end = end,
                .bytes = (size_t)(end - f) * filter_bytes(layer), .pinned = b->pinned[l],
            };
    }
}

static void add_all_windows(mafat_builder *b)
{
    b->plan->n_windows = 0;
    for (int g = 0; g < b->plan->n_groups; g++) {
        const mafat_group *group = &b->plan->groups[g];
        for (int l = group->first; l < group->end; l++)
            if (b->network->layers[l].kind == MAFAT_CONVOLUTION)
                add_windows(b, group, l);
    }
}

/* The largest layer that is not pinned yet and fits `rest`; -1: none does. */
static int find_largest(const mafat_builder *b, size_t rest)
{
    int largest = -1;
    for (int l = 0; l < b->network->n_layers; l++) {
        const mafat_layer *layer = &b->network->layers[l];
        if (layer->kind != MAFAT_CONVOLUTION || b->pinned[l] || layer_room(layer) > rest)
            continue;
        if (largest < 0 || layer_room(layer) > layer_room(&b->network->layers[largest]))
            largest = l;
    }
    return largest;
}

static void choose_pinned(mafat_builder *b)
{
    size_t rest = b->options->pinned_bytes;
    for (int l = find_largest(b, rest); l >= 0; l = find_largest(b, rest)) {
        b->pinned[l] = true;
        rest -= layer_room(&b->network->layers[l]);
    }
}

mafat_status mafat_builder_make_windows(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    if (b->options->window_bytes == 0)
        return MAFAT_OK;
    choose_pinned(b);
    add_all_windows(b);
    plan->windows = calloc((size_t)plan->n_windows + 1, sizeof *plan->windows);
    if (plan->windows == NULL)
        return mafat_error_set(b->error, MAFAT_FAILED, "no memory for %d windows of weights",
                               plan->n_windows);
    add_all_windows(b);
    for (int i = 0; i < plan->n_windows; i++)
        plan->weight_bytes_read += plan->windows[i].pinned ? 0 : plan->windows[i].bytes;
    return MAFAT_OK;
}

/* The first and last moment at which a window is used. */
static void find_use(const mafat_builder *b, int index, const mafat_group *group, int *first,
                     int *last)
{
    int l = b->plan->windows[index].layer;
    bool takes_turns = mafat_group_takes_turns(group);
    *first = takes_turns ? group->first_moment
                         : b->first_moments[l] + (index - b->first_windows[l]);
    *last = takes_turns ? group->last_moment : *first;
}

void mafat_builder_place_windows(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    const mafat_group *group = plan->groups;
    int use = 0, use_before = 0;      /* of the windows at hand, and of those before them */
    for (int i = 0; i < plan->n_windows; i++) {
        mafat_weight_window *window = &plan->windows[i];
        int first, last;
        while (window->layer < group->first || window->layer >= group->end)
            group++;
        find_use(b, i, group, &first, &last);
        if (first != use && !window->pinned) {
            use_before = use;
            use = first;
        }
        plan->buffers[plan->n_buffers] = (mafat_buffer){
            .storage = window->pinned ? MAFAT_IN_PINNED : MAFAT_IN_ARENA, .layer = window->layer,
            .place = {.bytes = mafat_plan_room(window->bytes), .align = MAFAT_PAGE,
                      .first = use_before, .last = last},
        };
        window->buffer = plan->n_buffers++;
    }
}
