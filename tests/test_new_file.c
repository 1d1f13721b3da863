/* Files that are written whole or not at all (base/new_file.h). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/new_file.h"
#include "support/suite.h"

static char folder[40], path[60];
static mafat_new_file file;
static mafat_error fault;

static void setup(void)
{
    strcpy(folder, "/tmp/mafat_test_new_file_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

/* Nothing else than the file was left in the folder. */
static void teardown(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void put(const char *text)
{
    FILE *stream = fopen(path, "w");
    ck_assert_int_ge(fputs(text, stream), 0);
    ck_assert_int_eq(fclose(stream), 0);
}

static void expect_content(const char *text)
{
    char content[20] = "";
    FILE *stream = fopen(path, "r");
    ck_assert_ptr_nonnull(stream);
    size_t n = fread(content, 1, sizeof content - 1, stream);
    fclose(stream);
    content[n] = '\0';
    ck_assert_str_eq(content, text);
}

static void begin(const char *text)
{
    ck_assert_int_eq(mafat_new_file_begin(&file, path, &fault), MAFAT_OK);
    ck_assert_int_ge(fputs(text, file.stream), 0);
}

START_TEST(a_file_is_there_when_it_has_ended)
{
    begin("new");
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(mafat_new_file_end(&file, &fault), MAFAT_OK);
    expect_content("new");
    begin("newer");
    expect_content("new");
    ck_assert_int_eq(mafat_new_file_end(&file, &fault), MAFAT_OK);
    expect_content("newer");
}
END_TEST

START_TEST(a_file_that_is_replaced_keeps_its_permissions)
{
    struct stat about;
    put("old");
    ck_assert_int_eq(chmod(path, 0604), 0);
    begin("new");
    ck_assert_int_eq(mafat_new_file_end(&file, &fault), MAFAT_OK);
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_int_eq(about.st_mode & 0777, 0604);
}
END_TEST

/* Though all that comes later can be written. */
START_TEST(a_file_that_lacks_a_part_is_none)
{
    put("old");
    begin("new");
    ck_assert_int_eq(fgetc(file.stream), EOF);    /* an error of the stream: it is one to write to */
    ck_assert_int_eq(mafat_new_file_end(&file, &fault), MAFAT_FAILED);
    ck_assert_str_eq(fault.file, path);
    ck_assert_str_eq(fault.text, "cannot be written: a part is missing");
    expect_content("old");
}
END_TEST

START_TEST(a_file_that_is_abandoned_leaves_what_was_there)
{
    put("old");
    begin("new");
    mafat_new_file_abandon(&file);
    expect_content("old");
}
END_TEST

START_TEST(what_is_no_file_is_not_replaced)
{
    ck_assert_int_eq(mafat_new_file_begin(&file, "/dev/null", &fault), MAFAT_FAILED);
    ck_assert_str_eq(fault.text, "cannot be written: not a regular file");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("new_file");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_file_is_there_when_it_has_ended);
    tcase_add_test(tcase, a_file_that_is_replaced_keeps_its_permissions);
    tcase_add_test(tcase, a_file_that_lacks_a_part_is_none);
    tcase_add_test(tcase, a_file_that_is_abandoned_leaves_what_was_there);
    tcase_add_test(tcase, what_is_no_file_is_not_replaced);
    Suite *suite = suite_create("new_file");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
