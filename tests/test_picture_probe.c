/* How Darknet rounds pictures is measured once in a process, whichever threads ask, and anew where
 * it could not be measured. */
#define _GNU_SOURCE    /* memfd_create() */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/notice.h"
#include "bridge/caught.h"
#include "support/suite.h"
#include "upstream/picture_probe.h"

enum { N_THREADS = 8, N_PICTURES = 2 };

/* The files that Darknet is to read pictures from. */
static enum { USUAL, NONE, EMPTY } files;
static atomic_int n_files;

/* In place of libc's; slow, so that other threads come meanwhile. */
int memfd_create(const char *name, unsigned flags)
{
    atomic_fetch_add(&n_files, 1);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    if (files == NONE)
        return -1;
    return files == EMPTY ? open("/dev/null", O_RDWR) : (int)syscall(SYS_memfd_create, name, flags);
}

static mafat_status measure(void *context, mafat_error *error)
{
    (void)context;
    return mafat_picture_probe_measure(error);
}

START_TEST(without_a_file_nothing_is_measured)
{
    mafat_error error;
    files = NONE;
    setenv("TMPDIR", "/nonexistent", 1);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(mafat_picture_probe_measure(&error), MAFAT_FAILED);
    files = USUAL;
    unsetenv("TMPDIR");
}
END_TEST

/* Darknet would end the process where it cannot read a picture. */
START_TEST(where_darknet_gives_up_others_do_not_wait)
{
    mafat_error error;
    mafat_caught_things things = {0};
    bool was_hushed = mafat_notice_set_hushed(true);
    files = EMPTY;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_ne(mafat_caught_run(measure, NULL, &things, false, &error), MAFAT_OK);
        mafat_picture_probe_abandon();
    }
    mafat_notice_set_hushed(was_hushed);
    mafat_caught_free(&things);
    files = USUAL;
}
END_TEST

static void *measure_with_others(void *context)
{
    mafat_error error;
    pthread_barrier_wait(context);
    if (mafat_picture_probe_measure(&error) != MAFAT_OK)
        return NULL;
    return (void *)mafat_picture_probe_rounding();
}

START_TEST(threads_measure_once)
{
    pthread_t threads[N_THREADS];
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, N_THREADS);
    n_files = 0;
    for (int i = 0; i < N_THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, measure_with_others, &barrier), 0);
    for (int i = 0; i < N_THREADS; i++) {
        void *found;
        pthread_join(threads[i], &found);
        ck_assert_ptr_nonnull(found);
        ck_assert_ptr_eq(found, mafat_picture_probe_rounding());
    }
    pthread_barrier_destroy(&barrier);
    ck_assert_int_eq(n_files, N_PICTURES);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("picture_probe");
    tcase_add_test(tests, without_a_file_nothing_is_measured);
    tcase_add_test(tests, where_darknet_gives_up_others_do_not_wait);
    tcase_add_test(tests, threads_measure_once);    /* the last: in one process it stays known */
    Suite *suite = suite_create("picture_probe");
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
