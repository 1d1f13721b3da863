/* The steps of layer groups that are tiled by a grid; see tiles.h. */
#include "plan/tiles.h"

#include "base/size.h"
#include "plan/steps.h"
#include "plan/transfer.h"

/* ------------------------------------------------------------------------------ a tile's steps */

static mafat_group *group_of(const mafat_builder *b, mafat_tile_index at)
{
    return &b->plan->groups[at.group];
}

/* What the buffer of layer l holds, if it holds a tile: where layers run one by one, all of the map that
 * is of use on this rank. */
static mafat_region held_by(const mafat_builder *b, mafat_tile_index at, int l)
{
    return mafat_group_is_interleaved(group_of(b, at))
               ? b->outputs[l]
               : mafat_builder_held(b, l);
}

/* The same of a layer's source number s: more than the layer reads where the source computes more. */
static mafat_region held_by_source(const mafat_builder *b, mafat_tile_index at, int l, int s)
{
    int source = mafat_builder_source(b, l, s);
    return source >= group_of(b, at)->first ? held_by(b, at, source) : b->inputs[l];
}

/* Bands are so many rows of the pool l+1, or a multiple of that: then they are whole units of rows
 * of layer l (region.h). */
static int band_unit(const mafat_builder *b, int l)
{
    mafat_group pair = {.first = l, .end = l + 2};
    return mafat_group_unit(b->network, &pair);
}

/* How many rows of the pool l+1 a band of layer l serves: as many as fill whole units of its rows. */
static int band_rows(const mafat_builder *b, int l)
{
    const mafat_layer *layer = &b->network->layers[l];
    uint64_t row_floats = (uint64_t)layer->out.c * (uint64_t)mafat_region_width(b->outputs[l]);
    uint64_t pooled_bytes = sizeof(float) * (uint64_t)b->network->layers[l + 1].stride;
    uint64_t rows = MAFAT_BAND_BYTES / pooled_bytes / row_floats;
    int most = mafat_region_height(b->outputs[l + 1]), unit = band_unit(b, l);
    int n = rows < 1 ? 1 : rows > (uint64_t)most ? most : (int)rows;
    return n <= unit ? unit : n / unit * unit;
}

/* Adds what is sent of a portion; what tiles make is sent behind the last one. */
static mafat_status add_exchange(mafat_builder *b, mafat_tile_index at, int l, int portion)
{
    return mafat_group_is_interleaved(group_of(b, at)) ? MAFAT_OK
                                                       : mafat_transfer_add(b, at, l, portion);
}

/* Adds the steps of layer l and of the pool behind it, band by band, and what is sent of the pool. */
static mafat_status add_bands(mafat_builder *b, mafat_tile_index at, int l)
{
    mafat_region pooled = b->outputs[l + 1];
    int rows = band_rows(b, l), unit = band_unit(b, l);
    mafat_status status = MAFAT_OK;
    for (int y = pooled.y0, end; y < pooled.y1 && status == MAFAT_OK; y = end) {
        mafat_region out = pooled;
        end = mafat_size_min_int(y / unit * unit + rows, pooled.y1);
        out.y0 = y;
        out.y1 = end;
        mafat_region band = mafat_region_widen(
            &b->network->layers[l], mafat_region_back(&b->network->layers[l + 1], out).region);
        mafat_step conv =
            mafat_steps_of_layer(b, l, 0, band, held_by_source(b, at, l, 0), band);
        mafat_step pool = mafat_steps_of_layer(b, l + 1, 0, out, band, held_by(b, at, l + 1));
        status = mafat_steps_add(b, at, conv);
        if (status == MAFAT_OK)
            status = mafat_steps_add(b, at, pool);
    }
    return status == MAFAT_OK ? add_exchange(b, at, l + 1, 0) : status;
}

/* Adds a step for what each window of the layer's weights has of so many filters. */
static mafat_status add_filters(mafat_builder *b, mafat_tile_index at, int l, int begin, int end)
{
    mafat_step step = mafat_steps_of_layer(b, l, 0, b->outputs[l], held_by_source(b, at, l, 0),
                                           held_by(b, at, l));
    mafat_status status = MAFAT_OK;
    if (b->n_windows[l] == 0) {    /* they are the caller's */
        step.filter_begin = begin;
        step.filter_end = end;
        return mafat_steps_add(b, at, step);
    }
    for (int i = 0; i < b->n_windows[l] && status == MAFAT_OK; i++) {
        const mafat_weight_window *window = &b->plan->windows[b->first_windows[l] + i];
        step.window = b->first_windows[l] + i;
        step.moment = b->first_moments[l] + i;
        step.filter_begin = mafat_size_max_int(window->filter_begin, begin);
        step.filter_end = mafat_size_min_int(window->filter_end, end);
        if (step.filter_begin < step.filter_end)
            status = mafat_steps_add(b, at, step);
    }
    return status;
}

/* Adds the steps of a portion of what this rank computes of layer l. */
static mafat_status add_portion(mafat_builder *b, mafat_tile_index at, int l, int portion)
{
    mafat_status status = MAFAT_OK;
    mafat_part part = mafat_builder_portion(b, l, portion);
    if (mafat_part_is_empty(part))
        return MAFAT_OK;
    if (b->network->layers[l].kind == MAFAT_CONVOLUTION)
        return add_filters(b, at, l, part.channel_begin, part.channel_end);
    for (int i = 0; i < mafat_steps_count(b, l) && status == MAFAT_OK; i++) {
        int source = mafat_steps_first_source(b, l, i);
        status = mafat_steps_add(b, at, mafat_steps_of_layer(b, l, i, b->outputs[l],
                                                             held_by_source(b, at, l, source),
                                                             held_by(b, at, l)));
    }
    return status;
}

/* Adds the steps of what this rank computes of layer l and sends of it. */
static mafat_status add_layer(mafat_builder *b, mafat_tile_index at, int l)
{
    int n = mafat_division_portions(&b->division, l);
    mafat_status status = MAFAT_OK;
    for (int portion = 0; portion < n && status == MAFAT_OK; portion++) {
        status = add_portion(b, at, l, portion);
        if (status == MAFAT_OK)
            status = add_exchange(b, at, l, portion);
    }
    return status;
}

static mafat_status add_tile(mafat_builder *b, mafat_tile_index at)
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

/* What this rank computes of layer l, in all its columns. */
static mafat_region made_rows(const mafat_builder *b, int l)
{
    mafat_part made = mafat_builder_made(b, l);
    return (mafat_region){made.row_begin, 0, made.row_end, b->network->layers[l].out.w};
}

/* Walks back from the tile of the group's output to what each layer of the group must compute.
 * One tile is all of every map, though a stride may leave out its last rows: layers that run whole
 * do so alike in any group. */
static void project_tile(mafat_builder *b, const mafat_group *group, mafat_region tile)
{
    bool is_interleaved = mafat_group_is_interleaved(group);
    for (int l = group->end - 1; l >= group->first; l--) {
        const mafat_layer *layer = &b->network->layers[l];
        b->outputs[l] = is_interleaved ? mafat_region_widen(layer, tile) : made_rows(b, l);
        b->inputs[l] = is_interleaved ? mafat_region_back(layer, b->outputs[l]).region
                                      : mafat_region_whole(layer->in);
        tile = b->inputs[l];
    }
}

/* ----------------------------------------------------------------------------------- all tiles */

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
        const mafat_layer *layer = &b->network->layers[l];
        mafat_part made = mafat_builder_made(b, l);
        size_t n_pixels = (size_t)b->rows[l].n_covered * (size_t)b->cols[l].n_covered;
        macs += b->sums[l + 1].macs - mafat_layer_macs(layer, n_pixels) / (uint64_t)layer->out.c *
                                          (uint64_t)(made.channel_end - made.channel_begin);
    }
    return macs;
}

/* The part of a tile of the group's output that this rank computes. */
static mafat_region cut_to_rank(const mafat_builder *b, const mafat_group *group, mafat_region tile)
{
    int output = b->producers[group->end - 1];
    if (output < group->first)    /* layers that change nothing */
        return tile;
    mafat_part made = mafat_builder_made(b, output);
    tile.y0 = mafat_size_max_int(tile.y0, made.row_begin);
    tile.y1 = mafat_size_min_int(tile.y1, made.row_end);
    return tile;
}

mafat_status mafat_tiles_add_group(mafat_builder *b, int g)
{
    mafat_group *group = &b->plan->groups[g];
    mafat_shape map = b->network->layers[group->end - 1].out;
    int unit = mafat_group_unit(b->network, group);
    mafat_status status = MAFAT_OK;
    if (group->first == 0 && mafat_builder_has_input_by_rows(b))
        status = mafat_steps_add(b, (mafat_tile_index){g, 0, 0}, mafat_steps_of_image(b));
    bool is_interleaved = mafat_group_is_interleaved(group);
    for (int row = 0; row < group->tiling.rows; row++) {
        for (int col = 0; col < group->tiling.cols && status == MAFAT_OK; col++) {
            mafat_region tile = mafat_region_tile(map, unit, group->tiling.rows,
                                                  group->tiling.cols, row, col);
            if (is_interleaved)
                tile = cut_to_rank(b, group, tile);
            if (mafat_region_is_empty(tile))
                continue;
            project_tile(b, group, tile);
            cover_tile(b, group);
            status = add_tile(b, (mafat_tile_index){g, row, col});
        }
    }
    group->redundant_macs = redundant_macs(b, group);
    int output = b->producers[group->end - 1];
    if (status == MAFAT_OK && is_interleaved && output >= group->first)    /* else it has been sent */
        status = mafat_transfer_add(b, (mafat_tile_index){.group = g}, output, 0);
    return status;
}
