/* What Darknet asks the C library for without looking at the answer: the process ends, with a message,
 * where Darknet would go on with NULL. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/notice.h"
#include "base/status.h"
#include "doors.h"
#include "support/random.h"
#include "support/suite.h"

/* Also where addresses have 32 bits, of which a half may be had. */
static volatile size_t too_much = SIZE_MAX / 8 * 7;

START_TEST(no_memory_ends_the_process)
{
    switch (_i) {
    case 0: mafat_checked_malloc(too_much); break;
    case 1: mafat_checked_calloc(too_much / 2, 2); break;
    case 2: mafat_checked_calloc(too_much, too_much); break;
    case 3: mafat_checked_realloc(NULL, too_much); break;
    case 4: mafat_checked_qsort(NULL, too_much / 8, 1, NULL); break;
    }
}
END_TEST

enum { MOST_BYTES = 40 };

/* Equal in what is compared, and not in the rest. */
static int compare_first(const void *a, const void *b)
{
    const unsigned char *left = a, *right = b;
    return left[0] - right[0];
}

/* As of numbers that are none: a rock, paper and scissors. */
static int compare_in_circles(const void *a, const void *b)
{
    const unsigned char *left = a, *right = b;
    return (left[0] + 3 - right[0]) % 3 - 1;
}

START_TEST(elements_are_sorted_as_the_c_library_does)
{
    test_random r = {7};
    unsigned char ours[50 * MOST_BYTES], theirs[sizeof ours];
    for (int i = 0; i < 4000; i++) {
        int n = test_random_int(&r, 51), n_bytes = 1 + test_random_int(&r, MOST_BYTES);
        int n_values = 1 + test_random_int(&r, 256);
        test_case("%d elements of %d bytes, %d values", n, n_bytes, n_values);
        for (int k = 0; k < n * n_bytes; k++)
            ours[k] = theirs[k] = (unsigned char)test_random_int(&r, n_values);
        int (*compare)(const void *, const void *) = _i == 0 ? compare_first : compare_in_circles;
        mafat_checked_qsort(ours, (size_t)n, (size_t)n_bytes, compare);
        qsort(theirs, (size_t)n, (size_t)n_bytes, compare);
        ck_assert_mem_eq(ours, theirs, (size_t)(n * n_bytes));
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

/* A folder can be opened, and not be read; /dev/full can be, and not be written. */
START_TEST(bytes_that_are_not_transferred_end_the_process)
{
    char line[100] = "";
    FILE *folder = mafat_checked_fopen("/", "r"), *full = mafat_checked_fopen("/dev/full", "w");
    ck_assert(folder != NULL && full != NULL);
    if (_i > 2)
        setvbuf(full, NULL, _IONBF, 0);
    switch (_i) {
    case 0: mafat_checked_fread(line, 1, sizeof line, folder); break;
    case 1: mafat_checked_fgets(line, sizeof line, folder); break;
    case 2: fputs("buffered", full); mafat_checked_fclose(full); break;
    case 3: mafat_checked_fprintf(full, "%d", 7); break;
    case 4: mafat_checked_fwrite(line, 1, sizeof line, full); break;
    case 5: mafat_checked_fputc('x', full); break;
    case 6: getc(folder); mafat_checked_fclose(folder); break;
    }
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

/* What is printed to stderr in place of it, or NULL. */
static FILE *catch_stderr(void)
{
    FILE *caught = tmpfile();
    fflush(stderr);
    if (caught != NULL)
        dup2(fileno(caught), STDERR_FILENO);
    return caught;
}

static FILE *caught;
static bool is_told;    /* the reason, by perror() */

static void check_caught(void)
{
    char text[200] = "";
    fflush(stderr);
    rewind(caught);
    text[fread(text, 1, sizeof text - 1, caught)] = '\0';
    bool is_right = strcmp(text, is_told ? "none.cfg: No such file or directory\n"
                                         : "Couldn't open file: none.cfg\n") == 0;
    if (!is_right)
        printf("stderr has: %s\n", text);
    _exit(is_right ? 7 : 8);
}

/* Darknet's error() asks the C library for the reason, its file_error() prints it. */
START_TEST(the_reason_alone_is_told_in_silence)
{
    is_told = _i == 0;
    caught = catch_stderr();
    ck_assert_ptr_nonnull(caught);
    atexit(check_caught);
    mafat_notice_silence();
    mafat_checked_fprintf(stderr, "    3 conv     16  3 x 3 / 1\n");
    errno = ENOENT;
    if (is_told)
        mafat_checked_perror("none.cfg");
    else
        mafat_checked_fprintf(stderr, "Couldn't open file: %s\n", "none.cfg");
    mafat_checked_exit(1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checked");
    TCase *tests = tcase_create("checked");
    tcase_add_loop_exit_test(tests, no_memory_ends_the_process, MAFAT_FAILED, 0, 5);
    tcase_add_loop_test(tests, elements_are_sorted_as_the_c_library_does, 0, 2);
    tcase_add_test(tests, nothing_asked_for_is_no_failure);
    tcase_add_loop_exit_test(tests, files_that_cannot_be_written_end_the_process, MAFAT_FAILED, 0, 2);
    tcase_add_loop_exit_test(tests, bytes_that_are_not_transferred_end_the_process, MAFAT_FAILED, 0, 7);
    tcase_add_test(tests, files_that_cannot_be_read_are_darknets_to_tell);
    tcase_add_loop_exit_test(tests, the_reason_alone_is_told_in_silence, 7, 0, 2);
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
