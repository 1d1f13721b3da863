/* Affinity, sysfs and cgroups, read for a number of threads; see processors.h. */
#define _GNU_SOURCE    /* sched_getaffinity */
#include "machine/processors.h"

#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>

#include "machine/cgroup.h"
#include "machine/measure.h"

/* In turn: what one processor can be compared with others by. */
static const char *const speed_files[] = {"cpu_capacity", "cpufreq/cpuinfo_max_freq"};
enum { N_SPEED_FILES = sizeof speed_files / sizeof speed_files[0] };

static bool read_speed(const char *root, int number, const char *name, unsigned long *speed)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/sys/devices/system/cpu/cpu%d/%s", root, number, name) >=
        (int)sizeof path)
        return false;
    FILE *file = fopen(path, "re");
    bool is_read = file != NULL && fscanf(file, "%lu", speed) == 1 && *speed > 0;
    if (file != NULL)
        fclose(file);
    return is_read;
}

/* How many are fast by one of the files; 0 where one of them has none. */
static int count_fast(const char *root, const int *numbers, int n, const char *name)
{
    unsigned long fastest = 0, speed;
    int n_fast = 0;
    for (int i = 0; i < n; i++) {
        if (!read_speed(root, numbers[i], name, &speed))
            return 0;
        fastest = speed > fastest ? speed : fastest;
    }
    for (int i = 0; i < n; i++)
        n_fast += read_speed(root, numbers[i], name, &speed) &&
                  speed >= fastest - fastest / MAFAT_PROCESSORS_FAST_PARTS;
    return n_fast;
}

mafat_processors mafat_processors_of(const char *root, const int *numbers, int n)
{
    mafat_processors found = {.n_allowed = n, .quota = INFINITY};
    mafat_cgroup cgroup;
    mafat_error unseen;
    for (int i = 0; i < N_SPEED_FILES && found.n_fast == 0; i++)
        found.n_fast = count_fast(root, numbers, n, speed_files[i]);
    if (found.n_fast == 0)
        found.n_fast = n;
    if (mafat_cgroup_find_cpu(&cgroup, root, &unseen) != MAFAT_OK ||
        mafat_cgroup_quota(&cgroup, &found.quota, &unseen) != MAFAT_OK)
        found.quota = INFINITY;
    return found;
}

mafat_processors mafat_processors_find(void)
{
    cpu_set_t allowed;
    int numbers[CPU_SETSIZE], n = 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        for (size_t i = 0; i < CPU_SETSIZE; i++)
            if (CPU_ISSET(i, &allowed))
                numbers[n++] = (int)i;
    if (n > 0)
        return mafat_processors_of("", numbers, n);
    n = mafat_measure_processors();    /* there are more than a cpu_set_t holds */
    return (mafat_processors){.n_allowed = n, .n_fast = n, .quota = INFINITY};
}

int mafat_processors_threads(const mafat_processors *processors)
{
    double n = fmin(processors->n_fast, processors->quota);
    return n > 1 ? (int)n : 1;
}

const char *mafat_processors_describe(const mafat_processors *processors, char *text, size_t size)
{
    char fast[32] = "", quota[48] = "";
    if (processors->n_fast < processors->n_allowed)
        snprintf(fast, sizeof fast, ", of which %d are fast", processors->n_fast);
    if (processors->quota < processors->n_allowed)
        snprintf(quota, sizeof quota, ", CPU quota %.4g", processors->quota);
    snprintf(text, size, "%d%s%s", processors->n_allowed, fast, quota);
    return text;
}
