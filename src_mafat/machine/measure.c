/* Clocks and counters of Linux; see measure.h. */
#define _GNU_SOURCE    /* dl_iterate_phdr, sched_getaffinity */
#include "machine/measure.h"

#include <errno.h>
#include <link.h>
#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/notice.h"
#include "base/size.h"
#include "kernels/peak.h"

/* -------------------------------------------------------------------------------------- time */

static double clock_s(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double mafat_measure_now_s(void)
{
    return clock_s(CLOCK_MONOTONIC);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

mafat_spread mafat_measure_spread(double *values, int n)
{
    MAFAT_CHECK(n >= 1);
    qsort(values, (size_t)n, sizeof *values, compare_doubles);
    return (mafat_spread){
        .min = values[0],
        .median = (values[(n - 1) / 2] + values[n / 2]) / 2,
        .max = values[n - 1],
    };
}

/* ------------------------------------------------------------------- what /proc says of itself */

/* Reads a small file of /proc as text. */
static mafat_status read_proc(const char *path, char *text, size_t size, mafat_error *error)
{
    FILE *file = fopen(path, "r");
    size_t n = file == NULL ? 0 : fread(text, 1, size - 1, file);
    text[n] = '\0';
    mafat_status status = MAFAT_OK;
    if (n == 0)
        status = mafat_error_set(error, MAFAT_FAILED, "%s", strerror(errno));
    if (file != NULL)
        fclose(file);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, path);
    return status;
}

static mafat_status lacks(const char *path, const char *what, mafat_error *error)
{
    mafat_status status = mafat_error_set(error, MAFAT_FAILED, "has no %s", what);
    mafat_error_set_file(error, path);
    return status;
}

/* Reads one of the lines of /proc/self/status that count kilobytes. */
static mafat_status read_status(const char *key, size_t *bytes, mafat_error *error)
{
    static const char path[] = "/proc/self/status";
    char text[4096];
    mafat_status status = read_proc(path, text, sizeof text, error);
    if (status != MAFAT_OK)
        return status;
    const char *line = strstr(text, key);
    unsigned long kib;
    if (line == NULL || sscanf(line + strlen(key), "%lu kB", &kib) != 1)
        return lacks(path, key + 1, error);
    *bytes = (size_t)kib * 1024;
    return MAFAT_OK;
}

mafat_status mafat_measure_peak_rss(size_t *bytes, mafat_error *error)
{
    return read_status("\nVmHWM:", bytes, error);
}

mafat_status mafat_measure_anonymous(size_t *bytes, mafat_error *error)
{
    static atomic_flag is_said = ATOMIC_FLAG_INIT;
    mafat_status status = read_status("\nRssAnon:", bytes, error);
    if (status == MAFAT_OK || access("/proc/self", F_OK) == 0)
        return status;
    if (!atomic_flag_test_and_set(&is_said))
        mafat_notice("there is no /proc here to tell what this process holds: its own data are "
                     "counted, and nothing else that it may hold by now");
    *bytes = mafat_measure_writable_data();
    return MAFAT_OK;
}

static int add_writable(struct dl_phdr_info *object, size_t size, void *sum)
{
    (void)size;
    size_t page = mafat_size_page();
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_W) != 0) {
            size_t begin = part->p_vaddr / page, end = part->p_vaddr + part->p_memsz + page - 1;
            *(size_t *)sum += (end / page - begin) * page;
        }
    }
    return 0;
}

size_t mafat_measure_writable_data(void)
{
    size_t bytes = 0;
    dl_iterate_phdr(add_writable, &bytes);
    return bytes;
}

typedef struct {
    uintptr_t address;
    const char *path;    /* of the object that it is in; "": the program */
} search;

static int find_object(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size;
    search *s = context;
    for (int i = 0; i < object->dlpi_phnum && s->path == NULL; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t begin = object->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && s->address - begin < part->p_memsz)
            s->path = object->dlpi_name;
    }
    return s->path != NULL;
}

const char *mafat_measure_own_library(void)
{
    static const char anything;
    search s = {.address = (uintptr_t)&anything};
    dl_iterate_phdr(find_object, &s);
    return s.path != NULL && *s.path != '\0' ? s.path : NULL;
}

int mafat_measure_processors(void)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        return CPU_COUNT(&allowed);
    long n = sysconf(_SC_NPROCESSORS_ONLN);    /* there are more than a cpu_set_t holds */
    return n > 0 ? (int)n : 1;
}

mafat_status mafat_measure_since_start(double *seconds, mafat_error *error)
{
    static const char path[] = "/proc/self/stat";
    char text[4096];
    mafat_status status = read_proc(path, text, sizeof text, error);
    if (status != MAFAT_OK)
        return status;
    /* the second field, a name in parentheses, may hold blanks and parentheses; starttime is the
     * 22nd */
    const char *field = strrchr(text, ')');
    for (int i = 2; i < 22 && field != NULL; i++)
        field = strchr(field + 1, ' ');
    unsigned long long ticks;
    if (field == NULL || sscanf(field, "%llu", &ticks) != 1)
        return lacks(path, "starttime", error);
    *seconds = clock_s(CLOCK_BOOTTIME) - (double)ticks / (double)sysconf(_SC_CLK_TCK);
    return MAFAT_OK;
}

/* -------------------------------------------------------------------------------- arithmetic */

typedef struct {
    double flops;            /* operations a second */
    double seconds;
    bool is_whole;           /* its threads had a processor each, all the time */
} peak_try;

/* Runs the loop in all threads at once. */
static peak_try try_peak(int n_threads, size_t n_rounds)
{
    double n_operations = 0, busy_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    double seconds = mafat_measure_now_s();
#pragma omp parallel for schedule(static) num_threads(n_threads) reduction(+ : n_operations)
    for (int i = 0; i < n_threads; i++) {
        float unused;
        n_operations += mafat_peak_run(n_rounds, &unused);
    }
    seconds = mafat_measure_now_s() - seconds;
    busy_s = clock_s(CLOCK_PROCESS_CPUTIME_ID) - busy_s;
    return (peak_try){
        .flops = n_operations / seconds,
        .seconds = seconds,
        .is_whole = busy_s >= 0.97 * n_threads * seconds,
    };
}

/* Tries that are too short are none: they are doubled, whatever made the one before long. */
double mafat_measure_peak_flops(int n_threads)
{
    enum { MAX_TRIES = 3, ENOUGH_WHOLE = 2 };
    double best = 0;
    size_t n_rounds = 1024;
    for (int n = 0, n_whole = 0; n < MAX_TRIES && n_whole < ENOUGH_WHOLE;) {
        peak_try tried = try_peak(n_threads, n_rounds);
        best = fmax(best, tried.flops);
        if (tried.seconds < 0.03) {
            n_rounds *= 2;
        } else {
            n++;
            n_whole += tried.is_whole;
        }
    }
    return best;
}

bool mafat_measure_is_share(double flops, double peak_flops)
{
    return peak_flops > 0 && isfinite(peak_flops) && flops >= 0 && flops <= peak_flops;
}
