/* Weights divided into windows that are read one after the other while the layers run; see
 * windows.h.
 *
 * A layer that runs once takes its filters window by window: its weights pass through memory and
 * are read once. A layer that runs many times, tile after tile, needs them all at hand, so that its
 * window is the layer. While one window is used the next one is read: it gets its room from the
 * moment on at which the window before it is used.
 *
 * A pinned layer is one window, as an interleaved layer is, and as one is that several images come
 * to one by one. */
#include "plan/windows.h"

#include <stdlib.h>

#include "base/size.h"

/* The filters of each of a layer's windows but the last. */
static int window_filters(const mafat_builder *b, const mafat_group *group, int l)
{
    const mafat_layer *layer = &b->network->layers[l];
    mafat_weight_mode mode = b->options->weights[l];
    MAFAT_CHECK(mode.pinned || mode.window_filters >= 1);
    if (mode.pinned || mafat_group_is_interleaved(group) || layer->groups > 1 ||
        mafat_builder_is_in_head(b, l) || mode.window_filters > layer->out.c)
        return layer->out.c;
    return mode.window_filters;
}

/* Adds the windows of layer l, or only counts them where there is no room for them yet. */
static void add_windows(mafat_builder *b, const mafat_group *group, int l)
{
    mafat_plan *plan = b->plan;
    int each = window_filters(b, group, l);
    mafat_part made = mafat_builder_made(b, l);
    int n_filters = mafat_part_is_empty(made) ? 0 : made.channel_end - made.channel_begin;
    b->first_windows[l] = plan->n_windows;
    b->n_windows[l] = mafat_size_parts(n_filters, each);
    for (int w = 0; w < b->n_windows[l]; w++, plan->n_windows++) {
        int f = made.channel_begin + w * each;
        int end = mafat_size_min_int(f + each, made.channel_end);
        if (plan->windows != NULL)
            plan->windows[plan->n_windows] = (mafat_weight_window){
                .layer = l, .filter_begin = f, .filter_end = end,
                .bytes = (size_t)(end - f) * mafat_layer_filter_bytes(&b->network->layers[l]),
                .pinned = b->options->weights[l].pinned,
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

mafat_status mafat_windows_make(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    if (b->options->weights == NULL)
        return MAFAT_OK;
    add_all_windows(b);
    plan->windows = calloc((size_t)plan->n_windows + 1, sizeof *plan->windows);
    if (plan->windows == NULL)
        return mafat_error_set(b->error, MAFAT_FAILED, "no memory for %d windows of weights",
                               plan->n_windows);
    add_all_windows(b);
    /* of several ranks one may have no use for any */
    plan->reads_weights = plan->n_windows > 0 || b->division.n > 1;
    for (int i = 0; i < plan->n_windows; i++)
        plan->weight_bytes_read += plan->windows[i].pinned ? 0 : plan->windows[i].bytes;
    return MAFAT_OK;
}

/* The first and last moment at which a window is used. */
static void find_use(const mafat_builder *b, int index, const mafat_group *group, int *first,
                     int *last)
{
    int l = b->plan->windows[index].layer;
    bool is_interleaved = mafat_group_is_interleaved(group);
    if (mafat_builder_is_in_head(b, l)) {
        *first = 0;
        *last = b->head_last_moment;
        return;
    }
    *first = is_interleaved ? group->first_moment
                            : b->first_moments[l] + (index - b->first_windows[l]);
    *last = is_interleaved ? group->last_moment : *first;
}

/* Gives window number `index` a buffer for the moments [first, last] of its own, or that of the
 * last but one of its layer: while one window is used the other one's is free for the next. */
static void place_window(mafat_builder *b, int index, int first, int last)
{
    mafat_plan *plan = b->plan;
    mafat_weight_window *window = &plan->windows[index];
    window->first_moment = first;
    window->last_moment = last;
    if (index - b->first_windows[window->layer] >= 2) {
        window->buffer = plan->windows[index - 2].buffer;
        plan->buffers[window->buffer].place.last = last;
        return;
    }
    window->buffer = plan->n_buffers++;
    plan->buffers[window->buffer] = (mafat_buffer){
        .storage = window->pinned ? MAFAT_IN_PINNED : MAFAT_IN_ARENA, .layer = window->layer,
        .place = {.bytes = window->pinned ? mafat_plan_pinned_span(window->bytes)
                                          : mafat_plan_unit_span(window->bytes),
                  .align = MAFAT_READ_UNIT, .first = first, .last = last},
    };
}

void mafat_windows_place(mafat_builder *b)
{
    const mafat_group *group = b->plan->groups;
    int use = 0, use_before = 0;      /* of the windows at hand, and of those before them */
    for (int i = 0; i < b->plan->n_windows; i++) {
        const mafat_weight_window *window = &b->plan->windows[i];
        int first, last;
        while (window->layer < group->first || window->layer >= group->end)
            group++;
        find_use(b, i, group, &first, &last);
        if (first != use && !window->pinned) {
            use_before = use;
            use = first;
        }
        place_window(b, i, use_before, last);
    }
}
