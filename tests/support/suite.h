/* The main() that all suites share. */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <check.h>

/* An assertion for inner loops: Check's own write to a file whenever they hold. */
#define test_require(condition)                    \
    do {                                           \
        if (!(condition))                          \
            ck_abort_msg("not so: %s", #condition); \
    } while (0)

/* Runs one suite of one test case and returns the exit code for main(). */
int test_suite_run(Suite *suite);

#endif
