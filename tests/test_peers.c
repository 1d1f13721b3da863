/* Ranks as threads: each with a plan, a store and an arena of its own, and parcels that go from hand to
 * hand. Whatever the network, the plan and the shares, what each rank has in the end is Darknet's, bit
 * by bit, and with Winograd's algorithm that of one rank. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge/inference.h"
#include "darknet.h"
#include "plan/build.h"
#include "run/exec.h"
#include "run/guard.h"
#include "run/step.h"
#include "support/random.h"
#include "support/random_cfg.h"
#include "support/random_ranks.h"
#include "support/random_weights.h"
#include "support/suite.h"
#include "support/weight_modes.h"

enum { N_PLANS = 6, MAX_RANKS = 5, WAIT_S = 20 };

/* ------------------------------------------------------------------------------------- parcels */

/* A parcel on its way. */
typedef struct letter {
    struct letter *next;
    size_t n_floats;
    float floats[];
} letter;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static letter *boxes[MAX_RANKS][MAX_RANKS];    /* from one rank to another, the first one first */

static void post(int from, const mafat_parcel *parcel)
{
    size_t n = parcel->n_blocks * parcel->block_floats;
    letter *l = malloc(sizeof *l + n * sizeof *l->floats), **end = &boxes[from][parcel->peer];
    *l = (letter){.n_floats = n};
    for (size_t i = 0; i < parcel->n_blocks; i++)
        memcpy(l->floats + i * parcel->block_floats, parcel->data + i * parcel->stride_floats,
               parcel->block_floats * sizeof *l->floats);
    pthread_mutex_lock(&mutex);
    while (*end != NULL)
        end = &(*end)->next;
    *end = l;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void fetch(int to, const mafat_parcel *parcel)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&mutex);
    letter **first = &boxes[parcel->peer][to];
    while (*first == NULL)
        if (pthread_cond_timedwait(&changed, &mutex, &until) != 0)
            ck_abort_msg("rank %d waits for rank %d", to, parcel->peer);
    letter *l = *first;
    *first = l->next;
    pthread_mutex_unlock(&mutex);
    if (l->n_floats != parcel->n_blocks * parcel->block_floats)
        ck_abort_msg("rank %d sends %zu floats, rank %d awaits %zu", parcel->peer, l->n_floats, to,
                     parcel->n_blocks * parcel->block_floats);
    for (size_t i = 0; i < parcel->n_blocks; i++)
        memcpy(parcel->data + i * parcel->stride_floats, l->floats + i * parcel->block_floats,
               parcel->block_floats * sizeof *l->floats);
    free(l);
}

/* What a rank began to send and to receive, and has not finished. */
typedef struct {
    int rank;
    mafat_parcel sent[MAFAT_MAX_RANKS * MAFAT_MAX_PORTIONS];
    mafat_parcel received[MAFAT_MAX_RANKS * MAFAT_MAX_PORTIONS];
    int n_sent, n_posted, n_received, n_abandoned;
} under_way;

/* What is awaited at once goes from hand to hand. Else it is sent as late as may be, when the next parcels
 * are begun, so that whoever changes it meanwhile sends what is wrong; and until it has come there are NaNs
 * where it will lie, so that whoever reads it is wrong, too. */
static void start(void *context, const mafat_parcel *sent, int n_sent, const mafat_parcel *received,
                  int n_received, bool is_awaited)
{
    under_way *u = context;
    while (u->n_posted < u->n_sent)
        post(u->rank, &u->sent[u->n_posted++]);
    memcpy(u->sent + u->n_sent, sent, (size_t)n_sent * sizeof *sent);
    memcpy(u->received + u->n_received, received, (size_t)n_received * sizeof *received);
    u->n_sent += n_sent;
    u->n_received += n_received;
    for (int i = 0; i < n_received && !is_awaited; i++)
        for (size_t n = 0; n < received[i].n_blocks; n++)
            memset(received[i].data + n * received[i].stride_floats, 0xff,
                   received[i].block_floats * sizeof(float));
}

static void finish(void *context)
{
    under_way *u = context;
    while (u->n_posted < u->n_sent)
        post(u->rank, &u->sent[u->n_posted++]);
    for (int i = 0; i < u->n_received; i++)
        fetch(u->rank, &u->received[i]);
    u->n_sent = u->n_posted = u->n_received = 0;
}

static void abandon(void *context)
{
    under_way *u = context;
    u->n_abandoned = u->n_sent - u->n_posted + u->n_received;
}

/* ------------------------------------------------------------------------------------ networks */

static test_random random_state;
static char cfg_path[32], path[32];
static mafat_bridge *bridge;
static mafat_host host;
static float *noise, **expected;    /* [n_layers] */
static mafat_error fault;
static const mafat_network *ours;

/* Darknet's own layers are one network's, and one thread's at a time. */
static void forward(void *context, int index, float *input, float *const *maps)
{
    static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&one);
    bridge->exec.host.forward(context, index, input, maps);
    pthread_mutex_unlock(&one);
}

static void make_network_of(const char *cfg)
{
    FILE *file = fopen(cfg_path, "w");
    fputs(cfg, file);
    fclose(file);
    bridge = test_load_random(&random_state, cfg_path, path, "1");
    ours = &bridge->session.cfg.network;
    host = bridge->exec.host;
    host.forward = forward;
    noise = calloc((size_t)bridge->network->inputs, sizeof *noise);
    test_fill(&random_state, noise, bridge->network->inputs, -1, 1);
    expected = calloc((size_t)ours->n_layers, sizeof *expected);
    mafat_inference_forward_darknet(bridge, noise);
    for (int l = 0; l < ours->n_layers; l++) {
        size_t n_bytes = (size_t)bridge->network->layers[l].outputs * sizeof(float);
        expected[l] = malloc(n_bytes);
        memcpy(expected[l], mafat_inference_darknet_output(bridge, l), n_bytes);
    }
}

static void make_network(int seed)
{
    char cfg[TEST_CFG_BYTES];
    random_state = (test_random){(uint64_t)seed * 104729 + 5};
    test_cfg_make(&random_state, cfg, 1 + test_random_int(&random_state, 6));
    make_network_of(cfg);
}

static void setup(void)
{
    snprintf(path, sizeof path, "/tmp/mafat-test-XXXXXX");
    snprintf(cfg_path, sizeof cfg_path, "/tmp/mafat-test-XXXXXX");
    close(mkstemp(path));
    close(mkstemp(cfg_path));
}

static void teardown(void)
{
    for (int l = 0; bridge != NULL && l < ours->n_layers; l++)
        free(expected[l]);
    free(expected);
    free(noise);
    if (bridge != NULL)
        mafat_inference_free(bridge);
    bridge = NULL;
    unlink(path);
    unlink(cfg_path);
}

/* --------------------------------------------------------------------------------------- ranks */

typedef struct {
    int index;
    mafat_ranks ranks;
    mafat_plan plan;
    mafat_store store;
    mafat_exec exec;
    mafat_peers peers;
    under_way under_way;
    float **results;     /* [n_layers], owned */
    int n_maps;          /* that were whole */
    mafat_status status;
    mafat_error error;
} rank;

static rank ranks[MAX_RANKS];

static void expect_darknets(void *context, int image_index, int l, const float *map)
{
    rank *r = context;
    (void)image_index;
    for (int i = 0; i < bridge->network->layers[l].outputs; i++)
        if (memcmp(&expected[l][i], &map[i], sizeof *map) != 0)
            ck_abort_msg("rank %d, layer %d, value %d: Darknet %.9g, MAFAT %.9g", r->index, l, i,
                         (double)expected[l][i], (double)map[i]);
    r->n_maps++;
}

static test_weights random_windows(void)
{
    static const size_t window_sizes[] = {0, 1, 300, 3000, 30000, SIZE_MAX};
    static const size_t pinned_sizes[] = {0, 20000, SIZE_MAX};
    return (test_weights){window_sizes[test_random_int(&random_state, 6)],
                          pinned_sizes[test_random_int(&random_state, 3)],
                          1 + test_random_int(&random_state, 4)};
}

static void make_rank(rank *r, int index, const mafat_ranks *all, const mafat_config *config,
                      test_weights weights)
{
    mafat_weight_mode modes[TEST_MAX_LAYERS];
    *r = (rank){.index = index, .ranks = *all, .under_way = {.rank = index},
                .peers = {.context = &r->under_way, .start = start, .finish = finish,
                          .abandon = abandon},
                .results = calloc((size_t)ours->n_layers, sizeof *r->results)};
    r->ranks.rank = index;
    for (int l = 0; l < ours->n_layers; l++)
        r->results[l] = calloc((size_t)bridge->network->layers[l].outputs, sizeof **r->results);
    mafat_plan_options options = {
        .workspace_bytes = mafat_step_workspace_bytes(ours, 1, SIZE_MAX), .ranks = &r->ranks,
        .weights = test_weight_modes(ours, weights, modes),
    };
    mafat_status status = mafat_build_plan(&r->plan, ours, config, &options, &fault);
    bool reads = status == MAFAT_OK && r->plan.reads_weights;
    if (reads)
        status = mafat_store_open(&r->store, path, ours, &r->plan, &fault);
    if (status == MAFAT_OK)
        status = mafat_exec_init(&r->exec, ours, &r->plan,
                                 reads ? r->store.parameters : bridge->parameters,
                                 reads ? &r->store : NULL, &host, 1, &fault);
    ck_assert_msg(status == MAFAT_OK, "%s", fault.text);
    r->exec.peers = &r->peers;
    memset(r->exec.arena, 0xff, r->plan.arena_bytes);    /* NaNs */
}

static void free_rank(rank *r)
{
    for (int l = 0; l < ours->n_layers; l++)
        free(r->results[l]);
    free(r->results);
    mafat_exec_free(&r->exec);
    mafat_store_close(&r->store);
    mafat_plan_free(&r->plan);
}

/* The image is rank 0's alone. */
static void *run_rank(void *context)
{
    rank *r = context;
    mafat_source_map rows = {noise, ours->input};
    mafat_input input = {0};
    mafat_observer observer = {.context = r, .map_done = expect_darknets};
    if (r->index == 0)
        input.source = mafat_source_of_map(&rows);
    r->n_maps = 0;
    r->status = mafat_exec_run(&r->exec, &input, 1, r->results, &observer, &r->error);
    return NULL;
}

static void run_all(int n)
{
    pthread_t threads[MAX_RANKS];
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_rank, &ranks[i]), 0);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < n; i++)
        ck_assert_msg(ranks[i].status == MAFAT_OK, "%s", ranks[i].error.text);
    ck_assert_int_gt(ranks[0].n_maps, 0);
    for (int l = 0; l < ours->n_layers; l++) {
        const mafat_buffer *buffer = &ranks[0].plan.buffers[ranks[0].plan.output_buffers[l]];
        if (buffer->is_result && buffer->layer == l)
            expect_darknets(&ranks[0], 0, l, ranks[0].results[l]);
    }
}

/* A random plan on so many ranks, each run twice. */
static void expect_runs(const mafat_ranks *all)
{
    char first[32], second[32], text[96];
    mafat_config config;
    int cut = 1 + test_random_int(&random_state, ours->n_layers);
    bool divides = cut < ours->n_layers && mafat_group_can_fuse(&ours->layers[cut]);
    test_random_tiling(&random_state, first, sizeof first, true);
    test_random_tiling(&random_state, second, sizeof second, divides);
    snprintf(text, sizeof text, "%s/%d/%s", first, cut, second);
    test_case("%s on %d ranks", text, all->n);
    ck_assert_int_eq(mafat_config_parse(&config, text, &fault), MAFAT_OK);
    for (int i = 0; i < all->n; i++)
        make_rank(&ranks[i], i, all, &config, random_windows());
    run_all(all->n);
    run_all(all->n);
    for (int i = 0; i < all->n; i++)
        free_rank(&ranks[i]);
    mafat_config_free(&config);
}

START_TEST(ranks_together_give_darknets_bits)
{
    make_network(_i);
    for (int p = 0; p < N_PLANS; p++) {
        mafat_ranks all = test_random_ranks(&random_state, MAX_RANKS);
        expect_runs(&all);
    }
}
END_TEST

static void keep_output(void *context, int image_index, int l, const float *map)
{
    (void)context;
    (void)image_index;
    memcpy(expected[l], map, (size_t)bridge->network->layers[l].outputs * sizeof *map);
}

/* What one rank makes in one tile is what all others must make. */
START_TEST(fast_ranks_together_give_one_ranks_bits)
{
    make_network(_i + 1000);
    mafat_network *network = &bridge->session.cfg.network;
    char text[8 * TEST_MAX_LAYERS] = "1x1";
    for (int l = 0; l < network->n_layers; l++) {
        mafat_layer *layer = &network->layers[l];
        if (l > 0)
            snprintf(text + strlen(text), sizeof text - strlen(text), "/%d/1x1", l);
        if (layer->kind == MAFAT_CONVOLUTION && layer->size == 3 && layer->stride == 1 &&
            layer->stride_x == 1 && layer->dilation == 1 && layer->groups == 1)
            layer->algorithm = MAFAT_WINOGRAD;
    }
    mafat_config config;
    mafat_ranks one = mafat_ranks_even(1, 0);
    mafat_source_map rows = {noise, network->input};
    mafat_input input = {.map = noise, .source = mafat_source_of_map(&rows)};
    mafat_observer observer = {.map_done = keep_output};
    ck_assert_int_eq(mafat_config_parse(&config, text, &fault), MAFAT_OK);
    make_rank(&ranks[0], 0, &one, &config, random_windows());
    ck_assert_int_eq(mafat_exec_run(&ranks[0].exec, &input, 1, ranks[0].results, &observer, &fault),
                     MAFAT_OK);
    free_rank(&ranks[0]);
    mafat_config_free(&config);
    for (int p = 0; p < N_PLANS; p++) {
        mafat_ranks all = test_random_ranks(&random_state, MAX_RANKS);
        expect_runs(&all);
    }
}
END_TEST

/* When the first portion is under way. */
static void cut_file_off(void *context, const mafat_step *step)
{
    (void)context;
    if (step->kind == MAFAT_STEP_EXCHANGE && !step->ends_exchange)
        ck_assert_int_eq(truncate(path, 0), 0);
}

/* Behind a portion that is under way there are weights that cannot be read: nothing more may come into
 * the memory of a run that is over. */
START_TEST(a_run_that_fails_abandons_what_is_under_way)
{
    const mafat_division_way ways[] = {{MAFAT_BY_FILTERS, 4}, {MAFAT_BY_FILTERS, 1}};
    mafat_ranks two = mafat_ranks_even(2, 0);
    mafat_config config;
    mafat_source_map rows = {0};
    make_network_of("[net]\nwidth=16\nheight=16\nchannels=32\n"
                    "[convolutional]\nfilters=64\nsize=3\npad=1\nactivation=leaky\n"
                    "[convolutional]\nfilters=64\nsize=3\npad=1\nactivation=leaky\n");
    rows = (mafat_source_map){noise, ours->input};
    mafat_input input = {.source = mafat_source_of_map(&rows)};
    mafat_observer observer = {.step_done = cut_file_off};
    two.ways = ways;
    ck_assert_int_eq(mafat_config_parse(&config, "1x1", &fault), MAFAT_OK);
    make_rank(&ranks[0], 0, &two, &config, (test_weights){3000, 0, 1});
    ck_assert_int_eq(mafat_exec_run(&ranks[0].exec, &input, 1, ranks[0].results, &observer, &fault),
                     MAFAT_FAILED);
    ck_assert_int_gt(ranks[0].under_way.n_abandoned, 0);
    free_rank(&ranks[0]);
    mafat_config_free(&config);
    for (letter *l = boxes[0][1], *next; l != NULL; l = next) {
        next = l->next;
        free(l);
    }
}
END_TEST

int main(void)
{
    const int n_networks = test_rounds(4);
    TCase *tcase = tcase_create("peers");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, ranks_together_give_darknets_bits, 0, n_networks);
    tcase_add_loop_test(tcase, fast_ranks_together_give_one_ranks_bits, 0, n_networks);
    tcase_add_test(tcase, a_run_that_fails_abandons_what_is_under_way);
    Suite *suite = suite_create("peers");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
