/* Several images in one pass; see images.h. */
#include "plan/images.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "plan/order.h"

/* ------------------------------------------------------------------------------------- the head */

/* A layer's map, for one image. Places are layers in the order of execution. */
typedef struct {
    size_t bytes;          /* 0: there is none, or it is never whole */
    int born, dies;        /* the first and the last place where it is there */
    bool is_handed_on;     /* by the group that makes it */
} map;

/* What is there at each place. */
typedef struct {
    size_t all;            /* of all maps; then the most of this place and those behind it */
    size_t across;         /* of those that were there before it, too */
    size_t inside;         /* of those that groups hand on, and that die before the place at hand */
} place;

typedef struct {
    const mafat_network *network;
    map *maps;             /* [n_layers], owned */
    place *places;         /* [n_layers + 1], owned */
} chooser;

static void read_by(chooser *c, const mafat_layer *layer, int at)
{
    for (int s = 0; s < layer->n_sources && layer->kind != MAFAT_IDENTITY; s++) {
        int producer = mafat_layer_producer(c->network, layer->sources[s]);
        if (producer >= 0 && at > c->maps[producer].dies)
            c->maps[producer].dies = at;
    }
}

/* The maps of a group whose first layer is at a place. What an interleaved one reads and makes is
 * there all the time that it runs, and what is inside is never whole. */
static void find_maps(chooser *c, const mafat_group *group, int first)
{
    bool is_interleaved = mafat_group_is_interleaved(group);
    int output = mafat_layer_producer(c->network, group->end - 1);
    int last = first + group->end - group->first - 1;
    for (int l = group->first; l < group->end; l++) {
        const mafat_layer *layer = &c->network->layers[l];
        int at = first + l - group->first;
        bool is_whole = mafat_layer_producer(c->network, l) == l &&
                        (!is_interleaved || l == output);
        c->maps[l] = (map){.bytes = is_whole ? mafat_shape_floats(layer->out) * sizeof(float) : 0,
                           .born = is_interleaved ? first : at,
                           .dies = is_interleaved ? last : at, .is_handed_on = l == output};
        read_by(c, layer, c->maps[l].dies);
    }
}

/* Results are there until the end. */
static void keep_results(chooser *c)
{
    for (int l = 0; l < c->network->n_layers; l++) {
        int producer = mafat_layer_producer(c->network, l);
        if (c->network->layers[l].is_result && producer >= 0)
            c->maps[producer].dies = c->network->n_layers;
    }
}

static void fill_places(chooser *c)
{
    int n = c->network->n_layers;
    for (int l = 0; l < n; l++) {
        const map *m = &c->maps[l];
        for (int p = m->born; p <= m->dies; p++) {
            c->places[p].all = mafat_size_sum(c->places[p].all, m->bytes);
            if (p > m->born)
                c->places[p].across = mafat_size_sum(c->places[p].across, m->bytes);
        }
    }
    for (int p = n - 1; p >= 0; p--)
        c->places[p].all = mafat_size_max(c->places[p].all, c->places[p + 1].all);
}

/* The most of the maps that groups of the head hand on to each other where it ends behind a place,
 * `before` where it ended before that. */
static size_t inside_bytes(chooser *c, int at, size_t before)
{
    for (int l = 0; l < c->network->n_layers; l++) {
        const map *m = &c->maps[l];
        for (int p = m->born; m->is_handed_on && m->dies == at && p <= at; p++) {
            c->places[p].inside = mafat_size_sum(c->places[p].inside, m->bytes);
            before = mafat_size_max(before, c->places[p].inside);
        }
    }
    return before;
}

/* Bytes of the weights of a layer that are there while it is in the head. */
static size_t weight_bytes(const mafat_layer *layer, const mafat_weight_mode *mode)
{
    if (layer->kind != MAFAT_CONVOLUTION || mode->pinned)
        return 0;
    return mafat_plan_unit_span((size_t)layer->out.c * mafat_layer_filter_bytes(layer));
}

static size_t times(size_t bytes, int n)
{
    size_t product;
    return mafat_size_mul(bytes, (size_t)n, &product) ? product : SIZE_MAX;
}

/* Tries each end that the head can have. */
static int choose(chooser *c, const mafat_group *groups, int n_groups,
                  const mafat_weight_mode *modes, int n_images)
{
    size_t least = SIZE_MAX, held_bytes = 0, inside = 0;
    int best = c->network->n_layers, at = 0;
    for (int g = 0; g < n_groups; g++) {
        for (int l = groups[g].first; l < groups[g].end; l++, at++) {
            if (modes != NULL)
                held_bytes = mafat_size_sum(held_bytes,
                                            weight_bytes(&c->network->layers[l], &modes[l]));
            inside = inside_bytes(c, at, inside);
            if (l + 1 < groups[g].end && mafat_group_is_interleaved(&groups[g]))
                continue;
            size_t across = times(c->places[at + 1].across, n_images);
            size_t head = mafat_size_sum(mafat_size_sum(across, held_bytes), inside);
            size_t bytes = mafat_size_max(head, times(c->places[at + 1].all, n_images));
            best = bytes < least ? at + 1 : best;
            least = mafat_size_min(bytes, least);
        }
    }
    return best;
}

static mafat_status choose_for(const mafat_network *network, const mafat_group *groups, int n_groups,
                               const mafat_weight_mode *modes, int n_images, int *n_layers,
                               mafat_error *error)
{
    size_t n = (size_t)network->n_layers;
    chooser c = {network, calloc(n, sizeof *c.maps), calloc(n + 1, sizeof *c.places)};
    bool has_memory = c.maps != NULL && c.places != NULL;
    for (int g = 0, first = 0; has_memory && g < n_groups; g++) {
        find_maps(&c, &groups[g], first);
        first += groups[g].end - groups[g].first;
    }
    if (has_memory) {
        keep_results(&c);
        fill_places(&c);
        *n_layers = choose(&c, groups, n_groups, modes, n_images);
    }
    free(c.maps);
    free(c.places);
    return has_memory ? MAFAT_OK : mafat_error_set(error, MAFAT_FAILED, "no memory to divide %d "
                                                   "layers for %d images", network->n_layers,
                                                   n_images);
}

/* Whether these groups can have a head of so many layers. */
static bool can_end(const mafat_group *groups, int n_groups, int n_layers)
{
    for (int g = 0, at = 0; g < n_groups; g++) {
        at += groups[g].end - groups[g].first;
        if (at >= n_layers)
            return at == n_layers || !mafat_group_is_interleaved(&groups[g]);
    }
    return false;
}

/* Where no tiling is asked for. */
static mafat_status choose_for_any(const mafat_network *network, const mafat_weight_mode *modes,
                                   int n_images, int *n_layers, mafat_error *error)
{
    int n_groups;
    mafat_group *groups = calloc((size_t)network->n_layers, sizeof *groups);
    if (groups == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d groups", network->n_layers);
    mafat_status status = mafat_order_resolve(network, NULL, groups, &n_groups, error);
    if (status == MAFAT_OK)
        status = choose_for(network, groups, n_groups, modes, n_images, n_layers, error);
    free(groups);
    return status;
}

mafat_status mafat_images_choose_head(const mafat_network *network, const mafat_group *groups,
                                      int n_groups, const mafat_weight_mode *modes, int n_images,
                                      int *n_layers, mafat_error *error)
{
    mafat_status status = choose_for_any(network, modes, n_images, n_layers, error);
    if (status != MAFAT_OK || can_end(groups, n_groups, *n_layers))
        return status;
    return choose_for(network, groups, n_groups, modes, n_images, n_layers, error);
}

static void mark_across(const mafat_network *network, int layer, mafat_image_side *sides)
{
    int producer = layer < 0 ? layer : mafat_layer_producer(network, layer);
    if (sides[producer + 1] == MAFAT_WITHIN_HEAD)
        sides[producer + 1] = MAFAT_ACROSS;
}

void mafat_images_find_sides(const mafat_network *network, const mafat_group *groups, int n_groups,
                             int n_head_layers, mafat_image_side *sides)
{
    int at = 0;
    sides[0] = MAFAT_WITHIN_HEAD;
    for (int g = 0; g < n_groups; g++)
        for (int l = groups[g].first; l < groups[g].end; l++)
            sides[l + 1] = at++ < n_head_layers ? MAFAT_WITHIN_HEAD : MAFAT_WITHIN_TAIL;
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        bool reads = sides[l + 1] == MAFAT_WITHIN_TAIL && layer->kind != MAFAT_IDENTITY;
        for (int s = 0; s < layer->n_sources && reads; s++)
            mark_across(network, layer->sources[s], sides);
        if (layer->is_result)
            mark_across(network, l, sides);
    }
}

/* The number of groups that have so many layers; the last one ends with them. */
static int end_group(mafat_plan *plan, int n_layers)
{
    int g = 0;
    for (; n_layers > 0; g++)
        n_layers -= plan->groups[g].end - plan->groups[g].first;
    if (n_layers == 0)
        return g;
    mafat_group *group = &plan->groups[g - 1];
    MAFAT_CHECK(!mafat_group_is_interleaved(group));
    memmove(group + 1, group, (size_t)(plan->n_groups - g + 1) * sizeof *group);
    plan->n_groups++;
    group[0].end += n_layers;
    group[1].first = group[0].end;
    return g;
}

mafat_status mafat_images_find_head(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    int n_layers = b->options->n_head_layers;
    mafat_status status = MAFAT_OK;
    plan->n_head_groups = plan->n_groups;
    if (plan->n_images == 1)
        return MAFAT_OK;
    if (n_layers == 0)
        status = mafat_images_choose_head(b->network, plan->groups, plan->n_groups,
                                          b->options->weights, plan->n_images, &n_layers,
                                          b->error);
    if (status != MAFAT_OK)
        return status;
    mafat_images_find_sides(b->network, plan->groups, plan->n_groups, n_layers,
                            b->scratch->sides);
    plan->n_head_groups = end_group(plan, n_layers);
    return MAFAT_OK;
}

/* ------------------------------------------------------------------------------------ the steps */

/* Whether a step and the one before it belong to one turn: in the head, in a group that is
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

void mafat_images_mark_turns(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    for (int i = 0; i < plan->n_steps; i++)
        plan->steps[i].ends_turn = i + 1 == plan->n_steps ||
                                   !are_one_turn(b, &plan->steps[i], &plan->steps[i + 1]);
}
