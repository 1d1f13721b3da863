/* See suite.h. */
#include "support/suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

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

/* What goes wrong in a round goes wrong in any build, and shows in a plain one six times as soon. */
#ifdef __SANITIZE_ADDRESS__
static const int SANITIZED_PART = 6;
#else
static const int SANITIZED_PART = 1;
#endif

int test_rounds(int n)
{
    const char *said = getenv("TEST_ROUNDS");
    double times = said == NULL ? 1 : atof(said);
    int rounds = (int)(n * (times > 1 ? times : times / SANITIZED_PART));
    return rounds > 1 ? rounds : 1;
}

int test_part_of(int n)
{
    int rounds = test_rounds(n);
    return rounds < n ? rounds : n;
}

/* Reads the names of functions, for all cases, which are processes of their own: each in which Darknet leaks, as tests/lsan.supp
 * knows, would read them anew, and take 0.2 s for it where the C library's are installed. */
static void read_names(void)
{
#ifdef __SANITIZE_ADDRESS__
    char name[64];
    __sanitizer_symbolize_pc((char *)read_names, "%f", name, sizeof name);
#endif
}

int test_suite_run(Suite *suite)
{
    read_names();
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
