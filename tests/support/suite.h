/* The main() that all suites share. */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <check.h>

/* Runs one suite of one test case and returns the exit code for main(). */
int test_suite_run(Suite *suite);

#endif
