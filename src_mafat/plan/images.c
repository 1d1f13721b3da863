/* Several images in one pass; see images.h. */
#include "plan/images.h"

#include <stdint.h>
#include <string.h>

#include "base/array.h"
#include "base/size.h"

/* ------------------------------------------------------------------------------------- the head */

/* Where maps are alive, in places: layers in the order of execution. */
typedef struct {
    const mafat_network *network;
    int *born, *dies;    /* [n_layers]: of each producer; a map inside an interleaved group is none,
                            and is born behind the place where it dies */
} lives;

static void read_by(const lives *v, const mafat_layer *layer, int place)
{
    for (int s = 0; s < layer->n_sources && layer->kind != MAFAT_IDENTITY; s++) {
        int producer = mafat_layer_producer(v->network, layer->sources[s]);
        if (producer >= 0 && place > v->dies[producer])
            v->dies[producer] = place;
    }
}

/* What an interleaved group reads and makes is there all the time that it runs. */
static void find_lives(const lives *v, const mafat_group *groups, int n_groups)
{
    const mafat_network *network = v->network;
    for (int g = 0, first = 0; g < n_groups; first += groups[g].end - groups[g].first, g++) {
        const mafat_group *group = &groups[g];
        bool is_interleaved = mafat_group_is_interleaved(group);
        int last = first + group->end - group->first - 1;
        for (int l = group->first; l < group->end; l++) {
            int place = first + l - group->first;
            v->born[l] = is_interleaved ? first : place;
            v->dies[l] = is_interleaved ? last : place;
            read_by(v, &network->layers[l], v->dies[l]);
        }
        int output = mafat_layer_producer(network, group->end - 1);
        for (int l = group->first; l < group->end && is_interleaved; l++)
            if (l != output)
                v->born[l] = network->n_layers + 1;
    }
    for (int l = 0; l < network->n_layers; l++) {
        int producer = mafat_layer_producer(network, l);
        if (network->layers[l].is_result && producer >= 0)
            v->dies[producer] = network->n_layers;
        if (producer != l)
            v->born[l] = network->n_layers + 1;
    }
}

/* Bytes of the maps that were born by one place and are there at another, for one image. */
static size_t bytes_at(const lives *v, int born, int place)
{
    size_t bytes = 0;
    for (int l = 0; l < v->network->n_layers; l++)
        if (v->born[l] <= born && place <= v->dies[l])
            bytes = mafat_size_sum(bytes, mafat_shape_floats(v->network->layers[l].out) *
                                          sizeof(float));
    return bytes;
}

/* Bytes of the weights of a group that are there while it is in the head. */
static size_t weight_bytes(const mafat_network *network, const mafat_group *group,
                           const mafat_weight_mode *modes)
{
    size_t bytes = 0;
    for (int l = group->first; l < group->end && modes != NULL; l++) {
        const mafat_layer *layer = &network->layers[l];
        if (layer->kind == MAFAT_CONVOLUTION && !modes[l].pinned)
            bytes = mafat_size_sum(bytes, mafat_plan_unit_span((size_t)layer->out.c *
                                                               mafat_layer_filter_bytes(layer)));
    }
    return bytes;
}

/* The most that an image takes from a place on. */
static size_t tail_bytes(const lives *v, int place)
{
    size_t bytes = 0;
    for (; place < v->network->n_layers; place++)
        bytes = mafat_size_max(bytes, bytes_at(v, place, place));
    return bytes;
}

static size_t times(size_t bytes, int n)
{
    size_t product;
    return mafat_size_mul(bytes, (size_t)n, &product) ? product : SIZE_MAX;
}

int mafat_images_choose_head(const mafat_network *network, const mafat_group *groups, int n_groups,
                             const mafat_weight_mode *modes, int n_images, int *ints)
{
    const lives v = {network, ints, ints + network->n_layers};
    size_t least = SIZE_MAX, held_bytes = 0;
    int best = n_groups, place = 0;
    find_lives(&v, groups, n_groups);
    for (int g = 0; g < n_groups; g++) {
        place += groups[g].end - groups[g].first;
        held_bytes = mafat_size_sum(held_bytes, weight_bytes(network, &groups[g], modes));
        size_t head_bytes = mafat_size_sum(times(bytes_at(&v, place - 1, place), n_images),
                                           held_bytes);
        size_t bytes = mafat_size_max(head_bytes, times(tail_bytes(&v, place), n_images));
        if (bytes < least) {
            least = bytes;
            best = g + 1;
        }
    }
    return best;
}

static void mark_across(const mafat_network *network, int layer, mafat_image_side *sides)
{
    int producer = layer < 0 ? layer : mafat_layer_producer(network, layer);
    if (sides[producer + 1] == MAFAT_WITHIN_HEAD)
        sides[producer + 1] = MAFAT_ACROSS;
}

void mafat_images_find_sides(const mafat_network *network, const mafat_group *groups, int n_groups,
                             int n_head, mafat_image_side *sides)
{
    sides[0] = MAFAT_WITHIN_HEAD;
    for (int g = 0; g < n_groups; g++)
        for (int l = groups[g].first; l < groups[g].end; l++)
            sides[l + 1] = g < n_head ? MAFAT_WITHIN_HEAD : MAFAT_WITHIN_TAIL;
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        bool reads = sides[l + 1] == MAFAT_WITHIN_TAIL && layer->kind != MAFAT_IDENTITY;
        for (int s = 0; s < layer->n_sources && reads; s++)
            mark_across(network, layer->sources[s], sides);
        if (layer->is_result)
            mark_across(network, l, sides);
    }
}

/* So many groups as have so many layers. */
static int count_groups(const mafat_plan *plan, int n_layers)
{
    int g = 0;
    for (; n_layers > 0; g++)
        n_layers -= plan->groups[g].end - plan->groups[g].first;
    MAFAT_CHECK(n_layers == 0);
    return g;
}

void mafat_images_find_head(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    size_t n_ints = 2 * (size_t)plan->n_layers;
    plan->n_head_groups = plan->n_groups;
    if (plan->n_images == 1)
        return;
    if (b->options->n_head_layers > 0)
        plan->n_head_groups = count_groups(plan, b->options->n_head_layers);
    else
        plan->n_head_groups = mafat_images_choose_head(b->network, plan->groups, plan->n_groups,
                                                       b->options->weights, plan->n_images,
                                                       b->scratch->ints);
    memset(b->scratch->ints, 0, n_ints * sizeof *b->scratch->ints);
    mafat_images_find_sides(b->network, plan->groups, plan->n_groups, plan->n_head_groups,
                            b->scratch->sides);
}

/* ------------------------------------------------------------------------------------ the steps */

/* Whether a step and the one before it belong to one image's turn: in the head, in a group that is
 * interleaved, or where a convolution and its pool run band by band. */
static bool are_one_turn(const mafat_builder *b, const mafat_step *before, const mafat_step *step)
{
    const mafat_group *group = &b->plan->groups[step->group];
    if (step->group < b->plan->n_head_groups)
        return true;
    if (before->group != step->group)
        return false;
    int first = before->layer < step->layer ? before->layer : step->layer;
    return mafat_group_is_interleaved(group) ||
           (before->layer != step->layer && mafat_builder_is_pooled(b, group, first));
}

/* Puts what one image does in its turn, steps [first, end), where it stands for all images: from
 * place n_images * first on. */
static void repeat(mafat_plan *plan, int first, int end)
{
    size_t n = (size_t)(end - first);
    mafat_step *to = plan->steps + (size_t)first * (size_t)plan->n_images;
    for (int image = plan->n_images - 1; image >= 0; image--) {    /* the last one may lie on it */
        mafat_step *turn = to + (size_t)image * n;
        memmove(turn, plan->steps + first, n * sizeof *turn);
        for (size_t i = 0; i < n; i++)
            turn[i].image = image;
    }
}

mafat_status mafat_images_spread(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    int n_steps = plan->n_steps;
    if (plan->n_images == 1 || (b->options->is_sketch && !b->is_part))
        return MAFAT_OK;
    plan->n_steps *= plan->n_images;
    if (b->is_part)
        return MAFAT_OK;
    mafat_step *steps = mafat_array_resize(plan->steps, (size_t)plan->n_steps, sizeof *steps);
    if (steps == NULL)
        return mafat_error_set(b->error, MAFAT_FAILED, "no memory for a plan of %d steps",
                               plan->n_steps);
    plan->steps = steps;
    for (int end = n_steps, first; end > 0; end = first) {
        first = end - 1;
        while (first > 0 && are_one_turn(b, &steps[first - 1], &steps[first]))
            first--;
        repeat(plan, first, end);
    }
    return MAFAT_OK;
}
