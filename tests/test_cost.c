/* Shares of convolutions, and work counted by them (plan/share.h, plan/cost.h); reading timed on
 * files of all sizes (run/calibrate.h). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan/cost.h"
#include "run/calibrate.h"
#include "run/exec.h"
#include "support/random.h"
#include "support/suite.h"

static mafat_kernel_shape shape_for(int n_threads)
{
    return (mafat_kernel_shape){.tile_filters = 4, .tile_pixels = 24, .vector_pixels = 8,
                                .block_taps = 288, .panel_pixels = 384 / 24 / n_threads * 24,
                                .n_threads = n_threads};
}

static mafat_layer layer_of(int channels, int filters, int size, int groups)
{
    return (mafat_layer){.kind = MAFAT_CONVOLUTION, .in = {channels, 100, 100},
                         .out = {filters, 100, 100}, .size = size, .stride = 1, .groups = groups};
}

/* Every pixel or filter is in one share, no share is empty or too large for a panel, and shares
 * differ by one unit at most, but that the last one ends where the map does. */
START_TEST(shares_cover_all_once_and_evenly)
{
    for (int n_threads = 1; n_threads <= 5; n_threads++) {
        mafat_kernel_shape shape = shape_for(n_threads);
        for (int n_filters = 1; n_filters < 1100; n_filters += 1 + n_filters / 3) {
            for (int n_pixels = 1; n_pixels < 9000; n_pixels += 1 + n_pixels / 5) {
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

START_TEST(seconds_are_the_sum_of_units)
{
    mafat_kernel_shape shape = mafat_exec_kernel_shape(2);
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
    static const size_t sizes[] = {1, 100, 4096, 65537, 5000001};
    char path[] = "/tmp/mafat-test-XXXXXX";
    mafat_kernel_shape shape = shape_for(1);
    mafat_error error = {0};
    int file = mkstemp(path);
    ck_assert(file >= 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        mafat_costs costs = mafat_cost_defaults(&shape);
        ck_assert(ftruncate(file, (off_t)sizes[i]) == 0);
        ck_assert_msg(mafat_calibrate_reading(path, &costs, &error) == MAFAT_OK, "%s", error.text);
        ck_assert(costs.read_s >= 0 && costs.read_byte_s >= 0 && costs.read_byte_s < 1);
    }
    mafat_costs costs = mafat_cost_defaults(&shape), before = costs;
    ck_assert(ftruncate(file, 0) == 0);
    ck_assert_int_eq(mafat_calibrate_reading(path, &costs, &error), MAFAT_FAILED);
    ck_assert_str_eq(error.file, path);
    close(file);
    unlink(path);
    ck_assert_int_eq(mafat_calibrate_reading(path, &costs, &error), MAFAT_FAILED);
    ck_assert(memcmp(&costs, &before, sizeof costs) == 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("cost");
    tcase_add_test(tcase, shares_cover_all_once_and_evenly);
    tcase_add_test(tcase, one_thread_counts_every_tap);
    tcase_add_test(tcase, threads_and_pixels_count_as_they_should);
    tcase_add_test(tcase, seconds_are_the_sum_of_units);
    tcase_add_test(tcase, reading_is_timed_on_files_of_every_size);
    Suite *suite = suite_create("cost");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
