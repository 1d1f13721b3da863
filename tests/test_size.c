/* Sizes that do not overflow silently, the machine's pages, and arrays that grow. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/size.h"
#include "support/page.h"
#include "support/suite.h"

START_TEST(sums_and_products_are_exact_or_refused)
{
    size_t result = 1;
    ck_assert(mafat_size_mul(SIZE_MAX / 3, 3, &result) && result == SIZE_MAX);
    ck_assert(!mafat_size_mul(SIZE_MAX / 3 + 1, 3, &result));
    ck_assert(mafat_size_add(SIZE_MAX - 7, 7, &result) && result == SIZE_MAX);
    ck_assert(!mafat_size_add(SIZE_MAX - 7, 8, &result));
    ck_assert_uint_eq(mafat_size_sum(SIZE_MAX - 7, 7), SIZE_MAX);
    ck_assert_uint_eq(mafat_size_sum(SIZE_MAX - 7, 8), SIZE_MAX);
    ck_assert_uint_eq(mafat_size_sum(3, 4), 7);
}
END_TEST

START_TEST(rounding_up_finds_the_next_multiple)
{
    for (size_t unit = 1; unit < 40; unit++)
        for (size_t n = 0; n < 200; n++) {
            size_t up = mafat_size_round_up(n, unit);
            test_require(up % unit == 0 && up >= n && up < n + unit);
            test_require(mafat_size_divide_up(n, unit) * unit == up);
            test_require((size_t)mafat_size_parts((int)n, (int)unit) * unit == up);
        }
}
END_TEST

START_TEST(rounding_up_never_comes_out_small)
{
    for (size_t less = 0; less < 100; less++) {
        test_require(mafat_size_round_up(SIZE_MAX - less, 64) == SIZE_MAX - 63);
        test_require(mafat_size_divide_up(SIZE_MAX - less, 64) ==
                     (SIZE_MAX - less) / 64 + ((SIZE_MAX - less) % 64 > 0));
        test_require(mafat_size_parts(INT32_MAX - (int)less, 7) >= (INT32_MAX - (int)less) / 7);
    }
}
END_TEST

START_TEST(pages_are_those_of_the_machine)
{
    size_t page = test_pages[_i];
    test_set_page(page);
    ck_assert_uint_eq(mafat_size_page(), page);
    ck_assert_uint_eq(mafat_size_in_pages(0), 0);
    ck_assert_uint_eq(mafat_size_in_pages(1), page);
    ck_assert_uint_eq(mafat_size_in_pages(page), page);
    ck_assert_uint_eq(mafat_size_in_pages(page + 1), 2 * page);
    test_set_page(0);
}
END_TEST

START_TEST(arrays_keep_what_they_hold_and_double)
{
    int *array = NULL, capacity = 0, n_larger = 0;
    for (int n = 0; n < 1000; n++) {
        int before = capacity;
        int *grown = mafat_array_grow(array, n, &capacity, 3, sizeof *array);
        ck_assert_ptr_nonnull(grown);
        ck_assert_int_gt(capacity, n);
        ck_assert(capacity == before || capacity == (before == 0 ? 3 : 2 * before));
        n_larger += capacity != before;
        array = grown;
        array[n] = n;
    }
    for (int n = 0; n < 1000; n++)
        ck_assert_int_eq(array[n], n);
    ck_assert_int_eq(n_larger, 10);    /* 3, 6, … 1536 */
    free(array);
}
END_TEST

START_TEST(arrays_of_sizes_that_overflow_are_refused)
{
    int *array = mafat_array_resize(NULL, 5, sizeof *array), capacity = 5;
    ck_assert_ptr_nonnull(array);
    array[4] = 77;
    ck_assert_ptr_null(mafat_array_resize(array, SIZE_MAX / sizeof *array + 1, sizeof *array));
    ck_assert_ptr_null(mafat_array_grow(array, 5, &capacity, 5, SIZE_MAX / 6));
    ck_assert_int_eq(capacity, 5);
    capacity = INT32_MAX / 2 + 1;
    ck_assert_ptr_null(mafat_array_grow(array, capacity, &capacity, 5, 1));
    ck_assert_int_eq(array[4], 77);
    free(array);
}
END_TEST

static const struct {
    size_t bytes;
    const char *text;
} sizes[] = {
    {0, "0 bytes"}, {1, "1 bytes"}, {1023, "1023 bytes"}, {1024, "1.0 KiB"}, {1025, "1.1 KiB"},
    {10252 << 10, "10.1 MiB"}, {16 << 20, "16.0 MiB"}, {(16 << 20) + 1, "16.1 MiB"},
    {16462643, "15.7 MiB"}, {(1 << 20) - 1, "1.0 MiB"}, {(1 << 30) - 1, "1.0 GiB"},
    {SIZE_MAX, "16777216.0 TiB"},
};

START_TEST(people_read_what_is_enough)
{
    if (sizeof(size_t) == 8 || sizes[_i].bytes < SIZE_MAX)
        ck_assert_str_eq(MAFAT_SIZE(sizes[_i].bytes), sizes[_i].text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("size");
    tcase_add_test(tcase, sums_and_products_are_exact_or_refused);
    tcase_add_test(tcase, rounding_up_finds_the_next_multiple);
    tcase_add_test(tcase, rounding_up_never_comes_out_small);
    tcase_add_loop_test(tcase, people_read_what_is_enough, 0,
                        (int)(sizeof sizes / sizeof sizes[0]));
    tcase_add_loop_test(tcase, pages_are_those_of_the_machine, 0, TEST_N_PAGES);
    tcase_add_test(tcase, arrays_keep_what_they_hold_and_double);
    tcase_add_test(tcase, arrays_of_sizes_that_overflow_are_refused);
    Suite *suite = suite_create("size");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
