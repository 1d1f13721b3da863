/* The steps of layer groups that keep the rows that they need again ('r' tilings); see rows.h.
 *
 * Each tile of the group's output asks for its rows, and every layer asks the layers that it reads
 * for just the rows that it lacks: a layer computes a few rows as soon as they are wanted, and none
 * of them twice. Its buffer holds the rows that somebody still needs and those that are being
 * added; when it is full, the ones that are still needed move to its top.
 *
 * A layer computes at once about as many pixels as the group's output has in one tile, so that
 * wide maps come one row at a time and narrow ones by several. A pool that does not overlap fires
 * with the convolution before it.
 *
 * The same walk is done twice: first to learn how many rows each buffer must hold, then to add the
 * steps. */
#include "plan/rows.h"

#include "base/size.h"
#include "plan/buffers.h"
#include "plan/steps.h"
#include "plan/transfer.h"

enum { IMAGE = -1 };

typedef struct {
    mafat_builder *b;
    mafat_tile_index at;
    const mafat_group *group;
    bool adds_steps;            /* the second walk */
} walk;

static mafat_rows *rows_of(const walk *w, int l)
{
    return &w->b->reused[l + 1];
}

static const mafat_layer *layer_of(const walk *w, int l)
{
    return &w->b->network->layers[l];
}

static mafat_shape shape_of(const walk *w, int l)
{
    return l == IMAGE ? w->b->network->input : layer_of(w, l)->out;
}

static int buffer_of(const walk *w, int l)
{
    return l == IMAGE ? MAFAT_IMAGE_BUFFER : w->b->output_buffers[l];
}

/* Whether rows of l are made by this walk: l is a layer of the group, or the image if it comes by
 * rows. */
static bool is_inside(const walk *w, int l)
{
    if (l == IMAGE)
        return mafat_builder_has_input_by_rows(w->b);
    return l >= w->group->first && l < w->group->end;
}

/* Rows [y0, y1) of l's map. */
static mafat_region rows_between(const walk *w, int l, int y0, int y1)
{
    return (mafat_region){y0, 0, y1, shape_of(w, l).w};
}

/* Layer l computes rows [y0, y1): the rows that it reads for them of its source number s. */
static mafat_region rows_behind(const walk *w, int l, int s, int y0, int y1)
{
    return mafat_region_back_to(layer_of(w, l), s, rows_between(w, l, y0, y1));
}

/* What l's buffer holds now. */
static mafat_region held_rows(const walk *w, int l)
{
    const mafat_rows *rows = rows_of(w, l);
    if (!is_inside(w, l) || w->b->plan->buffers[buffer_of(w, l)].is_map)
        return mafat_builder_held(w->b, l);
    return rows_between(w, l, rows->top, rows->top + rows->capacity);
}

/* The first row of `l` that is still needed: all its readers are in the group. */
static int first_needed(const walk *w, int l)
{
    int first = rows_of(w, l)->n_made, last = rows_of(w, l)->last_reader;
    for (int reader = l == IMAGE ? 0 : l + 1; reader <= last; reader++) {
        const mafat_layer *layer = layer_of(w, reader);
        int n_made = rows_of(w, reader)->n_made;
        if (layer->kind == MAFAT_IDENTITY || n_made == layer->out.h)
            continue;
        for (int s = 0; s < layer->n_sources; s++) {
            if (mafat_builder_source(w->b, reader, s) != l)
                continue;
            int y = rows_behind(w, reader, s, n_made, n_made + 1).y0;
            first = y < first ? y : first;
        }
    }
    return first;
}

/* Makes room in l's buffer for rows up to `end`. */
static mafat_status make_space(const walk *w, int l, int end)
{
    mafat_rows *rows = rows_of(w, l);
    int first = first_needed(w, l);
    if (!w->adds_steps && end - first > rows->capacity)
        rows->capacity = end - first;
    if (!w->adds_steps || end - rows->top <= rows->capacity)
        return MAFAT_OK;
    mafat_region kept = rows_between(w, l, first, rows->n_made);
    mafat_step step = {.kind = MAFAT_STEP_KEEP, .layer = l, .moment = w->group->first_moment,
                       .in = {buffer_of(w, l), kept, held_rows(w, l), 0}, .window = -1};
    rows->top = first;
    if (mafat_region_is_empty(kept))
        return MAFAT_OK;
    step.out = (mafat_operand){step.in.buffer, kept, held_rows(w, l), 0};
    return mafat_steps_add(w->b, w->at, step);
}

/* Adds the steps that compute rows [y0, y1) of l. */
static mafat_status add_rows(const walk *w, int l, int y0, int y1)
{
    mafat_region out = rows_between(w, l, y0, y1);
    if (l == IMAGE)
        return mafat_steps_add(w->b, w->at, (mafat_step){
            .kind = MAFAT_STEP_INPUT, .layer = IMAGE, .moment = w->group->first_moment,
            .out = {MAFAT_IMAGE_BUFFER, out, held_rows(w, l), 0}, .window = -1});
    const mafat_layer *layer = layer_of(w, l);
    mafat_status status = MAFAT_OK;
    for (int i = 0; i < mafat_steps_count(w->b, l) && status == MAFAT_OK; i++) {
        int source = mafat_builder_source(w->b, l, mafat_steps_first_source(w->b, l, i));
        mafat_step step = mafat_steps_of_layer(w->b, l, i, out, held_rows(w, source), held_rows(w, l));
        if (mafat_layer_reads_two(layer))
            step.also.held = held_rows(w, mafat_builder_source(w->b, l, i + 1));
        status = mafat_steps_add(w->b, w->at, step);
    }
    return status;
}

/* Rows [0, end) of l and what it computes with them (mafat_region_widen()). */
static int whole_units(const walk *w, int l, int end)
{
    return l == IMAGE ? end : mafat_region_widen(layer_of(w, l), rows_between(w, l, 0, end)).y1;
}

static mafat_status want(const walk *w, int l, int end);

/* Computes the next n rows of l, and first what they need. */
static mafat_status fire(const walk *w, int l, int n)
{
    mafat_rows *rows = rows_of(w, l);
    int y0 = rows->n_made, y1 = y0 + n;
    mafat_status status = MAFAT_OK;
    for (int s = 0; l != IMAGE && s < layer_of(w, l)->n_sources && status == MAFAT_OK; s++) {
        int source = mafat_builder_source(w->b, l, s);
        if (is_inside(w, source))
            status = want(w, source, rows_behind(w, l, s, y0, y1).y1);
    }
    if (status == MAFAT_OK && !w->b->plan->buffers[buffer_of(w, l)].is_map)
        status = make_space(w, l, y1);
    if (status == MAFAT_OK && w->adds_steps)
        status = add_rows(w, l, y0, y1);
    rows->n_made = y1;
    return status;
}

/* Sees to it that rows [0, end) of l have been made. */
static mafat_status want(const walk *w, int l, int end)
{
    mafat_rows *rows = rows_of(w, l);
    mafat_status status = MAFAT_OK;
    end = whole_units(w, l, end);
    while (rows->n_made < end && status == MAFAT_OK) {
        int n = end - rows->n_made;
        status = fire(w, l, n < rows->each ? n : rows->each);
    }
    return status;
}

/* So many rows of l and more, in whole units. */
static int whole_units_of(const walk *w, int l, int n_rows)
{
    int unit = mafat_region_unit(layer_of(w, l));
    return mafat_size_parts(n_rows, unit) * unit;
}

/* Decides how many rows each layer computes at once. */
static void choose_rows(walk *w)
{
    mafat_builder *b = w->b;
    mafat_shape out = shape_of(w, w->group->end - 1);
    int n_tiles = w->group->tiling.rows;
    long long n_pixels = (long long)mafat_size_parts(out.h, n_tiles) * out.w;
    rows_of(w, IMAGE)->each = b->network->input.h;
    for (int l = w->group->first; l < w->group->end; l++) {
        long long each = n_pixels / shape_of(w, l).w;
        rows_of(w, l)->each = whole_units_of(w, l, each < 1 ? 1 : (int)each);
        if (l > w->group->first && mafat_builder_is_pooled(b, w->group, l - 1)) {
            int stride = layer_of(w, l)->stride, before = rows_of(w, l - 1)->each;
            rows_of(w, l)->each = before < stride ? 1 : before / stride;
            rows_of(w, l - 1)->each = whole_units_of(w, l - 1, rows_of(w, l)->each * stride);
        }
    }
}

/* Notes which layer of the group reads each of its layers last. */
static void find_last_readers(walk *w)
{
    rows_of(w, IMAGE)->last_reader = IMAGE;
    for (int l = w->group->first; l < w->group->end; l++)
        rows_of(w, l)->last_reader = l;
    for (int l = w->group->first; l < w->group->end; l++)
        for (int s = 0; s < layer_of(w, l)->n_sources; s++)
            rows_of(w, mafat_builder_source(w->b, l, s))->last_reader = l;
}

static mafat_status walk_tiles(walk *w)
{
    mafat_shape map = shape_of(w, w->group->end - 1);
    int output = w->b->producers[w->group->end - 1];
    int n_tiles = w->group->tiling.rows, unit = mafat_group_unit(w->b->network, w->group);
    mafat_part made = mafat_builder_made(w->b, output);
    mafat_status status = MAFAT_OK;
    rows_of(w, IMAGE)->n_made = rows_of(w, IMAGE)->top = 0;
    for (int l = w->group->first; l < w->group->end; l++)
        rows_of(w, l)->n_made = rows_of(w, l)->top = mafat_builder_made(w->b, l).row_begin;
    for (int row = 0; row < n_tiles && status == MAFAT_OK; row++) {
        mafat_region tile = mafat_region_tile(map, unit, n_tiles, 1, row, 0);
        w->at.row = row;
        if (mafat_region_is_empty(tile) || tile.y1 <= made.row_begin || tile.y0 >= made.row_end)
            continue;
        status = want(w, output, mafat_size_min_int(tile.y1, made.row_end));
    }
    return status;
}

/* Walks through the group. */
static mafat_status add_steps(walk *w)
{
    choose_rows(w);
    find_last_readers(w);
    mafat_status status = walk_tiles(w);
    w->adds_steps = true;
    if (status == MAFAT_OK)
        status = walk_tiles(w);
    return status;
}

/* ----------------------------------------------------------------------- groups that end alike */

/* Whether the layers of a group do what the memo says. A pool does otherwise where the group begins
 * with it than where it fires with the convolution before it. */
static bool is_known(const mafat_builder *b, const mafat_group *group)
{
    const mafat_row_memo *memo = b->memo;
    if (memo == NULL || memo->end != group->end || memo->n_tiles != group->tiling.rows ||
        memo->first > group->first)
        return false;
    mafat_group known = {.first = memo->first, .end = memo->end};
    return memo->first == group->first ||
           !mafat_group_pools(b->network, &known, group->first - 1);
}

/* Takes sums and sizes from the memo instead of walking. */
static mafat_status recall(walk *w)
{
    mafat_status status = MAFAT_OK;
    for (int l = w->group->first == 0 ? IMAGE : w->group->first;
         l < w->group->end && status == MAFAT_OK; l++) {
        rows_of(w, l)->capacity = w->b->memo->layers[l + 1].capacity;
        w->b->sums[l + 1] = w->b->memo->layers[l + 1].sum;
        w->b->plan->n_steps += w->b->sums[l + 1].n_steps;
        status = mafat_buffers_fit(w->b, buffer_of(w, l), l, held_rows(w, l));
    }
    return status;
}

static void note_layer(const walk *w, int l)
{
    w->b->memo->layers[l + 1].capacity = rows_of(w, l)->capacity;
    w->b->memo->layers[l + 1].sum = w->b->sums[l + 1];
}

static void note(const walk *w)
{
    mafat_row_memo *memo = w->b->memo;
    memo->first = w->group->first;
    memo->end = w->group->end;
    memo->n_tiles = w->group->tiling.rows;
    note_layer(w, IMAGE);
    for (int l = w->group->first; l < w->group->end; l++)
        note_layer(w, l);
}

mafat_status mafat_rows_add_group(mafat_builder *b, int g)
{
    mafat_group *group = &b->plan->groups[g];
    int h = mafat_size_parts(b->network->layers[group->end - 1].out.h,
                             mafat_group_unit(b->network, group));
    walk w = {.b = b, .at = {.group = g}, .group = group};
    if (b->producers[group->end - 1] < group->first)
        return MAFAT_OK;    /* layers that change nothing */
    group->n_tiles = group->tiling.rows < h ? group->tiling.rows : h;
    bool is_recalled = is_known(b, group);
    mafat_status status = is_recalled ? recall(&w) : add_steps(&w);
    if (status == MAFAT_OK && b->memo != NULL && !is_recalled)
        note(&w);
    if (status == MAFAT_OK)
        status = mafat_transfer_add(b, w.at, b->producers[group->end - 1], 0);
    return status;
}
