/* How many threads suit a machine: of trees that stand for boards, kernels and containers. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "machine/measure.h"
#include "machine/processors.h"
#include "support/suite.h"
#include "support/tree.h"

enum { N = 8 };
static const int numbers[N] = {0, 1, 2, 3, 4, 5, 6, 7};

#define V2_MOUNT "31 22 0:28 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNT                                                                    \
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"  \
    "35 31 0:32 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"            \
    "41 31 0:38 / /sys/fs/cgroup/unified ro - cgroup2 cgroup2 rw\n"

/* Each processor's file holds its number; 0: there is none. */
static void put_speeds(const char *file, const unsigned speeds[N])
{
    for (int i = 0; i < N; i++) {
        char name[128], text[32];
        snprintf(name, sizeof name, "sys/devices/system/cpu/cpu%d/%s", i, file);
        snprintf(text, sizeof text, "%u\n", speeds[i]);
        if (speeds[i] > 0)
            test_tree_put(name, text);
    }
}

static void expect_threads(int n_threads, const int *of, int n)
{
    mafat_processors found = mafat_processors_of(test_tree, of, n);
    ck_assert_int_eq(found.n_allowed, n);
    ck_assert_int_eq(mafat_processors_threads(&found), n_threads);
}

static void put_v2(const char *name)
{
    char line[128];
    snprintf(line, sizeof line, "0::%s\n", name);
    test_tree_put("proc/self/cgroup", line);
    test_tree_put("proc/self/mountinfo", V2_MOUNT);
}

static void expect_quota(double quota)
{
    mafat_processors found = mafat_processors_of(test_tree, numbers, N);
    ck_assert_msg(found.quota == quota, "%g, not %g", found.quota, quota);
}

/* ------------------------------------------------------------------------------- fast and slow */

typedef struct {
    const char *board;
    unsigned capacities[N], frequencies[N];
    int n_fast;
} board;

static const board boards[] = {
    {"nothing is known", {0}, {0}, 8},
    {"RK3588, as Linux has it", {397, 397, 397, 397, 1024, 1024, 1011, 1011},
     {1800000, 1800000, 1800000, 1800000, 2400000, 2400000, 2352000, 2352000}, 4},
    {"S922X: the little ones run at more MHz", {628, 628, 1024, 1024, 1024, 1024, 1024, 1024},
     {1896000, 1896000, 1800000, 1800000, 1800000, 1800000, 1800000, 1800000}, 6},
    {"RK3399 without capacities", {0}, {1416000, 1416000, 1416000, 1416000, 1800000, 1800000,
     1416000, 1416000}, 2},
    {"all the same", {1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024}, {0}, 8},
    {"a core that turbos higher", {0}, {5200000, 5100000, 5100000, 5100000, 5100000, 5100000,
     5100000, 5100000}, 8},
    {"four fifths are enough", {820, 819, 1024, 1024, 1024, 1024, 1024, 1024}, {0}, 7},
    {"one of them says nothing", {446, 446, 446, 446, 1024, 1024, 1024, 0}, {0}, 8},
};

START_TEST(threads_are_as_many_as_fast_processors)
{
    const board *b = &boards[_i];
    test_case("%s", b->board);
    put_speeds("cpu_capacity", b->capacities);
    put_speeds("cpufreq/cpuinfo_max_freq", b->frequencies);
    expect_threads(b->n_fast, numbers, N);
}
END_TEST

/* What a process may run on is all that it is compared with. */
START_TEST(only_allowed_processors_count)
{
    static const int little[] = {0, 1, 3}, mixed[] = {2, 5}, one[] = {7};
    put_speeds("cpu_capacity", boards[1].capacities);
    expect_threads(3, little, 3);
    expect_threads(1, mixed, 2);
    expect_threads(1, one, 1);
}
END_TEST

START_TEST(what_is_no_speed_is_none)
{
    put_speeds("cpu_capacity", boards[1].capacities);
    test_tree_put("sys/devices/system/cpu/cpu3/cpu_capacity", "many\n");
    expect_threads(N, numbers, N);
    test_tree_put("sys/devices/system/cpu/cpu3/cpu_capacity", "");
    expect_threads(N, numbers, N);
}
END_TEST

/* -------------------------------------------------------------------------------------- quotas */

START_TEST(a_quota_bounds_threads)
{
    static const struct {
        const char *text;
        double quota;
        int n_threads;
    } quotas[] = {
        {"max 100000\n", INFINITY, 8}, {"800000 100000\n", 8, 8}, {"400000 100000\n", 4, 4},
        {"399999 100000\n", 3.99999, 3}, {"150000 100000\n", 1.5, 1}, {"5000 100000\n", .05, 1},
        {"100000 50000\n", 2, 2}, {"12800000 100000\n", 128, 8},
    };
    put_v2("/a");
    for (size_t i = 0; i < sizeof quotas / sizeof quotas[0]; i++) {
        test_case("%s", quotas[i].text);
        test_tree_put("sys/fs/cgroup/a/cpu.max", quotas[i].text);
        expect_quota(quotas[i].quota);
        expect_threads(quotas[i].n_threads, numbers, N);
    }
}
END_TEST

START_TEST(the_least_of_quotas_and_fast_processors_counts)
{
    put_speeds("cpu_capacity", boards[1].capacities);
    put_v2("/a/b");
    test_tree_put("sys/fs/cgroup/a/cpu.max", "300000 100000\n");
    test_tree_put("sys/fs/cgroup/a/b/cpu.max", "600000 100000\n");
    expect_threads(3, numbers, N);
    test_tree_put("sys/fs/cgroup/a/cpu.max", "max 100000\n");
    expect_threads(4, numbers, N);
    test_tree_put("sys/fs/cgroup/a/b/cpu.max", "200000 100000\n");
    expect_threads(2, numbers, N);
}
END_TEST

/* A container with a namespace of its own is at the top of what it sees; its quota stands there. */
START_TEST(containers_find_their_quota)
{
    put_v2("/");
    test_tree_put("sys/fs/cgroup/cpu.max", "250000 100000\n");
    expect_quota(2.5);
    put_v2("/../other");
    expect_quota(INFINITY);    /* out of sight */
    test_tree_put("proc/self/cgroup", "6:cpu,cpuacct:/docker/1f\n0::/\n");
    test_tree_put("proc/self/mountinfo", "33 31 0:30 /docker/1f /cg\\040cpu ro - cgroup cgroup rw,cpuacct,cpu\n");
    test_tree_put("cg cpu/cpu.cfs_quota_us", "50000\n");
    test_tree_put("cg cpu/cpu.cfs_period_us", "100000\n");
    expect_quota(.5);
}
END_TEST

/* Memory may be counted by one version, and processors by the other. */
START_TEST(hybrids_have_their_quota_in_either)
{
    test_tree_put("proc/self/mountinfo", V1_MOUNT);
    test_tree_put("sys/fs/cgroup/memory/m/cpu.max", "100000 100000\n");    /* not there */
    test_tree_put("sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us", "300000\n");
    test_tree_put("sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us", "100000\n");
    test_tree_put("sys/fs/cgroup/unified/u/cpu.max", "200000 100000\n");
    test_tree_put("proc/self/cgroup", "5:cpu,cpuacct:/c\n4:memory:/m\n0::/u\n");
    expect_quota(3);
    test_tree_put("sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us", "-1\n");
    expect_quota(INFINITY);
    test_tree_put("proc/self/cgroup", "4:memory:/m\n0::/u\n");
    expect_quota(2);
    test_tree_put("proc/self/cgroup", "4:memory:/m\n3:cpuset:/m\n");
    expect_quota(INFINITY);
}
END_TEST

START_TEST(what_says_no_quota_is_none)
{
    static const char *const broken[] = {"", "\n", "many", "100000\n", "100000 \n", "100000 0\n",
                                         "0 100000\n", "-1 100000\n", "1x 100000\n", "100000 max_\n"};
    put_v2("/a");
    test_tree_put("sys/fs/cgroup/a/cpu.max", broken[_i]);
    expect_quota(INFINITY);
    expect_threads(N, numbers, N);
}
END_TEST

START_TEST(what_is_found_is_told)
{
    static const struct {
        mafat_processors processors;
        const char *text;
    } all[] = {
        {{8, 8, INFINITY}, "8"},
        {{8, 4, INFINITY}, "8, of which 4 are fast"},
        {{8, 8, 2.5}, "8, CPU quota 2.5"},
        {{8, 4, 2}, "8, of which 4 are fast, CPU quota 2"},
        {{8, 4, 64}, "8, of which 4 are fast"},
        {{1024, 1000, 1.0 / 3}, "1024, of which 1000 are fast, CPU quota 0.3333"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char text[MAFAT_PROCESSORS_TEXT];
        ck_assert_str_eq(mafat_processors_describe(&all[i].processors, text, sizeof text),
                         all[i].text);
    }
}
END_TEST

START_TEST(this_machine_has_threads)
{
    mafat_processors found = mafat_processors_find();
    ck_assert_int_eq(found.n_allowed, mafat_measure_processors());
    ck_assert_int_ge(mafat_processors_threads(&found), 1);
    ck_assert_int_le(mafat_processors_threads(&found), found.n_allowed);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("processors");
    tcase_add_checked_fixture(tcase, test_tree_make, test_tree_remove);
    tcase_add_loop_test(tcase, threads_are_as_many_as_fast_processors, 0,
                        (int)(sizeof boards / sizeof boards[0]));
    tcase_add_test(tcase, only_allowed_processors_count);
    tcase_add_test(tcase, what_is_no_speed_is_none);
    tcase_add_test(tcase, a_quota_bounds_threads);
    tcase_add_test(tcase, the_least_of_quotas_and_fast_processors_counts);
    tcase_add_test(tcase, containers_find_their_quota);
    tcase_add_test(tcase, hybrids_have_their_quota_in_either);
    tcase_add_loop_test(tcase, what_says_no_quota_is_none, 0, 10);
    tcase_add_test(tcase, what_is_found_is_told);
    tcase_add_test(tcase, this_machine_has_threads);
    Suite *suite = suite_create("processors");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
