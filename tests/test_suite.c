/* What suites print where they fail: the case, and what was expected. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

START_TEST(fails_in_a_case)
{
    for (int i = 0; i < 5; i++) {
        test_case("number %d", i);
        ck_assert_int_lt(i, 3);
    }
}
END_TEST

static void expect_even(int n)
{
    ck_assert_msg(n % 2 == 0, "%d is odd", n);
}

START_TEST(fails_in_a_case_of_a_case)
{
    for (int i = 0; i < 3; i++) {
        test_case("%d", 100 + i);
        for (int j = 0; j < 3; j++) {
            test_case("%d%%", 10 * j);
            expect_even(i);
        }
    }
}
END_TEST

START_TEST(fails_behind_all_cases)
{
    {
        test_case("ended");
    }
    test_require(1 > 2);
}
END_TEST

START_TEST(fails_in_a_case_with_a_long_name)
{
    char name[1000];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    test_case("%s", name);
    {
        test_case("%s", name);
        ck_assert(1 > 2);
    }
}
END_TEST

/* Runs a test that fails, and gives what is printed of it; the caller frees it. */
static char *message_of(const TTest *test)
{
    Suite *suite = suite_create("failing");
    TCase *tcase = tcase_create("failing");
    tcase_add_test(tcase, test);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_SILENT);
    ck_assert_int_eq(srunner_ntests_failed(runner), 1);
    TestResult **failures = srunner_failures(runner);
    char *message = strdup(tr_msg(failures[0]));
    free(failures);
    srunner_free(runner);
    return message;
}

static void expect_message(const TTest *test, const char *expected)
{
    char *message = message_of(test);
    ck_assert_str_eq(message, expected);
    free(message);
}

START_TEST(a_failure_names_its_case)
{
    expect_message(fails_in_a_case, "number 3: Assertion 'i < 3' failed: i == 3, 3 == 3");
    expect_message(fails_in_a_case_of_a_case, "101: 0%: 1 is odd");
}
END_TEST

START_TEST(a_case_ends_with_its_block)
{
    expect_message(fails_behind_all_cases, "not so: 1 > 2");
}
END_TEST

START_TEST(a_long_name_is_cut)
{
    char *message = message_of(fails_in_a_case_with_a_long_name);
    ck_assert_ptr_nonnull(strstr(message, "xx: Assertion '1 > 2' failed"));
    ck_assert_uint_lt(strlen(message), 300);
    free(message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("suite");
    TCase *tcase = tcase_create("suite");
    tcase_add_test(tcase, a_failure_names_its_case);
    tcase_add_test(tcase, a_case_ends_with_its_block);
    tcase_add_test(tcase, a_long_name_is_cut);
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
