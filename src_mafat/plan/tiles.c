/* The steps of layer groups that are tiled by a grid; see tiles.h. */
#include "plan/tiles.h"

#include "base/size.h"
#include "plan/steps.h"

/* ------------------------------------------------------------------------------ a tile's steps */

static mafat_group *group_of(const mafat_builder *b, mafat_tile_index at)
{
    return &b->plan->groups[at.group];
}

/* What the buffer of a layer's source number s holds, if it holds a tile: more than the layer reads
 * where the source computes more. */
static mafat_region held_by_source(const mafat_builder *b, mafat_tile_index at, int l, int s)
{
    int source = mafat_builder_source(b, l, s);
    return source >= group_of(b, at)->first ? b->outputs[source] : b->inputs[l];
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
    size_t row_bytes = (size_t)layer->out.c * (size_t)mafat_region_width(b->outputs[l]) *
                       sizeof(float) * (size_t)b->network->layers[l + 1].stride;
    size_t rows = MAFAT_BAND_BYTES / row_bytes;
    int most = mafat_region_height(b->outputs[l + 1]), unit = band_unit(b, l);
    int n = rows < 1 ? 1 : rows > (size_t)most ? most : (int)rows;
    return n <= unit ? unit : n / unit * unit;
}

/* Adds the steps of layer l and of the pool behind it, band by band. */
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
        mafat_step pool = mafat_steps_of_layer(b, l + 1, 0, out, band, pooled);
        status = mafat_steps_add(b, at, conv);
        if (status == MAFAT_OK)
            status = mafat_steps_add(b, at, pool);
    }
    return status;
}

/* Adds a step for each window of the layer's weights. */
static mafat_status add_windows(mafat_builder *b, mafat_tile_index at, int l)
{
    mafat_step step = mafat_steps_of_layer(b, l, 0, b->outputs[l], held_by_source(b, at, l, 0),
                                           b->outputs[l]);
    mafat_status status = MAFAT_OK;
    for (int i = 0; i < b->n_windows[l] && status == MAFAT_OK; i++) {
        const mafat_weight_window *window = &b->plan->windows[b->first_windows[l] + i];
        step.window = b->first_windows[l] + i;
        step.moment = b->first_moments[l] + i;
        step.filter_begin = window->filter_begin;
        step.filter_end = window->filter_end;
        status = mafat_steps_add(b, at, step);
    }
    return status;
}

static mafat_status add_layer(mafat_builder *b, mafat_tile_index at, int l)
{
    mafat_status status = MAFAT_OK;
    if (b->n_windows[l] > 1)
        return add_windows(b, at, l);
    for (int i = 0; i < mafat_steps_count(b, l) && status == MAFAT_OK; i++) {
        int source = mafat_steps_first_source(b, l, i);
        status = mafat_steps_add(b, at, mafat_steps_of_layer(b, l, i, b->outputs[l],
                                                             held_by_source(b, at, l, source),
                                                             b->outputs[l]));
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

/* Walks back from the tile of the group's output to what each layer of the group must compute.
 * One tile is all of every map, though a stride may leave out its last rows: layers that run whole
 * do so alike in any group. */
static void project_tile(mafat_builder *b, const mafat_group *group, mafat_region tile)
{
    bool is_interleaved = mafat_group_is_interleaved(group);
    for (int l = group->end - 1; l >= group->first; l--) {
        const mafat_layer *layer = &b->network->layers[l];
        b->outputs[l] = is_interleaved ? mafat_region_widen(layer, tile)
                                       : mafat_region_whole(layer->out);
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
        size_t n_pixels = (size_t)b->rows[l].n_covered * (size_t)b->cols[l].n_covered;
        macs += b->sums[l + 1].macs - mafat_layer_macs(&b->network->layers[l], n_pixels);
    }
    return macs;
}

/* Adds the step that fetches the whole image, before the first layer. */
static mafat_status add_input(mafat_builder *b, mafat_tile_index at)
{
    const mafat_group *group = group_of(b, at);
    mafat_region whole = mafat_region_whole(b->network->input);
    mafat_step step = {.kind = MAFAT_STEP_INPUT, .layer = -1, .moment = group->first_moment,
                       .out = {MAFAT_IMAGE_BUFFER, whole, whole, 0}, .window = -1};
    return mafat_steps_add(b, at, step);
}

mafat_status mafat_tiles_add_group(mafat_builder *b, int g)
{
    mafat_group *group = &b->plan->groups[g];
    mafat_shape map = b->network->layers[group->end - 1].out;
    int unit = mafat_group_unit(b->network, group);
    mafat_status status = MAFAT_OK;
    if (group->first == 0 && b->options->image_by_rows)
        status = add_input(b, (mafat_tile_index){g, 0, 0});
    for (int row = 0; row < group->tiling.rows; row++) {
        for (int col = 0; col < group->tiling.cols && status == MAFAT_OK; col++) {
            mafat_region tile = mafat_region_tile(map, unit, group->tiling.rows,
                                                  group->tiling.cols, row, col);
            if (mafat_region_is_empty(tile))
                continue;
            project_tile(b, group, tile);
            cover_tile(b, group);
            status = add_tile(b, (mafat_tile_index){g, row, col});
        }
    }
    group->redundant_macs = redundant_macs(b, group);
    return status;
}
