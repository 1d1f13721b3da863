/* Steps, one by one; see steps.h. */
#include "plan/steps.h"

#include "base/array.h"
#include "plan/buffers.h"
#include "plan/timing.h"

/* What a layer reads to compute `out`. */
static mafat_field field_of(const mafat_layer *layer, mafat_region out)
{
    if (layer->kind == MAFAT_WHOLE)
        return (mafat_field){.region = mafat_region_whole(layer->in)};
    return mafat_region_back(layer, out);
}

/* The part of its map that a buffer holds where a tile's buffer holds `of_tile`; of several ranks that
 * may be some rows. */
static mafat_region held_by(const mafat_builder *b, int buffer, mafat_shape map,
                            mafat_region of_tile)
{
    const mafat_buffer *found = &b->plan->buffers[buffer];
    if (!found->is_map)
        return of_tile;
    return b->division.n <= 1 ? mafat_region_whole(map) : mafat_builder_held(b, found->layer);
}

/* Makes room for one more step. */
static mafat_status grow_steps(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    if (b->n_all_steps >= MAFAT_MAX_STEPS)
        return mafat_error_set(b->error, MAFAT_USAGE, "the configuration makes more than %d steps, "
                               "which is the most allowed", MAFAT_MAX_STEPS);
    if (b->is_part)
        return MAFAT_OK;
    mafat_step *steps = mafat_array_grow(plan->steps, plan->n_steps, &b->step_capacity, 256,
                                         sizeof *steps);
    if (steps == NULL)
        return mafat_error_set(b->error, MAFAT_FAILED, "no memory for a plan of %d steps",
                               plan->n_steps + 1);
    plan->steps = steps;
    return MAFAT_OK;
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

mafat_status mafat_steps_add(mafat_builder *b, mafat_tile_index at, mafat_step step)
{
    mafat_layer_sum *sum = &b->sums[step.layer + 1];
    mafat_status status = grow_steps(b);
    if (status != MAFAT_OK)
        return status;
    step.group = at.group;
    step.tile_row = at.row;
    step.tile_col = at.col;
    sum->n_steps++;
    sum->macs += macs_of(b, &step);
    sum->seconds += mafat_timing_step_s(b, &step);
    b->n_all_steps++;
    keep_step(b, &step, sum);
    return mafat_buffers_fit(b, step.out.buffer, step.layer, step.out.held);
}

int mafat_steps_count(const mafat_builder *b, int l)
{
    const mafat_layer *layer = &b->network->layers[l];
    return layer->kind == MAFAT_JOIN       ? layer->n_sources
           : layer->kind == MAFAT_SHORTCUT ? layer->n_sources - 1
                                           : 1;
}

int mafat_steps_first_source(const mafat_builder *b, int l, int i)
{
    return b->network->layers[l].kind == MAFAT_JOIN ? i : 0;
}

/* What a step reads of the layer's source number s, whose tiles' buffer holds `held`. */
static mafat_operand source_operand(const mafat_builder *b, int l, int s, mafat_region region,
                                    mafat_region held)
{
    const mafat_layer *layer = &b->network->layers[l];
    bool has_outputs_size = layer->kind == MAFAT_PRODUCT && s > 0;
    int buffer = mafat_builder_source_buffer(b, l, s);
    return (mafat_operand){buffer, region,
                           held_by(b, buffer, has_outputs_size ? layer->out : layer->in, held),
                           mafat_layer_first_channel(b->network, layer->sources[s])};
}

/* Has a step write the channels that source number s of a join gives. */
static void set_joined(const mafat_builder *b, int l, int s, mafat_step *step)
{
    step->filter_begin = 0;
    for (int i = 0; i < s; i++)
        step->filter_begin += mafat_layer_source_channels(b->network, l, i);
    step->filter_end = step->filter_begin + mafat_layer_source_channels(b->network, l, s);
}

mafat_step mafat_steps_of_layer(const mafat_builder *b, int l, int i, mafat_region out,
                                mafat_region in_held, mafat_region out_held)
{
    const mafat_layer *layer = &b->network->layers[l];
    int out_buffer = b->output_buffers[l], source = mafat_steps_first_source(b, l, i);
    mafat_field field = field_of(layer, out);
    mafat_part made = mafat_builder_made(b, l);
    mafat_step step = {
        .kind = MAFAT_STEP_LAYER, .layer = l, .moment = b->first_moments[l],
        .in = source_operand(b, l, source, field.region, in_held),
        .out = {out_buffer, out, held_by(b, out_buffer, layer->out, out_held), 0},
        .pad_top = field.pad_top, .pad_left = field.pad_left,
        .filter_begin = made.channel_begin, .filter_end = made.channel_end,
        .window = b->n_windows[l] > 0 ? b->first_windows[l] : -1,
    };
    if (mafat_layer_reads_two(layer)) {
        step.in = i > 0 ? step.out : step.in;
        step.also = source_operand(b, l, i + 1, mafat_region_back_to(layer, i + 1, out), in_held);
        step.also_source = (unsigned short)(i + 1);
    }
    if (layer->kind == MAFAT_JOIN)
        set_joined(b, l, i, &step);
    return step;
}

mafat_step mafat_steps_of_image(const mafat_builder *b)
{
    mafat_region whole = mafat_region_whole(b->network->input);
    return (mafat_step){.kind = MAFAT_STEP_INPUT, .layer = -1,
                        .moment = b->plan->groups[0].first_moment,
                        .out = {MAFAT_IMAGE_BUFFER, whole, whole, 0}, .window = -1};
}
