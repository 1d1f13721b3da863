/* The steps of layer groups that are tiled by a grid; builder.h. */
#include <stdlib.h>

#include "plan/builder.h"

static mafat_group *group_of(const mafat_builder *b, mafat_position at)
{
    return &b->plan->groups[at.group];
}

/* What a layer reads to compute `out`. */
static mafat_field field_of(const mafat_layer *layer, mafat_region out)
{
    if (layer->kind == MAFAT_WHOLE)
        return (mafat_field){.region = mafat_region_whole(layer->in)};
    return mafat_region_back(layer, out);
}

/* The part of its map that a buffer holds where a tile's buffer holds `of_tile`. */
static mafat_region held_by(const mafat_builder *b, int buffer, mafat_shape map,
                            mafat_region of_tile)
{
    return b->plan->buffers[buffer].is_map ? mafat_region_whole(map) : of_tile;
}

/* ------------------------------------------------------------------------------- one step */

/* Makes room for one more step. */
static mafat_status make_room(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    if (b->n_all_steps >= MAFAT_MAX_STEPS)
        return mafat_error_set(b->error, MAFAT_USAGE,
                               "the configuration makes more than %d steps, which is the most "
                               "allowed",
                               MAFAT_MAX_STEPS);
    if (b->is_part || plan->n_steps < b->n_rooms)
        return MAFAT_OK;
    int n_rooms = b->n_rooms == 0 ? 256 : 2 * b->n_rooms;
    mafat_step *steps = realloc(plan->steps, (size_t)n_rooms * sizeof *steps);
    if (steps == NULL)
        return mafat_error_set(b->error, MAFAT_FAILED, "no memory for a plan of %d steps", n_rooms);
    plan->steps = steps;
    b->n_rooms = n_rooms;
    return MAFAT_OK;
}

mafat_status mafat_builder_fit_buffer(mafat_builder *b, int buffer, int layer, mafat_region held)
{
    mafat_arena_buffer *place = &b->plan->buffers[buffer].place;
    if (b->plan->buffers[buffer].is_map)
        return MAFAT_OK;
    int n_channels = layer < 0 ? b->network->input.c : b->network->layers[layer].out.c;
    mafat_shape shape = {n_channels, mafat_region_height(held), mafat_region_width(held)};
    size_t bytes = 0;
    mafat_status status = mafat_builder_bytes(b, layer, shape, &bytes);
    if (bytes > place->bytes)
        place->bytes = bytes;
    return status;
}

/* The multiply-accumulates of a step. */
static uint64_t macs_of(const mafat_builder *b, const mafat_step *step)
{
    if (step->kind != MAFAT_STEP_LAYER)
        return 0;
    const mafat_layer *layer = &b->network->layers[step->layer];
    uint64_t macs = mafat_layer_macs(layer, mafat_region_pixels(step->out.region));
    if (macs == 0)
        return 0;
    return macs / (uint64_t)layer->out.c * (uint64_t)(step->filter_end - step->filter_begin);
}

/* Keeps a step in the plan; in a sketch only if it says something new of when its layer runs. */
static void keep_step(mafat_builder *b, const mafat_step *step, mafat_layer_sum *sum)
{
    mafat_plan *plan = b->plan;
    bool is_new = sum->n_steps == 1 || step->moment != sum->last_moment;
    if (b->options->is_sketch && !b->is_part && !is_new)
        return;
    sum->last_moment = step->moment;
    if (!b->is_part)
        plan->steps[plan->n_steps] = *step;
    plan->n_steps++;
}

mafat_status mafat_builder_add_step(mafat_builder *b, mafat_position at, mafat_step step)
{
    mafat_layer_sum *sum = &b->sums[step.layer + 1];
    mafat_status status = make_room(b);
    if (status != MAFAT_OK)
        return status;
    step.group = at.group;
    step.tile_row = at.row;
    step.tile_col = at.col;
    sum->n_steps++;
    sum->macs += macs_of(b, &step);
    sum->seconds += mafat_builder_time_step(b, &step);
    b->n_all_steps++;
    keep_step(b, &step, sum);
    return mafat_builder_fit_buffer(b, step.out.buffer, step.layer, step.out.held);
}

mafat_step mafat_builder_layer_step(const mafat_builder *b, int l, mafat_region out,
                                    mafat_region in_held, mafat_region out_held)
{
    const mafat_layer *layer = &b->network->layers[l];
    int in_buffer = mafat_builder_source_buffer(b, l, 0), out_buffer = b->output_buffers[l];
    mafat_field field = field_of(layer, out);
    mafat_step step = {
        .kind = MAFAT_STEP_LAYER, .layer = l, .moment = b->first_moments[l],
        .in = {in_buffer, field.region, held_by(b, in_buffer, layer->in, in_held)},
        .out = {out_buffer, out, held_by(b, out_buffer, layer->out, out_held)},
        .pad_top = field.pad_top, .pad_left = field.pad_left,
        .filter_end = layer->out.c,
        .window = b->n_windows[l] > 0 ? b->first_windows[l] : -1,
    };
    if (layer->kind == MAFAT_SHORTCUT) {
        int also = mafat_builder_source_buffer(b, l, 1);
        step.also = (mafat_operand){also, field.region, held_by(b, also, layer->in, in_held)};
    }
    return step;
}

/* --------------------------------------------------------------------------- a tile's steps */

/* How many rows of windows of the pool l+1 a band of layer l serves. */
static int band_rows(const mafat_builder *b, int l)
{
    const mafat_layer *layer = &b->network->layers[l];
    size_t row_bytes = (size_t)layer->out.c * (size_t)mafat_region_width(b->outputs[l]) *
                       sizeof(float) * (size_t)b->network->layers[l + 1].stride;
    size_t rows = MAFAT_BAND_BYTES / row_bytes;
    int most = mafat_region_height(b->outputs[l + 1]);
    return rows < 1 ? 1 : rows > (size_t)most ? most : (int)rows;
}

/* Adds the steps of layer l and of the pool behind it, band by band. */
static mafat_status add_bands(mafat_builder *b, mafat_position at, int l)
{
    mafat_region pooled = b->outputs[l + 1];
    int rows = band_rows(b, l);
    mafat_status status = MAFAT_OK;
    for (int y = pooled.y0; y < pooled.y1 && status == MAFAT_OK; y += rows) {
        mafat_region out = pooled;
        out.y0 = y;
        out.y1 = y + rows < pooled.y1 ? y + rows : pooled.y1;
        mafat_region band = field_of(&b->network->layers[l + 1], out).region;
        mafat_step conv = mafat_builder_layer_step(b, l, band, b->inputs[l], band);
        mafat_step pool = mafat_builder_layer_step(b, l + 1, out, band, pooled);
        status = mafat_builder_add_step(b, at, conv);
        if (status == MAFAT_OK)
            status = mafat_builder_add_step(b, at, pool);
    }
    return status;
}

/* Adds the layer's step, or one for each window of its weights. */
static mafat_status add_layer(mafat_builder *b, mafat_position at, int l)
{
    mafat_step step = mafat_builder_layer_step(b, l, b->outputs[l], b->inputs[l],
                                               b->outputs[l]);
    mafat_status status = MAFAT_OK;
    if (b->n_windows[l] <= 1)
        return mafat_builder_add_step(b, at, step);
    for (int i = 0; i < b->n_windows[l] && status == MAFAT_OK; i++) {
        const mafat_weight_window *window = &b->plan->windows[b->first_windows[l] + i];
        step.window = b->first_windows[l] + i;
        step.moment = b->first_moments[l] + i;
        step.filter_begin = window->filter_begin;
        step.filter_end = window->filter_end;
        status = mafat_builder_add_step(b, at, step);
    }
    return status;
}

static mafat_status add_tile(mafat_builder *b, mafat_position at)
{
    mafat_group *group = group_of(b, at);
    mafat_status status = MAFAT_OK;
    for (int l = group->first; l < group->end && status == MAFAT_OK; l++) {
        if (b->network->layers[l].kind == MAFAT_IDENTITY)
            continue;
        if (mafat_builder_is_pooled(b, group, l))
            status = add_bands(b, at, l++);
        else
            status = add_layer(b, at, l);
    }
    group->n_tiles++;
    return status;
}

/* Walks back from the tile of the group's output to what each layer of the group must compute.
 * One tile is all of every map, though a stride may leave out its last rows: layers that run whole
 * do so alike in any group. */
static void project_tile(mafat_builder *b, const mafat_group *group, mafat_region tile)
{
    bool takes_turns = mafat_group_takes_turns(group);
    for (int l = group->end - 1; l >= group->first; l--) {
        const mafat_layer *layer = &b->network->layers[l];
        b->outputs[l] = takes_turns ? tile : mafat_region_whole(layer->out);
        b->inputs[l] = takes_turns ? field_of(layer, tile).region : mafat_region_whole(layer->in);
        tile = b->inputs[l];
    }
}

/* ------------------------------------------------------------------------------- all tiles */

static void cover(mafat_coverage *c, int begin, int end)
{
    if (begin < c->end)
        begin = c->end;
    if (begin < end) {
        c->n_covered += end - begin;
        c->end = end;
    }
}

/* Adds the tile at hand to what the group's tiles cover. */
static void cover_tile(mafat_builder *b, const mafat_group *group)
{
    for (int l = group->first; l < group->end; l++) {
        cover(&b->rows[l], b->outputs[l].y0, b->outputs[l].y1);
        cover(&b->cols[l], b->outputs[l].x0, b->outputs[l].x1);
    }
}

/* The multiply-accumulates of a group that tiles repeat. */
static uint64_t redundant_macs(const mafat_builder *b, const mafat_group *group)
{
    uint64_t macs = 0;
    for (int l = group->first; l < group->end; l++) {
        size_t n_pixels = (size_t)b->rows[l].n_covered * (size_t)b->cols[l].n_covered;
        macs += b->sums[l + 1].macs - mafat_layer_macs(&b->network->layers[l], n_pixels);
    }
    return macs;
}

/* Adds the step that fetches the whole image, before the first layer. */
static mafat_status add_input(mafat_builder *b, mafat_position at)
{
    const mafat_group *group = group_of(b, at);
    mafat_region whole = mafat_region_whole(b->network->input);
    mafat_step step = {.kind = MAFAT_STEP_INPUT, .layer = -1, .moment = group->first_moment,
                       .out = {MAFAT_IMAGE_BUFFER, whole, whole}, .window = -1};
    return mafat_builder_add_step(b, at, step);
}

mafat_status mafat_builder_add_tiles(mafat_builder *b, int g)
{
    mafat_group *group = &b->plan->groups[g];
    mafat_shape map = b->network->layers[group->end - 1].out;
    mafat_status status = MAFAT_OK;
    if (group->first == 0 && b->options->image_by_rows)
        status = add_input(b, (mafat_position){g, 0, 0});
    for (int row = 0; row < group->tiling.rows; row++) {
        for (int col = 0; col < group->tiling.cols && status == MAFAT_OK; col++) {
            mafat_region tile = mafat_region_tile(map.h, map.w, group->tiling.rows,
                                                  group->tiling.cols, row, col);
            if (mafat_region_is_empty(tile))
                continue;
            project_tile(b, group, tile);
            cover_tile(b, group);
            status = add_tile(b, (mafat_position){g, row, col});
        }
    }
    group->redundant_macs = redundant_macs(b, group);
    return status;
}
