/* Memory cgroups, read from trees that a test writes: both versions, nested, hybrid, broken; and
 * how much memory a process may take in them. */
#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/size.h"
#include "machine/auto_memory.h"
#include "machine/cgroup.h"
#include "machine/charged.h"
#include "machine/allowance.h"
#include "support/suite.h"
#include "support/tree.h"

/* What the kernel writes in version 1 for "no limit". */
#define NO_LIMIT_V1 "9223372036854771712"

static mafat_cgroup cgroup;
static mafat_error fault;

/* ----------------------------------------------------------------------------------- fake trees */

#define root test_tree
#define put test_tree_put

static void put_v1(const char *name)
{
    char line[256];
    snprintf(line, sizeof line, "5:cpu,cpuacct:/other\n4:memory:%s\n0::/\n", name);
    put("proc/self/cgroup", line);
    put("proc/self/mountinfo",
        "22 1 8:1 / / rw,relatime - ext4 /dev/vda rw\n"
        "31 22 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
        "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
        "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
}

static void put_v2(const char *name)
{
    char line[256];
    snprintf(line, sizeof line, "0::%s\n", name);
    put("proc/self/cgroup", line);
    put("proc/self/mountinfo",
        "22 1 8:1 / / rw,relatime - ext4 /dev/vda rw\n"
        "31 22 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
    put("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
}

static void setup(void)
{
    test_tree_make();
    fault = (mafat_error){0};
}

static void expect_found(int version, const char *path)
{
    char whole[256];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    ck_assert_msg(mafat_cgroup_find(&cgroup, root, &fault) == MAFAT_OK, "%s: %s", fault.file,
                  fault.text);
    ck_assert_int_eq(cgroup.version, version);
    ck_assert_str_eq(cgroup.path, whole);
}

static void expect_limit(size_t expected)
{
    size_t bytes = 1;
    ck_assert_msg(mafat_cgroup_limit(&cgroup, &bytes, &fault) == MAFAT_OK, "%s: %s", fault.file,
                  fault.text);
    ck_assert_uint_eq(bytes, expected);
}

/* The error names this file and says this. */
static void expect_fault(mafat_status status, const char *file, const char *text)
{
    ck_assert_int_eq(status, MAFAT_FAILED);
    ck_assert_msg(strstr(fault.file, file) != NULL, "no %s in %s", file, fault.file);
    ck_assert_msg(strstr(fault.text, text) != NULL, "no \"%s\" in \"%s\"", text, fault.text);
}

/* -------------------------------------------------------------------------------------- finding */

START_TEST(version_1_is_found_where_memory_is_mounted)
{
    put_v1("/a/b");
    expect_found(1, "/sys/fs/cgroup/memory/a/b");
    put_v1("/");
    expect_found(1, "/sys/fs/cgroup/memory");
}
END_TEST

START_TEST(version_2_is_found)
{
    put_v2("/user.slice/run-1.scope");
    expect_found(2, "/sys/fs/cgroup/user.slice/run-1.scope");
    put_v2("/");
    expect_found(2, "/sys/fs/cgroup");
    put_v2("/with:colon");
    expect_found(2, "/sys/fs/cgroup/with:colon");
}
END_TEST

START_TEST(hybrid_counts_memory_in_one_of_them)
{
    put_v1("/a");    /* mounts version 2 as well */
    expect_found(1, "/sys/fs/cgroup/memory/a");
    put("proc/self/cgroup", "1:cpu:/x\n0::/a\n");
    put("sys/fs/cgroup/unified/cgroup.controllers", "memory\n");
    expect_found(2, "/sys/fs/cgroup/unified/a");
}
END_TEST

START_TEST(containers_see_their_own_part)
{
    put("proc/self/cgroup", "4:memory:/docker/1f/job\n");
    put("proc/self/mountinfo",
        "34 31 0:31 /docker/1 /wrong rw - cgroup cgroup rw,memory\n"
        "35 31 0:32 /docker/1f /cg\\040mem rw - cgroup cgroup rw,memory\n");
    expect_found(1, "/cg mem/job");
    ck_assert(mafat_cgroup_ascend(&cgroup));
    ck_assert(!mafat_cgroup_ascend(&cgroup));
    put("proc/self/cgroup", "4:memory:/docker/1f\n");
    expect_found(1, "/cg mem");
}
END_TEST

START_TEST(what_cannot_be_found_is_said)
{
    expect_fault(mafat_cgroup_find(&cgroup, root, &fault), "proc/self/cgroup", "No such file");
    put("proc/self/cgroup", "1:name=systemd:/\nnonsense\n");
    expect_fault(mafat_cgroup_find(&cgroup, root, &fault), "proc/self/cgroup", "no memory cgroup");
    put("proc/self/cgroup", "4:memory:/a\n");
    expect_fault(mafat_cgroup_find(&cgroup, root, &fault), "mountinfo", "No such file");
    put("proc/self/mountinfo", "35 31 0:32 / /cg rw - cgroup cgroup rw,cpu,memoryless\n\nx - y\n");
    expect_fault(mafat_cgroup_find(&cgroup, root, &fault), "mountinfo", "version 1 with /a");
    put_v2("/../../elsewhere");
    expect_fault(mafat_cgroup_find(&cgroup, root, &fault), "mountinfo", "version 2");
    put_v2("/a");
    put("sys/fs/cgroup/cgroup.controllers", "cpu memoryless pids\n");
    expect_fault(mafat_cgroup_find(&cgroup, root, &fault), "cgroup.controllers",
                 "cgroup_enable=memory");
}
END_TEST

/* --------------------------------------------------------------------------------------- limits */

START_TEST(the_tightest_of_all_ancestors_counts)
{
    static const char *const order[][3] = {
        {"4096000", "8192000", "16384000"},
        {"8192000", "4096000", "16384000"},
        {"8192000", "16384000", "4096000"},
        {"max", "4096000", "max"},
        {"max", "max", "4096000"},
    };
    put_v2("/a/b");
    put("sys/fs/cgroup/memory.max", order[_i][0]);
    put("sys/fs/cgroup/a/memory.max", order[_i][1]);
    put("sys/fs/cgroup/a/b/memory.max", order[_i][2]);
    expect_found(2, "/sys/fs/cgroup/a/b");
    expect_limit(4096000);
}
END_TEST

START_TEST(high_is_a_limit_too)
{
    put_v2("/a");
    put("sys/fs/cgroup/a/memory.max", "8192000\n");
    put("sys/fs/cgroup/a/memory.high", "4096000\n");
    expect_found(2, "/sys/fs/cgroup/a");
    expect_limit(4096000);
}
END_TEST

START_TEST(no_limit_is_no_limit)
{
    put_v1("/a/b");
    expect_found(1, "/sys/fs/cgroup/memory/a/b");
    expect_limit(SIZE_MAX);    /* without any files */
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", NO_LIMIT_V1 "\n");
    put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", NO_LIMIT_V1 "\n");
    expect_limit(SIZE_MAX);
    put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "16777216\n");
    put("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", NO_LIMIT_V1 "\n");
    expect_limit(16777216);
    put_v2("/a/b");
    put("sys/fs/cgroup/a/b/memory.max", "max\n");
    put("sys/fs/cgroup/a/b/memory.high", "max\n");
    expect_found(2, "/sys/fs/cgroup/a/b");
    expect_limit(SIZE_MAX);
    put("sys/fs/cgroup/a/memory.max", "0\n");
    expect_limit(0);
}
END_TEST

START_TEST(a_limit_that_cannot_be_read_is_no_guess)
{
    static const char *const broken[] = {"", "\n", "many", "-1", "12x", "99999999999999999999",
                                         "12 13"};
    size_t bytes;
    put_v2("/a");
    put("sys/fs/cgroup/a/memory.max", broken[_i]);
    expect_found(2, "/sys/fs/cgroup/a");
    expect_fault(mafat_cgroup_limit(&cgroup, &bytes, &fault), "a/memory.max", "has no number");
}
END_TEST

START_TEST(ancestors_end_at_the_mount)
{
    put_v2("/a/b");
    put("sys/fs/memory.max", "1\n");    /* not a cgroup */
    expect_found(2, "/sys/fs/cgroup/a/b");
    expect_limit(SIZE_MAX);
    int n = 0;
    while (mafat_cgroup_ascend(&cgroup))
        n++;
    ck_assert_int_eq(n, 2);
    expect_found(2, "/sys/fs/cgroup/a/b");
}
END_TEST

/* ------------------------------------------------------------------------------------- counters */

START_TEST(counters_are_read_by_either_name)
{
    size_t usage, peak;
    uint64_t hits, kills, swap;
    put_v1("/a");
    put("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "4096\n");
    put("sys/fs/cgroup/memory/a/memory.max_usage_in_bytes", "8192\n");
    put("sys/fs/cgroup/memory/a/memory.failcnt", "3\n");
    put("sys/fs/cgroup/memory/a/memory.oom_control",
        "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    for (int version = 1; version <= 2; version++) {
        test_case("version %d", version);
        if (version == 2) {
            put_v2("/a");
            put("sys/fs/cgroup/a/memory.current", "4096\n");
            put("sys/fs/cgroup/a/memory.peak", "8192\n");
            put("sys/fs/cgroup/a/memory.swap.peak", "5\n");
            put("sys/fs/cgroup/a/memory.events",
                "low 9\nhigh 8\nmax 3\noom 7\noom_kill 2\noom_group_kill 6\n");
        }
        expect_found(version, version == 1 ? "/sys/fs/cgroup/memory/a" : "/sys/fs/cgroup/a");
        ck_assert_int_eq(mafat_cgroup_usage(&cgroup, &usage, &fault), MAFAT_OK);
        ck_assert_int_eq(mafat_cgroup_peak(&cgroup, &peak, &fault), MAFAT_OK);
        ck_assert_int_eq(mafat_cgroup_limit_hits(&cgroup, &hits, &fault), MAFAT_OK);
        ck_assert_int_eq(mafat_cgroup_oom_kills(&cgroup, &kills, &fault), MAFAT_OK);
        ck_assert_uint_eq(usage, 4096);
        ck_assert_uint_eq(peak, 8192);
        ck_assert_uint_eq(hits, 3);
        ck_assert_uint_eq(kills, 2);
    }
    ck_assert_int_eq(mafat_cgroup_peak_swap(&cgroup, &swap, &fault), MAFAT_OK);
    ck_assert_uint_eq(swap, 5);
}
END_TEST

START_TEST(counters_that_a_kernel_lacks_are_said)
{
    size_t bytes;
    uint64_t n;
    put_v2("/a");
    put("sys/fs/cgroup/a/memory.events", "oom_kill_disable 3\nmaximum 4\n");
    expect_found(2, "/sys/fs/cgroup/a");
    expect_fault(mafat_cgroup_peak(&cgroup, &bytes, &fault), "a/memory.peak", "No such file");
    expect_fault(mafat_cgroup_peak_swap(&cgroup, &n, &fault), "memory.swap.peak", "No such file");
    expect_fault(mafat_cgroup_oom_kills(&cgroup, &n, &fault), "memory.events", "behind oom_kill");
    expect_fault(mafat_cgroup_limit_hits(&cgroup, &n, &fault), "memory.events", "behind max");
}
END_TEST

/* -------------------------------------------------------------------------------- this process's */

enum { SELF = 77, MIB = 1 << 20 };

/* Two looks at a cgroup: at the beginning, and at the end. */
typedef struct {
    const char *begin_procs, *end_procs;
    int begin_usage, begin_peak, end_peak;    /* MiB */
    bool is_own;
} looks;

static void look(const char *procs, int usage, int peak)
{
    char text[32];
    put("sys/fs/cgroup/a/cgroup.procs", procs);
    snprintf(text, sizeof text, "%lld\n", (long long)usage * MIB);
    put("sys/fs/cgroup/a/memory.current", text);
    snprintf(text, sizeof text, "%lld\n", (long long)peak * MIB);
    put("sys/fs/cgroup/a/memory.peak", text);
}

static const looks all_looks[] = {
    {"77\n", "77\n", 3, 3, 40, true},
    {"77\n", "77\n", 3, 4, 4, true},         /* it has not grown */
    {"77\n78\n", "77\n", 3, 3, 40, false},   /* others, at the beginning or at the end, */
    {"78\n77\n", "77\n", 3, 3, 40, false},
    {"77\n", "77\n78\n", 3, 3, 40, false},
    {"77\n", "76\n77\n", 3, 3, 40, false},
    {"77\n", "0\n77\n", 3, 3, 40, false},    /* out of sight */
    {"77\n", "777\n", 3, 3, 40, false},
    {"77\n", "", 3, 3, 40, false},
    {"77\n", "77\n", 30, 30, 40, false},     /* who has gone, and left pages, */
    {"77\n", "77\n", 3, 40, 40, false},      /* or nothing but the peak */
    {"77\n", "77\n", 3, 40, 41, true},
};

START_TEST(a_peak_is_ones_own_where_nobody_else_was)
{
    const looks *l = &all_looks[_i];
    mafat_charged charged;
    size_t bytes = 0;
    put_v2("/a");
    look(l->begin_procs, l->begin_usage, l->begin_peak);
    mafat_charged_begin(&charged, root, SELF, 2 * MIB);
    look(l->end_procs, l->end_peak, l->end_peak);
    ck_assert_int_eq(mafat_charged_peak(&charged, root, SELF, &bytes) == NULL, l->is_own);
    if (l->is_own)
        ck_assert_uint_eq(bytes, (size_t)l->end_peak * MIB);
}
END_TEST

START_TEST(a_cgroup_below_is_somebody_else)
{
    struct stat about;
    char path[512];
    size_t bytes;
    mafat_charged charged;
    put_v2("/a");
    look("77\n", 3, 3);
    mafat_charged_begin(&charged, root, SELF, 2 * MIB);
    put("sys/fs/cgroup/a/b/cgroup.procs", "");
    snprintf(path, sizeof path, "%s/sys/fs/cgroup/a", root);
    ck_assert_int_eq(stat(path, &about), 0);
    if (about.st_nlink > 2)    /* btrfs counts none, cgroups do */
        ck_assert_ptr_nonnull(mafat_charged_peak(&charged, root, SELF, &bytes));
}
END_TEST

START_TEST(without_a_cgroup_no_peak_is_ones_own)
{
    size_t bytes;
    mafat_charged charged;
    mafat_charged_begin(&charged, root, SELF, 2 * MIB);
    ck_assert_ptr_nonnull(mafat_charged_peak(&charged, root, SELF, &bytes));
    charged = (mafat_charged){0};
    put_v2("/a");
    look("77\n", 3, 3);
    ck_assert_ptr_nonnull(mafat_charged_peak(&charged, root, SELF, &bytes));    /* nobody looked before */
}
END_TEST

START_TEST(swapping_of_the_machine_counts_zswap)
{
    uint64_t bytes, page = (uint64_t)sysconf(_SC_PAGESIZE);
    expect_fault(mafat_cgroup_swapped_out(root, &bytes, &fault), "proc/vmstat", "No such file");
    put("proc/vmstat", "pswpin 1\npswpout 20\n");
    ck_assert_int_eq(mafat_cgroup_swapped_out(root, &bytes, &fault), MAFAT_OK);
    ck_assert_uint_eq(bytes, 20 * page);
    put("proc/vmstat", "pswpin 1\npswpout 20\nzswpin 4\nzswpout 300\n");
    ck_assert_int_eq(mafat_cgroup_swapped_out(root, &bytes, &fault), MAFAT_OK);
    ck_assert_uint_eq(bytes, 320 * page);
}
END_TEST

/* ------------------------------------------------------------------------------------ allowance */

#define MEMINFO "MemTotal:  24681472 kB\nMemFree:   2 kB\nMemAvailable:    1000 kB\n"

/* The allowance of a process that holds own_bytes, and whose limit it is: the cgroup, by its path
 * below the mount, and the file; NULL where it is what the machine has available. */
static void expect_allowance(size_t own_bytes, size_t bytes, const char *name, const char *file)
{
    mafat_allowance found;
    ck_assert_msg(mafat_allowance_find(&found, root, own_bytes, &fault) == MAFAT_OK, "%s: %s",
                  fault.file, fault.text);
    ck_assert_uint_eq(found.bytes, bytes);
    ck_assert_int_eq(found.limit_bytes == SIZE_MAX, name == NULL);
    if (name == NULL)
        return;
    ck_assert_str_eq(found.cgroup.path + found.cgroup.mount_length, name);
    ck_assert_str_eq(found.file, file);
}

START_TEST(the_allowance_is_a_limit_or_what_is_available)
{
    mafat_allowance found;
    expect_fault(mafat_allowance_find(&found, root, 0, &fault), "proc/meminfo", "No such file");
    put("proc/meminfo", MEMINFO);
    expect_allowance(0, 1024000, NULL, NULL); /* no cgroup */
    put_v1("/a");
    expect_allowance(0, 1024000, NULL, NULL); /* without a limit */
    put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1024001\n");
    expect_allowance(0, 1024000, NULL, NULL);
    put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1023999\n");
    expect_allowance(0, 1023999, "/a", "memory.limit_in_bytes");
    put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "nonsense\n");
    expect_fault(mafat_allowance_find(&found, root, 0, &fault), "memory.limit_in_bytes",
                 "no number");
    put("proc/meminfo", "MemTotal:  24681472 kB\n");
    expect_fault(mafat_allowance_find(&found, root, 0, &fault), "meminfo", "behind MemAvailable");
}
END_TEST

START_TEST(what_a_process_holds_is_not_in_its_way)
{
    put("proc/meminfo", MEMINFO);
    expect_allowance(3000, 1027000, NULL, NULL);
    expect_allowance(SIZE_MAX, SIZE_MAX, NULL, NULL);
    put_v2("/a");
    put("sys/fs/cgroup/a/memory.max", "90000\n");
    put("sys/fs/cgroup/a/memory.current", "50000\n");
    put("sys/fs/cgroup/a/memory.stat", "anon 30000\ninactive_file 0\n");
    expect_allowance(0, 40000, "/a", "memory.max");
    expect_allowance(30000, 70000, "/a", "memory.max");
    expect_allowance(50000, 90000, "/a", "memory.max");
    expect_allowance(50001, 90000, "/a", "memory.max"); /* it may be charged elsewhere */
}
END_TEST

/* Files of either version, with the keys that matter among those that do not. */
static void put_charge(int version, const char *name, const char *limit, const char *usage,
                       const char *idle)
{
    char path[256], text[256];
    const char *const files[2][2] = {{"memory.limit_in_bytes", "memory.usage_in_bytes"},
                                     {"memory.max", "memory.current"}};
    const char *mount = version == 1 ? "sys/fs/cgroup/memory" : "sys/fs/cgroup";
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s%s/%s", mount, name, files[version - 1][i]);
        put(path, i == 0 ? limit : usage);
    }
    snprintf(path, sizeof path, "%s%s/memory.stat", mount, name);
    snprintf(text, sizeof text, "active_file 7\ninactive_file %s\n%s%s\n",
             version == 1 ? "5" : idle, version == 1 ? "total_active_file 9\ntotal_inactive_file "
                                                     : "unevictable ", version == 1 ? idle : "3");
    put(path, text);
}

START_TEST(pages_that_lie_idle_are_no_ones)
{
    const int version = _i + 1;
    const char *file = version == 1 ? "memory.limit_in_bytes" : "memory.max";
    put("proc/meminfo", MEMINFO);
    version == 1 ? put_v1("/a") : put_v2("/a");
    put_charge(version, "/a", "90000", "60000", "20000");
    expect_allowance(0, 50000, "/a", file);
    expect_allowance(10000, 60000, "/a", file);
    expect_allowance(40000, 90000, "/a", file);
    put_charge(version, "/a", "90000", "60000", "60001");    /* counted at another moment */
    expect_allowance(10000, 90000, "/a", file);
    put_charge(version, "/a", "50000", "60000", "0");        /* a limit that was lowered */
    expect_allowance(10000, 0, "/a", file);
    expect_allowance(15000, 5000, "/a", file);
}
END_TEST

START_TEST(others_may_be_charged_in_any_ancestor)
{
    static const struct {
        const char *top[3], *middle[3], *own[3];    /* limit, usage, idle */
        size_t bytes;
        const char *name;
    } cases[] = {
        {{"900000", "0", "0"}, {"90000", "60000", "0"}, {"80000", "0", "0"}, 40000, "/a"},
        {{"900000", "880000", "5000"}, {"90000", "0", "0"}, {"80000", "0", "0"}, 35000, ""},
        {{"900000", "880000", "50000"}, {"90000", "0", "0"}, {"80000", "30000", "0"}, 60000,
         "/a/b"},
        {{"900000", "900000", "0"}, {"90000", "90000", "90000"}, {"80000", "0", "0"}, 10000, ""},
    };
    put("proc/meminfo", MEMINFO);
    for (int version = 1; version <= 2; version++) {
        version == 1 ? put_v1("/a/b") : put_v2("/a/b");
        put_charge(version, "", cases[_i].top[0], cases[_i].top[1], cases[_i].top[2]);
        put_charge(version, "/a", cases[_i].middle[0], cases[_i].middle[1], cases[_i].middle[2]);
        put_charge(version, "/a/b", cases[_i].own[0], cases[_i].own[1], cases[_i].own[2]);
        expect_allowance(10000, cases[_i].bytes, cases[_i].name,
                         version == 1 ? "memory.limit_in_bytes" : "memory.max");
    }
}
END_TEST

START_TEST(what_is_charged_without_a_limit_does_not_matter)
{
    put("proc/meminfo", MEMINFO);
    put_v2("/a");
    put_charge(2, "/a", "max", "nonsense", "0");
    expect_allowance(0, 1024000, NULL, NULL);
    put("sys/fs/cgroup/a/memory.high", "90000");
    mafat_allowance found;
    expect_fault(mafat_allowance_find(&found, root, 0, &fault), "memory.current", "no number");
    put_charge(2, "/a", "95000", "20000", "many");
    expect_fault(mafat_allowance_find(&found, root, 0, &fault), "memory.stat",
                 "behind inactive_file");
    put_charge(2, "/a", "95000", "20000", "0");
    expect_allowance(0, 70000, "/a", "memory.high");
}
END_TEST

/* ----------------------------------------------------------------------------- the limit "auto" */

static void expect_auto(size_t own_bytes, size_t bytes, const char *why)
{
    char given[640];
    size_t limit_bytes;
    ck_assert_int_eq(mafat_auto_memory_choose(root, own_bytes, &limit_bytes, given, sizeof given,
                                              &fault), MAFAT_OK);
    ck_assert_uint_eq(limit_bytes, bytes);
    ck_assert_str_eq(given, why);
}

START_TEST(auto_says_what_it_chose_and_why)
{
    put("proc/meminfo", MEMINFO);
    expect_auto(0, 960000, "15/16 of 1024000, what the machine has available (MemAvailable) and "
                           "this process holds");
    put_v2("/user.slice/x");
    put("sys/fs/cgroup/user.slice/x/memory.max", "160000\n");
    expect_auto(0, 150000, "15/16 of 160000, the limit of cgroup /user.slice/x (memory.max)");
    put("sys/fs/cgroup/user.slice/x/memory.current", "96000\n");
    expect_auto(32000, 90000, "15/16 of 96000, what is left of 160000, the limit of cgroup "
                              "/user.slice/x (memory.max)");
    put("sys/fs/cgroup/memory.high", "32000\n");
    expect_auto(0, 30000, "15/16 of 32000, the limit of cgroup / (memory.high)");
}
END_TEST

START_TEST(a_limit_above_what_there_is_is_seen)
{
    static const struct {
        long long limit, used;    /* MiB, of the cgroup */
        long long asked;          /* bytes */
        bool exceeds;
    } cases[] = {
        {64, 1, 128LL * MIB, true}, {64, 1, 64LL * MIB, false}, {64, 1, 64LL * MIB + 1, true},
        {64, 1, 1, false}, {64, 60, 64LL * MIB, true}, {64, 60, 4LL * MIB, false},
    };
    char text[32], what[640];
    put("proc/meminfo", "MemAvailable: 1000000 kB\n");
    put_v2("/a");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text, "%lld\n", cases[i].limit * MIB);
        put("sys/fs/cgroup/a/memory.max", text);
        snprintf(text, sizeof text, "%lld\n", cases[i].used * MIB);
        put("sys/fs/cgroup/a/memory.current", text);
        ck_assert_int_eq(mafat_auto_memory_exceeds(root, (size_t)cases[i].asked, 0, what,
                                                   sizeof what), cases[i].exceeds);
        ck_assert_ptr_nonnull(strstr(what, "67108864, the limit of cgroup /a (memory.max)"));
    }
}
END_TEST

START_TEST(auto_with_nothing_left_fits_nothing)
{
    char why[640];
    size_t bytes;
    put("proc/meminfo", MEMINFO);
    put_v2("/a");
    put_charge(2, "/a", "90000", "100000", "0");
    ck_assert_int_eq(mafat_auto_memory_choose(root, 0, &bytes, why, sizeof why, &fault),
                     MAFAT_NO_FIT);
    ck_assert_str_eq(fault.text, "memory auto: no memory is left: 15/16 of 0, what is left of "
                                 "90000, the limit of cgroup /a (memory.max)");
    put("proc/meminfo", "MemTotal:  24681472 kB\n");
    expect_fault(mafat_auto_memory_choose(root, 0, &bytes, why, sizeof why, &fault), "meminfo",
                 "behind MemAvailable");
}
END_TEST

/* Whatever this machine is like: an answer, or a message. */
START_TEST(this_machine_has_something_available)
{
    mafat_allowance found;
    ck_assert_msg(mafat_allowance_find(&found, "", 0, &fault) == MAFAT_OK, "%s: %s", fault.file,
                  fault.text);
    ck_assert_uint_gt(found.bytes, 1 << 20);
    if (mafat_cgroup_find(&cgroup, "", &fault) == MAFAT_OK)
        ck_assert(mafat_cgroup_has(&cgroup, "cgroup.procs"));
}
END_TEST

START_TEST(auto_is_chosen_and_printed_once)
{
    size_t first = 0, second = 0;
    char path[128], text[1024] = "", expected[128];
    snprintf(path, sizeof path, "%s/stderr", root);
    int kept = dup(STDERR_FILENO), file = open(path, O_RDWR | O_CREAT, 0600);
    ck_assert_int_ge(file, 0);
    fflush(stderr);
    dup2(file, STDERR_FILENO);
    mafat_status status = mafat_auto_memory_limit(&first, &fault);
    if (status == MAFAT_OK)
        status = mafat_auto_memory_limit(&second, &fault);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    ck_assert_int_gt(pread(file, text, sizeof text - 1, 0), 0);
    close(file);
    ck_assert_int_eq(status, MAFAT_OK);
    ck_assert_uint_gt(first, 1 << 20);
    ck_assert_uint_eq(first, second);
    snprintf(expected, sizeof expected, "mafat: memory auto: %zu bytes (%s): 15/16 of ", first,
             MAFAT_SIZE(first));
    ck_assert_msg(strncmp(text, expected, strlen(expected)) == 0, "%s", text);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("cgroup");
    tcase_add_checked_fixture(tcase, setup, test_tree_remove);
    tcase_add_test(tcase, version_1_is_found_where_memory_is_mounted);
    tcase_add_test(tcase, version_2_is_found);
    tcase_add_test(tcase, hybrid_counts_memory_in_one_of_them);
    tcase_add_test(tcase, containers_see_their_own_part);
    tcase_add_test(tcase, what_cannot_be_found_is_said);
    tcase_add_loop_test(tcase, the_tightest_of_all_ancestors_counts, 0, 5);
    tcase_add_test(tcase, high_is_a_limit_too);
    tcase_add_test(tcase, no_limit_is_no_limit);
    tcase_add_loop_test(tcase, a_limit_that_cannot_be_read_is_no_guess, 0, 7);
    tcase_add_test(tcase, ancestors_end_at_the_mount);
    tcase_add_test(tcase, counters_are_read_by_either_name);
    tcase_add_test(tcase, counters_that_a_kernel_lacks_are_said);
    tcase_add_loop_test(tcase, a_peak_is_ones_own_where_nobody_else_was, 0,
                        (int)(sizeof all_looks / sizeof all_looks[0]));
    tcase_add_test(tcase, a_cgroup_below_is_somebody_else);
    tcase_add_test(tcase, without_a_cgroup_no_peak_is_ones_own);
    tcase_add_test(tcase, swapping_of_the_machine_counts_zswap);
    tcase_add_test(tcase, the_allowance_is_a_limit_or_what_is_available);
    tcase_add_test(tcase, what_a_process_holds_is_not_in_its_way);
    tcase_add_loop_test(tcase, pages_that_lie_idle_are_no_ones, 0, 2);
    tcase_add_loop_test(tcase, others_may_be_charged_in_any_ancestor, 0, 4);
    tcase_add_test(tcase, what_is_charged_without_a_limit_does_not_matter);
    tcase_add_test(tcase, auto_says_what_it_chose_and_why);
    tcase_add_test(tcase, a_limit_above_what_there_is_is_seen);
    tcase_add_test(tcase, auto_with_nothing_left_fits_nothing);
    tcase_add_test(tcase, auto_is_chosen_and_printed_once);
    tcase_add_test(tcase, this_machine_has_something_available);
    Suite *suite = suite_create("cgroup");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
