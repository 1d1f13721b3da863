/* What Darknet asks the C library for without looking at the answer: the process ends, with a message,
 * where Darknet would go on with NULL. */
#include <stdint.h>
#include <stdlib.h>

#include "base/status.h"
#include "doors.h"
#include "support/suite.h"

static volatile size_t too_much = PTRDIFF_MAX;

START_TEST(no_memory_ends_the_process)
{
    switch (_i) {
    case 0: mafat_checked_malloc(too_much); break;
    case 1: mafat_checked_calloc(too_much / 2, 2); break;
    case 2: mafat_checked_calloc(too_much, too_much); break;
    case 3: mafat_checked_realloc(NULL, too_much); break;
    }
}
END_TEST

START_TEST(nothing_asked_for_is_no_failure)
{
    mafat_checked_free(mafat_checked_malloc(0));
    mafat_checked_free(mafat_checked_calloc(0, 8));
    mafat_checked_free(NULL);
}
END_TEST

START_TEST(files_that_cannot_be_written_end_the_process)
{
    mafat_checked_fopen("/no/such/folder/file", _i == 0 ? "w" : "ab");
}
END_TEST

START_TEST(files_that_cannot_be_read_are_darknets_to_tell)
{
    ck_assert_ptr_null(mafat_checked_fopen("/no/such/folder/file", "r"));
    FILE *null = mafat_checked_fopen("/dev/null", "w");
    ck_assert_ptr_nonnull(null);
    fclose(null);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checked");
    TCase *tests = tcase_create("checked");
    tcase_add_loop_exit_test(tests, no_memory_ends_the_process, MAFAT_FAILED, 0, 4);
    tcase_add_test(tests, nothing_asked_for_is_no_failure);
    tcase_add_loop_exit_test(tests, files_that_cannot_be_written_end_the_process, MAFAT_FAILED, 0, 2);
    tcase_add_test(tests, files_that_cannot_be_read_are_darknets_to_tell);
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
