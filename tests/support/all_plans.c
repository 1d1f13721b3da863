/* See all_plans.h. */
#include "support/all_plans.h"

#include <limits.h>
#include <stdlib.h>

#include "base/array.h"
#include "plan/build.h"
#include "support/suite.h"

enum { TEST_MAX_CHOICES = 20 };

/* Layers that have one mode, and those it can be. */
typedef struct {
    int first, end, n;
    mafat_weight_mode choices[TEST_MAX_CHOICES];
} test_unit;

static void test_plans_add(test_plans *p, test_outcome outcome)
{
    p->outcomes = mafat_array_grow(p->outcomes, p->n, &p->capacity, 256, sizeof *p->outcomes);
    ck_assert_ptr_nonnull(p->outcomes);
    p->outcomes[p->n++] = outcome;
}

/* Whether a layer is in the head of several images, whose weights stay. */
static bool test_is_in_head(const test_plans *p, int l)
{
    return p->options.n_images > 1 && p->options.sides[l + 1] != MAFAT_WITHIN_TAIL;
}

/* A layer that runs whole: pinned, at once, or in equal windows of whole register tiles that are
 * worth a read. */
static test_unit test_unit_of_layer(const test_plans *p, int l)
{
    static const int counts[] = {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256};
    const mafat_layer *layer = &p->network->layers[l];
    int tile = p->options.costs->shape.register_filters, n = layer->out.c;
    size_t weight_bytes = mafat_layer_macs(layer, 1) * sizeof(float);
    test_unit unit = {.first = l, .end = l + 1, .n = 2,
                      .choices = {{.pinned = true, .window_filters = 1}, {false, n}}};
    if (test_is_in_head(p, l))
        return (test_unit){.first = l, .end = l + 1, .n = 1, .choices = {{false, n}}};
    for (int i = 0; i < (int)(sizeof counts / sizeof *counts) && layer->groups == 1; i++) {
        int filters = ((n - 1) / counts[i] / tile + 1) * tile;
        if (filters < n && filters < unit.choices[unit.n - 1].window_filters &&
            weight_bytes / (size_t)n * (size_t)filters >= 64 << 10)
            unit.choices[unit.n++] = (mafat_weight_mode){false, filters};
    }
    return unit;
}

/* What there is to choose for the groups of a configuration. */
static int test_find_units(const test_plans *p, const mafat_group *groups, int n_groups,
                           test_unit *units)
{
    int n = 0;
    for (int g = 0; g < n_groups && p->options.weights != NULL; g++) {
        const mafat_group *group = &groups[g];
        bool has_weights = false, is_interleaved = mafat_group_is_interleaved(group);
        for (int l = group->first; l < group->end; l++) {
            bool is_conv = p->network->layers[l].kind == MAFAT_CONVOLUTION;
            if (is_conv && !is_interleaved)
                units[n++] = test_unit_of_layer(p, l);
            has_weights |= is_conv;
        }
        if (is_interleaved && has_weights)
            units[n++] = (test_unit){group->first, group->end,
                                     test_is_in_head(p, group->first) ? 1 : 2,
                                     {{false, INT_MAX}, {true, 1}}};
    }
    return n;
}

void test_plans_of_config(test_plans *p, const mafat_config *config)
{
    mafat_group groups[TEST_PLAN_LAYERS];
    test_unit units[TEST_PLAN_LAYERS];
    mafat_weight_mode modes[TEST_PLAN_LAYERS];
    int chosen[TEST_PLAN_LAYERS] = {0}, n_groups, u;
    mafat_error error;
    mafat_plan_options options = p->options;
    ck_assert_int_eq(mafat_group_resolve(p->network, config, groups, &n_groups, &error), MAFAT_OK);
    int n_units = test_find_units(p, groups, n_groups, units);
    options.weights = options.weights != NULL ? modes : NULL;
    for (int l = 0; l < p->network->n_layers; l++)
        modes[l] = (mafat_weight_mode){true, 1};
    do {
        mafat_plan plan;
        for (u = 0; u < n_units; u++)
            for (int l = units[u].first; l < units[u].end; l++)
                modes[l] = units[u].choices[chosen[u]];
        test_require(mafat_build_plan(&plan, p->network, config, &options, &error) == MAFAT_OK);
        test_outcome outcome = {.seconds = plan.latency_s,
                                .bytes = mafat_predict(&plan, p->process).total_bytes};
        test_plans_add(p, outcome);
        mafat_plan_free(&plan);
        for (u = 0; u < n_units && ++chosen[u] == units[u].n; u++)
            chosen[u] = 0;
    } while (u < n_units);
}

/* Whether layers [first, end) can be a group with such a tiling. */
static bool test_can_fuse(const test_plans *p, int first, int end, mafat_tiling tiling)
{
    mafat_config_group asked[3] = {{0, {1, 1, false}}, {first, tiling}, {end, {1, 1, false}}};
    int n_asked = first == 0 ? 2 : 3;
    mafat_config config = {.n_groups = n_asked, .groups = asked + 3 - n_asked};
    mafat_group groups[TEST_PLAN_LAYERS];
    mafat_error error;
    int n_groups;
    if (mafat_group_resolve(p->network, &config, groups, &n_groups, &error) != MAFAT_OK)
        return false;
    for (int g = 0; g < n_groups; g++)
        if (groups[g].first == first)
            return groups[g].end == end;
    return false;
}

static bool test_is_pair(const mafat_network *network, int l)
{
    mafat_group all = {.end = network->n_layers};
    return l >= 0 && mafat_group_pools(network, &all, l);
}

static void test_plans_with(test_plans *p, mafat_config *config, int first, int end,
                            mafat_tiling tiling)
{
    bool is_whole = tiling.rows == 1 && tiling.cols == 1 && !tiling.reuse;
    if (!is_whole && (!test_can_fuse(p, first, end, tiling) ||
                      test_is_in_head(p, first) != test_is_in_head(p, end - 1)))
        return;
    config->groups[config->n_groups++] = (mafat_config_group){first, tiling};
    test_plans_from(p, config, end);
    config->n_groups--;
}

void test_plans_from(test_plans *p, mafat_config *config, int first)
{
    static const int rows[] = {1, 2, 4, 6, 8, 12};
    const mafat_layer *layers = p->network->layers;
    int n = config->n_groups, n_layers = p->network->n_layers;
    bool behind_whole = n > 0 && config->groups[n - 1].tiling.rows == 1 &&
                        !config->groups[n - 1].tiling.reuse;
    bool may_cut = !behind_whole || test_is_pair(p->network, first - 1) ||
                   test_is_pair(p->network, first);
    if (first == n_layers)
        test_plans_of_config(p, config);
    for (int end = first + 1; end <= n_layers; end++) {
        if (may_cut)
            test_plans_with(p, config, first, end, (mafat_tiling){1, 1, false});
        for (int side = 2; side <= 5 && end - first >= 2; side++)
            test_plans_with(p, config, first, end, (mafat_tiling){side, side, false});
        for (int i = 0, before = 0; i < 6 && end - first >= 2; i++) {
            int n_tiles = layers[end - 1].out.h / rows[i];
            if (n_tiles > 0 && n_tiles != before)
                test_plans_with(p, config, first, end, (mafat_tiling){n_tiles, 1, true});
            before = n_tiles;
        }
    }
}

/* By bytes, then by seconds. */
static int test_compare_outcomes(const void *left, const void *right)
{
    const test_outcome *a = left, *b = right;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? -1 : 1;
    return (a->seconds > b->seconds) - (a->seconds < b->seconds);
}

void test_plans_sort(test_plans *p)
{
    qsort(p->outcomes, (size_t)p->n, sizeof *p->outcomes, test_compare_outcomes);
}

const test_outcome *test_plans_best(const test_plans *p, size_t limit)
{
    const test_outcome *best = NULL;
    for (int i = 0; i < p->n && p->outcomes[i].bytes <= limit; i++)
        if (best == NULL || p->outcomes[i].seconds < best->seconds)
            best = &p->outcomes[i];
    return best;
}

void test_plans_free(test_plans *p)
{
    free(p->outcomes);
    *p = (test_plans){0};
}
