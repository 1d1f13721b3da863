/* From layer groups to buffers with lifetimes and offsets; see plan.h. */
#include "plan/plan.h"

#include <stdint.h>
#include <stdlib.h>

#include "plan/builder.h"

double mafat_plan_redundant_percent(uint64_t macs, uint64_t redundant_macs)
{
    uint64_t needed = macs - redundant_macs;
    return needed == 0 ? 0 : 100.0 * (double)redundant_macs / (double)needed;
}

size_t mafat_plan_pages(size_t bytes)
{
    return mafat_size_sum(bytes, MAFAT_PAGE - 1) / MAFAT_PAGE * MAFAT_PAGE;
}

size_t mafat_plan_room(size_t bytes)
{
    return mafat_size_sum(mafat_plan_pages(bytes), MAFAT_PAGE);
}

size_t mafat_plan_array_bytes(int n_steps, int n_windows)
{
    return (size_t)n_steps * sizeof(mafat_step) +
           (size_t)n_windows * sizeof(mafat_weight_window);
}

int mafat_plan_floor(const mafat_plan *plan, const mafat_step *step)
{
    const mafat_group *group = &plan->groups[step->group];
    return mafat_group_takes_turns(group) ? group->first_moment : step->moment;
}

void mafat_plan_free(mafat_plan *plan)
{
    free(plan->groups);
    free(plan->buffers);
    free(plan->output_buffers);
    free(plan->windows);
    free(plan->steps);
    *plan = (mafat_plan){0};
}

/* --------------------------------------------------------------------------------- moments */

bool mafat_builder_is_pooled(const mafat_builder *b, const mafat_group *group, int l)
{
    /* windows of filters leave bands of rows no room: each would read all weights again */
    return mafat_group_pools(b->network, group, l) && b->n_windows[l] <= 1;
}

/* Gives the layers of a group their moments from `moment` on; returns the next one that is free. */
static int count_moments(mafat_builder *b, mafat_group *group, int moment)
{
    group->first_moment = moment;
    for (int l = group->first; l < group->end; l++) {
        bool takes_turns = group->tiling.reuse ||
                           (l > group->first && mafat_builder_is_pooled(b, group, l - 1));
        if (l > group->first && takes_turns)
            moment = b->first_moments[l - 1];
        int n = b->n_windows[l] > 1 ? b->n_windows[l] : 1;
        b->first_moments[l] = moment;
        b->last_moments[l] = moment + n - 1;
        moment += n;
    }
    group->last_moment = moment - 1;
    return moment;
}

/* --------------------------------------------------------------------------------- buffers */

mafat_status mafat_builder_bytes(const mafat_builder *b, int layer, mafat_shape shape,
                                 size_t *bytes)
{
    if (mafat_size_mul(mafat_shape_floats(shape), sizeof(float), bytes))
        return MAFAT_OK;
    return mafat_error_set_layer(b->error, MAFAT_FAILED, layer,
                                 layer < 0 ? "image" : b->network->layers[layer].type,
                                 "its %dx%dx%d values do not fit the address space", shape.c,
                                 shape.h, shape.w);
}

static int add_buffer(mafat_plan *plan, mafat_buffer buffer)
{
    plan->buffers[plan->n_buffers] = buffer;
    return plan->n_buffers++;
}

int mafat_builder_source(const mafat_builder *b, int l, int s)
{
    int source = b->network->layers[l].sources[s];
    return source < 0 ? source : b->producers[source];
}

int mafat_builder_source_buffer(const mafat_builder *b, int l, int s)
{
    int producer = mafat_builder_source(b, l, s);
    return producer < 0 ? MAFAT_IMAGE_BUFFER : b->plan->output_buffers[producer];
}

/* Whether the group hands on the layer's output: behind it come only layers that change nothing. */
static bool is_group_output(const mafat_builder *b, const mafat_group *group, int l)
{
    while (l + 1 < group->end && b->network->layers[l + 1].kind == MAFAT_IDENTITY)
        l++;
    return l + 1 == group->end;
}

/* Whether the output, under its own or under another layer's name, is read after the run. */
static bool is_result(const mafat_network *network, int l)
{
    for (int i = l; i < network->n_layers; i++)
        if (network->layers[i].is_result && mafat_layer_producer(network, i) == l)
            return true;
    return false;
}

/* The image is a map, unless the first group takes it row by row. */
static mafat_status add_image_buffer(mafat_builder *b)
{
    mafat_buffer image = {.storage = MAFAT_IN_IMAGE, .layer = -1, .is_map = true};
    mafat_status status = MAFAT_OK;
    if (b->options->image_by_rows && b->plan->groups[0].first == 0) {
        image.storage = MAFAT_IN_ARENA;
        image.is_map = !b->plan->groups[0].tiling.reuse;
        if (image.is_map)
            status = mafat_builder_bytes(b, -1, b->network->input, &image.place.bytes);
    }
    add_buffer(b->plan, image);
    return status;
}

static mafat_status add_output_buffer(mafat_builder *b, const mafat_group *group, int l)
{
    bool takes_turns = mafat_group_takes_turns(group);
    mafat_buffer buffer = {.storage = MAFAT_IN_ARENA, .layer = l,
                           .place = {.first = b->first_moments[l], .last = b->last_moments[l]}};
    mafat_status status = MAFAT_OK;
    if (is_group_output(b, group, l)) {
        buffer.is_map = true;
        if (takes_turns) {
            buffer.place.first = group->first_moment;
            buffer.place.last = group->last_moment;
        }
        if (is_result(b->network, l))
            buffer.storage = MAFAT_IN_RESULT;
        status = mafat_builder_bytes(b, l, b->network->layers[l].out, &buffer.place.bytes);
    }
    b->plan->output_buffers[l] = add_buffer(b->plan, buffer);
    return status;
}

/* Keeps what the group reads alive while it is read: maps until a group whose layers take turns has
 * run, tiles until the layer that reads them. */
static void extend_lifetimes(mafat_builder *b, const mafat_group *group)
{
    for (int l = group->first; l < group->end; l++) {
        const mafat_layer *layer = &b->network->layers[l];
        for (int s = 0; s < layer->n_sources && layer->kind != MAFAT_IDENTITY; s++) {
            mafat_buffer *buffer = &b->plan->buffers[mafat_builder_source_buffer(b, l, s)];
            bool whole_group = buffer->is_map && mafat_group_takes_turns(group);
            int last = whole_group ? group->last_moment : b->last_moments[l];
            if (last > buffer->place.last)
                buffer->place.last = last;
        }
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
            b->plan->output_buffers[l] =
                producer < 0 ? MAFAT_IMAGE_BUFFER : b->plan->output_buffers[producer];
    }
    if (status == MAFAT_OK)
        extend_lifetimes(b, group);
    return status;
}

/* Adds the map of a layer that the group of a part reads. */
static mafat_status add_source_buffer(mafat_builder *b, int producer)
{
    mafat_buffer buffer = {
        .storage = is_result(b->network, producer) ? MAFAT_IN_RESULT : MAFAT_IN_ARENA,
        .layer = producer, .is_map = true, .place = {.last = b->plan->n_moments - 1},
    };
    mafat_status status = mafat_builder_bytes(b, producer, b->network->layers[producer].out,
                                              &buffer.place.bytes);
    b->plan->output_buffers[producer] = add_buffer(b->plan, buffer);
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
            if (producer >= 0 && producer < group->first && b->plan->output_buffers[producer] == 0)
                status = add_source_buffer(b, producer);
        }
    }
    return status;
}

static mafat_status make_buffers(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    plan->buffers = calloc((size_t)(plan->n_layers + plan->n_windows + 2), sizeof *plan->buffers);
    if (plan->buffers == NULL)
        return mafat_error_set(b->error, MAFAT_FAILED, "no memory for a plan's buffers");
    for (int g = 0; g < plan->n_groups; g++)
        plan->n_moments = count_moments(b, &plan->groups[g], plan->n_moments);
    mafat_status status = add_image_buffer(b);
    add_buffer(plan, (mafat_buffer){
        .storage = MAFAT_IN_ARENA, .layer = -1,
        .place = {.bytes = b->options->workspace_bytes, .last = plan->n_moments - 1},
    });
    if (status == MAFAT_OK && b->is_part)
        status = add_sources(b);
    for (int g = 0; g < plan->n_groups && status == MAFAT_OK; g++)
        status = add_group_buffers(b, &plan->groups[g]);
    if (status == MAFAT_OK)
        mafat_builder_place_windows(b);
    return status;
}

/* ----------------------------------------------------------------------------------- steps */

static mafat_status make_steps(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    mafat_status status = MAFAT_OK;
    for (int g = 0; g < plan->n_groups && status == MAFAT_OK; g++) {
        mafat_group *group = &plan->groups[g];
        int first_step = plan->n_steps;
        status = group->tiling.reuse ? mafat_builder_add_rows(b, g) : mafat_builder_add_tiles(b, g);
        if (plan->n_steps > first_step && !b->is_part)
            plan->steps[plan->n_steps - 1].completes_map = true;
        for (int l = group->first; l < group->end; l++)
            group->macs += b->sums[l + 1].macs;
        plan->macs += group->macs;
        plan->redundant_macs += group->redundant_macs;
        mafat_builder_time_group(b, group);
        plan->latency_s += group->seconds;
    }
    return status;
}

/* --------------------------------------------------------------------------------- offsets */

static mafat_status place_pinned(mafat_plan *plan, mafat_error *error)
{
    for (int i = 0; i < plan->n_buffers; i++) {
        if (plan->buffers[i].storage != MAFAT_IN_PINNED)
            continue;
        plan->buffers[i].place.offset = plan->pinned_bytes;
        if (!mafat_size_add(plan->pinned_bytes, plan->buffers[i].place.bytes, &plan->pinned_bytes))
            return mafat_error_set(error, MAFAT_FAILED,
                                   "the weights of all layers do not fit the address space");
    }
    return MAFAT_OK;
}

static mafat_status place_buffers(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    mafat_status status = place_pinned(plan, b->error);
    if (status != MAFAT_OK)
        return status;
    mafat_arena_buffer *places = calloc((size_t)plan->n_buffers, sizeof *places);
    if (places == NULL)
        return mafat_error_set(b->error, MAFAT_FAILED, "no memory to place buffers");
    size_t most_bytes = b->options->most_arena_bytes > 0 ? b->options->most_arena_bytes : SIZE_MAX;
    for (int i = 0; i < plan->n_buffers; i++) {
        places[i] = plan->buffers[i].place;
        if (plan->buffers[i].storage != MAFAT_IN_ARENA)
            places[i].bytes = 0;
    }
    status = mafat_arena_place(places, plan->n_buffers, most_bytes,
                                            &plan->arena_bytes, b->error);
    plan->live_bytes = mafat_arena_live_bytes(places, plan->n_buffers);
    for (int i = 0; i < plan->n_buffers; i++)
        if (plan->buffers[i].storage == MAFAT_IN_ARENA)
            plan->buffers[i].place.offset = places[i].offset;
    free(places);
    return status;
}

/* ----------------------------------------------------------------------------------- build */

/* Groups into buffers and steps. */
static mafat_status build_groups(mafat_builder *b)
{
    mafat_status status = mafat_builder_make_windows(b);
    if (status == MAFAT_OK)
        status = make_buffers(b);
    if (status == MAFAT_OK)
        status = make_steps(b);
    return status;
}

static mafat_status build(mafat_builder *b, const mafat_config *config)
{
    mafat_plan *plan = b->plan;
    mafat_status status = mafat_group_resolve(b->network, config, plan->groups, &plan->n_groups,
                                              b->error);
    if (status == MAFAT_OK)
        status = mafat_group_order(b->network, plan->groups, plan->n_groups, b->error);
    if (status == MAFAT_OK)
        status = build_groups(b);
    if (status == MAFAT_OK)
        status = place_buffers(b);
    return status;
}

/* Allocates what a builder needs while it works; false without memory. */
static bool begin(mafat_builder *b)
{
    size_t n = (size_t)b->network->n_layers;
    b->plan->groups = calloc(n, sizeof *b->plan->groups);
    b->plan->output_buffers = calloc(n, sizeof *b->plan->output_buffers);
    b->first_windows = calloc(5 * n, sizeof *b->first_windows);
    b->inputs = calloc(n, sizeof *b->inputs);
    b->outputs = calloc(n, sizeof *b->outputs);
    b->rows = calloc(2 * n, sizeof *b->rows);
    b->reused = calloc(n + 1, sizeof *b->reused);
    b->sums = calloc(n + 1, sizeof *b->sums);
    b->timed = calloc(n + 1, sizeof *b->timed);
    if (b->plan->groups == NULL || b->plan->output_buffers == NULL ||
        b->first_windows == NULL || b->inputs == NULL || b->outputs == NULL || b->rows == NULL ||
        b->reused == NULL || b->sums == NULL || b->timed == NULL)
        return false;
    b->n_windows = b->first_windows + n;
    b->first_moments = b->n_windows + n;
    b->last_moments = b->first_moments + n;
    b->producers = b->last_moments + n;
    for (int l = 0; l < b->network->n_layers; l++)
        b->producers[l] = mafat_layer_producer(b->network, l);
    b->cols = b->rows + n;
    return true;
}

static void end(mafat_builder *b)
{
    free(b->first_windows);
    free(b->inputs);
    free(b->outputs);
    free(b->rows);
    free(b->reused);
    free(b->sums);
    free(b->timed);
}

/* Builds a plan of a configuration, or a part of one group: one of the two is NULL. */
static mafat_status build_either(mafat_plan *plan, const mafat_network *network,
                                 const mafat_config *config, const mafat_group *part,
                                 const mafat_plan_options *options, mafat_row_memo *memo,
                                 mafat_error *error)
{
    *plan = (mafat_plan){.n_layers = network->n_layers, .image_by_rows = options->image_by_rows};
    mafat_builder b = {.plan = plan, .network = network, .options = options, .error = error,
                       .is_part = part != NULL, .memo = memo};
    mafat_status status = MAFAT_OK;
    if (!begin(&b)) {
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for a plan of %d layers",
                                 network->n_layers);
    } else if (part != NULL) {
        plan->groups[plan->n_groups++] = *part;
        status = build_groups(&b);
    } else {
        status = build(&b, config);
    }
    end(&b);
    if (status != MAFAT_OK)
        mafat_plan_free(plan);
    return status;
}

mafat_status mafat_plan_build(mafat_plan *plan, const mafat_network *network,
                              const mafat_config *config, const mafat_plan_options *options,
                              mafat_error *error)
{
    return build_either(plan, network, config, NULL, options, NULL, error);
}

mafat_status mafat_plan_build_part(mafat_plan *plan, const mafat_network *network,
                                   const mafat_group *group, const mafat_plan_options *options,
                                   mafat_row_memo *memo, mafat_error *error)
{
    return build_either(plan, network, NULL, group, options, memo, error);
}
