/* Memory cgroups: which one this process is charged to, what they allow, and what they have
 * counted; and the quota of processors that cgroups allow.
 *
 * A cgroup charges a process for what it touches first: its own pages, page cache, and kernel
 * memory on its behalf such as page tables. Version 1 and version 2 of cgroups differ in file names
 * only, as far as this goes; a machine may mount both ("hybrid") and then counts memory in one of
 * them. Reading only: tools/limit makes cgroups. */
#ifndef MAFAT_MACHINE_CGROUP_H
#define MAFAT_MACHINE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct {
    int version;            /* 1 or 2 */
    char path[4096];        /* the cgroup's folder */
    size_t mount_length;    /* of path: where its hierarchy is mounted; ancestors end there */
} mafat_cgroup;

/* Finds the cgroup that counts the memory of this process, from /proc/self/cgroup and
 * /proc/self/mountinfo. `root` stands before every path that is opened: "" for this machine, a
 * folder for a test. MAFAT_FAILED where there is none or it cannot be seen. */
mafat_status mafat_cgroup_find(mafat_cgroup *cgroup, const char *root, mafat_error *error);

/* The same for the cgroup that has this process wait when it has had its processors: where both
 * versions are mounted, it may be another one. */
mafat_status mafat_cgroup_find_cpu(mafat_cgroup *cgroup, const char *root, mafat_error *error);

/* Makes *cgroup its own parent; false where it is the highest that can be seen. */
bool mafat_cgroup_ascend(mafat_cgroup *cgroup);

/* Whether the cgroup has this file: which ones there are depends on the kernel, and a cgroup of
 * version 2 has those of memory only where its parent says so. */
bool mafat_cgroup_has(const mafat_cgroup *cgroup, const char *file);

/* Reads a number from one of the cgroup's files: the only one in it, or where `key` is not NULL the
 * one in the line "KEY NUMBER". "max" reads as UINT64_MAX. MAFAT_FAILED, here and below, names the
 * file. */
mafat_status mafat_cgroup_read(const mafat_cgroup *cgroup, const char *file, const char *key,
                               uint64_t *number, mafat_error *error);

/* Whether the process `self` is the only one in the cgroup, and there is no other cgroup below.
 * False where that cannot be seen. */
bool mafat_cgroup_is_alone(const mafat_cgroup *cgroup, uint64_t self);

/* The cgroup's own limit and the file that says so (static): SIZE_MAX and NULL where it has none.
 * Version 2's memory.high counts as one: beyond it the kernel slows processes down until they are
 * worth nothing. */
mafat_status mafat_cgroup_own_limit(const mafat_cgroup *cgroup, size_t *bytes, const char **file,
                                    mafat_error *error);

/* The least limit of the cgroup and of all its ancestors that can be seen, for each of them has to
 * hold: SIZE_MAX where no one has a limit. */
mafat_status mafat_cgroup_limit(const mafat_cgroup *cgroup, size_t *bytes, mafat_error *error);

/* What is charged to the cgroup and those below it now, and the most since it was made, by all
 * processes that are or were in it. Each CPU charges up to 64 pages ahead, which is counted too.
 * Version 2 knows the peak since Linux 5.19, and the top of a hierarchy has neither. */
mafat_status mafat_cgroup_usage(const mafat_cgroup *cgroup, size_t *bytes, mafat_error *error);
mafat_status mafat_cgroup_peak(const mafat_cgroup *cgroup, size_t *bytes, mafat_error *error);

/* What of the usage is pages of files that nobody has used for some time (inactive_file of
 * memory.stat), which the kernel drops when there is need. */
mafat_status mafat_cgroup_idle(const mafat_cgroup *cgroup, size_t *bytes, mafat_error *error);

/* Also since it was made: how often a charge did not fit its limit, how many processes were killed
 * for want of memory, and the most bytes in swap, which version 1 does not count at all and version
 * 2 since Linux 6.5. */
mafat_status mafat_cgroup_limit_hits(const mafat_cgroup *cgroup, uint64_t *n, mafat_error *error);
mafat_status mafat_cgroup_oom_kills(const mafat_cgroup *cgroup, uint64_t *n, mafat_error *error);
mafat_status mafat_cgroup_peak_swap(const mafat_cgroup *cgroup, uint64_t *bytes,
                                    mafat_error *error);

/* What the whole machine has written to swap since it was started, or compressed in memory in its
 * stead (zswap): where that did not grow, no cgroup has swapped. */
mafat_status mafat_cgroup_swapped_out(const char *root, uint64_t *bytes, mafat_error *error);

/* Of a cgroup that mafat_cgroup_find_cpu() has found: how many processors it and all its ancestors
 * that can be seen allow at once, on average over a period of, mostly, 0.1 seconds; may be a
 * fraction. INFINITY where none has a quota. */
mafat_status mafat_cgroup_quota(const mafat_cgroup *cgroup, double *n_processors,
                                mafat_error *error);

/* What the whole machine has available: the kernel's estimate, MemAvailable of /proc/meminfo. */
mafat_status mafat_cgroup_available(const char *root, size_t *bytes, mafat_error *error);

#endif
