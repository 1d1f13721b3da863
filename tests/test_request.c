/* How MAFAT is asked for in networks that somebody else makes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/request.h"
#include "support/suite.h"

static char plain[32], flagged[32];

static void write_cfg(char *path, const char *text)
{
    int descriptor = mkstemp(path);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    ck_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void make_cfgs(void)
{
    strcpy(plain, "/tmp/mafat-plain-XXXXXX");
    strcpy(flagged, "/tmp/mafat-flagged-XXXXXX");
    write_cfg(plain, "[net]\nwidth=8\n");
    write_cfg(flagged, "[net]\nmafat=1x1\n");
}

static void remove_cfgs(void)
{
    unlink(plain);
    unlink(flagged);
}

/* Nobody but the cfgs asks, before a command does and after it has. */
static void expect_cfgs_ask(void)
{
    mafat_request found;
    ck_assert(!mafat_request_find(plain, &found));
    ck_assert(mafat_request_find(flagged, &found));
    ck_assert_ptr_null(found.workload);
    ck_assert_ptr_null(found.session);
    ck_assert_ptr_null(found.options.config);
    ck_assert(!found.keeps_darknet);
    ck_assert(!mafat_request_gives_paths());
}

START_TEST(a_command_asks_for_all_networks_until_it_ends)
{
    const mafat_request request = {.options = {.config = "2x2"}, .keeps_darknet = true,
                                   .gives_paths = true};
    mafat_request found;
    expect_cfgs_ask();
    mafat_request_begin(&request);
    for (int i = 0; i < 2; i++) {
        ck_assert(mafat_request_find(plain, &found));
        ck_assert_str_eq(found.options.config, "2x2");
        ck_assert(found.keeps_darknet);
        ck_assert(mafat_request_gives_paths());
    }
    mafat_request_end();
    expect_cfgs_ask();
}
END_TEST

START_TEST(what_is_planned_is_for_the_first_network_alone)
{
    mafat_session session = {0};
    mafat_request found;
    mafat_request_begin(&(mafat_request){.session = &session});
    ck_assert(mafat_request_find(plain, &found));
    ck_assert_ptr_eq(found.session, &session);
    ck_assert(mafat_request_find(plain, &found));
    ck_assert_ptr_null(found.session);
    mafat_request_end();
}
END_TEST

START_TEST(a_command_that_runs_no_network_asks_for_none)
{
    mafat_request found;
    mafat_request_decline();
    ck_assert(!mafat_request_find(plain, &found));
    ck_assert(!mafat_request_find(flagged, &found));
    ck_assert(!mafat_request_gives_paths());
    mafat_request_end();
    expect_cfgs_ask();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("request");
    TCase *tests = tcase_create("request");
    tcase_add_checked_fixture(tests, make_cfgs, remove_cfgs);
    tcase_add_test(tests, a_command_asks_for_all_networks_until_it_ends);
    tcase_add_test(tests, what_is_planned_is_for_the_first_network_alone);
    tcase_add_test(tests, a_command_that_runs_no_network_asks_for_none);
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
