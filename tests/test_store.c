/* Weights that a thread reads while a run goes on: every window arrives whole, in time and at its
 * place, however the two are interleaved; and a file that vanishes or changes, or cannot be read,
 * ends the run, and nothing else. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/size.h"
#include "cfg/cfg.h"
#include "plan/build.h"
#include "plan/plan.h"
#include "run/store.h"
#include "run/weights.h"
#include "support/random.h"
#include "support/random_cfg.h"
#include "support/reads.h"
#include "support/suite.h"
#include "support/weight_modes.h"

enum { N_RUNS = 3, HEADER_BYTES = 20 };

/* A network, a plan of it, and a weights file of random bytes. */
static mafat_cfg cfg;
static mafat_plan plan;
static mafat_store store;
static mafat_error error;
static test_random random_state;
static char cfg_path[32], path[32];
static unsigned char *bytes;    /* [n_bytes]: the file's */
static size_t n_bytes;
static struct stat about;       /* the file as it was made */
static size_t *offsets;         /* [n_layers]: where a convolution's parameters begin */
static char *arena;             /* [plan.arena_bytes] */

/* ------------------------------------------------------------------------------------ subject */

static void write_weights(void)
{
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n_bytes, file), n_bytes);
    fclose(file);
    ck_assert_int_eq(truncate(path, (off_t)n_bytes), 0);
}

/* Makes the file again what it was, its time too. */
static void restore_weights(void)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, about.st_mtim};
    write_weights();
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void make_weights(void)
{
    static const unsigned char header[HEADER_BYTES] = {[4] = 2};
    size_t at = HEADER_BYTES;
    offsets = calloc((size_t)cfg.network.n_layers, sizeof *offsets);
    for (int l = 0; l < cfg.network.n_layers; l++) {
        offsets[l] = at;
        at += mafat_layer_weight_floats(&cfg.network.layers[l]) * sizeof(float);
    }
    n_bytes = at;
    bytes = malloc(n_bytes);
    memcpy(bytes, header, sizeof header);
    for (at = HEADER_BYTES; at < n_bytes; at++)
        bytes[at] = (unsigned char)test_random_bits(&random_state);
    write_weights();
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_int_eq(mafat_weights_verify(path, &cfg.network, &error), MAFAT_OK);
}

static void make_network(void)
{
    char text[TEST_CFG_BYTES];
    test_cfg_make(&random_state, text, 1 + test_random_int(&random_state, 7));
    FILE *file = fopen(cfg_path, "w");
    fputs(text, file);
    fclose(file);
    mafat_status status = mafat_cfg_read(&cfg, cfg_path, 0, 0, &error);
    ck_assert_msg(status == MAFAT_OK, "%s:\n%s", error.text, text);
    ck_assert(mafat_store_can_hold(&cfg.network));
}

static void make_plan(void)
{
    static const size_t window_sizes[] = {1, 500, 5000, 40000, SIZE_MAX};
    static const size_t pinned_sizes[] = {0, 0, 30000, 100000, SIZE_MAX};
    test_random *r = &random_state;
    char text[64];
    mafat_config config;
    mafat_weight_mode modes[TEST_MAX_LAYERS];
    bool image_by_rows = test_random_int(r, 2) == 0;
    test_weights weights = {
        .window_bytes = window_sizes[test_random_int(r, 5)],
        .pinned_bytes = pinned_sizes[test_random_int(r, 5)],
        .filter_unit = 1 + test_random_int(r, 4),
    };
    mafat_plan_options options = {
        .workspace_bytes = 64, .image_by_rows = image_by_rows,
        .weights = test_weight_modes(&cfg.network, weights, modes),
    };
    bool rows = test_random_int(r, 2) == 0;
    snprintf(text, sizeof text, "%dx%d%s", 1 + test_random_int(r, 8),
             rows ? 1 : 1 + test_random_int(r, 4), rows ? "r" : "");
    ck_assert_int_eq(mafat_config_parse(&config, text, &error), MAFAT_OK);
    mafat_status status = mafat_build_plan(&plan, &cfg.network, &config, &options, &error);
    ck_assert_msg(status == MAFAT_OK, "%s", error.text);
    mafat_config_free(&config);
    arena = aligned_alloc(MAFAT_READ_UNIT,
                          mafat_size_round_up(plan.arena_bytes + 1, MAFAT_READ_UNIT));
    ck_assert_ptr_nonnull(arena);
}

static void make_subject(int seed)
{
    random_state = (test_random){(uint64_t)seed * 7919 + 1};
    make_network();
    make_plan();
    make_weights();
    memset(&test_reads, 0, sizeof test_reads);
}

static void open_store(void)
{
    mafat_status status = mafat_store_open(&store, path, &cfg.network, &plan, &error);
    ck_assert_msg(status == MAFAT_OK, "%s", error.text);
}

static void free_subject(void)
{
    mafat_store_close(&store);
    mafat_store_close(&store);
    mafat_plan_free(&plan);
    mafat_cfg_free(&cfg);
    free(bytes);
    free(offsets);
    free(arena);
    bytes = NULL;
    offsets = NULL;
    arena = NULL;
}

static int saved_stderr;

static void setup(void)
{
    snprintf(path, sizeof path, "/tmp/mafat-test-XXXXXX");
    snprintf(cfg_path, sizeof cfg_path, "/tmp/mafat-test-XXXXXX");
    close(mkstemp(path));
    close(mkstemp(cfg_path));
    saved_stderr = dup(STDERR_FILENO);
}

static void teardown(void)
{
    free_subject();
    unlink(path);
    unlink(cfg_path);
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
}

/* ---------------------------------------------------------------------------------------- runs */

/* Where a window's weights are in the file. */
static const unsigned char *bytes_of(const mafat_weight_window *window)
{
    const mafat_layer *layer = &cfg.network.layers[window->layer];
    const mafat_weight_set *set = &layer->weight_sets[0];
    size_t before = set->n_biases + 3 * set->n_norms;
    size_t of_filter = set->n_weights / (size_t)layer->out.c;
    return bytes + offsets[window->layer] +
           (before + of_filter * (size_t)window->filter_begin) * sizeof(float);
}

static void expect_window(int w, const float *weights)
{
    const mafat_weight_window *window = &plan.windows[w];
    if (memcmp(weights, bytes_of(window), window->bytes) != 0)
        ck_abort_msg("window %d of %d, of layer %d: other bytes", w, plan.n_windows, window->layer);
}

/* Some time, in which the thread comes to do what it may; mostly none, some ten times in a run. */
static void dawdle(void)
{
    int how = test_random_int(&random_state, 20 + plan.n_steps);
    struct timespec time = {.tv_nsec = how < 2 ? 300000 : 20000};
    if (how < 10)
        nanosleep(&time, NULL);
}

/* All windows that the run has taken and may still use are where they were. */
static void expect_windows_stay(const float **taken, int floor)
{
    for (int w = 0; w < plan.n_windows; w++) {
        const mafat_weight_window *window = &plan.windows[w];
        if (taken[w] != NULL && (window->pinned || window->last_moment >= floor))
            expect_window(w, taken[w]);
    }
}

static char *output_of(const mafat_step *step, size_t *size)
{
    const mafat_buffer *buffer = &plan.buffers[step->out.buffer];
    *size = buffer->storage == MAFAT_IN_ARENA ? buffer->place.bytes : 0;
    return arena + buffer->place.offset;
}

/* One step, which fills its output's buffer with a byte of its own: neither that nor the weights
 * may be touched by the reader meanwhile. */
static mafat_status run_step(int i, const mafat_step *step, const float **taken)
{
    size_t size;
    char *output = output_of(step, &size);
    mafat_status status = MAFAT_OK;
    mafat_store_advance(&store, mafat_plan_floor(&plan, step));
    memset(output, i & 0x7f, size);
    dawdle();
    if (step->window >= 0)
        status = mafat_store_take(&store, step->window, &taken[step->window], &error);
    if (status != MAFAT_OK) {
        taken[step->window] = NULL;
        return status;
    }
    expect_windows_stay(taken, mafat_plan_floor(&plan, step));
    for (size_t k = 0; k < size; k++)
        if (output[k] != (i & 0x7f))
            ck_abort_msg("step %d: byte %zu of its output is another", i, k);
    return MAFAT_OK;
}

/* Runs all steps; `meanwhile` is called before step `when`. */
static mafat_status run(int when, void (*meanwhile)(void))
{
    const float **taken = calloc((size_t)plan.n_windows + 1, sizeof *taken);
    mafat_error late = {0};
    mafat_status status = mafat_store_begin(&store, arena, &error);
    if (status != MAFAT_OK) {
        free(taken);
        return status;
    }
    mafat_turn at = {0};
    for (int i = 0; at.step < plan.n_steps && status == MAFAT_OK; i++) {
        if (i == when)
            meanwhile();
        status = run_step(i, &plan.steps[at.step], taken);
        at = mafat_plan_next(&plan, at, plan.n_images);
    }
    if (mafat_store_end(&store, &late) != MAFAT_OK && status == MAFAT_OK) {
        status = MAFAT_FAILED;
        error = late;
    }
    free(taken);
    return status;
}

static void expect_run(void)
{
    mafat_status status = run(-1, NULL);
    ck_assert_msg(status == MAFAT_OK, "%s", error.text);
}

/* Nobody writes to the arena any more. */
static void expect_quiet(void)
{
    struct timespec while_ = {.tv_nsec = 2000000};
    memset(arena, 0x33, plan.arena_bytes);
    nanosleep(&while_, NULL);
    for (size_t i = 0; i < plan.arena_bytes; i++)
        if (arena[i] != 0x33)
            ck_abort_msg("byte %zu of the arena was written after the run", i);
}

static void expect_failure(mafat_status status, const char *message)
{
    ck_assert_int_eq(status, MAFAT_FAILED);
    ck_assert_msg(strstr(error.text, message) != NULL, "not '%s': %s", message, error.text);
    ck_assert_str_eq(error.file, path);
    error = (mafat_error){0};
}

/* --------------------------------------------------------------------------------------- tests */

START_TEST(all_weights_arrive_whole)
{
    make_subject(_i);
    open_store();
    for (int n = 0; n < N_RUNS; n++)
        expect_run();
}
END_TEST

/* Bytes of the windows that each run reads, and room for the pages that they begin and end in:
 * those that follow one another in the file share theirs. */
static size_t max_bytes_of_run(void)
{
    size_t most = 0;
    const unsigned char *end = NULL;
    for (int w = 0; w < plan.n_windows; w++) {
        const mafat_weight_window *window = &plan.windows[w];
        if (window->pinned)
            continue;
        most += window->bytes + (bytes_of(window) != end ? 2 * MAFAT_READ_UNIT : 0);
        end = bytes_of(window) + window->bytes;
    }
    return most;
}

START_TEST(what_is_pinned_is_read_once_and_the_rest_once_in_each_run)
{
    make_subject(_i);
    open_store();
    for (int n = 0; n < N_RUNS; n++) {
        test_case("run %d", n);
        test_reads.n_bytes = 0;
        expect_run();
        ck_assert_uint_ge(test_reads.n_bytes + MAFAT_READ_UNIT, plan.weight_bytes_read);
        ck_assert_uint_le(test_reads.n_bytes, max_bytes_of_run());
    }
}
END_TEST

/* The same, where every byte that is read is known. */
START_TEST(through_the_page_cache_too)
{
    make_subject(_i);
    test_reads.refuses_to_open = true;
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    open_store();
    for (int n = 0; n < N_RUNS; n++) {
        test_case("run %d", n);
        test_reads.n_bytes = 0;
        expect_run();
        ck_assert_uint_eq(test_reads.n_bytes, plan.weight_bytes_read);
    }
}
END_TEST

static void expect_floats(const float *found, const unsigned char *at, size_t n)
{
    ck_assert_ptr_nonnull(found);
    ck_assert_mem_eq(found, at, n * sizeof *found);
}

START_TEST(statistics_are_the_files)
{
    make_subject(_i);
    open_store();
    for (int l = 0; l < cfg.network.n_layers; l++) {
        test_case("layer %d", l);
        const mafat_layer *layer = &cfg.network.layers[l];
        const mafat_parameters *p = &store.parameters[l];
        const unsigned char *at = bytes + offsets[l];
        size_t n = (size_t)layer->out.c, step = n * sizeof(float);
        bool has_own = layer->kind == MAFAT_SHORTCUT && layer->n_weight_sets > 0;
        if (has_own)
            expect_floats(p->weights, at, mafat_layer_weight_floats(layer));
        ck_assert(has_own || p->weights == NULL);
        if (layer->kind != MAFAT_CONVOLUTION)
            continue;
        expect_floats(p->biases, at, n);
        if (!layer->batch_normalize)
            continue;
        expect_floats(p->scales, at + step, n);
        expect_floats(p->mean, at + 2 * step, n);
        expect_floats(p->variance, at + 3 * step, n);
    }
}
END_TEST

static void truncate_file(void)
{
    ck_assert_int_eq(truncate(path, (off_t)(n_bytes / 2)), 0);
}

static void empty_file(void)
{
    ck_assert_int_eq(truncate(path, 0), 0);
}

static void rewrite_file(void)
{
    struct timespec tick = {.tv_nsec = 12000000};    /* of the clock that files' times are by */
    nanosleep(&tick, NULL);
    write_weights();
}

static void lengthen_file(void)
{
    ck_assert_int_eq(truncate(path, (off_t)n_bytes + 1), 0);
}

static void (*const changes[])(void) = {truncate_file, empty_file, rewrite_file, lengthen_file};
enum { N_CHANGES = sizeof changes / sizeof changes[0] };

START_TEST(a_file_that_was_changed_begins_no_run)
{
    make_subject(_i);
    open_store();
    expect_run();
    for (int c = 0; c < N_CHANGES; c++) {
        test_case("change %d", c);
        changes[c]();
        expect_failure(mafat_store_begin(&store, arena, &error), "while it was in use");
        expect_quiet();
        restore_weights();
        expect_run();
    }
}
END_TEST

START_TEST(a_file_that_is_changed_meanwhile_ends_the_run)
{
    make_subject(_i);
    open_store();
    for (int n = 0; n < 8; n++) {
        test_case("run %d", n);
        int when = test_random_int(&random_state, plan.n_steps);
        expect_failure(run(when, changes[n % N_CHANGES]), "while it was in use");
        expect_quiet();
        restore_weights();
        expect_run();
    }
}
END_TEST

static int fails_at;

static void fail_a_read(void)
{
    test_reads_fail(fails_at, EIO);
}

START_TEST(a_read_that_fails_ends_the_run)
{
    make_subject(_i);
    open_store();
    for (fails_at = 0; fails_at < 5; fails_at++) {
        test_case("read %d fails", fails_at);
        mafat_status status = run(0, fail_a_read);
        if (test_reads.reason == 0)    /* there were so many reads */
            expect_failure(status, "cannot be read: Input/output error");
        test_reads_fail(0, 0);
        expect_quiet();
        expect_run();
    }
}
END_TEST

/* Where the reader is then, is up to it. */
START_TEST(a_run_may_end_early)
{
    make_subject(_i);
    open_store();
    for (int n = 0; n < 10; n++) {
        test_case("run %d", n);
        int n_steps = plan.n_steps, end = test_random_int(&random_state, n_steps + 1);
        plan.n_steps = end;
        expect_run();
        plan.n_steps = n_steps;
        expect_quiet();
    }
    expect_run();
}
END_TEST

START_TEST(a_store_may_be_closed_at_any_time)
{
    make_subject(_i);
    open_store();
    mafat_store_close(&store);
    open_store();
    expect_run();
    mafat_store_close(&store);
    open_store();
    ck_assert_int_eq(mafat_store_begin(&store, arena, &error), MAFAT_OK);
    dawdle();
    mafat_store_close(&store);
    expect_quiet();
}
END_TEST

START_TEST(a_store_that_cannot_be_opened_leaves_nothing)
{
    make_subject(_i);
    int first = dup(0);
    close(first);
    ck_assert_int_eq(truncate(path, HEADER_BYTES + 3), 0);
    expect_failure(mafat_store_open(&store, path, &cfg.network, &plan, &error), "was cut off");
    ck_assert_int_eq(truncate(path, 3), 0);
    expect_failure(mafat_store_open(&store, path, &cfg.network, &plan, &error), "too few for the");
    restore_weights();
    test_reads_fail(1, EIO);    /* behind the one that tries whether direct reads work */
    expect_failure(mafat_store_open(&store, path, &cfg.network, &plan, &error), "cannot be read");
    unlink(path);
    expect_failure(mafat_store_open(&store, path, &cfg.network, &plan, &error), "No such file");
    int next = dup(0);
    close(next);
    ck_assert_int_eq(next, first);
}
END_TEST

int main(void)
{
    const int n_networks = test_rounds(4);
    TCase *tcase = tcase_create("store");
    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, all_weights_arrive_whole, 0, n_networks);
    tcase_add_loop_test(tcase, what_is_pinned_is_read_once_and_the_rest_once_in_each_run, 0,
                        n_networks);
    tcase_add_loop_test(tcase, through_the_page_cache_too, 0, n_networks);
    tcase_add_loop_test(tcase, statistics_are_the_files, 0, n_networks);
    tcase_add_loop_test(tcase, a_file_that_was_changed_begins_no_run, 0, n_networks);
    tcase_add_loop_test(tcase, a_file_that_is_changed_meanwhile_ends_the_run, 0, n_networks);
    tcase_add_loop_test(tcase, a_read_that_fails_ends_the_run, 0, n_networks);
    tcase_add_loop_test(tcase, a_run_may_end_early, 0, n_networks);
    tcase_add_loop_test(tcase, a_store_may_be_closed_at_any_time, 0, n_networks);
    tcase_add_loop_test(tcase, a_store_that_cannot_be_opened_leaves_nothing, 0, n_networks);
    Suite *suite = suite_create("store");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
