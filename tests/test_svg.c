/* Drawings: what is written whatever the texts are, files all or nothing, axes, and the chart of a
 * front. tests/cli/svg.sh has the plan's picture. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "draw/front_picture.h"
#include "draw/svg.h"
#include "support/suite.h"

static char scratch[] = "/tmp/mafat-test-XXXXXX";
static char path[64];

static void set_up(void)
{
    strcpy(scratch + sizeof scratch - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    snprintf(path, sizeof path, "%s/a.svg", scratch);
}

/* Fails where anything but the drawing is left in the folder. */
static void tear_down(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(scratch), 0);
}

/* The file's text, until the next call. */
static const char *written(void)
{
    static char text[1 << 16];
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)) != NULL; text++)
        n++;
    return n;
}

static const struct {
    const char *text, *expected;
} texts[] = {
    {"plain", ">plain<"},
    {"a<b>&\"'", ">a&#60;b&#62;&#38;&#34;&#39;<"},
    {"3×3 – …", ">3×3 – …<"},
    {"\xf0\x9f\x90\x95", ">\xf0\x9f\x90\x95<"},
    {"\xc2\x80\xe0\xa0\x80", ">\xc2\x80\xe0\xa0\x80<"},       /* the first ones of two bytes, and of three, */
    {"\xf0\x90\x80\x80", ">\xf0\x90\x80\x80<"},                 /* and of four */
    {"\x01", ">&#xfffd;<"},                                   /* XML has no such character */
    {"\xef\xbf\xbf", ">&#xfffd;<"},                           /* nor U+FFFF */
    {"\xed\xa0\x80", ">&#xfffd;<"},                           /* nor surrogates */
    {"\xff\x80z", ">&#xfffd;&#xfffd;z<"},                     /* no UTF-8 */
    {"\xc0\xbc", ">&#xfffd;&#xfffd;<"},                       /* '<', longer than it may be */
    {"\xe2\x82", ">&#xfffd;&#xfffd;<"},                       /* cut off */
    {"\xc4\xbc", ">\xc4\xbc<"},                               /* ends in the byte 0x3c | 0x80 */
};

START_TEST(texts_are_escaped)
{
    mafat_svg svg;
    mafat_error error;
    ck_assert_int_eq(mafat_svg_begin(&svg, path, 10, 10, "t", "d", &error), MAFAT_OK);
    mafat_svg_text(&svg, (mafat_svg_point){1, 2}, (mafat_svg_font){.size = 9, .color = "#000000"},
                   texts[_i].text);
    ck_assert_int_eq(mafat_svg_end(&svg, &error), MAFAT_OK);
    ck_assert_ptr_nonnull(strstr(written(), texts[_i].expected));
}
END_TEST

START_TEST(a_drawing_replaces_the_file_only_when_it_is_complete)
{
    mafat_svg svg;
    mafat_error error;
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("before", file);
    fclose(file);
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(mafat_svg_begin(&svg, path, 10, 10, "t", "d", &error), MAFAT_OK);
    ck_assert_str_eq(written(), "before");
    ck_assert_int_eq(mafat_svg_end(&svg, &error), MAFAT_OK);
    struct stat about;
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_int_eq((int)(about.st_mode & 0777), 0640);
    ck_assert_int_eq(count(written(), "</svg>"), 1);
}
END_TEST

START_TEST(what_is_no_regular_file_is_left_alone)
{
    mafat_svg svg;
    mafat_error error;
    ck_assert_int_eq(mafat_svg_begin(&svg, "/dev/null", 10, 10, "t", "d", &error), MAFAT_FAILED);
    ck_assert_str_eq(error.file, "/dev/null");
    ck_assert_int_eq(mafat_svg_begin(&svg, scratch, 10, 10, "t", "d", &error), MAFAT_FAILED);
}
END_TEST

static const struct {
    double max;
    int n_steps;
    double step;
} ticks[] = {
    {10, 10, 1}, {10, 5, 2}, {10, 4, 5}, {11, 10, 2}, {9.2, 10, 1}, {0.5, 10, 0.05}, {1, 1, 1},
    {4096, 8, 1000}, {101, 2, 100}, {1e-3, 4, 5e-4},
};

START_TEST(tick_steps_are_the_smallest_round_ones)
{
    double step = mafat_svg_tick_step(ticks[_i].max, ticks[_i].n_steps);
    ck_assert_double_eq_tol(step, ticks[_i].step, 1e-9 * ticks[_i].step);
}
END_TEST

static const struct {
    size_t bytes;
    const char *text;
} sizes[] = {
    {0, "0 bytes"}, {1023, "1023 bytes"}, {1024, "1.00 KiB"}, {16 << 20, "16.0 MiB"},
    {1000 << 20, "1000 MiB"}, {(size_t)3 << 30, "3.00 GiB"},
};

START_TEST(bytes_are_printed_in_their_unit)
{
    char text[32];
    ck_assert_str_eq(mafat_svg_print_bytes(sizes[_i].bytes, text, sizeof text), sizes[_i].text);
}
END_TEST

/* Points of which the third one is slower than a smaller one. */
static const mafat_front_point front[] = {
    {14 << 20, 0.31, "4x1r/12/1x1"}, {16 << 20, 0.25, "4x1r/12/1x1"}, {20 << 20, 0.27, NULL},
    {32 << 20, 0.2, "8x1r/12/1x1"},  {250 << 20, 0.12, "a<b"},
};

START_TEST(every_point_of_a_front_is_drawn)
{
    mafat_error error;
    for (int n = 1; n <= 5; n++) {
        ck_assert_int_eq(mafat_front_picture_write(front, n, "a front", path, &error), MAFAT_OK);
        ck_assert_int_eq(count(written(), "<circle"), n);
        ck_assert_int_eq(count(written(), "<polyline"), 1);
        ck_assert_ptr_null(strstr(written(), "nan"));
        ck_assert_ptr_null(strstr(written(), "inf"));
    }
    ck_assert_ptr_null(strstr(written(), "a<b"));
}
END_TEST

START_TEST(a_front_of_nothing_is_drawn)
{
    mafat_error error;
    mafat_front_point nothing = {0, 0, ""};
    ck_assert_int_eq(mafat_front_picture_write(&nothing, 1, "t", path, &error), MAFAT_OK);
    ck_assert_ptr_null(strstr(written(), "nan"));
}
END_TEST

#define N(array) ((int)(sizeof(array) / sizeof(array)[0]))

int main(void)
{
    TCase *tcase = tcase_create("svg");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, texts_are_escaped, 0, N(texts));
    tcase_add_test(tcase, a_drawing_replaces_the_file_only_when_it_is_complete);
    tcase_add_test(tcase, what_is_no_regular_file_is_left_alone);
    tcase_add_loop_test(tcase, tick_steps_are_the_smallest_round_ones, 0, N(ticks));
    tcase_add_loop_test(tcase, bytes_are_printed_in_their_unit, 0, N(sizes));
    tcase_add_test(tcase, every_point_of_a_front_is_drawn);
    tcase_add_test(tcase, a_front_of_nothing_is_drawn);
    Suite *suite = suite_create("svg");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
