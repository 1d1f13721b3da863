/* The configuration language. */
#include <check.h>
#include <string.h>

#include "plan/config.h"
#include "support/suite.h"

static const char *const valid[] = {
    "1x1", "5x5/8/2x2", "38x1r/12/1x1", "3x3/NoCut", "5x5/8/2x2/NoCut", "4096x4096",
    "2x3/4/3x2/8/5x4/12/2x2/17/1x1", "1x1/1/1x1/2/1x1/1048576/1x1",
};

START_TEST(printing_gives_back_what_was_parsed)
{
    mafat_error error;
    mafat_config config;
    char text[128];
    ck_assert_int_eq(mafat_config_parse(&config, valid[_i], &error), MAFAT_OK);
    ck_assert_int_eq(mafat_config_print(&config, text, sizeof text), (int)strlen(valid[_i]));
    ck_assert_str_eq(text, valid[_i]);
    mafat_config_free(&config);
}
END_TEST

START_TEST(printing_never_writes_beyond_its_buffer)
{
    mafat_error error;
    mafat_config config;
    const char *whole = "5x5/8/2x2/NoCut";
    ck_assert_int_eq(mafat_config_parse(&config, whole, &error), MAFAT_OK);
    for (size_t size = 1; size <= strlen(whole) + 1; size++) {
        char text[32];
        memset(text, '#', sizeof text);
        ck_assert_int_eq(mafat_config_print(&config, text, size), (int)strlen(whole));
        ck_assert_uint_eq(strlen(text), size - 1);
        ck_assert_int_eq(strncmp(text, whole, size - 1), 0);
        ck_assert_int_eq(text[size], '#');
    }
    mafat_config_free(&config);
}
END_TEST

START_TEST(parts_are_read_into_their_places)
{
    mafat_error error;
    mafat_config config;
    ck_assert_int_eq(mafat_config_parse(&config, "38x1r/12/2x3", &error), MAFAT_OK);
    ck_assert_int_eq(config.n_groups, 2);
    ck_assert_int_eq(config.groups[0].cut, 0);
    ck_assert_int_eq(config.groups[0].tiling.rows, 38);
    ck_assert_int_eq(config.groups[0].tiling.cols, 1);
    ck_assert(config.groups[0].tiling.reuse);
    ck_assert_int_eq(config.groups[1].cut, 12);
    ck_assert_int_eq(config.groups[1].tiling.rows, 2);
    ck_assert_int_eq(config.groups[1].tiling.cols, 3);
    ck_assert(!config.groups[1].tiling.reuse);
    mafat_config_free(&config);
}
END_TEST

static const struct {
    const char *text, *message;
} malformed[] = {
    {"", "expected rows at its end"},
    {"5", "expected 'x' at its end"},
    {"5x", "expected columns at its end"},
    {"x5", "expected rows at \"x5\""},
    {"5y5", "expected 'x' at \"y5\""},
    {"5X5", "expected 'x' at \"X5\""},
    {"5x-5", "expected columns at \"-5\""},
    {"+5x5", "expected rows at \"+5x5\""},
    {" 5x5", "expected rows at \" 5x5\""},
    {"5x5 ", "expected '/' or the end at \" \""},
    {"0x3", "rows 0 is not from 1 to 4096"},
    {"3x0", "columns 0 is not from 1 to 4096"},
    {"4097x1", "rows 4097 is not from 1 to 4096"},
    {"99999999999999999999x1", "rows 99999999999999999999 is not from 1 to 4096"},
    {"5x5/", "expected a cut (a layer's index) or NoCut at its end"},
    {"5x5/8", "expected '/' and a tiling at its end"},
    {"5x5/8/", "expected rows at its end"},
    {"5x5/8/2", "expected 'x' at its end"},
    {"5x5/0/2x2", "cut 0 does not come after layer 0"},
    {"5x5/8/2x2/8/1x1", "cut 8 does not come after cut 8"},
    {"5x5/8/2x2/4/1x1", "cut 4 does not come after cut 8"},
    {"5x5/2000000/1x1", "2000000 is not from 0 to 1048576"},
    {"5x5/nocut", "expected a cut (a layer's index) or NoCut at \"nocut\""},
    {"5x5/NoCut/8/2x2", "expected a cut (a layer's index) or NoCut at \"NoCut/8/2x2\""},
    {"5x5r", "reuse ('r') needs 1 column"},
    {"5x1rr", "expected '/' or the end at \"r\""},
    {"5x5,8,2x2", "expected '/' or the end at \",8,2x2\""},
};

START_TEST(each_mistake_has_its_own_message)
{
    mafat_error error;
    mafat_config config;
    ck_assert_int_eq(mafat_config_parse(&config, malformed[_i].text, &error), MAFAT_USAGE);
    ck_assert_msg(strstr(error.text, malformed[_i].message) != NULL, "\"%s\": %s",
                  malformed[_i].text, error.text);
    char quoted[64];
    snprintf(quoted, sizeof quoted, "configuration \"%s\"", malformed[_i].text);
    ck_assert_ptr_nonnull(strstr(error.text, quoted));
    ck_assert_ptr_null(config.groups);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("config");
    tcase_add_loop_test(tcase, printing_gives_back_what_was_parsed, 0,
                        (int)(sizeof valid / sizeof valid[0]));
    tcase_add_test(tcase, printing_never_writes_beyond_its_buffer);
    tcase_add_test(tcase, parts_are_read_into_their_places);
    tcase_add_loop_test(tcase, each_mistake_has_its_own_message, 0,
                        (int)(sizeof malformed / sizeof malformed[0]));
    Suite *suite = suite_create("config");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
