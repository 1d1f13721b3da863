/* The main() that all suites share, and assertions that say of which case they are. */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <check.h>
#include <stddef.h>

/* Names the case that a loop is at, as printf() would print it, until the block ends: whatever
 * assertion fails in it, in whichever function, says this before anything else. A case within a
 * case is named behind it. */
#define test_case(...)                                   \
    __attribute__((cleanup(test_case_end), unused)) const \
        size_t test_case_outer = test_case_begin(__VA_ARGS__)
size_t test_case_begin(const char *format, ...) __attribute__((format(printf, 1, 2)));
void test_case_end(const size_t *outer);

/* What assertions call in place of Check's function of that name, with which they all end: the text
 * of the assertion, and NULL or a message instead of it. Before Check 0.15 the two came in the same
 * order, undeclared. */
#define _ck_assert_failed test_fail
_Noreturn void test_fail(const char *file, int line, const char *assertion, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* An assertion for inner loops: Check's own write to a file whenever they hold. */
#define test_require(condition)                    \
    do {                                           \
        if (!(condition))                          \
            ck_abort_msg("not so: %s", #condition); \
    } while (0)

/* How many rounds of what suites could go on with for ever, such as random networks: n, or as many times n as TEST_ROUNDS
 * of the environment says, 0.3 or 4; under sanitizers a sixth, but where it says more than 1. At least one. */
int test_rounds(int n);

/* The same of n cases of which there are no more. */
int test_part_of(int n);

/* Runs one suite of one test case and returns the exit code for main(). */
int test_suite_run(Suite *suite);

#endif
