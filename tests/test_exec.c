/* The executor in all its ways: random networks by tiles and by rows, weights in windows of a few
 * filters from a file that Darknet wrote, some of them pinned, the image by rows, several images in a
 * pass, some threads.
 * Every output that a plan makes whole is Darknet's, bit by bit, and with Winograd's algorithm near to
 * it, bit by bit the same in all plans; nothing is allocated in a run;
 * nothing is written outside the arena; a read that fails ends a run and spoils none after it. */
#define _GNU_SOURCE    /* RTLD_NEXT */

#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/size.h"
#include "bridge/inference.h"
#include "darknet.h"
#include "plan/build.h"
#include "run/guard.h"
#include "run/step.h"
#include "run/team.h"
#include "run/weights.h"
#include "support/random.h"
#include "support/random_cfg.h"
#include "support/random_weights.h"
#include "support/reads.h"
#include "support/suite.h"
#include "support/weight_modes.h"

enum { N_PLANS = 8, MARK = 0x77, MAX_IMAGES = 4, N_CONFIGS = 5 };
#define PAGE mafat_size_page()

/* ------------------------------------------------------------------------- counting allocations */

#if defined(__GLIBC__) && defined(__LP64__) && !defined(__SANITIZE_ADDRESS__)
#define COUNTS_ALLOCATIONS 1

static atomic_int n_allocations;    /* by whichever thread */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t n);
void *__libc_memalign(size_t align, size_t n);

void *malloc(size_t n)
{
    n_allocations++;
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    n_allocations++;
    return __libc_calloc(n, size);
}

void *realloc(void *block, size_t n)
{
    n_allocations++;
    return __libc_realloc(block, n);
}

void *aligned_alloc(size_t align, size_t n)
{
    n_allocations++;
    return __libc_memalign(align, n);
}

int posix_memalign(void **block, size_t align, size_t n)
{
    n_allocations++;
    *block = __libc_memalign(align, n);
    return *block == NULL ? ENOMEM : 0;
}

/* Both of libc's names for it. */
void *mmap(void *at, size_t n, int protection, int flags, int file, off_t offset)
{
    void *(*next)(void *, size_t, int, int, int, off_t) =
        (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
    n_allocations++;
    return next(at, n, protection, flags, file, offset);
}

void *map_with_long_offset(void *at, size_t n, int protection, int flags, int file, long offset)
    __asm__("mmap");
void *map_with_long_offset(void *at, size_t n, int protection, int flags, int file, long offset)
{
    return mmap(at, n, protection, flags, file, offset);
}
#else
#define COUNTS_ALLOCATIONS 0
static int n_allocations;
#endif

/* ------------------------------------------------------------------------------------ subject */

/* One network, for which Darknet's own outputs are known. */
static test_random random_state;
static char cfg_path[32], path[32];
static mafat_bridge *bridge;
static float *floats[MAX_IMAGES];   /* [c][h][w] */
static float **darknets[MAX_IMAGES];    /* [n_layers]: its outputs of these */
static float **results;             /* [n_layers] */

/* One plan of it, and what runs it. */
static mafat_plan plan;
static mafat_store store;
static mafat_exec exec;
static mafat_error fault;
static char *block, *arena;         /* [block_bytes]: whole pages, and the middle of them */
static size_t block_bytes;          /* of the arena's pages and one more on each side */
static char *own_arena;             /* that the executor allocated, and frees */
static char described[256];

static float **make_maps(void)
{
    const network *net = bridge->network;
    float **maps = calloc((size_t)net->n, sizeof *maps);
    for (int i = 0; i < net->n; i++)
        maps[i] = calloc((size_t)net->layers[i].outputs, sizeof **maps);
    return maps;
}

static void free_maps(float **maps)
{
    for (int i = 0; maps != NULL && i < bridge->network->n; i++)
        free(maps[i]);
    free(maps);
}

/* An image of noise, and what Darknet makes of it. */
static void make_noise(int image)
{
    network *net = bridge->network;
    floats[image] = calloc((size_t)net->inputs, sizeof **floats);
    test_fill(&random_state, floats[image], net->inputs, -1, 1);
    darknets[image] = make_maps();
    mafat_inference_forward_darknet(bridge, floats[image]);
    for (int i = 0; i < net->n; i++)
        memcpy(darknets[image][i], mafat_inference_darknet_output(bridge, i),
               (size_t)net->layers[i].outputs * sizeof(float));
}

static void make_network_of(const char *cfg)
{
    FILE *file = fopen(cfg_path, "w");
    fputs(cfg, file);
    fclose(file);
    bridge = test_load_random(&random_state, cfg_path, path, "2");
    for (int image = 0; image < MAX_IMAGES; image++)
        make_noise(image);
    results = make_maps();
    const mafat_network *ours = &bridge->session.cfg.network;
    ck_assert_msg(mafat_weights_verify(path, ours, &fault) == MAFAT_OK, "%s", fault.text);
    ck_assert(mafat_store_can_hold(ours));
}

static void make_random_network(int seed)
{
    char cfg[TEST_CFG_BYTES];
    random_state = (test_random){(uint64_t)seed * 104729 + 3};
    test_cfg_make(&random_state, cfg, 1 + test_random_int(&random_state, 6));
    make_network_of(cfg);
}

static void free_network_of_test(void)
{
    free_maps(results);
    results = NULL;
    for (int image = 0; image < MAX_IMAGES; image++) {
        free_maps(darknets[image]);
        free(floats[image]);
        darknets[image] = NULL;
        floats[image] = NULL;
    }
    if (bridge != NULL)
        mafat_inference_free(bridge);
    bridge = NULL;
}

/* --------------------------------------------------------------------------------------- plans */

/* What a plan is made with. */
typedef struct {
    bool image_by_rows;
    test_weights weights;
    int n_images;
    bool has_short_head;    /* one group; else as suits */
    size_t scratch_bytes;   /* for Winograd's algorithm */
} variant;

static variant random_variant(void)
{
    static const size_t window_sizes[] = {1, 300, 3000, 30000, SIZE_MAX, 0};
    static const size_t pinned_sizes[] = {0, 20000, 60000, SIZE_MAX};
    return (variant){
        .image_by_rows = test_random_int(&random_state, 2) == 0,
        .weights = {
            .window_bytes = window_sizes[test_random_int(&random_state, 6)],
            .pinned_bytes = pinned_sizes[test_random_int(&random_state, 4)],
            .filter_unit = 1 + test_random_int(&random_state, 4),
        },
        .n_images = 1 + test_random_int(&random_state, MAX_IMAGES),
        .has_short_head = test_random_int(&random_state, 2) == 0,
        .scratch_bytes = (size_t)test_random_int(&random_state, MAFAT_WINOGRAD_BYTES),
    };
}

static void random_tiling(char *text, size_t size, bool divides)
{
    int rows = 1 + test_random_int(&random_state, 12);
    if (!divides || test_random_int(&random_state, 5) == 0)
        snprintf(text, size, "1x1");
    else if (test_random_int(&random_state, 3) > 0)
        snprintf(text, size, "%dx1r", rows);
    else
        snprintf(text, size, "%dx%d", rows, 1 + test_random_int(&random_state, 4));
}

/* A tiling, or two. */
static void random_config(char *text, size_t size)
{
    const mafat_network *ours = &bridge->session.cfg.network;
    char first[32], second[32];
    int cut = ours->n_layers < 2 ? 0 : 1 + test_random_int(&random_state, ours->n_layers - 1);
    random_tiling(first, sizeof first, true);
    if (cut == 0 || test_random_int(&random_state, 2) == 0) {
        snprintf(text, size, "%s", first);
        return;
    }
    random_tiling(second, sizeof second, mafat_group_can_fuse(&ours->layers[cut]));
    snprintf(text, size, "%s/%d/%s", first, cut, second);
}

/* The arena with a page on each side that nobody may write to, and room to its last page's end. */
static void surround_arena(void)
{
    size_t pages = mafat_size_divide_up(plan.arena_bytes, PAGE);
    block_bytes = (pages + 2) * PAGE;
    block = aligned_alloc(PAGE, block_bytes);
    ck_assert_ptr_nonnull(block);
    arena = block + PAGE;
    memset(block, MARK, block_bytes);
    own_arena = exec.arena;
    exec.arena = arena;
}

/* Gives the arena's pages back, and with them the mark behind its end. */
static void release(void)
{
    mafat_exec_release(&exec);
    memset(arena + plan.arena_bytes, MARK, block_bytes - PAGE - plan.arena_bytes);
}

static void make_plan_of(const char *text, variant v, int n_threads)
{
    const mafat_network *ours = &bridge->session.cfg.network;
    mafat_config config;
    mafat_weight_mode modes[TEST_MAX_LAYERS];
    mafat_plan_options options = {
        .workspace_bytes = mafat_step_workspace_bytes(ours, n_threads, v.scratch_bytes),
        .image_by_rows = v.image_by_rows,
        .weights = test_weight_modes(ours, v.weights, modes), .n_images = v.n_images,
    };
    snprintf(described, sizeof described,
             "%s, windows %zu, pinned %zu, unit %d, %s, %d images, %s head, %d threads", text,
             v.weights.window_bytes, v.weights.pinned_bytes, v.weights.filter_unit,
             v.image_by_rows ? "rows" : "map", v.n_images, v.has_short_head ? "short" : "chosen",
             n_threads);
    test_case("%s", described);
    ck_assert_int_eq(mafat_config_parse(&config, text, &fault), MAFAT_OK);
    mafat_status status = mafat_build_plan(&plan, ours, &config, &options, &fault);
    ck_assert_msg(status == MAFAT_OK, "%s", fault.text);
    if (v.has_short_head) {
        options.n_head_layers = plan.groups[0].end - plan.groups[0].first;
        mafat_plan_free(&plan);
        status = mafat_build_plan(&plan, ours, &config, &options, &fault);
    }
    ck_assert_msg(status == MAFAT_OK, "%s", fault.text);
    mafat_config_free(&config);
    bool streams = plan.n_windows > 0;
    if (streams)
        status = mafat_store_open(&store, path, ours, &plan, &fault);
    ck_assert_msg(status == MAFAT_OK, "%s", fault.text);
    status = mafat_exec_init(&exec, ours, &plan, streams ? store.parameters : bridge->parameters,
                             streams ? &store : NULL, &bridge->exec.host, n_threads, &fault);
    ck_assert_msg(status == MAFAT_OK, "%s", fault.text);
    surround_arena();
}

static void make_random_plan(void)
{
    char config[96];
    random_config(config, sizeof config);
    make_plan_of(config, random_variant(), 1 + test_random_int(&random_state, 3));
}

static void free_plan(void)
{
    if (block != NULL) {
        mafat_guard_end(arena, &plan);
        free(block);
        exec.arena = own_arena;
    }
    mafat_exec_free(&exec);
    mafat_store_close(&store);
    mafat_plan_free(&plan);
    block = NULL;
}

/* Keeps an output as what others must be. */
static void keep_output(void *context, int image, int index, const float *map)
{
    float **kept = context;
    (void)image;
    memcpy(kept[index], map, (size_t)bridge->network->layers[index].outputs * sizeof *map);
}

/* How far an output is from another one, in parts of its root mean square. */
static double distance(const float *from, const float *to, int n)
{
    double most = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        most = fmax(most, fabs((double)from[i] - (double)to[i]));
        squares += (double)to[i] * (double)to[i];
    }
    return squares > 0 ? most / sqrt(squares / n) : most;
}

/* Has all layers run by Winograd's algorithm that can: what a plan in one thread then makes, layer by
 * layer, is what all others must make. It is near to what Darknet made of the same. */
static void make_fast(void)
{
    mafat_network *ours = &bridge->session.cfg.network;
    char config[8 * TEST_MAX_LAYERS] = "1x1";
    int n_fast = 0;
    for (int l = 0; l < ours->n_layers; l++) {
        mafat_layer *layer = &ours->layers[l];
        size_t length = strlen(config);
        if (l > 0)
            snprintf(config + length, sizeof config - length, "/%d/1x1", l);
        if (layer->kind == MAFAT_CONVOLUTION && layer->size == 3 && layer->stride == 1 &&
            layer->stride_x == 1 && layer->dilation == 1 && layer->groups == 1) {
            layer->algorithm = MAFAT_WINOGRAD;
            n_fast++;
        }
    }
    bool differs = false;
    for (int image = 0; image < MAX_IMAGES; image++) {
        float **fast = make_maps();
        mafat_observer observer = {.context = fast, .map_done = keep_output};
        make_plan_of(config, (variant){.n_images = 1}, 1);
        mafat_input input = {.map = floats[image]};
        mafat_status status = mafat_exec_run(&exec, &input, 1, results, &observer, &fault);
        ck_assert_msg(status == MAFAT_OK, "%s", fault.text);
        free_plan();
        for (int l = 0; l < ours->n_layers; l++) {
            int n = bridge->network->layers[l].outputs;
            double off = distance(fast[l], darknets[image][l], n);
            ck_assert_msg(off < 1e-3, "layer %d is off by %g", l, off);
            differs |= off > 0;
        }
        free_maps(darknets[image]);
        darknets[image] = fast;
    }
    ck_assert(differs == (n_fast > 0));
}

/* ---------------------------------------------------------------------------------------- runs */

/* Rows of the images, which must be asked for from top to bottom and once each, of one image after
 * the other. */
static int image_at_hand, next_row;

static void give_rows(void *context, int y0, int y1, float *to, size_t row_stride,
                      size_t channel_stride)
{
    mafat_shape shape = bridge->session.cfg.network.input;
    size_t width = (size_t)shape.w;
    const float *map = context;
    if (next_row == shape.h) {
        image_at_hand++;
        next_row = 0;
    }
    /* ck_assert() would allocate */
    if (map != floats[image_at_hand] || y0 != next_row || y1 <= y0 || y1 > shape.h)
        ck_abort_msg("rows %d to %d behind %d of image %d", y0, y1, next_row, image_at_hand);
    next_row = y1;
    for (int c = 0; c < shape.c; c++)
        for (int y = y0; y < y1; y++)
            memcpy(to + (size_t)c * channel_stride + (size_t)(y - y0) * row_stride,
                   map + ((size_t)c * (size_t)shape.h + (size_t)y) * width, width * sizeof *to);
}

/* What is compared in a run; values that are not zero must be among it. */
static int n_run, n_maps, n_steps_done;
static bool any_value;

static void expect_darknets(void *context, int image, int index, const float *map)
{
    const float *expected = darknets[image][index];
    int n = bridge->network->layers[index].outputs;
    (void)context;
    for (int i = 0; i < n; i++) {
        if (memcmp(&expected[i], &map[i], sizeof *map) != 0)
            ck_abort_msg("image %d, layer %d, value %d of %d: Darknet %.9g, MAFAT %.9g",
                         image, index, i, n, (double)expected[i], (double)map[i]);
        any_value |= map[i] != 0;
    }
    n_maps++;
}

static void count_step(void *context, const mafat_step *step)
{
    (void)context;
    (void)step;
    n_steps_done++;
}

static void clear_results(void)
{
    for (int i = 0; i < bridge->network->n; i++)
        memset(results[i], 0x55, (size_t)bridge->network->layers[i].outputs * sizeof **results);
}

/* As many images as the plan takes, or fewer. */
static mafat_status run_images(const mafat_observer *observer)
{
    mafat_input inputs[MAX_IMAGES];
    for (int image = 0; image < n_run; image++)
        inputs[image] = (mafat_input){.source = {floats[image], give_rows},
                                      .map = plan.image_by_rows ? NULL : floats[image]};
    image_at_hand = next_row = 0;
    return mafat_exec_run(&exec, inputs, n_run, results, observer, &fault);
}

static mafat_status run(void)
{
    mafat_observer observer = {.map_done = expect_darknets, .step_done = count_step};
    n_run = 1 + test_random_int(&random_state, plan.n_images);
    n_maps = n_steps_done = 0;
    any_value = false;
    clear_results();
    return run_images(&observer);
}

/* What lies around the arena, and what of its last page is behind its end. */
static void expect_only_arena_written(void)
{
    size_t page = PAGE;
    for (size_t i = 0; i < block_bytes; i++) {
        bool inside = i >= page && i < page + plan.arena_bytes;
        if (!inside && block[i] != MARK)
            ck_abort_msg("byte %zd of an arena of %zu was written",
                         (ssize_t)(i - page), plan.arena_bytes);
    }
}

static void expect_results_of(int image)
{
    const mafat_network *ours = &bridge->session.cfg.network;
    for (int l = 0; l < ours->n_layers; l++) {
        const mafat_buffer *buffer = &plan.buffers[plan.output_buffers[l]];
        if (buffer->is_result && buffer->layer == l)
            expect_darknets(NULL, image, l, results[l]);
    }
}

static void expect_results(void)
{
    for (int image = 0; image < n_run; image++) {
        if (plan.n_images > 1) {
            clear_results();
            mafat_exec_copy_results(&exec, image, results);
        }
        expect_results_of(image);
    }
}

static void expect_run(void)
{
    mafat_status status = run();
    ck_assert_msg(status == MAFAT_OK, "%s", fault.text);
    ck_assert_int_gt(n_maps, 0);
    ck_assert_int_eq(n_steps_done, n_run * plan.n_steps);
    ck_assert(any_value);
    if (plan.image_by_rows) {
        ck_assert_int_eq(next_row, bridge->session.cfg.network.input.h);
        ck_assert_int_eq(image_at_hand, n_run - 1);
    }
    expect_results();
    expect_only_arena_written();
}

/* --------------------------------------------------------------------------------------- tests */

static void setup(void)
{
    snprintf(path, sizeof path, "/tmp/mafat-test-XXXXXX");
    snprintf(cfg_path, sizeof cfg_path, "/tmp/mafat-test-XXXXXX");
    close(mkstemp(path));
    close(mkstemp(cfg_path));
    memset(&test_reads, 0, sizeof test_reads);
}

static void teardown(void)
{
    free_plan();
    free_network_of_test();
    unlink(path);
    unlink(cfg_path);
}

/* Of the network at hand, each run twice. */
static void expect_runs_of_random_plans(void)
{
    for (int p = 0; p < N_PLANS; p++) {
        make_random_plan();
        test_case("%s", described);
        expect_run();
        expect_run();
        free_plan();
    }
}

START_TEST(every_plan_gives_darknets_bits)
{
    make_random_network(_i);
    expect_runs_of_random_plans();
}
END_TEST

START_TEST(every_fast_plan_gives_the_same_bits)
{
    make_random_network(_i + 1000);
    make_fast();
    expect_runs_of_random_plans();
}
END_TEST

/* What a run finds in the arena does not matter: another run's remains, zeros, nothing sensible. */
START_TEST(runs_do_not_depend_on_what_was_before)
{
    make_random_network(_i);
    make_random_plan();
    for (int n = 0; n < 4; n++) {
        test_case("%s, run %d", described, n);
        mafat_guard_end(arena, &plan);
        if (n < 2)
            memset(arena, n == 0 ? 0xff : 0, plan.arena_bytes);    /* NaNs */
        else
            release();
        if (n >= 2 && plan.n_images > 1)
            expect_results();
        expect_run();
    }
}
END_TEST

static void run_nothing(void *context)
{
    (void)context;
}

START_TEST(a_run_allocates_nothing)
{
    make_random_network(_i);
    for (int p = 0; p < N_PLANS; p++) {
        make_random_plan();
        test_case("%s", described);
        mafat_team_set_default_size(exec.team.n_threads);    /* what Darknet's own loops take */
        mafat_team_run(&exec.team, run_nothing, NULL);       /* OpenMP starts its threads */
        n_run = plan.n_images;
        for (int n = 0; n < 2; n++) {
            int before = n_allocations;
            mafat_status status = run_images(NULL);
            int after = n_allocations;
            ck_assert_int_eq(status, MAFAT_OK);
            ck_assert_msg(after == before, "%d allocations", after - before);
        }
        free_plan();
    }
}
END_TEST

START_TEST(a_read_that_fails_ends_the_run_and_spoils_none_after_it)
{
    make_random_network(_i);
    for (int n = 0; n < 6; n++) {
        make_random_plan();
        test_case("%s, read %d fails", described, n);
        test_reads_fail(n, EIO);
        mafat_status status = run();
        if (test_reads.reason == 0) {    /* there were so many reads */
            ck_assert_int_eq(status, MAFAT_FAILED);
            ck_assert_str_eq(fault.file, path);
            ck_assert_ptr_nonnull(strstr(fault.text, "cannot be read: Input/output error"));
            ck_assert_int_lt(n_steps_done, n_run * plan.n_steps);
        }
        test_reads_fail(0, 0);
        expect_only_arena_written();
        release();
        expect_run();
        expect_run();
        free_plan();
    }
}
END_TEST

/* Each way there is, on a network with all that can be in one. */
START_TEST(every_mode_on_one_network)
{
    static const char *const configs[N_CONFIGS] = {"1x1", "3x2", "5x1r", "20x1r/4/3x1r", "2x2/4/6x1r"};
    static const size_t window_sizes[] = {0, 1, 2000, SIZE_MAX};
    static const size_t pinned_sizes[] = {0, 9000, SIZE_MAX};
    random_state = (test_random){2718};
    make_network_of("[net]\nwidth=32\nheight=24\nchannels=3\n"
                    "[convolutional]\nfilters=8\nsize=3\npad=1\nbatch_normalize=1\n"
                    "activation=leaky\n"
                    "[maxpool]\nsize=2\nstride=2\n"
                    "[convolutional]\nfilters=17\nsize=3\npad=1\nactivation=leaky\n"
                    "[convolutional]\nfilters=9\nsize=1\nbatch_normalize=1\nactivation=linear\n"
                    "[convolutional]\nfilters=9\nsize=3\npad=1\nactivation=logistic\n"
                    "[shortcut]\nfrom=-2\nactivation=leaky\n"
                    "[maxpool]\nsize=2\nstride=1\n"
                    "[convolutional]\nfilters=12\nsize=3\nstride=2\npad=1\ngroups=3\n"
                    "activation=elu\n"
                    "[upsample]\nstride=2\n"
                    "[route]\nlayers=-1,-3\n"
                    "[convolutional]\nfilters=7\nsize=1\nactivation=linear\n");
    if (_i >= N_CONFIGS)
        make_fast();
    for (int w = 0; w < 4; w++)
        for (int p = 0; p < 3; p++)
            for (int mode = 0; mode < 12; mode++) {
                variant v = {mode % 2 == 0, {window_sizes[w], pinned_sizes[p], 1 + mode % 4},
                             1 + mode / 3, mode % 4 < 2, MAFAT_WINOGRAD_BYTES >> mode};
                make_plan_of(configs[_i % N_CONFIGS], v, 1 + mode % 3);
                test_case("%s", described);
                expect_run();
                free_plan();
            }
}
END_TEST

int main(void)
{
    const int n_networks = test_rounds(10);
    TCase *tcase = tcase_create("exec");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, every_plan_gives_darknets_bits, 0, n_networks);
    tcase_add_loop_test(tcase, every_fast_plan_gives_the_same_bits, 0, 2 * n_networks);
    tcase_add_loop_test(tcase, runs_do_not_depend_on_what_was_before, 0, n_networks);
    if (COUNTS_ALLOCATIONS)
        tcase_add_loop_test(tcase, a_run_allocates_nothing, 0, n_networks);
    tcase_add_loop_test(tcase, a_read_that_fails_ends_the_run_and_spoils_none_after_it, 0,
                        n_networks);
    tcase_add_loop_test(tcase, every_mode_on_one_network, 0, test_part_of(2) * N_CONFIGS);
    Suite *suite = suite_create("exec");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
