/* Plans of networks that are described by hand: groups, buffers and steps. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "support/random.h"
#include "support/suite.h"

enum { MOST_LAYERS = 16, WORKSPACE = 4096 };

/* A network under construction: each add_*() appends a layer that reads the one before. */
typedef struct {
    mafat_network network;
    mafat_layer layers[MOST_LAYERS];
    int sources[MOST_LAYERS][2];
} draft;

static void begin(draft *d, int c, int h, int w)
{
    memset(d, 0, sizeof *d);
    d->network.input = (mafat_shape){c, h, w};
    d->network.layers = d->layers;
}

static mafat_layer *add(draft *d, mafat_layer_kind kind, mafat_shape out)
{
    int l = d->network.n_layers++;
    d->sources[l][0] = l - 1;
    d->layers[l] = (mafat_layer){.kind = kind, .type = "layer", .n_sources = 1,
                                 .sources = d->sources[l], .size = 1, .stride = 1, .groups = 1,
                                 .in = l == 0 ? d->network.input : d->layers[l - 1].out,
                                 .out = out};
    if (out.c == 0)
        d->layers[l].out = d->layers[l].in;
    return &d->layers[l];
}

static void add_conv(draft *d, int filters, int size, int stride, int pad)
{
    mafat_layer *layer = add(d, MAFAT_CONVOLUTION, (mafat_shape){0, 0, 0});
    layer->size = size;
    layer->stride = stride;
    layer->pad = pad;
    layer->out = (mafat_shape){filters, (layer->in.h + 2 * pad - size) / stride + 1,
                               (layer->in.w + 2 * pad - size) / stride + 1};
}

static void add_pool(draft *d)
{
    mafat_layer *layer = add(d, MAFAT_MAXPOOL, (mafat_shape){0, 0, 0});
    layer->size = layer->stride = 2;
    layer->out.h = (layer->in.h - 1) / 2 + 1;
    layer->out.w = (layer->in.w - 1) / 2 + 1;
}

static mafat_status build(const draft *d, const char *text, mafat_plan *plan, mafat_error *error)
{
    mafat_config config;
    ck_assert_int_eq(mafat_config_parse(&config, text, error), MAFAT_OK);
    mafat_status status = mafat_plan_build(plan, &d->network, &config, WORKSPACE, error);
    mafat_config_free(&config);
    return status;
}

static mafat_plan planned(const draft *d, const char *text)
{
    mafat_plan plan;
    mafat_error error;
    ck_assert_msg(build(d, text, &plan, &error) == MAFAT_OK, "%s: %s", text, error.text);
    return plan;
}

static void expect_groups(const draft *d, const char *text, const char *expected)
{
    char found[512] = "";
    mafat_plan plan = planned(d, text);
    for (int g = 0; g < plan.n_groups; g++) {
        char tiling[32], one[64];
        mafat_config_print_tiling(plan.groups[g].tiling, tiling, sizeof tiling);
        snprintf(one, sizeof one, "%s%d-%d:%s", g == 0 ? "" : " ", plan.groups[g].first,
                 plan.groups[g].end - 1, tiling);
        strncat(found, one, sizeof found - strlen(found) - 1);
    }
    ck_assert_str_eq(found, expected);
    mafat_plan_free(&plan);
}

/* 0 conv, 1 pool, 2 conv, 3 conv (also read by 6), 4 conv, 5 conv, 6 route, 7 conv */
static draft tapped(void)
{
    draft d;
    begin(&d, 3, 24, 20);
    add_conv(&d, 4, 3, 1, 1);
    add_pool(&d);
    add_conv(&d, 4, 3, 1, 1);
    add_conv(&d, 4, 3, 1, 1);
    add_conv(&d, 4, 3, 1, 1);
    add_conv(&d, 4, 3, 1, 1);
    mafat_layer *route = add(&d, MAFAT_WHOLE, (mafat_shape){8, 12, 10});
    route->n_sources = 2;
    d.sources[6][1] = 3;
    add_conv(&d, 5, 1, 1, 0);
    return d;
}

/* The pointers of a draft that was returned by value. */
static const draft *fixed(draft *d)
{
    d->network.layers = d->layers;
    for (int l = 0; l < d->network.n_layers; l++)
        d->layers[l].sources = d->sources[l];
    return d;
}

START_TEST(a_tiling_ends_at_the_first_forced_cut)
{
    draft d = tapped();
    expect_groups(fixed(&d), "2x2", "0-3:2x2 4-4:1x1 5-5:1x1 6-6:1x1 7-7:1x1");
    expect_groups(&d, "2x2/2/3x3", "0-1:2x2 2-3:3x3 4-4:1x1 5-5:1x1 6-6:1x1 7-7:1x1");
    expect_groups(&d, "2x2/4/3x3", "0-3:2x2 4-5:3x3 6-6:1x1 7-7:1x1");
    expect_groups(&d, "2x2/5/3x3/7/4x4", "0-3:2x2 4-4:1x1 5-5:3x3 6-6:1x1 7-7:4x4");
    expect_groups(&d, "2x2/6/1x1/8/1x1/17/1x1", "0-3:2x2 4-4:1x1 5-5:1x1 6-6:1x1 7-7:1x1");
}
END_TEST

START_TEST(a_result_inside_a_stack_is_a_forced_cut)
{
    draft d = tapped();
    d.layers[1].is_result = true;
    expect_groups(fixed(&d), "2x2", "0-1:2x2 2-2:1x1 3-3:1x1 4-4:1x1 5-5:1x1 6-6:1x1 7-7:1x1");
}
END_TEST

static const struct {
    const char *config, *message;
} unsuitable[] = {
    {"2x2/8/1x2", "cut 8 is behind the last layer; cuts go from 1 to 7"},
    {"2x2/40/2x2", "cut 40 is behind the last layer; cuts go from 1 to 7"},
    {"2x2/6/2x1", "cannot be inside a layer group"},
    {"2x1r", "reuse of halo rows ('r') is not built yet"},
};

START_TEST(a_configuration_that_does_not_suit_is_refused)
{
    draft d = tapped();
    mafat_plan plan;
    mafat_error error;
    ck_assert_int_eq(build(fixed(&d), unsuitable[_i].config, &plan, &error), MAFAT_USAGE);
    ck_assert_msg(strstr(error.text, unsuitable[_i].message) != NULL, "%s", error.text);
    ck_assert_ptr_null(plan.steps);
}
END_TEST

START_TEST(plans_of_too_many_steps_are_refused)
{
    draft d;
    mafat_plan plan;
    mafat_error error;
    begin(&d, 1, 2048, 2048);
    add_conv(&d, 1, 3, 1, 1);
    ck_assert_int_eq(build(&d, "2048x2048", &plan, &error), MAFAT_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "more than 1048576 steps"));
}
END_TEST

/* ------------------------------------------------------------------ properties of every plan */

static int *make_counts(const draft *d, int l)
{
    return calloc(mafat_shape_floats((mafat_shape){1, d->layers[l].out.h, d->layers[l].out.w}),
                  sizeof(int));
}

/* Every element of each whole map is computed exactly once. */
static void expect_maps_covered_once(const draft *d, const mafat_plan *plan)
{
    for (int l = 0; l < plan->n_layers; l++) {
        const mafat_buffer *buffer = &plan->buffers[plan->output_buffers[l]];
        if (!buffer->is_map || buffer->layer != l)
            continue;
        int width = d->layers[l].out.w, *counts = make_counts(d, l);
        for (int i = 0; i < plan->n_steps; i++) {
            const mafat_step *s = &plan->steps[i];
            for (int y = s->out.region.y0; s->layer == l && y < s->out.region.y1; y++)
                for (int x = s->out.region.x0; x < s->out.region.x1; x++)
                    counts[y * width + x]++;
        }
        for (int i = 0; i < d->layers[l].out.h * width; i++)
            test_require(counts[i] == 1);
        free(counts);
    }
}

/* What the arena holds while a plan runs: which buffer each line belongs to, and which rows of its
 * region a buffer holds by now. */
typedef struct {
    int *owners;                       /* [lines of the arena] */
    mafat_region held[MOST_LAYERS + 2];
    int end_row[MOST_LAYERS + 2];      /* rows before it are written; 0: nothing is */
} memory;

static bool owns(const memory *m, const mafat_plan *plan, int buffer)
{
    const mafat_buffer *b = &plan->buffers[buffer];
    for (size_t byte = 0; b->storage == MAFAT_IN_ARENA && byte < b->place.bytes;
         byte += MAFAT_ARENA_ALIGN)
        if (m->owners[(b->place.offset + byte) / MAFAT_ARENA_ALIGN] != buffer)
            return false;
    return true;
}

static void claim(memory *m, const mafat_plan *plan, int buffer)
{
    const mafat_buffer *b = &plan->buffers[buffer];
    for (size_t byte = 0; b->storage == MAFAT_IN_ARENA && byte < b->place.bytes;
         byte += MAFAT_ARENA_ALIGN)
        m->owners[(b->place.offset + byte) / MAFAT_ARENA_ALIGN] = buffer;
}

static void read_operand(const memory *m, const mafat_plan *plan, const mafat_operand *in)
{
    if (in->buffer == MAFAT_IMAGE_BUFFER)
        return;
    test_require(owns(m, plan, in->buffer));
    test_require(mafat_region_equal(m->held[in->buffer], in->held));
    test_require(in->region.y0 >= in->held.y0 && in->region.y1 <= m->end_row[in->buffer]);
    test_require(in->region.x0 >= in->held.x0 && in->region.x1 <= in->held.x1);
}

/* A tile starts its buffer anew and goes on row by row; a map is claimed once, and tiles fill
 * it. */
static void write_operand(memory *m, const mafat_plan *plan, const mafat_operand *out)
{
    int buffer = out->buffer;
    bool is_map = plan->buffers[buffer].is_map;
    bool begins = is_map ? m->end_row[buffer] == 0 : out->region.y0 == out->held.y0;
    if (begins)
        claim(m, plan, buffer);
    test_require(owns(m, plan, buffer));
    test_require(is_map || begins || out->region.y0 == m->end_row[buffer]);
    m->held[buffer] = out->held;
    m->end_row[buffer] = is_map && out->region.y1 < m->end_row[buffer] ? m->end_row[buffer]
                                                                       : out->region.y1;
}

/* Each step reads what earlier steps wrote and nobody has overwritten, and just what it needs. */
static void expect_inputs_ready(const draft *d, const mafat_plan *plan)
{
    bool complete[MOST_LAYERS] = {false};
    memory m = {.owners = calloc(plan->arena_bytes / MAFAT_ARENA_ALIGN + 1, sizeof *m.owners)};
    for (int i = 0; i < plan->n_steps; i++) {
        const mafat_step *s = &plan->steps[i];
        const mafat_layer *layer = &d->layers[s->layer];
        const mafat_buffer *in = &plan->buffers[s->in.buffer];
        mafat_field field = {.region = s->in.region};
        read_operand(&m, plan, &s->in);
        write_operand(&m, plan, &s->out);
        test_require(!in->is_map || in->layer < 0 || complete[in->layer]);
        if (layer->kind != MAFAT_WHOLE)
            field = mafat_region_back(layer, s->out.region);
        test_require(mafat_region_equal(field.region, s->in.region));
        test_require(s->pad_top == field.pad_top && s->pad_left == field.pad_left);
        if (s->completes_map)
            complete[s->layer] = true;
    }
    free(m.owners);
}

/* All buffers that a step uses are alive while its layer runs, and large enough. */
static void expect_buffers_alive(const draft *d, const mafat_plan *plan)
{
    for (int i = 0; i < plan->n_steps; i++) {
        const mafat_step *s = &plan->steps[i];
        const mafat_buffer *in = &plan->buffers[s->in.buffer], *out = &plan->buffers[s->out.buffer];
        test_require(in->place.first <= s->layer);
        test_require(in->place.last >= s->layer);
        test_require(out->place.first <= s->layer);
        test_require(out->place.last >= s->layer);
        size_t n_floats = (size_t)d->layers[s->layer].out.c * mafat_region_pixels(s->out.held);
        test_require(out->place.bytes / sizeof(float) >= n_floats);
    }
}

static void expect_no_overlap(const mafat_plan *plan)
{
    test_require(plan->arena_bytes >= plan->live_bytes);
    for (int i = 0; i < plan->n_buffers; i++) {
        const mafat_buffer *a = &plan->buffers[i];
        if (a->storage != MAFAT_IN_ARENA)
            continue;
        test_require(a->place.offset + a->place.bytes <= plan->arena_bytes);
        for (int j = i + 1; j < plan->n_buffers; j++)
            test_require(plan->buffers[j].storage != MAFAT_IN_ARENA ||
                      !mafat_arena_collide(&a->place, &plan->buffers[j].place));
    }
}

/* A whole map lives until the last group that reads it has run. */
static void expect_maps_live_long_enough(const draft *d, const mafat_plan *plan)
{
    for (int g = 0; g < plan->n_groups; g++)
        for (int l = plan->groups[g].first; l < plan->groups[g].end; l++)
            for (int s = 0; s < d->layers[l].n_sources; s++) {
                int source = d->layers[l].sources[s];
                if (source < 0)
                    continue;
                const mafat_buffer *buffer = &plan->buffers[plan->output_buffers[source]];
                test_require(buffer->place.last >= (buffer->is_map ? plan->groups[g].end - 1 : l));
            }
}

/* The multiply-accumulates, counted cell by cell. */
static void expect_macs_counted(const draft *d, const mafat_plan *plan)
{
    size_t macs = 0, needed = 0;
    for (int l = 0; l < plan->n_layers; l++) {
        if (d->layers[l].kind != MAFAT_CONVOLUTION)
            continue;
        int width = d->layers[l].out.w, *counts = make_counts(d, l);
        for (int i = 0; i < plan->n_steps; i++) {
            const mafat_step *s = &plan->steps[i];
            for (int y = s->out.region.y0; s->layer == l && y < s->out.region.y1; y++)
                for (int x = s->out.region.x0; x < s->out.region.x1; x++) {
                    macs += mafat_layer_macs(&d->layers[l], 1);
                    if (counts[y * width + x]++ == 0)
                        needed += mafat_layer_macs(&d->layers[l], 1);
                }
        }
        free(counts);
    }
    test_require(plan->macs == macs);
    test_require(plan->redundant_macs == macs - needed);
}

static void expect_sound(const draft *d, const char *config)
{
    mafat_plan plan = planned(d, config);
    expect_maps_covered_once(d, &plan);
    expect_inputs_ready(d, &plan);
    expect_buffers_alive(d, &plan);
    expect_no_overlap(&plan);
    expect_maps_live_long_enough(d, &plan);
    expect_macs_counted(d, &plan);
    mafat_plan_free(&plan);
}

START_TEST(plans_are_sound_for_every_grid)
{
    draft d = tapped();
    fixed(&d);
    for (int rows = 1; rows <= 26; rows += 1 + rows / 4) {
        for (int cols = 1; cols <= 26; cols += 1 + cols / 3) {
            char config[64];
            snprintf(config, sizeof config, "%dx%d/2/%dx%d/5/3x3", rows, cols, cols, rows);
            expect_sound(&d, config);
        }
    }
}
END_TEST

static void add_random(draft *d, test_random *r)
{
    mafat_layer *layer;
    int size = 1 + test_random_int(r, 5);
    switch (test_random_int(r, 6)) {
    case 0:
        add_pool(d);
        break;
    case 1:
        layer = add(d, MAFAT_UPSAMPLE, (mafat_shape){0, 0, 0});
        layer->stride = 2;
        layer->out.h *= 2;
        layer->out.w *= 2;
        break;
    case 2:
        add(d, MAFAT_IDENTITY, (mafat_shape){0, 0, 0});
        break;
    case 3:
        layer = add(d, MAFAT_WHOLE, (mafat_shape){0, 0, 0});
        if (d->network.n_layers > 2) {
            layer->n_sources = 2;
            layer->sources[1] = test_random_int(r, d->network.n_layers - 2);
        }
        break;
    default:
        add_conv(d, 1 + test_random_int(r, 4), size, 1 + test_random_int(r, 2), size / 2);
    }
}

START_TEST(plans_of_random_networks_are_sound)
{
    test_random r = {(uint64_t)_i + 1};
    draft d;
    begin(&d, 1 + test_random_int(&r, 3), 12 + test_random_int(&r, 20), 12 + test_random_int(&r, 20));
    add_conv(&d, 3, 3, 1, 1);
    for (int n = 1 + test_random_int(&r, MOST_LAYERS - 2); n > 0; n--)
        add_random(&d, &r);
    d.layers[test_random_int(&r, d.network.n_layers)].is_result = true;
    char config[64];
    int cut = 1 + test_random_int(&r, d.network.n_layers - 1);
    bool fuses = mafat_group_can_fuse(&d.layers[cut]);
    snprintf(config, sizeof config, "%dx%d/%d/%dx%d", 1 + test_random_int(&r, 6),
             1 + test_random_int(&r, 6), cut, fuses ? 1 + test_random_int(&r, 6) : 1,
             fuses ? 1 + test_random_int(&r, 6) : 1);
    expect_sound(&d, config);
}
END_TEST

START_TEST(a_pooled_convolution_holds_a_band_at_a_time)
{
    draft d;
    begin(&d, 3, 608, 608);
    add_conv(&d, 32, 3, 1, 1);
    add_pool(&d);
    add_conv(&d, 64, 3, 1, 1);
    mafat_plan plan = planned(&d, "1x1");
    const mafat_buffer *banded = &plan.buffers[plan.output_buffers[0]];
    ck_assert_uint_le(banded->place.bytes, MAFAT_BAND_BYTES);
    ck_assert_uint_eq(banded->place.bytes, 6 * 608 * 32 * sizeof(float));
    ck_assert_int_eq(plan.n_steps, 2 * ((304 + 2) / 3) + 1);
    ck_assert_uint_eq(plan.redundant_macs, 0);
    expect_sound(&d, "1x1");
    mafat_plan_free(&plan);
}
END_TEST

/* What a banded convolution reads must outlive the pool that takes turns with it. */
START_TEST(plans_with_many_bands_are_sound)
{
    draft d;
    begin(&d, 3, 304, 304);
    add_conv(&d, 32, 3, 1, 1);
    add_conv(&d, 32, 3, 1, 1);
    add_pool(&d);
    add_conv(&d, 16, 3, 1, 1);
    add_conv(&d, 64, 1, 1, 0);
    add_pool(&d);
    add_conv(&d, 8, 3, 1, 1);
    expect_sound(&d, "1x1");
    expect_sound(&d, "1x2/1/2x1");
}
END_TEST

START_TEST(results_are_stored_by_the_layer_that_computes_them)
{
    draft d;
    begin(&d, 2, 8, 8);
    add_conv(&d, 3, 3, 1, 1);
    add(&d, MAFAT_IDENTITY, (mafat_shape){0, 0, 0});
    d.layers[1].is_result = true;
    mafat_plan plan = planned(&d, "2x2");
    ck_assert_int_eq(plan.output_buffers[0], plan.output_buffers[1]);
    const mafat_buffer *buffer = &plan.buffers[plan.output_buffers[1]];
    ck_assert_int_eq(buffer->storage, MAFAT_IN_RESULT);
    ck_assert_int_eq(buffer->layer, 0);
    mafat_plan_free(&plan);
}
END_TEST

/* The paper's network in the paper's configuration, and the number that the README quotes. */
START_TEST(the_head_of_yolov2_needs_what_it_needed_yesterday)
{
    static const struct {
        int filters, size;    /* size 0: a pool */
    } head[] = {{32, 3}, {0, 0}, {64, 3}, {0, 0}, {128, 3}, {64, 1}, {128, 3}, {0, 0},
                {256, 3}, {128, 1}, {256, 3}, {0, 0}, {512, 3}, {256, 1}, {512, 3}, {256, 1}};
    draft d;
    begin(&d, 3, 608, 608);
    for (size_t l = 0; l < sizeof head / sizeof head[0]; l++) {
        if (head[l].size == 0)
            add_pool(&d);
        else
            add_conv(&d, head[l].filters, head[l].size, 1, head[l].size / 2);
    }
    d.layers[15].is_result = true;
    mafat_plan plan = planned(&d, "5x5/8/2x2");
    ck_assert_int_eq(plan.n_groups, 2);
    ck_assert_uint_eq(plan.arena_bytes, plan.live_bytes);
    ck_assert_uint_eq(plan.arena_bytes, 5797376 + WORKSPACE);
    mafat_plan_free(&plan);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("plan");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_tiling_ends_at_the_first_forced_cut);
    tcase_add_test(tcase, a_result_inside_a_stack_is_a_forced_cut);
    tcase_add_loop_test(tcase, a_configuration_that_does_not_suit_is_refused, 0,
                        (int)(sizeof unsuitable / sizeof unsuitable[0]));
    tcase_add_test(tcase, plans_of_too_many_steps_are_refused);
    tcase_add_test(tcase, plans_are_sound_for_every_grid);
    tcase_add_loop_test(tcase, plans_of_random_networks_are_sound, 0, 300);
    tcase_add_test(tcase, a_pooled_convolution_holds_a_band_at_a_time);
    tcase_add_test(tcase, plans_with_many_bands_are_sound);
    tcase_add_test(tcase, results_are_stored_by_the_layer_that_computes_them);
    tcase_add_test(tcase, the_head_of_yolov2_needs_what_it_needed_yesterday);
    Suite *suite = suite_create("plan");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
