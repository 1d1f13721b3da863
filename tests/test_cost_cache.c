/* The file of costs that were measured: it is taken where this processor and this program wrote it, and
 * what is in it can be. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/cache_folder.h"
#include "machine/cost_cache.h"
#include "support/suite.h"
#include "support/tree.h"

static const mafat_kernel_shape shape = {.n_threads = 1, .register_filters = 8, .register_pixels = 16,
                                         .vector_pixels = 16, .slice_taps = 288, .panel_pixels = 384};

static char path[512];    /* of the file */
static char text[4096];   /* what it held at first */

/* Of so short a file nothing is measured: the costs that are kept are the default ones. */
static void set_up(void)
{
    char weights[512];
    glob_t found;
    mafat_error error;
    mafat_costs costs = mafat_cost_defaults(&shape);
    test_tree_make();
    setenv("XDG_CACHE_HOME", test_tree, 1);
    test_tree_put("weights", "too short to be measured by");
    snprintf(weights, sizeof weights, "%s/weights", test_tree);
    ck_assert_int_eq(mafat_cost_cache_measure_reading(weights, &costs, &error), MAFAT_OK);
    snprintf(path, sizeof path, "%s/mafat/costs-*", test_tree);
    ck_assert_int_eq(glob(path, 0, NULL, &found), 0);
    ck_assert_uint_eq(found.gl_pathc, 1);
    snprintf(path, sizeof path, "%s", found.gl_pathv[0]);
    globfree(&found);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
}

/* Whether the file is taken with one letter changed. */
static bool is_taken_with(const char *at, char letter)
{
    mafat_costs costs;
    mafat_error error;
    bool is_measured;
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%.*s%c%s", (int)(at - text), text, letter, at + 1);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(mafat_cost_cache_find(&shape, &costs, &is_measured, &error), MAFAT_OK);
    return is_measured;
}

START_TEST(costs_of_this_processor_and_program_are_taken)
{
    const char *words[] = {"processor: ", "program: "};
    ck_assert(is_taken_with(text, text[0]));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        test_case("%s", words[i]);
        const char *value = strstr(text, words[i]);
        ck_assert_ptr_nonnull(value);
        ck_assert(!is_taken_with(value + strlen(words[i]), '~'));
    }
}
END_TEST

/* What the machine lacks for the moment is no reason to plan by other costs. */
START_TEST(costs_that_cannot_be_read_now_are_an_error)
{
    mafat_costs costs;
    mafat_error error, file_error;
    bool is_measured, is_there;
    struct rlimit usual, none;
    getrlimit(RLIMIT_NOFILE, &usual);
    none = usual;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    mafat_status status = mafat_cost_cache_find(&shape, &costs, &is_measured, &error);
    mafat_status of_file = mafat_cache_folder_read(strrchr(path, '/') + 1, NULL, NULL, &is_there,
                                                   &file_error);
    setrlimit(RLIMIT_NOFILE, &usual);
    ck_assert_int_eq(status, MAFAT_FAILED);
    ck_assert(!is_measured);
    ck_assert_str_eq(error.file, "/proc/cpuinfo");
    ck_assert_int_eq(of_file, MAFAT_FAILED);
    ck_assert(!is_there);
    ck_assert_str_eq(file_error.file, path);
    ck_assert_str_eq(file_error.text, "cannot be read: Too many open files");
}
END_TEST

START_TEST(what_is_no_file_counts_as_none)
{
    mafat_costs costs;
    mafat_error error;
    bool is_measured;
    ck_assert_int_eq(remove(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(mafat_cost_cache_find(&shape, &costs, &is_measured, &error), MAFAT_OK);
    ck_assert(!is_measured);
}
END_TEST

START_TEST(costs_that_cannot_be_are_not_taken)
{
    for (const char *line = strchr(text, '\n'); line != NULL && line[1] != '\0'; line = strchr(line + 1, '\n')) {
        const char *value = strstr(line, ": ");
        if (strstr(line, "_s: ") == value - 2)
            ck_assert_msg(!is_taken_with(value + 2, '-'), "%s", line);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cost_cache");
    TCase *tests = tcase_create("cost_cache");
    tcase_add_checked_fixture(tests, set_up, test_tree_remove);
    tcase_add_test(tests, costs_of_this_processor_and_program_are_taken);
    tcase_add_test(tests, costs_that_cannot_be_read_now_are_an_error);
    tcase_add_test(tests, what_is_no_file_counts_as_none);
    tcase_add_test(tests, costs_that_cannot_be_are_not_taken);
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
