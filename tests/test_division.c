/* Plans of all ranks of random networks, side by side: what one sends the other receives, in the same
 * order; nobody waits for ever; all of what a rank reads it has computed or received; and together they
 * compute what one rank does. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "plan/build.h"
#include "support/brief_cfg.h"
#include "support/random.h"
#include "support/random_cfg.h"
#include "support/random_ranks.h"
#include "support/suite.h"
#include "support/weight_modes.h"

enum { N_PLANS = 6, MAX_RANKS = 5 };

static test_random random_state;
static mafat_cfg cfg;
static mafat_plan plans[MAX_RANKS];
static mafat_ranks all;
static mafat_error fault;

static void random_config(char *text, size_t size)
{
    char first[32], second[32];
    int cut = 1 + test_random_int(&random_state, cfg.network.n_layers);
    bool divides = cut < cfg.network.n_layers && mafat_group_can_fuse(&cfg.network.layers[cut]);
    test_random_tiling(&random_state, first, sizeof first, true);
    test_random_tiling(&random_state, second, sizeof second, divides);
    snprintf(text, size, "%s/%d/%s", first, cut, second);
}

static void make_fast(void)
{
    for (int l = 0; l < cfg.network.n_layers; l++) {
        mafat_layer *layer = &cfg.network.layers[l];
        if (layer->kind == MAFAT_CONVOLUTION && layer->size == 3 && layer->stride == 1 &&
            layer->stride_x == 1 && layer->dilation == 1 && layer->groups == 1)
            layer->algorithm = MAFAT_WINOGRAD;
    }
}

/* Looked at alone, a plan's groups have no fewer steps and messages than it has: then a search that adds
 * them up has room for the plan that it finds. */
static void expect_parts_hold(const mafat_plan *plan, const mafat_plan_options *options)
{
    int n_steps = 0, n_messages = 0;
    for (int g = 0; g < plan->n_groups; g++) {
        mafat_plan part;
        mafat_status status = mafat_build_part(&part, &cfg.network, &plan->groups[g], options, NULL, &fault);
        ck_assert_msg(status == MAFAT_OK, "%s", fault.text);
        n_steps += part.n_steps;
        n_messages += part.n_messages;
        mafat_plan_free(&part);
    }
    test_require(plan->n_steps <= n_steps && plan->n_messages <= n_messages);
}

/* Each rank has windows of its own: what is exchanged does not depend on them. */
static void make_plans(const char *text)
{
    mafat_config config;
    ck_assert_int_eq(mafat_config_parse(&config, text, &fault), MAFAT_OK);
    for (int r = 0; r < all.n; r++) {
        static const size_t window_sizes[] = {0, 300, 30000, SIZE_MAX};
        mafat_weight_mode modes[TEST_MAX_LAYERS];
        mafat_ranks ranks = all;
        ranks.rank = r;
        test_weights weights = {window_sizes[test_random_int(&random_state, 4)],
                                test_random_int(&random_state, 2) == 0 ? 0 : 20000, 1};
        mafat_plan_options options = {
            .workspace_bytes = 4096, .ranks = &ranks,
            .image_by_rows = test_random_int(&random_state, 2) == 0,
            .weights = test_weight_modes(&cfg.network, weights, modes),
        };
        mafat_status status = mafat_build_plan(&plans[r], &cfg.network, &config, &options, &fault);
        ck_assert_msg(status == MAFAT_OK, "%s", fault.text);
        if (all.ways != NULL)    /* which is so in a search */
            expect_parts_hold(&plans[r], &options);
    }
    mafat_config_free(&config);
}

static void free_plans(void)
{
    for (int r = 0; r < MAX_RANKS; r++)
        mafat_plan_free(&plans[r]);
}

/* The next message between two ranks of one of them's plan, from *i on; NULL: there is none. */
static const mafat_message *next_message(int rank, int peer, bool is_sent, int *i)
{
    const mafat_plan *plan = &plans[rank];
    while (*i < plan->n_messages && (plan->messages[*i].peer != peer ||
                                     plan->messages[*i].is_sent != is_sent))
        ++*i;
    return *i < plan->n_messages ? &plan->messages[(*i)++] : NULL;
}

static void expect_matched(int from, int to)
{
    int i = 0, j = 0;
    const mafat_message *sent, *received;
    do {
        sent = next_message(from, to, true, &i);
        received = next_message(to, from, false, &j);
        test_require((sent == NULL) == (received == NULL));
        test_require(sent == NULL || (sent->layer == received->layer && sent->portion == received->portion &&
                                      memcmp(&sent->part, &received->part, sizeof sent->part) == 0));
    } while (sent != NULL);
}

/* ------------------------------------------------------------------------------ walked together */

/* What a rank has of each map, [n_layers + 1][channels][rows]. */
static bool *has[MAX_RANKS][TEST_MAX_LAYERS + 1];
static int at[MAX_RANKS];    /* the step that each rank has come to */

static mafat_shape shape_of(int l)
{
    return l < 0 ? cfg.network.input : cfg.network.layers[l].out;
}

static void mark(int rank, int l, mafat_part part)
{
    for (int c = part.channel_begin; c < part.channel_end; c++)
        for (int y = part.row_begin; y < part.row_end; y++)
            has[rank][l + 1][c * shape_of(l).h + y] = true;
}

static void expect_has(int rank, int l, mafat_part part)
{
    for (int c = part.channel_begin; c < part.channel_end; c++)
        for (int y = part.row_begin; y < part.row_end; y++)
            test_require(has[rank][l + 1][c * shape_of(l).h + y]);
}

static mafat_part rows_of(int l, mafat_region region)
{
    return (mafat_part){0, shape_of(l).c, region.y0, region.y1};
}

static void read_sources(int rank, const mafat_step *step)
{
    const mafat_layer *layer = &cfg.network.layers[step->layer];
    for (int s = 0; s < layer->n_sources; s++) {
        int source = layer->sources[s];
        int l = source < 0 ? -1 : mafat_layer_producer(&cfg.network, source);
        mafat_region rows = layer->kind == MAFAT_WHOLE
                                ? mafat_region_whole(shape_of(l))
                                : mafat_region_back_to(layer, s, step->out.region);
        expect_has(rank, l, rows_of(l, rows));
    }
}

/* Whether a rank has come to the exchange of a portion of a layer's output, or behind it. */
static bool has_come_to(int rank, int layer, int portion)
{
    for (int i = 0; i <= at[rank] && i < plans[rank].n_steps; i++)
        if (plans[rank].steps[i].kind == MAFAT_STEP_EXCHANGE &&
            plans[rank].steps[i].layer == layer && plans[rank].steps[i].portion == portion)
            return true;
    return false;
}

/* Sends a portion, and behind the last one has sent and received all of them, once all others that it needs
 * have come so far: those who receive to where they begin to, and those who send to the portion. False:
 * it waits. */
static bool exchange(int rank, const mafat_step *step)
{
    int n;
    const mafat_message *messages = mafat_plan_messages(&plans[rank], step->layer, &n);
    test_require(n > 0);
    for (int i = 0; i < n; i++) {
        const mafat_message *m = &messages[i];
        if (m->is_sent && m->portion == step->portion)
            expect_has(rank, step->layer, m->part);
        if (step->ends_exchange && !has_come_to(m->peer, step->layer, m->is_sent ? 0 : m->portion))
            return false;
    }
    for (int i = 0; i < n && step->ends_exchange; i++) {
        if (messages[i].is_sent)
            continue;
        expect_has(messages[i].peer, step->layer, messages[i].part);
        mark(rank, step->layer, messages[i].part);
    }
    return true;
}

static bool go_on(int rank)
{
    int before = at[rank];
    for (; at[rank] < plans[rank].n_steps; at[rank]++) {
        const mafat_step *step = &plans[rank].steps[at[rank]];
        if (step->kind == MAFAT_STEP_EXCHANGE) {
            if (!exchange(rank, step))
                break;
            continue;
        }
        if (step->kind == MAFAT_STEP_KEEP)
            continue;
        if (step->kind == MAFAT_STEP_LAYER)
            read_sources(rank, step);
        else
            test_require(rank == 0);
        mafat_part part = rows_of(step->layer, step->out.region);
        if (step->filter_end > 0) {
            part.channel_begin = step->filter_begin;
            part.channel_end = step->filter_end;
        }
        mark(rank, step->layer, part);
    }
    return at[rank] > before;
}

/* Walks all ranks' plans as far as they come: to their ends. */
static void expect_walk(void)
{
    bool goes_on = true;
    for (int r = 0; r < all.n; r++) {
        at[r] = 0;
        for (int l = -1; l < cfg.network.n_layers; l++)
            has[r][l + 1] = calloc((size_t)shape_of(l).c * (size_t)shape_of(l).h, sizeof(bool));
    }
    while (goes_on) {
        goes_on = false;
        for (int r = 0; r < all.n; r++)
            goes_on |= go_on(r);
    }
    for (int r = 0; r < all.n; r++)
        ck_assert_msg(at[r] == plans[r].n_steps, "rank %d of %d waits at step %d of %d", r, all.n,
                      at[r], plans[r].n_steps);
    for (int l = 0; l < cfg.network.n_layers; l++)    /* results are there */
        if (cfg.network.layers[l].is_result && mafat_layer_producer(&cfg.network, l) == l)
            expect_has(0, l, rows_of(l, mafat_region_whole(shape_of(l))));
    for (int r = 0; r < all.n; r++)
        for (int l = -1; l < cfg.network.n_layers; l++)
            free(has[r][l + 1]);
}

START_TEST(ranks_send_what_others_receive_and_wait_for_nobody_for_ever)
{
    char text[TEST_CFG_BYTES], config[96];
    random_state = (test_random){(uint64_t)_i * 7919 + 11};
    test_cfg_make(&random_state, text, 1 + test_random_int(&random_state, 8));
    cfg = test_cfg_parse(text);
    if (_i % 3 == 0)
        make_fast();
    for (int p = 0; p < N_PLANS; p++) {
        random_config(config, sizeof config);
        all = test_random_ranks(&random_state, MAX_RANKS);
        test_case("%s on %d ranks", config, all.n);
        make_plans(config);
        for (int from = 0; from < all.n; from++)
            for (int to = 0; to < all.n; to++)
                expect_matched(from, to);
        expect_walk();
        free_plans();
    }
    mafat_cfg_free(&cfg);
}
END_TEST

/* ------------------------------------------------------------------------------- what it saves */

static uint64_t weight_bytes(int rank)
{
    uint64_t n = 0;
    for (int w = 0; w < plans[rank].n_windows; w++)
        n += plans[rank].windows[w].bytes;
    return n;
}

/* Of layers with more weights than outputs each rank reads its share; all read the others'. */
START_TEST(heavy_layers_are_divided_by_filters_and_others_by_rows)
{
    cfg = test_brief_read("32x32x3 c16.3 c16.3 p2.2 c64.3 p2.2 c256.3 c256.3");
    mafat_weight_mode modes[TEST_MAX_LAYERS];
    test_weights pinned = {SIZE_MAX, SIZE_MAX, 1};
    mafat_config config;
    size_t light = (3 + 16) * 9 * 16 * sizeof(float) + 16 * 9 * 64 * sizeof(float);
    size_t heavy = (64 + 256) * 9 * 256 * sizeof(float);
    all = mafat_ranks_even(4, 0);
    ck_assert_int_eq(mafat_config_parse(&config, "1x1", &fault), MAFAT_OK);
    for (int r = 0; r < all.n; r++) {
        all.rank = r;
        mafat_plan_options options = {.ranks = &all,
                                      .weights = test_weight_modes(&cfg.network, pinned, modes)};
        ck_assert_int_eq(mafat_build_plan(&plans[r], &cfg.network, &config, &options, &fault),
                         MAFAT_OK);
        ck_assert_uint_eq(weight_bytes(r), light + heavy / 4);
    }
    /* the second layer's halo: one row from each neighbour */
    int n;
    const mafat_message *messages = mafat_plan_messages(&plans[1], 0, &n);
    ck_assert_int_eq(n, 4);
    for (int i = 0; i < n; i++)
        ck_assert_uint_eq(mafat_part_bytes(&cfg.network, messages[i].layer, messages[i].part),
                          16 * 32 * sizeof(float));
    /* and no other rows are there */
    const mafat_buffer *buffer = &plans[1].buffers[plans[1].output_buffers[0]];
    ck_assert_uint_eq(buffer->place.bytes, 16 * (8 + 2) * 32 * sizeof(float));
    mafat_config_free(&config);
    free_plans();
    mafat_cfg_free(&cfg);
}
END_TEST

START_TEST(shares_are_whole_units_and_cover_all)
{
    mafat_ranks ranks = {.n = 3, .shares = {1, 0, 3}};
    ck_assert_int_eq(mafat_ranks_begin(&ranks, 40, 1, 0), 0);
    ck_assert_int_eq(mafat_ranks_begin(&ranks, 40, 1, 1), 10);
    ck_assert_int_eq(mafat_ranks_begin(&ranks, 40, 1, 2), 10);
    ck_assert_int_eq(mafat_ranks_begin(&ranks, 40, 1, 3), 40);
    ck_assert_int_eq(mafat_ranks_begin(&ranks, 41, 4, 1), 12);    /* 11 units, the last one short */
    ck_assert_int_eq(mafat_ranks_begin(&ranks, 41, 4, 3), 41);
}
END_TEST

int main(void)
{
    const int n_networks = test_rounds(60);
    TCase *tcase = tcase_create("division");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, ranks_send_what_others_receive_and_wait_for_nobody_for_ever, 0,
                        n_networks);
    tcase_add_test(tcase, heavy_layers_are_divided_by_filters_and_others_by_rows);
    tcase_add_test(tcase, shares_are_whole_units_and_cover_all);
    Suite *suite = suite_create("division");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
