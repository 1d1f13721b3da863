/* Sizes as people write them. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include "base/number.h"
#include "support/suite.h"

static const struct {
    const char *text;
    size_t bytes;
} sizes[] = {
    {"1", 1},
    {"4096", 4096},
    {"007", 7},
    {"1K", 1024},
    {"16M", 16 << 20},
    {"3G", (size_t)3 << 30},
#if SIZE_MAX == UINT64_MAX
    {"18446744073709551615", SIZE_MAX},
    {"17179869183G", SIZE_MAX - (((size_t)1 << 30) - 1)},
#else
    {"4294967295", SIZE_MAX},
#endif
};

START_TEST(sizes_are_read)
{
    mafat_error error;
    size_t bytes = 0;
    ck_assert_int_eq(mafat_number_read_bytes("size", sizes[_i].text, "", &bytes, &error), MAFAT_OK);
    ck_assert_uint_eq(bytes, sizes[_i].bytes);
}
END_TEST

static const char *const no_sizes[] = {
    "", "0", "0M", "-1", "+1", " 1", "1 ", "16Q", "16m", "16MB", "16 M", "1.5G", "1e99", "0x10",
    "M", "K1", "auto", "max", "16MM", "99999999999999999999", "18446744073709551616",
    "17179869184G", "18014398509481984K",
};

START_TEST(what_is_no_size_is_refused_with_what_is_allowed)
{
    mafat_error error;
    size_t bytes = 123;
    char given[64];
    ck_assert_int_eq(mafat_number_read_bytes("memory limit", no_sizes[_i], "", &bytes, &error),
                     MAFAT_USAGE);
    ck_assert_uint_eq(bytes, 123);
    snprintf(given, sizeof given, "memory limit \"%s\": expected", no_sizes[_i]);
    ck_assert_ptr_nonnull(strstr(error.text, given));
    ck_assert_ptr_nonnull(strstr(error.text, "K, M or G, such as 16M"));
}
END_TEST

/* What is meant, where that can be told; NULL: it cannot. */
static const struct {
    const char *text, *meant;
} hints[] = {
    {"8m", "8M"}, {"8MB", "8M"}, {"8mb", "8M"}, {"8MiB", "8M"}, {"8 M", "8M"}, {" 8M", "8M"},
    {"8M ", "8M"}, {"16 mb", "16M"}, {"1.5M", "1536K"}, {"1.5G", "1536M"}, {"0.5g", "512M"},
    {".5K", "512"}, {"1.1K", "1126"}, {"3gb", "3G"}, {"+5K", "5K"}, {"100 bytes", "100"},
    {"7B", "7"}, {"1.0", "1"},
    {"", NULL}, {"0", NULL}, {"-1M", NULL}, {"16Q", NULL}, {"M", NULL}, {"nan", NULL},
    {"inf", NULL}, {"1e99", NULL}, {"0x10", NULL}, {"8MM", NULL}, {"eight", NULL}, {"0.1", NULL},
    {"99999999999999999999", NULL},
};

START_TEST(the_nearest_right_spelling_is_named_and_right)
{
    mafat_error error;
    size_t bytes;
    char hint[64];
    ck_assert_int_eq(mafat_number_read_bytes("limit", hints[_i].text, ", or auto", &bytes, &error),
                     MAFAT_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "such as 16M, or auto"));
    snprintf(hint, sizeof hint, "; did you mean %s?", hints[_i].meant);
    if (hints[_i].meant == NULL)
        ck_assert_msg(strstr(error.text, "did you mean") == NULL, "%s", error.text);
    else
        ck_assert_msg(strstr(error.text, hint) != NULL, "%s", error.text);
    if (hints[_i].meant != NULL)
        ck_assert_int_eq(mafat_number_read_bytes("", hints[_i].meant, "", &bytes, &error), MAFAT_OK);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("number");
    tcase_add_loop_test(tcase, sizes_are_read, 0, (int)(sizeof sizes / sizeof sizes[0]));
    tcase_add_loop_test(tcase, what_is_no_size_is_refused_with_what_is_allowed, 0,
                        (int)(sizeof no_sizes / sizeof no_sizes[0]));
    tcase_add_loop_test(tcase, the_nearest_right_spelling_is_named_and_right, 0,
                        (int)(sizeof hints / sizeof hints[0]));
    Suite *suite = suite_create("number");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
