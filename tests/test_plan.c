/* Plans of networks that are described by hand: groups, buffers and steps. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "plan/build.h"
#include "plan/order.h"
#include "plan/plan.h"
#include "support/brief_cfg.h"
#include "support/random.h"
#include "support/suite.h"
#include "support/weight_modes.h"

enum { MAX_LAYERS = 16, MAX_SOURCES = 4, MAX_IMAGES = 3, MAX_BUFFERS = 1024, WORKSPACE = 4096 };

/* Plans as they were before weights came in windows. */
static const mafat_plan_options plain = {.workspace_bytes = WORKSPACE};

/* A network under construction: each add_*() appends a layer that reads the one before. */
typedef struct {
    mafat_network network;
    mafat_layer layers[MAX_LAYERS];
    int sources[MAX_LAYERS][MAX_SOURCES];
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
                                 .sources = d->sources[l], .size = 1, .stride = 1, .stride_x = 1,
                                 .dilation = 1, .groups = 1,
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
    layer->stride = layer->stride_x = stride;
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

static mafat_status build_with(const draft *d, const char *text, const mafat_plan_options *options,
                               mafat_plan *plan, mafat_error *error)
{
    mafat_config config;
    ck_assert_int_eq(mafat_config_parse(&config, text, error), MAFAT_OK);
    mafat_status status = mafat_build_plan(plan, &d->network, &config, options, error);
    mafat_config_free(&config);
    return status;
}

static mafat_status build(const draft *d, const char *text, mafat_plan *plan, mafat_error *error)
{
    return build_with(d, text, &plain, plan, error);
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
    test_case("%s", text);
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
    expect_groups(&d, "12x1r", "0-3:12x1r 4-4:1x1 5-5:1x1 6-6:1x1 7-7:1x1");
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
};

START_TEST(a_configuration_that_does_not_suit_is_refused)
{
    test_case("%s", unsuitable[_i].config);
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
    ck_assert_ptr_nonnull(strstr(error.text, "more than 1048576 steps, "));
    mafat_plan_options options = plain;
    options.n_images = 1024;    /* which share the steps */
    ck_assert_int_eq(build_with(&d, "1024x1024", &options, &plan, &error), MAFAT_OK);
    ck_assert_int_eq(plan.n_steps, MAFAT_MAX_STEPS);
    mafat_plan_free(&plan);
}
END_TEST

/* ------------------------------------------------------------------ properties of every plan */

static int *make_counts(const draft *d, int l)
{
    return calloc(mafat_shape_floats((mafat_shape){1, d->layers[l].out.h, d->layers[l].out.w}),
                  sizeof(int));
}

/* How many channels of each pixel of a layer the plan computes for each image. */
static int *count_channels(const draft *d, const mafat_plan *plan, int l)
{
    int width = d->layers[l].out.w, *counts = make_counts(d, l);
    for (int i = 0; i < plan->n_steps; i++) {
        const mafat_step *s = &plan->steps[i];
        if (s->layer != l || s->kind != MAFAT_STEP_LAYER ||
            s->also_source > 1)    /* what goes on with a sum */
            continue;
        for (int y = s->out.region.y0; y < s->out.region.y1; y++)
            for (int x = s->out.region.x0; x < s->out.region.x1; x++)
                counts[y * width + x] += s->filter_end - s->filter_begin;
    }
    return counts;
}

/* Every element of each whole map is computed exactly once; with rows that are reused no element of
 * any map is computed twice. */
static void expect_covered_once(const draft *d, const mafat_plan *plan)
{
    for (int g = 0; g < plan->n_groups; g++) {
        const mafat_group *group = &plan->groups[g];
        for (int l = group->first; l < group->end; l++) {
            const mafat_buffer *buffer = &plan->buffers[plan->output_buffers[l]];
            int n_pixels = d->layers[l].out.h * d->layers[l].out.w, n = d->layers[l].out.c;
            if (d->layers[l].kind == MAFAT_IDENTITY)
                continue;
            int *counts = count_channels(d, plan, l);
            for (int i = 0; i < n_pixels; i++)
                test_require(counts[i] == n || (counts[i] == 0 && !buffer->is_map) ||
                             (counts[i] % n == 0 && !buffer->is_map && !group->tiling.reuse));
            free(counts);
        }
    }
}

/* What the arena holds while a plan runs: which buffer, and which image, each line belongs to, and
 * which rows of its region a buffer holds by now for each image. */
typedef struct {
    int *owners;                       /* [lines of the arena] */
    int image;                         /* whose turn it is */
    struct {
        mafat_region held[MAX_BUFFERS];
        int begin_row[MAX_BUFFERS];
        int end_row[MAX_BUFFERS];      /* rows [begin_row, end_row) are written */
        bool is_written[MAX_BUFFERS];
        bool is_complete[MAX_LAYERS];
    } of[MAX_IMAGES];
    int n_read;                        /* windows that a reader as early as allowed has read */
} memory;

/* The image's part of a buffer, or all of one that serves all images. */
static mafat_arena_buffer part_of(const mafat_plan *plan, int image, int buffer)
{
    const mafat_buffer *b = &plan->buffers[buffer];
    mafat_arena_buffer part = b->place;
    if (b->storage != MAFAT_IN_ARENA)
        part.bytes = 0;
    part.offset += mafat_plan_image_offset(plan, b, image);
    part.bytes /= b->is_for_each_image ? (size_t)plan->n_images : 1;
    return part;
}

static bool owns_for(const memory *m, const mafat_plan *plan, int image, int buffer)
{
    mafat_arena_buffer part = part_of(plan, image, buffer);
    for (size_t byte = 0; byte < part.bytes; byte += MAFAT_ARENA_ALIGN)
        if (m->owners[(part.offset + byte) / MAFAT_ARENA_ALIGN] != image * MAX_BUFFERS + buffer)
            return false;
    return true;
}

static bool owns(const memory *m, const mafat_plan *plan, int buffer)
{
    return owns_for(m, plan, m->image, buffer);
}

static void claim_for(memory *m, const mafat_plan *plan, int image, int buffer)
{
    mafat_arena_buffer part = part_of(plan, image, buffer);
    for (size_t byte = 0; byte < part.bytes; byte += MAFAT_ARENA_ALIGN)
        m->owners[(part.offset + byte) / MAFAT_ARENA_ALIGN] = image * MAX_BUFFERS + buffer;
}

static void claim(memory *m, const mafat_plan *plan, int buffer)
{
    claim_for(m, plan, m->image, buffer);
}

/* Reads all windows that the floor allows, at once. */
static void read_windows(memory *m, const mafat_plan *plan, int floor)
{
    for (; m->n_read < plan->n_windows; m->n_read++) {
        const mafat_weight_window *window = &plan->windows[m->n_read];
        if (!window->pinned && plan->buffers[window->buffer].place.first > floor)
            return;
        claim_for(m, plan, 0, window->buffer);
    }
}

static void read_operand(const memory *m, const mafat_plan *plan, const mafat_operand *in)
{
    if (plan->buffers[in->buffer].storage == MAFAT_IN_IMAGE)
        return;
    test_require(owns(m, plan, in->buffer));
    test_require(mafat_region_equal(m->of[m->image].held[in->buffer], in->held));
    test_require(in->region.y0 >= in->held.y0);
    test_require(in->region.y0 >= m->of[m->image].begin_row[in->buffer]);
    test_require(in->region.y1 <= m->of[m->image].end_row[in->buffer]);
    test_require(in->region.x0 >= in->held.x0 && in->region.x1 <= in->held.x1);
}

/* A tile starts its buffer anew and goes on row by row; a map is claimed once, and tiles or
 * windows of filters fill it. */
static void write_operand(memory *m, const mafat_plan *plan, const mafat_step *s)
{
    const mafat_operand *out = &s->out;
    int buffer = out->buffer;
    bool is_map = plan->buffers[buffer].is_map;
    bool begins = is_map ? !m->of[m->image].is_written[buffer]
                         : out->region.y0 == out->held.y0 && s->filter_begin == 0 &&
                               s->also_source <= 1;
    if (begins) {
        claim(m, plan, buffer);
        m->of[m->image].begin_row[buffer] = out->region.y0;
    }
    test_require(owns(m, plan, buffer));
    test_require(is_map || begins || s->filter_begin > 0 || s->also_source > 1 ||
                 out->region.y0 == m->of[m->image].end_row[buffer]);
    test_require(begins || is_map || mafat_region_equal(m->of[m->image].held[buffer], out->held));
    test_require(out->region.y0 >= out->held.y0 && out->region.y1 <= out->held.y1);
    m->of[m->image].held[buffer] = out->held;
    m->of[m->image].is_written[buffer] = true;
    if (!is_map || out->region.y1 > m->of[m->image].end_row[buffer])
        m->of[m->image].end_row[buffer] = out->region.y1;
}

/* Rows move up: what was there goes, what is kept stays in order. */
static void keep_rows(memory *m, const mafat_plan *plan, const mafat_step *s)
{
    int buffer = s->in.buffer;
    read_operand(m, plan, &s->in);
    test_require(s->out.buffer == buffer && s->in.region.y1 == m->of[m->image].end_row[buffer]);
    test_require(mafat_region_equal(s->in.region, s->out.region));
    test_require(s->out.held.y0 > s->in.held.y0 && s->out.region.y0 >= s->out.held.y0);
    m->of[m->image].held[buffer] = s->out.held;
    m->of[m->image].begin_row[buffer] = s->out.region.y0;
}

/* A step of a layer reads what earlier steps wrote and nobody has overwritten, and just what it
 * needs. */
static void run_layer(memory *m, const draft *d, const mafat_plan *plan, const mafat_step *s)
{
    const mafat_layer *layer = &d->layers[s->layer];
    const mafat_buffer *in = &plan->buffers[s->in.buffer];
    const mafat_group *group = &plan->groups[s->group];
    mafat_field field = {.region = s->in.region};
    bool same_group = in->layer >= group->first && in->layer < group->end;
    read_operand(m, plan, &s->in);
    if (mafat_layer_reads_two(layer)) {
        read_operand(m, plan, &s->also);
        test_require(mafat_region_equal(s->also.region, s->out.region));
    }
    if (s->window >= 0) {
        const mafat_weight_window *window = &plan->windows[s->window];
        test_require(window->layer == s->layer && window->filter_begin <= s->filter_begin &&
                     window->filter_end >= s->filter_end);
        test_require(owns_for(m, plan, 0, window->buffer) || window->pinned);
    }
    write_operand(m, plan, s);
    test_require(!in->is_map || in->layer < 0 || same_group ||
                 m->of[m->image].is_complete[in->layer]);
    if (layer->kind != MAFAT_WHOLE)
        field = mafat_region_back(layer, s->out.region);
    test_require(mafat_region_equal(field.region, s->in.region));
    test_require(s->pad_top == field.pad_top && s->pad_left == field.pad_left);
}

static void expect_inputs_ready(const draft *d, const mafat_plan *plan)
{
    static memory m;
    int floor = 0;
    memset(&m, 0, sizeof m);
    m.owners = calloc(plan->arena_bytes / MAFAT_ARENA_ALIGN + 1, sizeof *m.owners);
    for (mafat_turn at = {0}; at.step < plan->n_steps; at = mafat_plan_next(plan, at, plan->n_images)) {
        const mafat_step *s = &plan->steps[at.step];
        test_require(mafat_plan_floor(plan, s) >= floor);
        floor = mafat_plan_floor(plan, s);
        read_windows(&m, plan, floor);
        m.image = at.image;
        switch (s->kind) {
        case MAFAT_STEP_LAYER:
            run_layer(&m, d, plan, s);
            break;
        case MAFAT_STEP_INPUT:
            write_operand(&m, plan, s);
            break;
        case MAFAT_STEP_KEEP:
            keep_rows(&m, plan, s);
            break;
        case MAFAT_STEP_EXCHANGE:
            ck_abort_msg("one rank exchanges nothing");
        }
        if (s->completes_map)
            m.of[m.image].is_complete[s->layer] = true;
    }
    test_require(m.n_read == plan->n_windows);
    free(m.owners);
}

static void expect_alive(const mafat_plan *plan, const mafat_step *s, int buffer)
{
    const mafat_arena_buffer *place = &plan->buffers[buffer].place;
    bool in_arena = plan->buffers[buffer].storage == MAFAT_IN_ARENA;
    test_require(!in_arena || (place->first <= s->moment && s->moment <= place->last));
}

/* All buffers that a step uses are alive while it runs, and large enough. */
static void expect_buffers_alive(const draft *d, const mafat_plan *plan)
{
    for (int i = 0; i < plan->n_steps; i++) {
        const mafat_step *s = &plan->steps[i];
        const mafat_buffer *out = &plan->buffers[s->out.buffer];
        int n_channels = s->layer < 0 ? d->network.input.c : d->layers[s->layer].out.c;
        expect_alive(plan, s, s->out.buffer);
        if (s->kind != MAFAT_STEP_INPUT)
            expect_alive(plan, s, s->in.buffer);
        if (s->kind == MAFAT_STEP_LAYER && mafat_layer_reads_two(&d->layers[s->layer]))
            expect_alive(plan, s, s->also.buffer);
        if (s->window >= 0)
            expect_alive(plan, s, plan->windows[s->window].buffer);
        size_t n_floats = (size_t)n_channels * mafat_region_pixels(s->out.held);
        test_require(part_of(plan, 0, s->out.buffer).bytes / sizeof(float) >= n_floats ||
                     out->storage != MAFAT_IN_ARENA);
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
        test_require(a->place.align == 0 || a->place.offset % a->place.align == 0);
        for (int j = i + 1; j < plan->n_buffers; j++)
            test_require(plan->buffers[j].storage != MAFAT_IN_ARENA ||
                         !mafat_arena_collide(&a->place, &plan->buffers[j].place));
    }
}

/* The multiply-accumulates, counted cell by cell. */
static void expect_macs_counted(const draft *d, const mafat_plan *plan)
{
    size_t macs = 0, needed = 0;
    for (int l = 0; l < plan->n_layers; l++) {
        if (d->layers[l].kind != MAFAT_CONVOLUTION)
            continue;
        int *counts = count_channels(d, plan, l), n = d->layers[l].out.c;
        size_t macs_of_pixel = mafat_layer_macs(&d->layers[l], 1);
        for (int i = 0; i < d->layers[l].out.h * d->layers[l].out.w; i++) {
            macs += macs_of_pixel * (size_t)(counts[i] / n);
            needed += counts[i] > 0 ? macs_of_pixel : 0;
        }
        free(counts);
    }
    test_require(plan->macs == macs);
    test_require(plan->redundant_macs == macs - needed);
}

/* The layers of a group run on as many tiles as it says, one after the other. */
static void expect_tiles_counted(const mafat_plan *plan)
{
    for (int g = 0; g < plan->n_groups; g++) {
        const mafat_step *before = NULL;
        int n_tiles = 0;
        for (int i = 0; i < plan->n_steps; i++) {
            const mafat_step *step = &plan->steps[i];
            if (step->group != g || step->kind != MAFAT_STEP_LAYER)
                continue;
            n_tiles += before == NULL || step->tile_row != before->tile_row ||
                       step->tile_col != before->tile_col;
            before = step;
        }
        test_require(before == NULL || plan->groups[g].n_tiles == n_tiles);
    }
}

/* What is read once has a place of its own, one behind the other without gaps; all but small weights
 * begin with a page. */
static void expect_pinned_apart(const mafat_plan *plan)
{
    size_t end = 0, sum = 0;
    for (int w = 0; w < plan->n_windows; w++) {
        const mafat_weight_window *window = &plan->windows[w];
        const mafat_arena_buffer *place = &plan->buffers[window->buffer].place;
        if (!window->pinned)
            continue;
        test_require(mafat_plan_is_packed(window) ? place->bytes == window->bytes
                                                  : place->offset % MAFAT_READ_UNIT == 0);
        for (int v = 0; v < w; v++) {
            const mafat_arena_buffer *other = &plan->buffers[plan->windows[v].buffer].place;
            test_require(!plan->windows[v].pinned || place->offset + place->bytes <= other->offset ||
                         other->offset + other->bytes <= place->offset);
        }
        sum += place->bytes;
        end = mafat_size_max(end, place->offset + place->bytes);
    }
    test_require(sum == end && end == plan->pinned_bytes);
}

/* Each weight of a convolution is in one window; what is not pinned is read once in each run. */
static void expect_weights_read_once(const draft *d, const mafat_plan *plan)
{
    size_t n_read = 0;
    int w = 0;
    for (int g = 0; g < plan->n_groups && plan->n_windows > 0; g++) {
        for (int l = plan->groups[g].first; l < plan->groups[g].end; l++) {
            const mafat_layer *layer = &d->layers[l];
            int filter = 0;
            for (; w < plan->n_windows && plan->windows[w].layer == l; w++) {
                const mafat_weight_window *window = &plan->windows[w];
                test_require(window->filter_begin == filter && window->filter_end > filter);
                test_require(plan->buffers[window->buffer].place.bytes >=
                             window->bytes + (mafat_plan_is_packed(window) ? 0 : MAFAT_READ_UNIT));
                filter = window->filter_end;
                n_read += window->pinned ? 0 : window->bytes;
            }
            test_require(filter == (layer->kind == MAFAT_CONVOLUTION ? layer->out.c : 0));
        }
    }
    test_require(w == plan->n_windows && n_read == plan->weight_bytes_read);
}

/* In the head one image comes after the other, with all filters of a layer at hand; behind it every
 * image has its turn at a window of weights before the next one is used. All have the same steps. */
static void expect_images_in_turn(const draft *d, const mafat_plan *plan)
{
    int n_done = 0, image = 0, window = -1;
    for (mafat_turn at = {0}; at.step < plan->n_steps; at = mafat_plan_next(plan, at, plan->n_images)) {
        const mafat_step *s = &plan->steps[at.step];
        bool is_head = s->group < plan->n_head_groups;
        test_require(at.image >= 0 && at.image < plan->n_images);
        test_require(!is_head || at.image == image || at.image == image + 1);
        image = is_head ? at.image : image;
        test_require(!is_head || plan->n_images == 1 || s->window < 0 || s->filter_begin == 0);
        if (!is_head && s->window >= 0 && !plan->windows[s->window].pinned &&
            !mafat_group_is_interleaved(&plan->groups[s->group])) {
            test_require(s->window >= window);
            window = s->window;
        }
        test_require(!mafat_plan_is_taken_together(plan, &d->network, s) ||
                     (at.first_step == at.step && s->ends_turn));
        n_done++;
    }
    test_require(n_done == plan->n_images * plan->n_steps);
    test_require(plan->n_images == 1 || image == plan->n_images - 1);
}

/* Results of several images are there when the last moment is over. */
static void expect_results_last(const mafat_plan *plan)
{
    for (int i = 0; i < plan->n_buffers && plan->n_images > 1; i++) {
        const mafat_buffer *buffer = &plan->buffers[i];
        test_require(!buffer->is_result ||
                     (buffer->is_for_each_image && buffer->place.last == plan->n_moments - 1));
    }
}

/* What a layer computes at once begins and ends with its units, whoever wants how little of it. */
static void expect_whole_units(const draft *d, const mafat_plan *plan)
{
    for (int i = 0; i < plan->n_steps; i++) {
        const mafat_step *step = &plan->steps[i];
        if (step->layer < 0 || step->kind != MAFAT_STEP_LAYER)
            continue;
        const mafat_layer *layer = &d->layers[step->layer];
        test_require(mafat_region_equal(step->out.region,
                                        mafat_region_widen(layer, step->out.region)));
    }
}

/* Has all layers run by Winograd's algorithm that can. */
static void make_fast(draft *d)
{
    for (int l = 0; l < d->network.n_layers; l++)
        if (d->layers[l].kind == MAFAT_CONVOLUTION && d->layers[l].size == 3 &&
            d->layers[l].stride == 1)
            d->layers[l].algorithm = MAFAT_WINOGRAD;
}

static void expect_sound_with(const draft *d, const char *config,
                              const mafat_plan_options *options)
{
    mafat_plan plan;
    mafat_error error;
    ck_assert_msg(build_with(d, config, options, &plan, &error) == MAFAT_OK, "%s: %s", config,
                  error.text);
    ck_assert_int_le(plan.n_buffers, MAX_BUFFERS);
    expect_covered_once(d, &plan);
    expect_images_in_turn(d, &plan);
    expect_results_last(&plan);
    expect_inputs_ready(d, &plan);
    expect_buffers_alive(d, &plan);
    expect_no_overlap(&plan);
    expect_macs_counted(d, &plan);
    expect_tiles_counted(&plan);
    expect_whole_units(d, &plan);
    expect_weights_read_once(d, &plan);
    expect_pinned_apart(&plan);
    mafat_plan_free(&plan);
}

/* The shortest head that there is. */
static int layers_of_first_group(const draft *d, const char *config)
{
    mafat_plan plan = planned(d, config);
    int n = plan.groups[0].end - plan.groups[0].first;
    mafat_plan_free(&plan);
    return n;
}

static void expect_sound(const draft *d, const char *config)
{
    test_case("%s", config);
    static const struct {
        bool image_by_rows;
        test_weights weights;
        int n_images;
        bool has_short_head;
    } variants[] = {
        {false, {0, 0, 1}, 0, false}, {true, {0, 0, 1}, 0, false},
        {true, {SIZE_MAX, 0, 1}, 0, false}, {true, {100, 0, 2}, 0, false},
        {false, {200, 60000, 2}, 0, false}, {true, {100, 0, 2}, 2, false},
        {false, {200, 60000, 2}, MAX_IMAGES, false}, {true, {100, 0, 2}, MAX_IMAGES, true},
        {false, {300, 0, 1}, 2, true}, {true, {0, 0, 1}, 2, true},
    };
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        mafat_weight_mode modes[TEST_MAX_LAYERS];
        mafat_plan_options options = {
            .workspace_bytes = WORKSPACE, .image_by_rows = variants[i].image_by_rows,
            .weights = test_weight_modes(&d->network, variants[i].weights, modes),
            .n_images = variants[i].n_images,
        };
        if (variants[i].has_short_head)
            options.n_head_layers = layers_of_first_group(d, config);
        expect_sound_with(d, config, &options);
    }
}

START_TEST(plans_are_sound_for_every_grid)
{
    draft d = tapped();
    fixed(&d);
    if (_i == 1)
        make_fast(&d);
    for (int rows = 1; rows <= 26; rows += 1 + rows / 4) {
        for (int cols = 1; cols <= 26; cols += 1 + cols / 3) {
            char config[64];
            snprintf(config, sizeof config, "%dx%d/2/%dx%d/5/3x3", rows, cols, cols, rows);
            expect_sound(&d, config);
        }
        char config[64];
        snprintf(config, sizeof config, "%dx1r/4/%dx1r", rows, rows);
        expect_sound(&d, config);
    }
}
END_TEST

/* Adds the outputs of some earlier layers to that of the last one, if they have its size. */
static void add_shortcut(draft *d, test_random *r)
{
    int last = d->network.n_layers - 1, n = 1 + test_random_int(r, MAX_SOURCES - 1);
    mafat_shape a = d->layers[last].out;
    int sources[MAX_SOURCES] = {last}, n_sources = 1;
    for (int i = 0; i < 2 * n && n_sources <= n; i++) {
        int from = test_random_int(r, last + 1);
        if (a.h == d->layers[from].out.h && a.w == d->layers[from].out.w)
            sources[n_sources++] = from;
    }
    if (n_sources == 1)
        return;
    mafat_layer *layer = add(d, MAFAT_SHORTCUT, (mafat_shape){0, 0, 0});
    layer->n_sources = n_sources;
    memcpy(layer->sources, sources, sizeof sources);
}

/* Puts an earlier output and the last one together, in either order, if they have one size. */
static void add_join(draft *d, test_random *r)
{
    int last = d->network.n_layers - 1, from = test_random_int(r, last + 1), first = test_random_int(r, 2);
    mafat_shape a = d->layers[last].out, b = d->layers[from].out;
    if (a.h != b.h || a.w != b.w)
        return;
    mafat_layer *layer = add(d, MAFAT_JOIN, (mafat_shape){a.c + b.c, a.h, a.w});
    layer->n_sources = 2;
    layer->sources[first] = last;
    layer->sources[1 - first] = from;
}

/* Multiplies an earlier output by the last one, if that has its shape, one channel of it or one pixel. */
static void add_product(draft *d, test_random *r)
{
    int last = d->network.n_layers - 1, from = test_random_int(r, last + 1);
    mafat_shape a = d->layers[last].out, b = d->layers[from].out;
    bool is_size = a.h == b.h && a.w == b.w, is_pixel = a.h == 1 && a.w == 1;
    if (!(a.c == b.c && (is_size || is_pixel)) && !(a.c == 1 && is_size))
        return;
    mafat_layer *layer = add(d, MAFAT_PRODUCT, b);
    layer->n_sources = 2;
    layer->sources[1] = from;
}

/* One number for each channel of the last output. */
static void add_gate(draft *d)
{
    mafat_shape map = d->layers[d->network.n_layers - 1].out;
    add(d, MAFAT_WHOLE, (mafat_shape){map.c, 1, 1});
}

static void add_random(draft *d, test_random *r)
{
    mafat_layer *layer;
    int size = 1 + test_random_int(r, 5);
    switch (test_random_int(r, 10)) {
    case 8:
        add_product(d, r);
        break;
    case 9:
        add_gate(d);
        add_product(d, r);
        break;
    case 6:
        add_shortcut(d, r);
        break;
    case 0:
        add_pool(d);
        break;
    case 1:
        layer = add(d, MAFAT_UPSAMPLE, (mafat_shape){0, 0, 0});
        layer->stride = 2;
        layer->out.h *= 2;
        layer->out.w *= 2;
        break;
    case 2:    /* of all channels, or of some */
        layer = add(d, MAFAT_IDENTITY, (mafat_shape){0, 0, 0});
        layer->first_channel = test_random_int(r, layer->in.c);
        layer->out.c = 1 + test_random_int(r, layer->in.c - layer->first_channel);
        break;
    case 7:
        add_join(d, r);
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
    for (int n = 1 + test_random_int(&r, MAX_LAYERS - 2); n > 0 && d.network.n_layers + 2 <= MAX_LAYERS; n--)
        add_random(&d, &r);
    d.layers[test_random_int(&r, d.network.n_layers)].is_result = true;
    char config[64];
    int cut = 1 + test_random_int(&r, d.network.n_layers - 1);
    bool fuses = mafat_group_can_fuse(&d.layers[cut]);
    snprintf(config, sizeof config, "%dx%d/%d/%dx%d", 1 + test_random_int(&r, 6),
             1 + test_random_int(&r, 6), cut, fuses ? 1 + test_random_int(&r, 6) : 1,
             fuses ? 1 + test_random_int(&r, 6) : 1);
    draft fast = d;
    fixed(&fast);
    make_fast(&fast);
    expect_sound(&d, config);
    expect_sound(&fast, config);
    snprintf(config, sizeof config, "%dx1r/%d/%dx1%s", 1 + test_random_int(&r, 30), cut,
             fuses ? 1 + test_random_int(&r, 30) : 1, fuses ? "r" : "");
    expect_sound(&d, config);
    expect_sound(&fast, config);
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

/* Where rows are kept, a layer computes at once as many as have the pixels of a tile of the group's output, and a pool
 * what the convolution before it has computed. */
static const struct {
    const char *config;
    int rows[4];    /* the most in a step of each layer */
} steps_of_rows[] = {{"1x1r", {12, 6, 24, 48}}, {"2x1r", {6, 3, 12, 24}},
                     {"5x1r", {2, 1, 5, 10}}, {"7x1r", {2, 1, 3, 7}}};

START_TEST(layers_that_keep_rows_compute_as_much_as_a_tile)
{
    draft d;
    begin(&d, 3, 192, 48);
    add_conv(&d, 4, 3, 1, 1);    /* 192 rows of 48 pixels */
    add_pool(&d);                /* 96 of 24 */
    add_conv(&d, 4, 3, 1, 1);
    add_conv(&d, 4, 3, 2, 1);    /* 48 of 12 */
    mafat_plan plan = planned(&d, steps_of_rows[_i].config);
    int most[4] = {0};
    for (int i = 0; i < plan.n_steps; i++) {
        const mafat_step *step = &plan.steps[i];
        int n = step->out.region.y1 - step->out.region.y0;
        if (step->kind != MAFAT_STEP_KEEP && n > most[step->layer])
            most[step->layer] = n;
    }
    for (int l = 0; l < 4; l++) {
        test_case("%s: layer %d", steps_of_rows[_i].config, l);
        ck_assert_int_eq(most[l], steps_of_rows[_i].rows[l]);
    }
    mafat_plan_free(&plan);
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

/* Computing takes as long for each image; weights that stay cost no time. */
START_TEST(each_image_takes_its_time)
{
    mafat_kernel_shape shape = {8, 48, 16, 288, 384, 1, {16, 1000}};
    mafat_costs costs = mafat_cost_defaults(&shape);
    mafat_plan_options options = {.workspace_bytes = WORKSPACE, .costs = &costs};
    draft d;
    double one_s = 0;
    begin(&d, 3, 32, 32);
    for (int l = 0; l < 6; l++)
        add_conv(&d, 32, 3, 1, 1);
    for (options.n_images = 1; options.n_images <= 5; options.n_images++) {
        mafat_plan plan;
        mafat_error error;
        ck_assert_int_eq(build_with(&d, "2x2/2/1x1", &options, &plan, &error), MAFAT_OK);
        one_s = options.n_images == 1 ? plan.latency_s : one_s;
        ck_assert_double_eq_tol(plan.latency_s, one_s * options.n_images, one_s * 1e-9);
        mafat_plan_free(&plan);
    }
    ck_assert(one_s > 0);
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

/* Finds the place that each layer of a network has in the order of segments. */
static void find_places(const char *brief, int places[16])
{
    mafat_cfg cfg = test_brief_read(brief);
    mafat_error fault;
    mafat_group segments[16];
    int n;
    ck_assert_int_eq(mafat_group_find_segments(&cfg.network, segments, &n, &fault), MAFAT_OK);
    ck_assert_int_eq(mafat_order_groups(&cfg.network, segments, n, &fault), MAFAT_OK);
    for (int i = 0; i < n; i++)
        for (int l = segments[i].first; l < segments[i].end; l++)
            places[l] = i;
    mafat_cfg_free(&cfg);
}

/* What is read twice is read by a branch first where that ends it before much is joined, though no
 * map of the join need exist. */
START_TEST(branches_end_before_joins_where_that_takes_less)
{
    int places[16];
    find_places("32x32x3 c16.3 p2.2 c32.3 p2.2 c64.3 c32.1 c16.1 o r-3 u r-1,2 c8.3", places);
    ck_assert_int_eq(places[9], places[11]);
    ck_assert_int_lt(places[7], places[9]);
}
END_TEST

/* A join that waits for other maps leaves the branch before it, which frees the largest map, to run
 * before they are made. */
START_TEST(a_branch_that_frees_a_map_runs_before_what_its_join_waits_for)
{
    int places[16];
    find_places("32x32x3 c16.3 p2.2 c8.1 c16.3 c16.1 r-5 p2.2 r-1,4 c8.3", places);
    ck_assert_int_lt(places[6], places[1]);
    ck_assert_int_lt(places[4], places[7]);
}
END_TEST

/* Behind larger maps than any that two branches make, which decide how much is alive at most, the one that leaves less
 * comes first. */
START_TEST(of_two_branches_the_one_that_leaves_less_runs_first)
{
    int places[16];
    find_places("32x32x3 c99.3 o c8.1 c32.3 r-2 c4.1 o r-1,-4 c8.3", places);
    ck_assert_int_lt(places[5], places[3]);
    find_places("32x32x3 c99.3 o c8.1 c4.3 r-2 c32.1 o r-1,-4 c8.3", places);
    ck_assert_int_lt(places[3], places[5]);
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
    tcase_add_loop_test(tcase, plans_are_sound_for_every_grid, 0, 2);
    tcase_add_loop_test(tcase, plans_of_random_networks_are_sound, 0, test_rounds(75));
    tcase_add_test(tcase, a_pooled_convolution_holds_a_band_at_a_time);
    tcase_add_test(tcase, plans_with_many_bands_are_sound);
    tcase_add_loop_test(tcase, layers_that_keep_rows_compute_as_much_as_a_tile, 0,
                        (int)(sizeof steps_of_rows / sizeof steps_of_rows[0]));
    tcase_add_test(tcase, results_are_stored_by_the_layer_that_computes_them);
    tcase_add_test(tcase, branches_end_before_joins_where_that_takes_less);
    tcase_add_test(tcase, a_branch_that_frees_a_map_runs_before_what_its_join_waits_for);
    tcase_add_test(tcase, of_two_branches_the_one_that_leaves_less_runs_first);
    tcase_add_test(tcase, each_image_takes_its_time);
    tcase_add_test(tcase, the_head_of_yolov2_needs_what_it_needed_yesterday);
    Suite *suite = suite_create("plan");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
