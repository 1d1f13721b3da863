/* Text files line by line, trees and maps, and words that are near others. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/nearest.h"
#include "base/visible.h"
#include "session/hierarchy.h"
#include "support/suite.h"

static char path[64];
static mafat_error fault;

static void setup(void)
{
    snprintf(path, sizeof path, "/tmp/mafat_test_lines_XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
}

static void teardown(void)
{
    unlink(path);
}

static void put(const char *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

/* Appends "line|" for each. */
static mafat_status append(void *context, char *line, int number, mafat_error *error)
{
    (void)number, (void)error;
    strcat(strcat(context, line), "|");
    return MAFAT_OK;
}

static const struct {
    const char *bytes, *lines;
} texts[] = {
    {"", ""}, {"\n", "|"}, {"a", "a|"}, {"a\n", "a|"}, {"a\n\nb", "a||b|"}, {"a\r\nb\r\n", "a|b|"},
    {"a\r", "a|"}, {"\r\n", "|"}, {"a\rb\n", "a\rb|"}, {"a\r\r\n", "a\r|"},
    {"\xef\xbb\xbf" "a\nb\n", "a|b|"}, {"a\n\xef\xbb\xbf" "b\n", "a|\xef\xbb\xbf" "b|"},
    {"\xef\xbb\xbf", "|"}, {"\xef\xbb\xbf\r\n", "|"}, {" a \n", " a |"},
};

START_TEST(lines_are_what_people_mean)
{
    char lines[64] = "";
    int n_lines, n_ends = 0;
    put(texts[_i].bytes, strlen(texts[_i].bytes));
    ck_assert_int_eq(mafat_lines_each(path, "text", &n_lines, append, lines, &fault), MAFAT_OK);
    ck_assert_str_eq(lines, texts[_i].lines);
    for (const char *c = lines; *c != '\0'; c++)
        n_ends += *c == '|';
    ck_assert_int_eq(n_lines, n_ends);
}
END_TEST

static void expect_refusal(const char *message)
{
    int n_lines;
    ck_assert_int_eq(mafat_lines_each(path, "text", &n_lines, NULL, NULL, &fault), MAFAT_FAILED);
    ck_assert_str_eq(fault.file, path);
    ck_assert_msg(strstr(fault.text, message) != NULL, "%s", fault.text);
}

START_TEST(what_is_no_text_is_refused)
{
    enum { LONG = 100000 };
    char *line = malloc(LONG);
    memset(line, 'x', LONG);
    put(line, LONG);
    expect_refusal("line 1 is longer than 65536 bytes: it is no text");
    line[1] = '\n';
    put(line, LONG);
    expect_refusal("line 2 is longer");
    free(line);
    put("a\nb\0c\n", 6);
    expect_refusal("line 2 holds a NUL byte: it is no text");
    put("\0", 1);
    expect_refusal("line 1 holds a NUL byte");
    put("\xff\xfe" "a\0\n\0", 6);
    expect_refusal("is written in UTF-16");
    put("\xfe\xff\0a", 4);
    expect_refusal("is written in UTF-16");
}
END_TEST

START_TEST(what_is_no_file_is_not_waited_for)
{
    unlink(path);
    expect_refusal("cannot be read: No such file");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_refusal("is not a regular file");
    unlink(path);
    ck_assert_int_eq(symlink("/dev/zero", path), 0);
    expect_refusal("is not a regular file");
    unlink(path);
    ck_assert_int_eq(symlink("/tmp", path), 0);
    expect_refusal("is a directory, not a text");
}
END_TEST

START_TEST(what_cannot_be_seen_is_shown)
{
    char text[32];
    ck_assert_str_eq(mafat_lines_show(text, sizeof text, "a \r\t\x01"), "\"a \\r\\t\\x01\"");
    ck_assert_str_eq(mafat_lines_show(text, sizeof text, "\xef\xbb\xbf" "a"),
                     "\"\\xEF\\xBB\\xBF" "a\"");
    ck_assert_str_eq(mafat_lines_show(text, sizeof text, "\xc3\xa4"), "\"\xc3\xa4\"");
    for (size_t size = 8; size < sizeof text; size++) {
        mafat_lines_show(text, size, "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01");
        ck_assert_uint_lt(strlen(text), size);
        ck_assert_int_eq(text[strlen(text) - 1], '"');
    }
}
END_TEST

/* How a message shows a text, wherever it was quoted. */
static const struct {
    const char *text, *shown;
} shows[] = {
    {"a b", "a b"}, {"", ""}, {"C:\\x", "C:\\x"}, {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "ä€😀"},
    {"日本語 й", "日本語 й"},
    {"\t\r\n\x1b\x7f", "\\t\\r\\x0A\\x1B\\x7F"},
    {"\xef\xbb\xbf", "\\xEF\\xBB\\xBF"},                    /* a byte order mark */
    {"\xc2\x85", "\\xC2\\x85"}, {"\xc2\xa0", "\\xC2\\xA0"},   /* NEL, a blank that does not break */
    {"\xe2\x80\x8b", "\\xE2\\x80\\x8B"},                    /* of no width */
    {"\xe2\x80\xae" "gpj", "\\xE2\\x80\\xAEgpj"},           /* from right to left */
    {"\xe2\x81\xa6", "\\xE2\\x81\\xA6"}, {"\xe2\x80\xa8", "\\xE2\\x80\\xA8"},
    {"\xff", "\\xFF"}, {"\xc3", "\\xC3"}, {"\xc3z", "\\xC3z"},
    {"\xc0\xaf", "\\xC0\\xAF"}, {"\xed\xa0\x80", "\\xED\\xA0\\x80"},
    {"\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"}, {"\xe2\x82", "\\xE2\\x82"},
};

START_TEST(one_rule_says_what_is_seen)
{
    char quoted[64], line[64], printed[256] = "", expected[256];
    const char *shown = shows[_i].shown;
    ck_assert_str_eq(mafat_visible(shows[_i].text, quoted, sizeof quoted), shown);
    snprintf(expected, sizeof expected, "\"%s\"", shown);
    ck_assert_str_eq(mafat_lines_show(line, sizeof line, shows[_i].text), expected);
    mafat_error_set(&fault, MAFAT_FAILED, "%s", shows[_i].text);
    mafat_error_set_file(&fault, shows[_i].text);
    FILE *stream = fmemopen(printed, sizeof printed, "w");
    mafat_error_print(&fault, stream);
    fclose(stream);
    snprintf(expected, sizeof expected, "mafat: %s%s%s\n", shown, shown[0] != '\0' ? ": " : "", shown);
    ck_assert_str_eq(printed, expected);
}
END_TEST

/* Trees of three classes; a message, or NULL where there is none. */
static const struct {
    const char *text, *message;
} trees[] = {
    {"a -1\nb 0\nc 0\n", NULL}, {"a\nb\nc", NULL}, {"a -5\nb 0\nc 1\n", NULL},
    {"a -1\nb 2\nc -1\n", NULL}, {"\ta\t-1\nb  0 and more\n\nc\v1\n", NULL},
    {"a -1\nb 3\nc -1\n", "line 2: the parent is \"3\", must be"},
    {"a -1\nb 2147483648\nc -1\n", "line 2: the parent is \"2147483648\""},
    {"a -1\nb -2147483649\nc -1\n", "line 2: the parent is"},
    {"a -1\nb x\nc -1\n", "line 2: the parent is \"x\""},
    {"a 0\nb 0\nc 0\n", "line 1: it is its own parent"},
    {"a -1\n\nb 1\nc 0\n", "line 3: it is its own parent"},
    {"a -1\nb 0\n", "holds 2 classes, must hold 3"},
    {"a -1\nb 0\nc 0\nd 99\n", "holds 4 classes, must hold 3"},
};

START_TEST(trees_are_such_as_darknet_can_read)
{
    put(trees[_i].text, strlen(trees[_i].text));
    mafat_status status = mafat_hierarchy_verify_tree(path, 3, &fault);
    ck_assert_int_eq(status, trees[_i].message == NULL ? MAFAT_OK : MAFAT_FAILED);
    if (trees[_i].message != NULL)
        ck_assert_msg(strstr(fault.text, trees[_i].message) != NULL, "%s", fault.text);
}
END_TEST

START_TEST(maps_hold_a_class_for_each_number_that_is_read)
{
    put("0\n2\n1\nx\n", 8);
    ck_assert_int_eq(mafat_hierarchy_verify_map(path, 3, 3, &fault), MAFAT_OK);
    ck_assert_int_eq(mafat_hierarchy_verify_map(path, 0, 1, &fault), MAFAT_OK);
    ck_assert_int_eq(mafat_hierarchy_verify_map(path, 3, 2, &fault), MAFAT_FAILED);
    ck_assert_ptr_nonnull(strstr(fault.text, "line 2 is \"2\", must be"));
    ck_assert_int_eq(mafat_hierarchy_verify_map(path, 4, 3, &fault), MAFAT_FAILED);
    ck_assert_ptr_nonnull(strstr(fault.text, "line 4 is \"x\", must be"));
    ck_assert_int_eq(mafat_hierarchy_verify_map(path, 5, 3, &fault), MAFAT_FAILED);
}
END_TEST

START_TEST(a_word_is_near_what_few_changes_make_of_it)
{
    static const char *const known[] = {"-memory", "-mafat", "-threads", "-thresh"};
    static const struct {
        const char *word, *nearest;
    } words[] = {
        {"-memory", "-memory"}, {"-memroy", "-memory"}, {"-mem", NULL}, {"-memry", "-memory"},
        {"-tresh", "-thresh"}, {"-thread", "-threads"}, {"-mafta", "-mafat"}, {"", NULL},
        {"-x", NULL}, {"-frobnicate", NULL},
        {"-memoryyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", NULL},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *nearest = mafat_nearest(words[i].word, known, 4);
        ck_assert_msg((nearest == NULL) == (words[i].nearest == NULL), "%s", words[i].word);
        if (nearest != NULL)
            ck_assert_str_eq(nearest, words[i].nearest);
    }
    ck_assert_ptr_null(mafat_nearest("-memory", known, 0));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("lines");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, lines_are_what_people_mean, 0,
                        (int)(sizeof texts / sizeof texts[0]));
    tcase_add_test(tcase, what_is_no_text_is_refused);
    tcase_add_test(tcase, what_is_no_file_is_not_waited_for);
    tcase_add_test(tcase, what_cannot_be_seen_is_shown);
    tcase_add_loop_test(tcase, one_rule_says_what_is_seen, 0,
                        sizeof shows / sizeof shows[0]);
    tcase_add_loop_test(tcase, trees_are_such_as_darknet_can_read, 0,
                        (int)(sizeof trees / sizeof trees[0]));
    tcase_add_test(tcase, maps_hold_a_class_for_each_number_that_is_read);
    tcase_add_test(tcase, a_word_is_near_what_few_changes_make_of_it);
    Suite *suite = suite_create("lines");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
