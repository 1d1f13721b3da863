/* Buffers with lifetimes and offsets; see buffers.h. */
#include "plan/buffers.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/size.h"
#include "plan/scratch.h"
#include "plan/windows.h"

/* ------------------------------------------------------------------------------------- moments */

/* Gives the layers of a group their moments from `moment` on; returns the next one that is free. */
static int count_moments(mafat_builder *b, mafat_group *group, int moment)
{
    group->first_moment = moment;
    for (int l = group->first; l < group->end; l++) {
        bool is_interleaved = group->tiling.reuse ||
                              (l > group->first && mafat_builder_is_pooled(b, group, l - 1));
        if (l > group->first && is_interleaved)
            moment = b->first_moments[l - 1];
        int n = b->n_windows[l] > 1 ? b->n_windows[l] : 1;
        b->first_moments[l] = moment;
        b->last_moments[l] = moment + n - 1;
        moment += n;
    }
    group->last_moment = moment - 1;
    return moment;
}

/* ------------------------------------------------------------------------------------- buffers */

/* Bytes of a map or of a part of it. MAFAT_FAILED where they do not fit a size_t. */
static mafat_status bytes_of(const mafat_builder *b, int layer, mafat_shape shape, size_t *bytes)
{
    if (mafat_size_mul(mafat_shape_floats(shape), sizeof(float), bytes))
        return MAFAT_OK;
    return mafat_error_set_layer(b->error, MAFAT_FAILED, layer,
                                 layer < 0 ? "image" : b->network->layers[layer].type,
                                 "its %dx%dx%d values do not fit the address space", shape.c,
                                 shape.h, shape.w);
}

/* Of what a map's buffer holds. */
static mafat_shape held_shape(const mafat_builder *b, int layer)
{
    mafat_region held = mafat_builder_held(b, layer);
    int n_channels = layer < 0 ? b->network->input.c : b->network->layers[layer].out.c;
    return (mafat_shape){n_channels, mafat_region_height(held), mafat_region_width(held)};
}

static int add_buffer(mafat_plan *plan, mafat_buffer buffer)
{
    plan->buffers[plan->n_buffers] = buffer;
    return plan->n_buffers++;
}

/* Whether a layer's output has a part for each image. Tiles, and bands of them, are used up before
 * the next image comes. */
static bool is_for_each_image(const mafat_builder *b, const mafat_group *group, int l, bool is_map)
{
    mafat_image_side side = b->sides[l + 1];
    if (b->plan->n_images == 1 || side == MAFAT_WITHIN_HEAD)
        return false;
    return is_map || (side == MAFAT_WITHIN_TAIL && !mafat_group_is_interleaved(group) &&
                      !mafat_builder_is_pooled(b, group, l));
}

/* Whether the group hands on the layer's output: behind it come only layers that change nothing. */
static bool is_group_output(const mafat_builder *b, const mafat_group *group, int l)
{
    while (l + 1 < group->end && b->network->layers[l + 1].kind == MAFAT_IDENTITY)
        l++;
    return l + 1 == group->end;
}

/* The image is a map, unless the first group takes it row by row. */
static mafat_status add_image_buffer(mafat_builder *b)
{
    mafat_buffer image = {.storage = MAFAT_IN_IMAGE, .layer = -1, .is_map = true};
    mafat_status status = MAFAT_OK;
    image.is_for_each_image = b->plan->n_images > 1 && b->sides[0] == MAFAT_ACROSS;
    if (b->plan->image_by_rows && b->plan->groups[0].first == 0) {
        image.storage = MAFAT_IN_ARENA;
        image.is_map = !mafat_builder_has_input_by_rows(b) || !b->plan->groups[0].tiling.reuse;
        if (image.is_map)
            status = bytes_of(b, -1, held_shape(b, -1), &image.place.bytes);
    }
    add_buffer(b->plan, image);
    return status;
}

static mafat_status add_output_buffer(mafat_builder *b, const mafat_group *group, int l)
{
    bool is_interleaved = mafat_group_is_interleaved(group);
    mafat_buffer buffer = {.storage = MAFAT_IN_ARENA, .layer = l,
                           .place = {.first = b->first_moments[l], .last = b->last_moments[l]}};
    mafat_status status = MAFAT_OK;
    if (is_group_output(b, group, l)) {
        buffer.is_map = true;
        if (is_interleaved) {
            buffer.place.first = group->first_moment;
            buffer.place.last = group->last_moment;
        }
        buffer.is_result = b->scratch->are_results[l];
        if (buffer.is_result && b->plan->n_images == 1)
            buffer.storage = MAFAT_IN_RESULT;
        status = bytes_of(b, l, held_shape(b, l), &buffer.place.bytes);
    }
    buffer.is_for_each_image = is_for_each_image(b, group, l, buffer.is_map);
    b->output_buffers[l] = add_buffer(b->plan, buffer);
    return status;
}

/* Keeps what the group reads alive while it is read: maps until an interleaved group has run, tiles
 * until the layer that reads them. */
static void extend_lifetimes(mafat_builder *b, const mafat_group *group)
{
    for (int l = group->first; l < group->end; l++) {
        const mafat_layer *layer = &b->network->layers[l];
        for (int s = 0; s < layer->n_sources && layer->kind != MAFAT_IDENTITY; s++) {
            mafat_buffer *buffer = &b->plan->buffers[mafat_builder_source_buffer(b, l, s)];
            bool whole_group = buffer->is_map && mafat_group_is_interleaved(group);
            int last = whole_group ? group->last_moment : b->last_moments[l];
            if (last > buffer->place.last)
                buffer->place.last = last;
        }
    }
}

/* What is kept for each image is there from the first image's time in the head on, and results are
 * there until the end. */
static void extend_over_images(mafat_builder *b)
{
    int last = b->plan->n_moments - 1;
    for (int i = 0; i < b->plan->n_buffers; i++) {
        mafat_buffer *buffer = &b->plan->buffers[i];
        if (!buffer->is_for_each_image)
            continue;
        if (b->sides[buffer->layer + 1] == MAFAT_ACROSS)
            buffer->place.first = 0;
        if (buffer->is_result || (b->is_part && b->sides[buffer->layer + 1] == MAFAT_ACROSS))
            buffer->place.last = last;
    }
}

static mafat_status add_group_buffers(mafat_builder *b, const mafat_group *group)
{
    mafat_status status = MAFAT_OK;
    for (int l = group->first; l < group->end && status == MAFAT_OK; l++) {
        int producer = b->producers[l];
        if (producer == l)
            status = add_output_buffer(b, group, l);
        else
            b->output_buffers[l] =
                producer < 0 ? MAFAT_IMAGE_BUFFER : b->output_buffers[producer];
    }
    if (status == MAFAT_OK)
        extend_lifetimes(b, group);
    return status;
}

/* Adds the map of a layer that the group of a part reads. */
static mafat_status add_source_buffer(mafat_builder *b, int producer)
{
    mafat_buffer buffer = {
        .storage = MAFAT_IN_ARENA, .layer = producer, .is_map = true,
        .is_result = b->scratch->are_results[producer],
        .is_for_each_image = b->plan->n_images > 1 && b->sides[producer + 1] != MAFAT_WITHIN_HEAD,
        .place = {.last = b->plan->n_moments - 1},
    };
    if (buffer.is_result && b->plan->n_images == 1)
        buffer.storage = MAFAT_IN_RESULT;
    mafat_status status = bytes_of(b, producer, b->network->layers[producer].out,
                                   &buffer.place.bytes);
    b->output_buffers[producer] = add_buffer(b->plan, buffer);
    return status;
}

/* Adds the maps that stand ready for a part: the sources of its group that are not in it. */
static mafat_status add_sources(mafat_builder *b)
{
    const mafat_group *group = &b->plan->groups[0];
    mafat_status status = MAFAT_OK;
    for (int l = group->first; l < group->end; l++) {
        const mafat_layer *layer = &b->network->layers[l];
        for (int s = 0; s < layer->n_sources && status == MAFAT_OK; s++) {
            int producer = mafat_builder_source(b, l, s);
            if (producer >= 0 && producer < group->first && b->output_buffers[producer] == 0)
                status = add_source_buffer(b, producer);
        }
    }
    return status;
}

/* The most buffers that there can be for maps. */
static int count_maps(const mafat_builder *b)
{
    const mafat_group *group = &b->plan->groups[0];
    if (!b->is_part)
        return b->plan->n_layers;
    int n = group->end - group->first;
    for (int l = group->first; l < group->end; l++)
        n += b->network->layers[l].n_sources;
    return n;
}

mafat_status mafat_buffers_make(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    plan->buffers = calloc((size_t)(count_maps(b) + plan->n_windows + 2), sizeof *plan->buffers);
    if (plan->buffers == NULL)
        return mafat_error_set(b->error, MAFAT_FAILED, "no memory for a plan's buffers");
    for (int g = 0; g < plan->n_groups; g++)
        plan->n_moments = count_moments(b, &plan->groups[g], plan->n_moments);
    if (plan->n_head_groups > 0)    /* a part of the tail has none */
        b->head_last_moment = plan->groups[plan->n_head_groups - 1].last_moment;
    mafat_status status = add_image_buffer(b);
    add_buffer(plan, (mafat_buffer){
        .storage = MAFAT_IN_ARENA, .layer = -1,
        .place = {.bytes = b->options->workspace_bytes, .last = plan->n_moments - 1},
    });
    if (status == MAFAT_OK && b->is_part)
        status = add_sources(b);
    for (int g = 0; g < plan->n_groups && status == MAFAT_OK; g++)
        status = add_group_buffers(b, &plan->groups[g]);
    if (status == MAFAT_OK) {
        extend_over_images(b);
        mafat_windows_place(b);
    }
    return status;
}

mafat_status mafat_buffers_multiply(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    for (int i = 0; i < plan->n_buffers; i++) {
        mafat_buffer *buffer = &plan->buffers[i];
        size_t *bytes = &buffer->place.bytes;
        if (buffer->is_for_each_image &&
            !mafat_size_mul(mafat_arena_round(*bytes), (size_t)plan->n_images, bytes))
            return mafat_error_set(b->error, MAFAT_FAILED, "the maps of %d images do not fit the "
                                   "address space", plan->n_images);
    }
    return MAFAT_OK;
}

mafat_status mafat_buffers_fit(mafat_builder *b, int buffer, int layer, mafat_region held)
{
    mafat_arena_buffer *place = &b->plan->buffers[buffer].place;
    if (b->plan->buffers[buffer].is_map)
        return MAFAT_OK;
    int n_channels = layer < 0 ? b->network->input.c : b->network->layers[layer].out.c;
    mafat_shape shape = {n_channels, mafat_region_height(held), mafat_region_width(held)};
    size_t bytes = 0;
    mafat_status status = bytes_of(b, layer, shape, &bytes);
    if (bytes > place->bytes)
        place->bytes = bytes;
    return status;
}

/* ------------------------------------------------------------------------------------- offsets */

/* Those of whole units first, which so begin with one; what is packed needs none. */
static mafat_status place_pinned(mafat_plan *plan, mafat_error *error)
{
    for (int packed = 0; packed <= 1; packed++) {
        for (int w = 0; w < plan->n_windows; w++) {
            const mafat_weight_window *window = &plan->windows[w];
            mafat_arena_buffer *place = &plan->buffers[window->buffer].place;
            if (!window->pinned || mafat_plan_is_packed(window) != packed)
                continue;
            place->offset = plan->pinned_bytes;
            if (!mafat_size_add(plan->pinned_bytes, place->bytes, &plan->pinned_bytes))
                return mafat_error_set(error, MAFAT_FAILED,
                                       "the weights of all layers do not fit the address space");
        }
    }
    return MAFAT_OK;
}

mafat_status mafat_buffers_place(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    mafat_status status = place_pinned(plan, b->error);
    if (status != MAFAT_OK)
        return status;
    mafat_arena_buffer *places = calloc((size_t)plan->n_buffers, sizeof *places);
    if (places == NULL)
        return mafat_error_set(b->error, MAFAT_FAILED, "no memory to place buffers");
    size_t max_bytes = b->options->max_arena_bytes > 0 ? b->options->max_arena_bytes : SIZE_MAX;
    for (int i = 0; i < plan->n_buffers; i++) {
        places[i] = plan->buffers[i].place;
        if (plan->buffers[i].storage != MAFAT_IN_ARENA)
            places[i].bytes = 0;
    }
    size_t placing_bytes;
    status = mafat_arena_place_counted(places, plan->n_buffers, max_bytes, &plan->arena_bytes,
                                       &placing_bytes, b->error);
    plan->building_bytes = mafat_plan_layer_bytes(plan->n_layers) +
                           mafat_scratch_bytes(plan->n_layers) + placing_bytes +
                           mafat_plan_array_bytes(plan);
    plan->live_bytes = mafat_arena_live_bytes(places, plan->n_buffers);
    for (int i = 0; i < plan->n_buffers; i++)
        if (plan->buffers[i].storage == MAFAT_IN_ARENA)
            plan->buffers[i].place.offset = places[i].offset;
    free(places);
    return status;
}
