/* From layer groups to buffers with lifetimes and offsets; see plan.h. */
#include "plan/plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/builder.h"
#include "plan/order.h"

double mafat_plan_redundant_percent(uint64_t macs, uint64_t redundant_macs)
{
    uint64_t needed = macs - redundant_macs;
    return needed == 0 ? 0 : 100.0 * (double)redundant_macs / (double)needed;
}

size_t mafat_plan_pages(size_t bytes)
{
    return mafat_size_round_up(bytes, MAFAT_PAGE);
}

size_t mafat_plan_room(size_t bytes)
{
    return mafat_size_sum(mafat_plan_pages(bytes), MAFAT_PAGE);
}

size_t mafat_plan_pinned_room(size_t bytes)
{
    return bytes <= MAFAT_PACKED_BYTES ? bytes : mafat_plan_room(bytes);
}

bool mafat_plan_is_packed(const mafat_weight_window *window)
{
    return window->pinned && window->bytes <= MAFAT_PACKED_BYTES;
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
    return producer < 0 ? MAFAT_IMAGE_BUFFER : b->output_buffers[producer];
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
        if (b->rooms->are_results[l])
            buffer.storage = MAFAT_IN_RESULT;
        status = mafat_builder_bytes(b, l, b->network->layers[l].out, &buffer.place.bytes);
    }
    b->output_buffers[l] = add_buffer(b->plan, buffer);
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
        .storage = b->rooms->are_results[producer] ? MAFAT_IN_RESULT : MAFAT_IN_ARENA,
        .layer = producer, .is_map = true, .place = {.last = b->plan->n_moments - 1},
    };
    mafat_status status = mafat_builder_bytes(b, producer, b->network->layers[producer].out,
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

static mafat_status make_buffers(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    plan->buffers = calloc((size_t)(count_maps(b) + plan->n_windows + 2), sizeof *plan->buffers);
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

/* Those of whole pages first, which so begin with a page; what is packed needs none. */
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
    size_t placing_bytes;
    status = mafat_arena_place_counted(places, plan->n_buffers, most_bytes, &plan->arena_bytes,
                                       &placing_bytes, b->error);
    plan->building_bytes = mafat_plan_layer_bytes(plan->n_layers) + placing_bytes +
                           mafat_plan_array_bytes(plan->n_steps, plan->n_windows);
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
        status = mafat_order_groups(b->network, plan->groups, plan->n_groups, b->error);
    if (status == MAFAT_OK)
        status = build_groups(b);
    if (status == MAFAT_OK)
        status = place_buffers(b);
    return status;
}

/* -------------------------------------------------------------------------------------- rooms */

void mafat_plan_rooms_free(mafat_plan_rooms *rooms)
{
    if (rooms == NULL)
        return;
    free(rooms->producers);
    free(rooms->are_results);
    free(rooms->ints);
    free(rooms->regions);
    free(rooms->covered);
    free(rooms->reused);
    free(rooms->sums);
    free(rooms->timed);
    free(rooms);
}

mafat_plan_rooms *mafat_plan_rooms_new(const mafat_network *network)
{
    size_t n = (size_t)network->n_layers;
    mafat_plan_rooms *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    *r = (mafat_plan_rooms){
        .n_layers = network->n_layers,
        .producers = calloc(n, sizeof *r->producers),
        .are_results = calloc(n, sizeof *r->are_results),
        .ints = calloc(5 * n, sizeof *r->ints),
        .regions = calloc(2 * n, sizeof *r->regions),
        .covered = calloc(2 * n, sizeof *r->covered),
        .reused = calloc(n + 1, sizeof *r->reused),
        .sums = calloc(n + 1, sizeof *r->sums),
        .timed = calloc(n + 1, sizeof *r->timed),
    };
    if (r->producers == NULL || r->are_results == NULL || r->ints == NULL || r->regions == NULL ||
        r->covered == NULL || r->reused == NULL || r->sums == NULL || r->timed == NULL) {
        mafat_plan_rooms_free(r);
        return NULL;
    }
    for (int l = 0; l < network->n_layers; l++) {
        r->producers[l] = mafat_layer_producer(network, l);
        if (network->layers[l].is_result && r->producers[l] >= 0)
            r->are_results[r->producers[l]] = true;
    }
    return r;
}

size_t mafat_plan_layer_bytes(int n_layers)
{
    size_t of_rooms = 6 * sizeof(int) + sizeof(bool) + 2 * sizeof(mafat_region) +
                      2 * sizeof(mafat_coverage) + sizeof(mafat_rows) + sizeof(mafat_layer_sum) +
                      sizeof(mafat_timed_step);
    size_t of_plan = sizeof(mafat_group) + 3 * sizeof(mafat_buffer) + sizeof(int);
    return ((size_t)n_layers + 1) * (of_rooms + of_plan);
}

/* Makes what a builder touched of layers [first, end) zeros again, but for what is known. */
static void clear_rooms(mafat_plan_rooms *r, int first, int end)
{
    size_t n = (size_t)(end - first), n_layers = (size_t)r->n_layers;
    for (size_t i = 0; i < 5; i++)
        memset(r->ints + i * n_layers + first, 0, n * sizeof *r->ints);
    for (size_t i = 0; i < 2; i++) {
        memset(r->regions + i * n_layers + first, 0, n * sizeof *r->regions);
        memset(r->covered + i * n_layers + first, 0, n * sizeof *r->covered);
    }
    memset(r->reused + first + 1, 0, n * sizeof *r->reused);
    memset(r->sums + first + 1, 0, n * sizeof *r->sums);
    memset(r->timed + first + 1, 0, n * sizeof *r->timed);
    r->reused[0] = (mafat_rows){0};
    r->sums[0] = (mafat_layer_sum){0};
    r->timed[0] = (mafat_timed_step){0};
}

/* Clears what was touched for a part: its group, and where it found its sources. */
static void clear_part(mafat_builder *b, const mafat_group *part)
{
    for (int l = part->first; l < part->end; l++) {
        for (int s = 0; s < b->network->layers[l].n_sources; s++) {
            int producer = mafat_builder_source(b, l, s);
            if (producer >= 0)
                b->output_buffers[producer] = 0;
        }
    }
    clear_rooms(b->rooms, part->first, part->end);
}

/* Gets a builder ready to work in rooms of its own or in those that are given; false without
 * memory. */
static bool begin(mafat_builder *b)
{
    size_t n = (size_t)b->network->n_layers;
    mafat_plan_rooms *r = b->options->rooms;
    r = r != NULL ? r : mafat_plan_rooms_new(b->network);
    b->rooms = r;
    b->plan->groups = calloc(b->is_part ? 1 : n, sizeof *b->plan->groups);
    if (!b->is_part)
        b->plan->output_buffers = calloc(n, sizeof *b->plan->output_buffers);
    if (r == NULL || b->plan->groups == NULL ||
        (!b->is_part && b->plan->output_buffers == NULL))
        return false;
    b->producers = r->producers;
    b->first_windows = r->ints;
    b->n_windows = b->first_windows + n;
    b->first_moments = b->n_windows + n;
    b->last_moments = b->first_moments + n;
    b->output_buffers = b->is_part ? b->last_moments + n : b->plan->output_buffers;
    b->inputs = r->regions;
    b->outputs = b->inputs + n;
    b->rows = r->covered;
    b->cols = b->rows + n;
    b->reused = r->reused;
    b->sums = r->sums;
    b->timed = r->timed;
    return true;
}

/* Leaves rooms as they were found. */
static void end(mafat_builder *b, const mafat_group *part)
{
    if (b->rooms == NULL)
        return;
    if (b->options->rooms == NULL)
        mafat_plan_rooms_free(b->rooms);
    else if (part != NULL && b->output_buffers != NULL)
        clear_part(b, part);
    else
        clear_rooms(b->rooms, 0, b->network->n_layers);
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
    end(&b, part);
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
