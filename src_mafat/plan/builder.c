/* The state of a plan that is being built; see builder.h. */
#include "plan/builder.h"

#include <stdlib.h>

#include "base/size.h"

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

bool mafat_builder_is_in_head(const mafat_builder *b, int l)
{
    return b->plan->n_images > 1 && b->sides[l + 1] != MAFAT_WITHIN_TAIL;
}

bool mafat_builder_is_pooled(const mafat_builder *b, const mafat_group *group, int l)
{
    /* windows of filters leave bands of rows no room: each would read all weights again */
    return mafat_group_pools(b->network, group, l) && b->n_windows[l] <= 1 &&
           !(b->division.n > 1 && b->division.ways[l].kind == MAFAT_BY_FILTERS);
}

bool mafat_builder_has_input_by_rows(const mafat_builder *b)
{
    return b->options->image_by_rows && b->division.n <= 1;
}

mafat_part mafat_builder_made(const mafat_builder *b, int l)
{
    if (b->division.n <= 1)
        return mafat_part_whole(b->network->layers[l].out);
    return mafat_division_made(&b->division, l, b->options->ranks->rank);
}

mafat_part mafat_builder_portion(const mafat_builder *b, int l, int portion)
{
    if (b->division.n <= 1)
        return mafat_builder_made(b, l);
    return mafat_division_portion(&b->division, l, b->options->ranks->rank, portion);
}

mafat_region mafat_builder_held(const mafat_builder *b, int l)
{
    mafat_shape shape = l < 0 ? b->network->input : b->network->layers[l].out;
    mafat_region held = mafat_region_whole(shape);
    /* a part of a network does not know what others read */
    if (b->division.n <= 1 || b->is_part || (l < 0 && b->options->ranks->rank == 0))
        return held;
    mafat_part wanted = mafat_division_wanted(&b->division, l, b->options->ranks->rank);
    mafat_part made = l < 0 ? wanted : mafat_builder_made(b, l);
    if (mafat_part_is_empty(wanted))
        wanted = made;
    if (mafat_part_is_empty(made))
        made = wanted;
    held.y0 = mafat_size_min_int(made.row_begin, wanted.row_begin);
    held.y1 = mafat_size_max_int(made.row_end, wanted.row_end);
    return held;
}

bool mafat_builder_has_whole(const mafat_builder *b, int l)
{
    mafat_part whole = mafat_part_whole(b->network->layers[l].out);
    return mafat_part_contains(mafat_builder_made(b, l), whole) ||
           mafat_part_contains(mafat_division_wanted(&b->division, l, b->options->ranks->rank), whole);
}

bool mafat_builder_begin(mafat_builder *b)
{
    size_t n = (size_t)b->network->n_layers;
    mafat_scratch *r = b->options->scratch;
    r = r != NULL ? r : mafat_scratch_new(b->network);
    b->scratch = r;
    b->plan->groups = calloc(b->is_part ? 1 : n, sizeof *b->plan->groups);
    if (!b->is_part) {
        b->plan->output_buffers = calloc(n, sizeof *b->plan->output_buffers);
        b->plan->layer_s = calloc(n, sizeof *b->plan->layer_s);
    }
    if (r == NULL || b->plan->groups == NULL ||
        (!b->is_part && (b->plan->output_buffers == NULL || b->plan->layer_s == NULL)))
        return false;
    b->producers = r->producers;
    b->sides = b->is_part && b->options->sides != NULL ? b->options->sides : r->sides;
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
    mafat_scratch_clear(b->scratch, part->first, part->end);
}

void mafat_builder_end(mafat_builder *b, const mafat_group *part)
{
    mafat_division_free(&b->division);
    if (b->scratch == NULL)
        return;
    if (b->options->scratch == NULL)
        mafat_scratch_free(b->scratch);
    else if (part != NULL && b->output_buffers != NULL)
        clear_part(b, part);
    else
        mafat_scratch_clear(b->scratch, 0, b->network->n_layers);
}
