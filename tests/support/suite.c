/* See suite.h. */
#include "support/suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The cases under way, the outermost first, ": " between them; what is too long is cut. */
static char cases[256];

/* Appends to text[size] what there is room for. */
static void append(char *text, size_t size, const char *format, va_list values)
{
    size_t length = strlen(text);
    vsnprintf(text + length, size - length, format, values);
}

size_t test_case_begin(const char *format, ...)
{
    size_t outer = strlen(cases);
    va_list values;
    snprintf(cases + outer, sizeof cases - outer, "%s", outer > 0 ? ": " : "");
    va_start(values, format);
    append(cases, sizeof cases, format, values);
    va_end(values);
    return outer;
}

void test_case_end(const size_t *outer)
{
    cases[*outer] = '\0';
}

#undef _ck_assert_failed

void test_fail(const char *file, int line, const char *assertion, const char *format, ...)
{
    char text[4096];
    va_list values;
    snprintf(text, sizeof text, "%s%s%s", cases, cases[0] != '\0' ? ": " : "",
             format == NULL ? assertion : "");
    va_start(values, format);
    if (format != NULL)
        append(text, sizeof text, format, values);
    va_end(values);
    cases[0] = '\0';    /* where tests do not fork, another one goes on */
    _ck_assert_failed(file, line, text, NULL);
}

int test_rounds(void)
{
    const char *said = getenv("TEST_ROUNDS");
    int n = said == NULL ? 1 : atoi(said);
    return n > 0 ? n : 1;
}

int test_suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
