/* Spreads, clocks and counters. Nothing here says how fast a machine must be. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/peak.h"
#include "machine/measure.h"
#include "run/team.h"
#include "support/suite.h"

static const struct {
    int n;
    double values[6];
    double min, median, max;
} spreads[] = {
    {1, {7}, 7, 7, 7},
    {2, {3, 1}, 1, 2, 3},
    {3, {9, 1, 2}, 1, 2, 9},
    {4, {4, 1, 100, 2}, 1, 3, 100},
    {5, {5, 5, 1, 5, 9}, 1, 5, 9},
    {6, {-6, 5, 4, 3, 2, -1}, -6, 2.5, 5},
};

/* Calls `check` for every order of the n values from `first` on. */
static void each_order(double *values, int first, int n, void (*check)(const double *values, int n))
{
    if (first == n)
        check(values, n);
    for (int i = first; i < n; i++) {
        double swapped = values[first];
        values[first] = values[i];
        values[i] = swapped;
        each_order(values, first + 1, n, check);
        values[i] = values[first];
        values[first] = swapped;
    }
}

static const double *expected;    /* min, median, max */
static int n_checked;

static void expect_spread(const double *values, int n)
{
    double copy[6];
    memcpy(copy, values, (size_t)n * sizeof *copy);
    mafat_spread spread = mafat_measure_spread(copy, n);
    test_require(spread.min == expected[0]);
    test_require(spread.median == expected[1]);
    test_require(spread.max == expected[2]);
    n_checked++;
}

START_TEST(spread_does_not_depend_on_the_order)
{
    double values[6], three[] = {spreads[_i].min, spreads[_i].median, spreads[_i].max};
    int factorial = 1;
    for (int i = 2; i <= spreads[_i].n; i++)
        factorial *= i;
    memcpy(values, spreads[_i].values, sizeof values);
    expected = three;
    n_checked = 0;
    each_order(values, 0, spreads[_i].n, expect_spread);
    ck_assert_int_eq(n_checked, factorial);
}
END_TEST

START_TEST(clocks_never_run_backwards)
{
    mafat_error error;
    double now = mafat_measure_now_s(), age, later_age;
    ck_assert_int_eq(mafat_measure_since_start(&age, &error), MAFAT_OK);
    ck_assert(age >= 0);
    for (int i = 0; i < 1000; i++) {
        double later = mafat_measure_now_s();
        test_require(later >= now);
        now = later;
    }
    ck_assert_int_eq(mafat_measure_since_start(&later_age, &error), MAFAT_OK);
    ck_assert(later_age >= age);
    ck_assert(later_age < 3600);    /* neither the machine's age nor the epoch */
}
END_TEST

START_TEST(peak_rss_counts_what_was_touched_and_freed)
{
    enum { BYTES = 64 << 20 };
    mafat_error error;
    size_t before, after;
    ck_assert_int_eq(mafat_measure_peak_rss(&before, &error), MAFAT_OK);
    volatile char *block = malloc(BYTES);    /* volatile, or the compiler leaves the writing out */
    ck_assert_ptr_nonnull((char *)block);
    for (size_t i = 0; i < BYTES; i += 1024)
        block[i] = 1;
    free((char *)block);
    ck_assert_int_eq(mafat_measure_peak_rss(&after, &error), MAFAT_OK);
    ck_assert_uint_gt(before, 1 << 16);
    ck_assert_uint_ge(after, BYTES);
    ck_assert_uint_ge(after, before);
    ck_assert_uint_eq(after % 1024, 0);
}
END_TEST

START_TEST(there_is_a_processor_to_run_on)
{
    ck_assert_int_ge(mafat_measure_processors(), 1);
}
END_TEST

START_TEST(peak_loop_does_the_operations_that_it_counts)
{
    float sum = 0;
    double one = mafat_peak_run(1, &sum);
    ck_assert(one >= 2 * MAFAT_PEAK_CHAINS);
    ck_assert(sum > 1.5f && sum < 2);
    ck_assert(mafat_peak_run(1000, &sum) == 1000 * one);
    ck_assert(sum == 2);    /* where the chains converge to */
    ck_assert(mafat_peak_run(0, &sum) == 0);
}
END_TEST

START_TEST(peak_is_a_number_for_one_thread_and_for_all)
{
    double one = mafat_measure_peak_flops(1);
    double all = mafat_measure_peak_flops(mafat_team_default_size());
    ck_assert(isfinite(one) && one > 0);
    ck_assert(isfinite(all) && all > 0);
}
END_TEST

START_TEST(a_share_is_no_more_than_the_whole)
{
    ck_assert(mafat_measure_is_share(0, 1e9));
    ck_assert(mafat_measure_is_share(1e9, 1e9));
    ck_assert(!mafat_measure_is_share(253.24e9, 1e9));
    ck_assert(!mafat_measure_is_share(1e9, 0));
    ck_assert(!mafat_measure_is_share(0, 0));
    ck_assert(!mafat_measure_is_share(1e9, NAN));
    ck_assert(!mafat_measure_is_share(NAN, 1e9));
    ck_assert(!mafat_measure_is_share(1e9, INFINITY));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("measure");
    tcase_add_test(tcase, a_share_is_no_more_than_the_whole);
    tcase_add_loop_test(tcase, spread_does_not_depend_on_the_order, 0,
                        (int)(sizeof spreads / sizeof spreads[0]));
    tcase_add_test(tcase, clocks_never_run_backwards);
    tcase_add_test(tcase, peak_rss_counts_what_was_touched_and_freed);
    tcase_add_test(tcase, there_is_a_processor_to_run_on);
    tcase_add_test(tcase, peak_loop_does_the_operations_that_it_counts);
    tcase_add_test(tcase, peak_is_a_number_for_one_thread_and_for_all);
    Suite *suite = suite_create("measure");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
