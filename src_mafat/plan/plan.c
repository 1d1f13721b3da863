/* From layer groups to buffers and steps; see plan.h. */
#include "plan/plan.h"

#include <stdint.h>
#include <stdlib.h>

/* Which rows (or columns) of a layer's output the tiles of a group compute, counted once however
 * often they are computed; tiles come in ascending order. */
typedef struct {
    int n_covered, end;
} coverage;

/* What the functions below share while a plan is made. */
typedef struct {
    mafat_plan *plan;
    const mafat_network *network;
    mafat_error *error;
    mafat_field *fields;        /* [n_layers]: receptive fields of the tile at hand */
    mafat_region *outputs;      /* [n_layers]: output regions of the tile at hand */
    coverage *rows, *cols;      /* [n_layers]: of the group at hand */
    int n_rooms;                /* for steps in the plan */
} builder;

double mafat_plan_redundant_percent(size_t macs, size_t redundant_macs)
{
    size_t needed = macs - redundant_macs;
    return needed == 0 ? 0 : 100.0 * (double)redundant_macs / (double)needed;
}

void mafat_plan_free(mafat_plan *plan)
{
    free(plan->groups);
    free(plan->buffers);
    free(plan->output_buffers);
    free(plan->steps);
    *plan = (mafat_plan){0};
}

/* --------------------------------------------------------------------------------- buffers */

static mafat_status float_bytes(const builder *b, int layer, mafat_shape shape, size_t *bytes)
{
    if (mafat_size_mul(mafat_shape_floats(shape), sizeof(float), bytes))
        return MAFAT_OK;
    return mafat_error_set_layer(b->error, MAFAT_FAILED, layer, b->network->layers[layer].type,
                                 "its %dx%dx%d output does not fit the address space", shape.c,
                                 shape.h, shape.w);
}

static int add_buffer(mafat_plan *plan, mafat_buffer buffer)
{
    plan->buffers[plan->n_buffers] = buffer;
    return plan->n_buffers++;
}

/* Whether layer l is a convolution that the next layer of the group pools without overlap. */
static bool is_pooled(const builder *b, const mafat_group *group, int l)
{
    if (l + 1 >= group->end)
        return false;
    const mafat_layer *pool = &b->network->layers[l + 1];
    return b->network->layers[l].kind == MAFAT_CONVOLUTION && pool->kind == MAFAT_MAXPOOL &&
           pool->size == pool->stride;
}

/* Whether the group hands on the layer's output: behind it come only layers that change nothing. */
static bool is_group_output(const builder *b, const mafat_group *group, int l)
{
    while (l + 1 < group->end && b->network->layers[l + 1].kind == MAFAT_IDENTITY)
        l++;
    return l + 1 == group->end;
}

/* Whether the output, under its own or under another layer's name, is read after the run. */
static bool is_result(const mafat_network *network, int l)
{
    bool result = network->layers[l].is_result;
    while (++l < network->n_layers && network->layers[l].kind == MAFAT_IDENTITY)
        result |= network->layers[l].is_result;
    return result;
}

static mafat_status add_output_buffers(builder *b, const mafat_group *group)
{
    mafat_plan *plan = b->plan;
    for (int l = group->first; l < group->end; l++) {
        const mafat_layer *layer = &b->network->layers[l];
        if (layer->kind == MAFAT_IDENTITY) {
            int source = layer->sources[0];
            plan->output_buffers[l] =
                source < 0 ? MAFAT_IMAGE_BUFFER : plan->output_buffers[source];
            continue;
        }
        /* it takes turns with the convolution before it, which goes on reading meanwhile */
        bool is_pool = l > group->first && is_pooled(b, group, l - 1);
        mafat_buffer buffer = {.storage = MAFAT_IN_ARENA, .layer = l,
                               .place = {.first = l - is_pool, .last = l}};
        if (is_group_output(b, group, l)) {
            buffer.is_map = true;
            buffer.place.first = group->first;
            buffer.place.last = group->end - 1;
            if (is_result(b->network, l))
                buffer.storage = MAFAT_IN_RESULT;
            mafat_status status = float_bytes(b, l, layer->out, &buffer.place.bytes);
            if (status != MAFAT_OK)
                return status;
        }
        plan->output_buffers[l] = add_buffer(plan, buffer);
    }
    return MAFAT_OK;
}

/* Keeps what the group reads alive while it runs: whole maps until its last layer, tiles until the
 * layer that reads them. */
static void extend_lifetimes(builder *b, const mafat_group *group)
{
    for (int l = group->first; l < group->end; l++) {
        const mafat_layer *layer = &b->network->layers[l];
        for (int s = 0; s < layer->n_sources; s++) {
            int source = layer->sources[s];
            int index = source < 0 ? MAFAT_IMAGE_BUFFER : b->plan->output_buffers[source];
            mafat_buffer *buffer = &b->plan->buffers[index];
            int last = buffer->is_map ? group->end - 1 : l;
            if (last > buffer->place.last)
                buffer->place.last = last;
        }
    }
}

static mafat_status make_buffers(builder *b, size_t workspace_bytes)
{
    mafat_plan *plan = b->plan;
    int last_layer = b->network->n_layers - 1;
    add_buffer(plan, (mafat_buffer){MAFAT_IN_IMAGE, -1, true, {0, 0, 0, 0}});
    add_buffer(plan, (mafat_buffer){MAFAT_IN_ARENA, -1, false,
                                    {workspace_bytes, 0, last_layer, 0}});
    for (int g = 0; g < plan->n_groups; g++) {
        mafat_status status = add_output_buffers(b, &plan->groups[g]);
        if (status != MAFAT_OK)
            return status;
        extend_lifetimes(b, &plan->groups[g]);
    }
    return MAFAT_OK;
}

/* ----------------------------------------------------------------------------------- steps */

/* What a layer reads to compute `out`. */
static mafat_field field_of(const mafat_layer *layer, mafat_region out)
{
    if (layer->kind == MAFAT_WHOLE)
        return (mafat_field){.region = mafat_region_whole(layer->in)};
    return mafat_region_back(layer, out);
}

/* Walks back from the tile of the group's output to what each layer of the group must compute. */
static void project_tile(builder *b, const mafat_group *group, mafat_region tile)
{
    for (int l = group->end - 1; l >= group->first; l--) {
        b->outputs[l] = tile;
        b->fields[l] = field_of(&b->network->layers[l], tile);
        tile = b->fields[l].region;
    }
}

/* Makes room in the layer's buffer for one tile's region. */
static mafat_status fit_buffer(builder *b, int l, mafat_region out)
{
    mafat_buffer *buffer = &b->plan->buffers[b->plan->output_buffers[l]];
    if (buffer->is_map)
        return MAFAT_OK;
    mafat_shape shape = {b->network->layers[l].out.c, mafat_region_height(out),
                         mafat_region_width(out)};
    size_t bytes = 0;
    mafat_status status = float_bytes(b, l, shape, &bytes);
    if (bytes > buffer->place.bytes)
        buffer->place.bytes = bytes;
    return status;
}

/* The part of its map that a buffer holds where a tile's buffer holds `of_tile`. */
static mafat_region held_by(const builder *b, int buffer, mafat_shape map, mafat_region of_tile)
{
    return b->plan->buffers[buffer].is_map ? mafat_region_whole(map) : of_tile;
}

/* The tile that steps are being made for. */
typedef struct {
    int group, row, col;
} position;

/* Makes room for one more step. */
static mafat_status make_room(builder *b)
{
    mafat_plan *plan = b->plan;
    if (plan->n_steps < b->n_rooms)
        return MAFAT_OK;
    if (plan->n_steps == MAFAT_MAX_STEPS)
        return mafat_error_set(b->error, MAFAT_USAGE,
                               "the configuration makes more than %d steps, which is the most "
                               "allowed",
                               MAFAT_MAX_STEPS);
    int n_rooms = b->n_rooms == 0 ? 256 : 2 * b->n_rooms;
    mafat_step *steps = realloc(plan->steps, (size_t)n_rooms * sizeof *steps);
    if (steps == NULL)
        return mafat_error_set(b->error, MAFAT_FAILED, "no memory for a plan of %d steps", n_rooms);
    plan->steps = steps;
    b->n_rooms = n_rooms;
    return MAFAT_OK;
}

/* Adds a step that computes `out`, a part of the tile's output of layer l. Its input's buffer holds
 * `in_held`, and its output's `out_held`, unless they hold maps. */
static mafat_status add_step(builder *b, position at, int l, mafat_region out,
                             mafat_region in_held, mafat_region out_held)
{
    mafat_plan *plan = b->plan;
    const mafat_layer *layer = &b->network->layers[l];
    mafat_status status = make_room(b);
    if (status != MAFAT_OK)
        return status;
    int source = layer->sources[0];
    int in_buffer = source < 0 ? MAFAT_IMAGE_BUFFER : plan->output_buffers[source];
    int out_buffer = plan->output_buffers[l];
    mafat_field field = field_of(layer, out);
    plan->steps[plan->n_steps++] = (mafat_step){
        .group = at.group, .tile_row = at.row, .tile_col = at.col, .layer = l,
        .in = {in_buffer, field.region, held_by(b, in_buffer, layer->in, in_held)},
        .out = {out_buffer, out, held_by(b, out_buffer, layer->out, out_held)},
        .pad_top = field.pad_top, .pad_left = field.pad_left,
    };
    plan->groups[at.group].macs += mafat_layer_macs(layer, mafat_region_pixels(out));
    return fit_buffer(b, l, out_held);
}

/* How many rows of windows of the pool l+1 a band of layer l serves. */
static int band_rows(const builder *b, int l)
{
    const mafat_layer *layer = &b->network->layers[l];
    size_t row_bytes = (size_t)layer->out.c * (size_t)mafat_region_width(b->outputs[l]) *
                       sizeof(float) * (size_t)b->network->layers[l + 1].stride;
    size_t rows = MAFAT_BAND_BYTES / row_bytes;
    int most = mafat_region_height(b->outputs[l + 1]);
    return rows < 1 ? 1 : rows > (size_t)most ? most : (int)rows;
}

/* Adds the steps of layer l and of the pool behind it, band by band. */
static mafat_status add_bands(builder *b, position at, int l)
{
    mafat_region pooled = b->outputs[l + 1];
    int rows = band_rows(b, l);
    mafat_status status = MAFAT_OK;
    for (int y = pooled.y0; y < pooled.y1 && status == MAFAT_OK; y += rows) {
        mafat_region out = pooled;
        out.y0 = y;
        out.y1 = y + rows < pooled.y1 ? y + rows : pooled.y1;
        mafat_region band = field_of(&b->network->layers[l + 1], out).region;
        status = add_step(b, at, l, band, b->fields[l].region, band);
        if (status == MAFAT_OK)
            status = add_step(b, at, l + 1, out, band, pooled);
    }
    return status;
}

static mafat_status add_tile_steps(builder *b, position at)
{
    mafat_group *group = &b->plan->groups[at.group];
    mafat_status status = MAFAT_OK;
    for (int l = group->first; l < group->end && status == MAFAT_OK; l++) {
        if (b->network->layers[l].kind == MAFAT_IDENTITY)
            continue;
        if (is_pooled(b, group, l))
            status = add_bands(b, at, l++);
        else
            status = add_step(b, at, l, b->outputs[l], b->fields[l].region, b->outputs[l]);
    }
    group->n_tiles++;
    return status;
}

static void cover(coverage *c, int begin, int end)
{
    if (begin < c->end)
        begin = c->end;
    if (begin < end) {
        c->n_covered += end - begin;
        c->end = end;
    }
}

/* Adds the tile at hand to what the group's tiles cover. */
static void cover_tile(builder *b, const mafat_group *group)
{
    for (int l = group->first; l < group->end; l++) {
        cover(&b->rows[l], b->outputs[l].y0, b->outputs[l].y1);
        cover(&b->cols[l], b->outputs[l].x0, b->outputs[l].x1);
    }
}

/* The multiply-accumulates of a group if no tile repeated the work of another. */
static size_t needed_macs(const builder *b, const mafat_group *group)
{
    size_t macs = 0;
    for (int l = group->first; l < group->end; l++) {
        size_t n_pixels = (size_t)b->rows[l].n_covered * (size_t)b->cols[l].n_covered;
        macs += mafat_layer_macs(&b->network->layers[l], n_pixels);
    }
    return macs;
}

static mafat_status add_group_steps(builder *b, int g)
{
    mafat_plan *plan = b->plan;
    mafat_group *group = &plan->groups[g];
    mafat_shape map = b->network->layers[group->end - 1].out;
    int first_step = plan->n_steps;
    for (int row = 0; row < group->tiling.rows; row++) {
        for (int col = 0; col < group->tiling.cols; col++) {
            mafat_region tile = mafat_region_tile(map.h, map.w, group->tiling.rows,
                                                  group->tiling.cols, row, col);
            if (mafat_region_is_empty(tile))
                continue;
            project_tile(b, group, tile);
            cover_tile(b, group);
            mafat_status status = add_tile_steps(b, (position){g, row, col});
            if (status != MAFAT_OK)
                return status;
        }
    }
    if (plan->n_steps > first_step)
        plan->steps[plan->n_steps - 1].completes_map = true;
    group->redundant_macs = group->macs - needed_macs(b, group);
    plan->macs += group->macs;
    plan->redundant_macs += group->redundant_macs;
    return MAFAT_OK;
}

static mafat_status make_steps(builder *b)
{
    mafat_status status = MAFAT_OK;
    for (int g = 0; g < b->plan->n_groups && status == MAFAT_OK; g++)
        status = add_group_steps(b, g);
    return status;
}

/* --------------------------------------------------------------------------------- offsets */

static mafat_status place_buffers(builder *b)
{
    mafat_plan *plan = b->plan;
    mafat_arena_buffer *places = calloc((size_t)plan->n_buffers, sizeof *places);
    if (places == NULL)
        return mafat_error_set(b->error, MAFAT_FAILED, "no memory to place buffers");
    for (int i = 0; i < plan->n_buffers; i++) {
        places[i] = plan->buffers[i].place;
        if (plan->buffers[i].storage != MAFAT_IN_ARENA)
            places[i].bytes = 0;
    }
    mafat_status status = mafat_arena_place(places, plan->n_buffers, &plan->arena_bytes, b->error);
    plan->live_bytes = mafat_arena_live_bytes(places, plan->n_buffers);
    for (int i = 0; i < plan->n_buffers; i++)
        plan->buffers[i].place.offset = places[i].offset;
    free(places);
    return status;
}

static mafat_status build(builder *b, const mafat_config *config, size_t workspace_bytes)
{
    mafat_status status = mafat_group_resolve(b->network, config, b->plan->groups,
                                              &b->plan->n_groups, b->error);
    if (status == MAFAT_OK)
        status = make_buffers(b, workspace_bytes);
    if (status == MAFAT_OK)
        status = make_steps(b);
    if (status == MAFAT_OK)
        status = place_buffers(b);
    return status;
}

mafat_status mafat_plan_build(mafat_plan *plan, const mafat_network *network,
                              const mafat_config *config, size_t workspace_bytes,
                              mafat_error *error)
{
    size_t n = (size_t)network->n_layers;
    *plan = (mafat_plan){
        .groups = calloc(n, sizeof *plan->groups),
        .buffers = calloc(n + 2, sizeof *plan->buffers),
        .n_layers = network->n_layers,
        .output_buffers = calloc(n, sizeof *plan->output_buffers),
    };
    builder b = {
        .plan = plan, .network = network, .error = error,
        .fields = calloc(n, sizeof *b.fields),
        .outputs = calloc(n, sizeof *b.outputs),
        .rows = calloc(n, sizeof *b.rows),
        .cols = calloc(n, sizeof *b.cols),
    };
    bool allocated = plan->groups != NULL && plan->buffers != NULL &&
                     plan->output_buffers != NULL && b.fields != NULL &&
                     b.outputs != NULL && b.rows != NULL && b.cols != NULL;
    mafat_status status = allocated ? build(&b, config, workspace_bytes)
                                    : mafat_error_set(error, MAFAT_FAILED,
                                                      "no memory for a plan of %zu layers", n);
    free(b.fields);
    free(b.outputs);
    free(b.rows);
    free(b.cols);
    if (status != MAFAT_OK)
        mafat_plan_free(plan);
    return status;
}
