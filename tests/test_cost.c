/* Shares of convolutions, and work counted by them (plan/share.h, plan/cost.h); reading timed on
 * files of all sizes (machine/calibrate.h). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/calibrate.h"
#include "machine/calibrate_reading.h"
#include "plan/plan.h"
#include "plan/timing.h"
#include "run/step.h"
#include "support/random.h"
#include "support/reads.h"
#include "support/suite.h"

static mafat_kernel_shape shape_for(int n_threads)
{
    return (mafat_kernel_shape){.register_filters = 4, .register_pixels = 24, .vector_pixels = 8,
                                .slice_taps = 288, .panel_pixels = 384 / 24 / n_threads * 24,
                                .n_threads = n_threads, .winograd = {16, 1000}};
}

static mafat_layer layer_of(int channels, int filters, int size, int groups)
{
    return (mafat_layer){.kind = MAFAT_CONVOLUTION, .in = {channels, 100, 100},
                         .out = {filters, 100, 100}, .size = size, .stride = 1,
                         .stride_x = 1, .dilation = 1, .groups = groups};
}

/* Every pixel or filter is in one share, no share is empty or too large for a panel, and shares
 * differ by one unit at most, but that the last one ends where the map does. */
START_TEST(shares_cover_all_once_and_evenly)
{
    for (int n_threads = 1; n_threads <= 5; n_threads++) {
        mafat_kernel_shape shape = shape_for(n_threads);
        for (int n_filters = 1; n_filters < 1100; n_filters += 1 + n_filters / 3) {
            for (int n_pixels = 1; n_pixels < 9000; n_pixels += 1 + n_pixels / 5) {
                test_case("%d threads, %d filters, %d pixels", n_threads, n_filters, n_pixels);
                mafat_share share = mafat_share_conv(&shape, n_filters, n_pixels);
                int least = share.extent, most = 0;
                test_require(share.extent == (share.by_filters ? n_filters : n_pixels));
                test_require(mafat_share_begin(&share, 0) == 0);
                test_require(mafat_share_begin(&share, share.n) == share.extent);
                for (int i = 0; i < share.n; i++) {
                    int n = mafat_share_begin(&share, i + 1) - mafat_share_begin(&share, i);
                    test_require(n > 0 && (n % share.unit == 0 || i + 1 == share.n));
                    test_require(share.by_filters || n <= shape.panel_pixels);
                    most = n > most ? n : most;
                    least = i + 1 < share.n && n < least ? n : least;
                }
                test_require(share.n == 1 || most - least <= share.unit);
                test_require(share.n % n_threads == 0 || share.n * share.unit >= share.extent);
            }
        }
    }
}
END_TEST

/* One thread does all there is: each tap of each sum once, but for what pads the tiles. */
START_TEST(one_thread_counts_every_tap)
{
    mafat_kernel_shape shape = shape_for(1);
    test_random r = {7};
    for (int i = 0; i < 2000; i++) {
        int groups = 1 + test_random_int(&r, 3);
        int size = 1 + 2 * test_random_int(&r, 3);
        mafat_layer layer = layer_of(groups * (1 + test_random_int(&r, 60)),
                                     groups * (1 + test_random_int(&r, 60)), size, groups);
        size_t n_pixels = 1 + (size_t)test_random_int(&r, 3000);
        mafat_work work = mafat_cost_conv(&shape, &layer, layer.out.c, n_pixels);
        double macs = (double)mafat_layer_macs(&layer, n_pixels);
        double counted = work.units[MAFAT_COST_MAC] + work.units[MAFAT_COST_THIN_MAC];
        double filters = layer.out.c / groups, pixels = (double)n_pixels;
        test_require(counted >= macs);
        test_require(counted <= macs * ((filters + 3) / filters) * ((pixels + 7) / pixels) * 1.0001);
        double packed = work.units[size > 1 ? MAFAT_COST_PACK : MAFAT_COST_PACK_POINT];
        test_require(packed == (double)(layer.in.c * size * size) * pixels);
        test_require(work.units[size > 1 ? MAFAT_COST_PACK_POINT : MAFAT_COST_PACK] == 0);
    }
}
END_TEST

/* More threads have no more to do each, never less than an even part, and more pixels no less. */
START_TEST(threads_and_pixels_count_as_they_should)
{
    test_random r = {8};
    for (int i = 0; i < 2000; i++) {
        mafat_layer layer = layer_of(1 + test_random_int(&r, 600), 1 + test_random_int(&r, 600),
                                     1 + 2 * test_random_int(&r, 2), 1);
        size_t n_pixels = 1 + (size_t)test_random_int(&r, 6000);
        mafat_kernel_shape one = shape_for(1);
        mafat_work alone = mafat_cost_conv(&one, &layer, layer.out.c, n_pixels);
        double all = alone.units[MAFAT_COST_MAC] + alone.units[MAFAT_COST_THIN_MAC];
        for (int n_threads = 2; n_threads <= 4; n_threads++) {
            mafat_kernel_shape shape = shape_for(n_threads);
            mafat_work work = mafat_cost_conv(&shape, &layer, layer.out.c, n_pixels);
            mafat_work more = mafat_cost_conv(&shape, &layer, layer.out.c, n_pixels + 1);
            double each = work.units[MAFAT_COST_MAC] + work.units[MAFAT_COST_THIN_MAC];
            test_require(each <= all * 1.0001 && each >= all / n_threads * 0.9999);
            test_require(more.units[MAFAT_COST_MAC] + more.units[MAFAT_COST_THIN_MAC] >=
                         each * 0.9 || n_pixels < 200);
        }
    }
}
END_TEST

/* Three filter groups of five tiles each for two threads: one of them computes eight tiles. */
START_TEST(threads_share_filter_groups_by_tiles)
{
    enum { CHANNELS = 7, TILE_FILTERS = 4, N_PIXELS = 16, N_TILES = 8 };
    mafat_kernel_shape shape = shape_for(2);
    mafat_layer layer = layer_of(3 * CHANNELS, 3 * 5 * TILE_FILTERS, 3, 3);
    mafat_work work = mafat_cost_conv(&shape, &layer, layer.out.c, N_PIXELS);
    ck_assert(work.units[MAFAT_COST_MAC] == 9.0 * CHANNELS * N_TILES * TILE_FILTERS * N_PIXELS);
}
END_TEST

/* Of each tile and filter all products once, and of each share's inputs and weights as often as its
 * scratch demands, whatever the threads. */
START_TEST(winograd_counts_each_product_once)
{
    test_random r = {9};
    for (int i = 0; i < 2000; i++) {
        mafat_layer layer = layer_of(1 + test_random_int(&r, 600), 1 + test_random_int(&r, 600), 3, 1);
        int n_tiles = 1 + test_random_int(&r, 3000), n_threads = 1 + test_random_int(&r, 4);
        size_t bytes = (size_t)(300 + test_random_int(&r, 2000)) << 10;
        mafat_kernel_shape shape = shape_for(n_threads);
        mafat_work work = mafat_cost_winograd(&shape, bytes * (size_t)n_threads, &layer,
                                              layer.out.c, n_tiles);
        double products = 36.0 * layer.in.c * layer.out.c * n_tiles, inputs = layer.in.c * n_tiles;
        double weights = (double)layer.in.c * layer.out.c;
        double counted = work.units[MAFAT_COST_WINOGRAD_MAC] * n_threads;
        test_case("%d threads, %d tiles, %d to %d channels", n_threads, n_tiles, layer.in.c,
                  layer.out.c);
        test_require(counted >= products * 0.9999);
        test_require(counted <= 36.0 * layer.in.c * (layer.out.c + 16.0 * n_threads) *
                                (n_tiles + n_threads) * 1.0001 || n_tiles < n_threads);
        test_require(work.units[MAFAT_COST_WINOGRAD_INPUT] * n_threads >= inputs * 0.9999);
        test_require(work.units[MAFAT_COST_WINOGRAD_WEIGHT] * n_threads >= weights * 0.9999);
        test_require(work.units[MAFAT_COST_WINOGRAD_OUTPUT] * n_threads >=
                     (double)layer.out.c * n_tiles * 0.9999);
    }
}
END_TEST

/* Shares of one of Winograd's steps cover it once, and each keeps to its scratch. */
START_TEST(winograds_shares_cover_all_once_in_their_scratch)
{
    test_random r = {10};
    for (int i = 0; i < 3000; i++) {
        int n_threads = 1 + test_random_int(&r, 5), n_filters = 1 + test_random_int(&r, 1200);
        int n_tiles = 1 + test_random_int(&r, i % 2 == 0 ? 40 : 4000);
        size_t bytes = (size_t)(300 + test_random_int(&r, 2000)) << 10;
        mafat_kernel_shape shape = shape_for(n_threads);
        mafat_winograd_share found = mafat_share_winograd(
            &shape, bytes, 1 + test_random_int(&r, 100), n_filters, n_tiles);
        const mafat_share *share = &found.share;
        test_case("%d threads, %d filters, %d tiles", n_threads, n_filters, n_tiles);
        test_require(share->extent == (share->by_filters ? n_filters : n_tiles));
        test_require(mafat_share_begin(share, 0) == 0);
        test_require(mafat_share_begin(share, share->n) == share->extent);
        for (int s = 0; s < share->n; s++)
            test_require(mafat_share_begin(share, s) < mafat_share_begin(share, s + 1));
        test_require(mafat_winograd_shape_layout(&shape.winograd, found.shape).floats *
                         sizeof(float) <= bytes);
    }
}
END_TEST

static mafat_step step_of(mafat_step_kind kind, int layer, mafat_region in, mafat_region out)
{
    return (mafat_step){.kind = kind, .layer = layer, .in = {.region = in}, .also = {.region = in},
                        .out = {.region = out}};
}

/* All floats that a step reads and all that it writes, whatever it does with them. */
START_TEST(moves_count_what_is_read_and_written)
{
    enum { C = 32, IN_C = 3, H = 40, W = 50 };
    const mafat_shape map = {C, H, W};
    const mafat_region rows = {4, 0, 7, W}, windows = {4, 0, 10, W}, whole = {0, 0, H, W};
    int image = -1, both[] = {0, 1}, two[] = {0, 0};
    mafat_layer layers[] = {
        {.kind = MAFAT_CONVOLUTION, .in = {IN_C, H, W}, .out = map, .n_sources = 1,
         .sources = &image, .size = 3, .stride = 1, .groups = 1},
        {.kind = MAFAT_MAXPOOL, .in = map, .out = map, .n_sources = 1, .sources = both, .size = 2,
         .stride = 1, .groups = 1},
        {.kind = MAFAT_SHORTCUT, .in = map, .out = map, .n_sources = 2, .sources = both},
        {.kind = MAFAT_WHOLE, .in = map, .out = {3 * C, H, W}, .n_sources = 2, .sources = two},
    };
    mafat_network network = {.input = {IN_C, H, W}, .n_layers = 4, .layers = layers};
    const struct { mafat_step step; int n_floats; } cases[] = {
        {step_of(MAFAT_STEP_INPUT, -1, rows, rows), 2 * IN_C * 3 * W},
        {step_of(MAFAT_STEP_KEEP, -1, rows, rows), 2 * IN_C * 3 * W},
        {step_of(MAFAT_STEP_KEEP, 0, rows, rows), 2 * C * 3 * W},
        {step_of(MAFAT_STEP_LAYER, 1, windows, rows), C * (6 + 3) * W},
        {step_of(MAFAT_STEP_LAYER, 2, rows, rows), 3 * C * 3 * W},
        {step_of(MAFAT_STEP_LAYER, 3, whole, whole), (1 + 1 + 3) * C * H * W},
    };
    mafat_kernel_shape shape = shape_for(4);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mafat_work work = mafat_timing_step_work(&shape, 0, &network, &cases[i].step, 1);
        ck_assert(work.units[MAFAT_COST_STEP] == 1);
        ck_assert(work.units[MAFAT_COST_MOVE] == cases[i].n_floats / 4.0);
    }
}
END_TEST

START_TEST(seconds_are_the_sum_of_units)
{
    mafat_kernel_shape shape = mafat_step_kernel_shape(2);
    mafat_costs costs = mafat_cost_defaults(&shape);
    mafat_work work = {{0}};
    double sum = 0;
    for (int i = 0; i < MAFAT_N_COSTS; i++) {
        ck_assert(costs.unit_s[i] > 0);
        work.units[i] = 1000 + i;
        sum += work.units[i] * costs.unit_s[i];
    }
    ck_assert(fabs(mafat_cost_seconds(&costs, &work) - sum) < 1e-12 * sum);
    ck_assert(mafat_cost_read_seconds(&costs, 3, 1000) > mafat_cost_read_seconds(&costs, 2, 1000));
    ck_assert(mafat_cost_read_seconds(&costs, 3, 2000) > mafat_cost_read_seconds(&costs, 3, 1000));
}
END_TEST

/* Files of a byte, of less than a page, of no whole number of pages, of more than is read at
 * once. */
START_TEST(reading_is_timed_on_files_of_every_size)
{
    static const struct { size_t n_bytes; bool tells; } files[] = {
        {5000001, true}, {1, false}, {100, false}, {4096, false}, {131072, false}, {200001, true},
    };
    char path[] = "/tmp/mafat-test-XXXXXX";
    mafat_kernel_shape shape = shape_for(1);
    mafat_error error = {0};
    int file = mkstemp(path);
    ck_assert(file >= 0);
    mafat_costs costs = mafat_cost_defaults(&shape), before = costs;
    for (int i = 0; i < test_part_of(sizeof files / sizeof files[0]); i++) {
        costs = before;
        ck_assert(ftruncate(file, (off_t)files[i].n_bytes) == 0);
        ck_assert_msg(mafat_calibrate_reading(path, &costs, &error) == MAFAT_OK, "%s", error.text);
        ck_assert(mafat_calibrate_reading_is_known(&costs, path) == files[i].tells);
        ck_assert((memcmp(&costs, &before, sizeof costs) != 0) == files[i].tells);
        ck_assert(costs.read_s >= 0 && costs.read_byte_s >= 0 && costs.lost_byte_s > 0);
        ck_assert(costs.read_byte_s < 1e-6 && costs.read_s + costs.read_byte_s > 0);
    }
    ck_assert(!mafat_calibrate_reading_is_known(&costs, "/proc/self/stat"));
    costs = before;
    ck_assert(ftruncate(file, 0) == 0);
    ck_assert_int_eq(mafat_calibrate_reading(path, &costs, &error), MAFAT_FAILED);
    ck_assert_str_eq(error.file, path);
    close(file);
    unlink(path);
    ck_assert_int_eq(mafat_calibrate_reading(path, &costs, &error), MAFAT_FAILED);
    ck_assert(memcmp(&costs, &before, sizeof costs) == 0);
}
END_TEST

/* Whatever the size of the reads. A busy machine lengthens some: one try of a few is as it should be. */
START_TEST(reads_that_wait_in_turns_cost_their_rate)
{
    enum { N_TRIES = 5, SMALL_BYTES = 128 << 10, LARGE_BYTES = 4 << 20 };
    const double rate = 80e6;
    char path[] = "/tmp/mafat-test-XXXXXX";
    mafat_kernel_shape shape = shape_for(1);
    mafat_error error = {0};
    int file = mkstemp(path);
    double small = 0, large = 0;
    ck_assert(file >= 0 && ftruncate(file, LARGE_BYTES + 1) == 0);
    test_reads.bytes_a_second = rate;
    for (int i = 0; i < N_TRIES && !(small > 0.9 && small < 1.3 && large > 0.9 && large < 1.3); i++) {
        mafat_costs costs = mafat_cost_defaults(&shape);
        ck_assert(mafat_calibrate_reading(path, &costs, &error) == MAFAT_OK);
        small = mafat_cost_read_seconds(&costs, 1, SMALL_BYTES) * rate / SMALL_BYTES;
        large = mafat_cost_read_seconds(&costs, 1, LARGE_BYTES) * rate / LARGE_BYTES;
    }
    ck_assert_msg(small > 0.9 && small < 1.3 && large > 0.9 && large < 1.3,
                  "of what the rate makes of them: small reads %.2f, large ones %.2f", small, large);
    close(file);
    unlink(path);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("cost");
    tcase_add_test(tcase, shares_cover_all_once_and_evenly);
    tcase_add_test(tcase, one_thread_counts_every_tap);
    tcase_add_test(tcase, threads_and_pixels_count_as_they_should);
    tcase_add_test(tcase, threads_share_filter_groups_by_tiles);
    tcase_add_test(tcase, winograd_counts_each_product_once);
    tcase_add_test(tcase, winograds_shares_cover_all_once_in_their_scratch);
    tcase_add_test(tcase, moves_count_what_is_read_and_written);
    tcase_add_test(tcase, seconds_are_the_sum_of_units);
    tcase_add_test(tcase, reading_is_timed_on_files_of_every_size);
    tcase_add_test(tcase, reads_that_wait_in_turns_cost_their_rate);
    Suite *suite = suite_create("cost");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
