/* How far something has come: what is said, how wide, and how often. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "support/suite.h"

static const struct {
    size_t n, done;
    double seconds;
    bool is_terminal;
    const char *text;
} lines[] = {
    {120, 37, 8.8, false, "images: 37 of 120, 4.2 a second, 20 s left"},
    {120, 120, 10, false, "images: 120 of 120, 12 a second"},
    {0, 37, 3.7, false, "images: 37, 10 a second"},
    {120, 60, 6, true, "images: [##########..........] 60 of 120, 10 a second, 6 s left"},
    {120, 0, 6, true, "images: [....................] 0 of 120"},
    {3, 3, 6, true, "images: [####################] 3 of 3, 0.5 a second"},
    {2, 3, 6, true, "images: [####################] 3 of 2, 0.5 a second"},    /* more than was counted */
    {0, 3, 6, true, "images: 3, 0.5 a second"},
    {10, 1, 60, false, "images: 1 of 10, 60 s each, 9 min left"},
    {1000, 10, 600, false, "images: 10 of 1000, 60 s each, 16 h left"},
    {0, 0, 0, false, "images: 0"},
};

START_TEST(a_line_says_how_far_how_fast_and_how_long)
{
    mafat_progress progress = {.what = "images", .n = lines[_i].n, .done = lines[_i].done};
    char text[MAFAT_PROGRESS_TEXT];
    mafat_progress_text(&progress, lines[_i].seconds, lines[_i].is_terminal, text);
    ck_assert_str_eq(text, lines[_i].text);
}
END_TEST

START_TEST(a_line_is_no_wider_than_a_terminal)
{
    mafat_progress progress = {.what = "layers compared", .n = 100000000, .done = 99999999};
    char text[MAFAT_PROGRESS_TEXT];
    for (double seconds = 1e-3; seconds < 1e12; seconds *= 10) {
        mafat_progress_text(&progress, seconds, true, text);
        ck_assert_uint_lt(strlen(text), MAFAT_PROGRESS_TEXT);
        ck_assert_ptr_nonnull(strstr(text, "99999999 of 100000000"));
    }
}
END_TEST

/* What has no room beside large numbers is left out; no number is cut. */
START_TEST(numbers_of_any_size_are_whole)
{
    mafat_progress progress = {.what = "images", .n = SIZE_MAX, .done = SIZE_MAX / 3};
    char text[MAFAT_PROGRESS_TEXT], numbers[MAFAT_PROGRESS_TEXT];
    snprintf(numbers, sizeof numbers, "images: %zu of %zu", progress.done, progress.n);
    mafat_progress_text(&progress, 1e-9, true, text);
    ck_assert_str_eq(text, numbers);
}
END_TEST

/* Nothing for what takes less than two seconds; then no more lines than somebody reads. */
START_TEST(a_log_has_a_line_now_and_then)
{
    int n = 0;
    ck_assert_double_ge(mafat_progress_next(0, false), 2);
    for (double at = mafat_progress_next(0, false); at < 24 * 3600; at = mafat_progress_next(at, false)) {
        n++;
        ck_assert_double_ge(mafat_progress_next(at, false), at + 10);
    }
    ck_assert_int_ge(n, 50);
    ck_assert_int_le(n, 100);
}
END_TEST

START_TEST(a_terminal_is_drawn_some_times_a_second)
{
    double at = mafat_progress_next(0, true);
    ck_assert_double_gt(at, 0);
    ck_assert_double_ge(mafat_progress_next(at, true) - at, .09);
    ck_assert_double_le(mafat_progress_next(at, true) - at, .5);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("progress");
    tcase_add_loop_test(tests, a_line_says_how_far_how_fast_and_how_long, 0,
                        (int)(sizeof lines / sizeof lines[0]));
    tcase_add_test(tests, numbers_of_any_size_are_whole);
    tcase_add_test(tests, a_line_is_no_wider_than_a_terminal);
    tcase_add_test(tests, a_log_has_a_line_now_and_then);
    tcase_add_test(tests, a_terminal_is_drawn_some_times_a_second);
    Suite *suite = suite_create("progress");
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
