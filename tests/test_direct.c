/* Files read past the page cache: any range of bytes, each page once, and what is said of a file
 * that is not there, or not any more what it was. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/plan.h"
#include "run/direct.h"
#include "support/random.h"
#include "support/reads.h"
#include "support/suite.h"

enum { PAGE = MAFAT_READ_UNIT, FILE_BYTES = 5 * PAGE + 123, BUFFER_BYTES = 9 * PAGE };

/* How files are read: each test runs in all ways. */
enum { DIRECT, REFUSED_BY_OPEN, REFUSED_BY_READ, N_MODES };

static char folder[64], path[96];
static unsigned char bytes[FILE_BYTES];     /* the file's */
static mafat_direct direct;
static mafat_error error;
static char *pages;                         /* [BUFFER_BYTES], aligned to PAGE */

static void write_file(const void *from, size_t n)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(from, 1, n, file), n);
    fclose(file);
}

static int count_files(void)
{
    int n = 0;
    DIR *files = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(files);
    while (readdir(files) != NULL)
        n++;
    closedir(files);
    return n;
}

static int n_files;

static void setup(void)
{
    test_random r = {99};
    snprintf(folder, sizeof folder, "/tmp/mafat_test_direct_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.weights", folder);
    for (int i = 0; i < FILE_BYTES; i++)
        bytes[i] = (unsigned char)test_random_bits(&r);
    write_file(bytes, sizeof bytes);
    pages = aligned_alloc(PAGE, BUFFER_BYTES);
    ck_assert_ptr_nonnull(pages);
    memset(&test_reads, 0, sizeof test_reads);
    n_files = count_files();
}

/* Also shows that no file stays open. */
static void teardown(void)
{
    mafat_direct_close(&direct);
    mafat_direct_close(&direct);
    ck_assert_int_eq(count_files(), n_files);
    free(pages);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* Opens the file; returns what that printed. */
static const char *open_file(int mode)
{
    static char printed[512];
    FILE *captured = tmpfile();
    int saved = dup(STDERR_FILENO);
    test_reads.refuses_to_open = mode == REFUSED_BY_OPEN;
    test_reads.refuses_to_read = mode == REFUSED_BY_READ;
    fflush(stderr);
    dup2(fileno(captured), STDERR_FILENO);
    mafat_status status = mafat_direct_open(&direct, path, &error);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(captured);
    printed[fread(printed, 1, sizeof printed - 1, captured)] = '\0';
    fclose(captured);
    ck_assert_msg(status == MAFAT_OK, "%s", error.text);
    return printed;
}

/* Reads a range, and requires its bytes, and none beyond the room. */
static void expect_range(size_t offset, size_t n)
{
    size_t n_span = mafat_plan_unit_span(n);
    test_require(n_span + PAGE <= BUFFER_BYTES);
    memset(pages, 0x5a, BUFFER_BYTES);
    mafat_status status = mafat_direct_read(&direct, offset, n, pages, &error);
    if (status != MAFAT_OK)
        ck_abort_msg("%zu bytes at %zu: %s", n, offset, error.text);
    if (memcmp(pages + offset % PAGE, bytes + offset, n) != 0)
        ck_abort_msg("%zu bytes at %zu: others", n, offset);
    for (size_t i = n_span; i < BUFFER_BYTES; i++)
        if (pages[i] != 0x5a)
            ck_abort_msg("%zu bytes at %zu: wrote byte %zu of a room of %zu", n, offset, i, n_span);
}

static void expect_failure(mafat_status status, const char *message)
{
    ck_assert_int_eq(status, MAFAT_FAILED);
    ck_assert_msg(strstr(error.text, message) != NULL, "not '%s': %s", message, error.text);
    ck_assert_str_eq(error.file, path);
    error = (mafat_error){0};
}

static mafat_status read_range(size_t offset, size_t n)
{
    return mafat_direct_read(&direct, offset, n, pages, &error);
}

START_TEST(any_range_is_the_files_bytes)
{
    static const size_t edges[] = {0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE - 1, 2 * PAGE,
                                   2 * PAGE + 1, 3 * PAGE + 77, 5 * PAGE - 1, 5 * PAGE,
                                   FILE_BYTES - 1, FILE_BYTES};
    enum { N = sizeof edges / sizeof edges[0] };
    open_file(_i);
    for (int begin = 0; begin < N; begin++)
        for (int end = begin; end < N; end++)
            expect_range(edges[begin], edges[end] - edges[begin]);
    for (int end = 0; end < N; end++)    /* and backwards, from other pages */
        for (int begin = end; begin >= 0; begin--)
            expect_range(edges[begin], edges[end] - edges[begin]);
    test_random r = {5};
    for (int i = 0; i < 2000; i++) {
        size_t offset = (size_t)test_random_int(&r, FILE_BYTES);
        expect_range(offset, (size_t)test_random_int(&r, FILE_BYTES - (int)offset + 1));
    }
}
END_TEST

/* One after the other, as weights are read. */
START_TEST(ranges_in_sequence_read_each_page_once)
{
    test_random r = {17};
    open_file(_i);
    for (int round = 0; round < 50; round++) {
        int most = round < 25 ? 3 * PAGE : 700;
        mafat_direct_close(&direct);
        open_file(_i);
        test_reads.n_bytes = 0;
        for (size_t offset = 0, n; offset < FILE_BYTES; offset += n) {
            size_t left = FILE_BYTES - offset;
            n = 1 + (size_t)test_random_int(&r, most);
            n = n < left ? n : left;
            expect_range(offset, n);
        }
        ck_assert_uint_eq(test_reads.n_bytes, FILE_BYTES);
    }
}
END_TEST

START_TEST(reads_that_are_interrupted_or_short_go_on)
{
    open_file(_i);
    test_reads.max_bytes = PAGE;
    expect_range(100, 4 * PAGE);
    for (int n = 0; n < 3; n++) {
        test_reads_fail(n, EINTR);
        expect_range(PAGE + 5, 3 * PAGE);
    }
    expect_range(0, FILE_BYTES);
}
END_TEST

START_TEST(a_read_that_fails_names_the_file_and_spoils_nothing)
{
    open_file(_i);
    test_reads.max_bytes = PAGE;
    for (int n = 0; n < 4; n++) {
        expect_range(0, 10);    /* the page that the next one begins with */
        test_reads_fail(n, EIO);
        expect_failure(read_range(20, FILE_BYTES - 20), "cannot be read: Input/output error");
        expect_range(3 * PAGE, PAGE);
        expect_range(0, FILE_BYTES);
    }
}
END_TEST

START_TEST(what_is_behind_the_files_end_cannot_be_read)
{
    open_file(_i);
    expect_failure(read_range(0, FILE_BYTES + 1), "ends before byte 20604");
    expect_failure(read_range(FILE_BYTES, 1), "ends before byte 20604");
    expect_failure(read_range(10 * PAGE, 1), "ends before byte 40961");
    expect_range(5 * PAGE, 100);    /* of the last page, a part of which is behind the end */
    expect_failure(read_range(5 * PAGE + 100, 24), "ends before byte 20604");
    expect_failure(read_range(5 * PAGE + 1000, 1), "ends before byte 21481");
    expect_range(5 * PAGE + 100, 23);
}
END_TEST

START_TEST(bytes_that_vanish_are_missed)
{
    static const int sizes[] = {0, 1, 700, PAGE, PAGE + 1, 3 * PAGE, 3 * PAGE + 999,
                                5 * PAGE + 122};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        write_file(bytes, sizeof bytes);
        open_file(_i);
        ck_assert_int_eq(truncate(path, sizes[i]), 0);
        expect_failure(read_range(0, FILE_BYTES), "was cut off while it was in use");
        expect_failure(read_range(5 * PAGE + 10, 113), "was cut off while it was in use");
        expect_range(0, (size_t)sizes[i]);
        expect_failure(mafat_direct_check(&direct, &error), "was changed while it was in use");
        mafat_direct_close(&direct);
    }
}
END_TEST

/* Sets the file's time of modification. */
static void set_time(struct timespec modified)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, modified};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* By its size, by its time, by a part of a second of it. */
START_TEST(a_file_that_changes_is_noticed)
{
    static const struct timespec made = {1234567, 1000}, touched = {1234567, 2000};
    set_time(made);
    open_file(_i);
    ck_assert_int_eq(mafat_direct_check(&direct, &error), MAFAT_OK);
    ck_assert_int_eq(truncate(path, FILE_BYTES + 1), 0);
    set_time(made);
    expect_failure(mafat_direct_check(&direct, &error), "it had 20603 bytes, it has 20604 now");
    ck_assert_int_eq(truncate(path, FILE_BYTES - 1), 0);
    set_time(made);
    expect_failure(mafat_direct_check(&direct, &error), "it had 20603 bytes, it has 20602 now");
    ck_assert_int_eq(truncate(path, FILE_BYTES), 0);
    set_time(touched);
    expect_failure(mafat_direct_check(&direct, &error), "was written to while it was in use");
    set_time(made);
    ck_assert_int_eq(mafat_direct_check(&direct, &error), MAFAT_OK);
}
END_TEST

/* Whoever writes a new file under the old name does no harm: the old one is still there. */
START_TEST(a_file_that_is_replaced_is_read_on)
{
    char other[128];
    snprintf(other, sizeof other, "%s.new", path);
    open_file(_i);
    ck_assert_int_eq(rename(path, other), 0);
    write_file("new", 3);
    ck_assert_int_eq(mafat_direct_check(&direct, &error), MAFAT_OK);
    expect_range(0, FILE_BYTES);
    unlink(other);
    unlink(path);
    ck_assert_int_eq(mafat_direct_check(&direct, &error), MAFAT_OK);
    expect_range(17, PAGE);
}
END_TEST

START_TEST(a_refusal_of_direct_reads_is_said)
{
    const char *printed = open_file(_i);
    ck_assert_int_eq(direct.direct, _i == DIRECT);
    if (_i == DIRECT) {
        ck_assert_str_eq(printed, "");
        return;
    }
    ck_assert_msg(strstr(printed, path) != NULL, "%s", printed);
    ck_assert_msg(strstr(printed, ": direct reads are refused here; its pages pass through the "
                         "page cache, which a memory limit counts\n") != NULL, "%s", printed);
}
END_TEST

/* A real file of a kind that no file system reads directly. */
START_TEST(files_of_the_kernel_are_read_through_the_cache)
{
    snprintf(path, sizeof path, "/proc/version");    /* as it is under emulators, too */
    open_file(DIRECT);
    ck_assert(!direct.direct);
    snprintf(path, sizeof path, "%s/a.weights", folder);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
    unlink(path);
    expect_failure(mafat_direct_open(&direct, path, &error), "No such file");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    expect_failure(mafat_direct_open(&direct, path, &error), "is a directory");
    rmdir(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);    /* with nobody at its other end */
    expect_failure(mafat_direct_open(&direct, path, &error), "is not a regular file");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("direct");
    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, any_range_is_the_files_bytes, 0, N_MODES);
    tcase_add_loop_test(tcase, ranges_in_sequence_read_each_page_once, 0, N_MODES);
    tcase_add_loop_test(tcase, reads_that_are_interrupted_or_short_go_on, 0, N_MODES);
    tcase_add_loop_test(tcase, a_read_that_fails_names_the_file_and_spoils_nothing, 0, N_MODES);
    tcase_add_loop_test(tcase, what_is_behind_the_files_end_cannot_be_read, 0, N_MODES);
    tcase_add_loop_test(tcase, bytes_that_vanish_are_missed, 0, N_MODES);
    tcase_add_loop_test(tcase, a_file_that_changes_is_noticed, 0, N_MODES);
    tcase_add_loop_test(tcase, a_file_that_is_replaced_is_read_on, 0, N_MODES);
    tcase_add_loop_test(tcase, a_refusal_of_direct_reads_is_said, 0, N_MODES);
    tcase_add_test(tcase, files_of_the_kernel_are_read_through_the_cache);
    tcase_add_test(tcase, what_is_no_file_is_refused);
    Suite *suite = suite_create("direct");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
