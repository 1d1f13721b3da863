/* What reads of weights take, alone and beside computing; see calibrate_reading.h. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "machine/calibrate_reading.h"
#include "machine/measure.h"
#include "machine/probe.h"
#include "plan/plan.h"
#include "run/direct.h"

/* Reads so many bytes from *offset on, or from the beginning where the file ends before, and moves on.
 * *seconds: how long it took. */
static mafat_status read_next(mafat_direct *file, size_t n_bytes, uint64_t *offset, char *units,
                              double *seconds, mafat_error *error)
{
    if (*offset + n_bytes > file->version.n_bytes)
        *offset = 0;
    double begin = mafat_measure_now_s();
    mafat_status status = mafat_direct_read(file, *offset, n_bytes, units, error);
    *seconds = mafat_measure_now_s() - begin;
    *offset += n_bytes;
    return status;
}

/* Seconds of one read of so many bytes, one behind the other for a quarter of a second: their mean, as
 * where reading is bounded to a rate, by a cgroup or by who lends the disk, most go through as if it
 * were not, and one in a few waits for them all. */
static mafat_status time_stream(mafat_direct *file, size_t n_bytes, char *units, double *seconds,
                                mafat_error *error)
{
    enum { MIN_READS = 9 };
    const double least_s = 0.25;
    double sum_s = 0, each_s;
    uint64_t offset = 0;
    int n = 0;
    mafat_status status = MAFAT_OK;
    for (; status == MAFAT_OK && (n < MIN_READS || sum_s < least_s); n++) {
        status = read_next(file, n_bytes, &offset, units, &each_s, error);
        sum_s += each_s;
    }
    *seconds = sum_s / n;
    return status;
}

/* Seconds of one read of so many bytes: the fastest of a few, one behind the other in the file. Where
 * reading is bounded to a rate, what a read takes beside its bytes passes while it waits for them, so
 * that those which did not wait tell it. */
static mafat_status time_reads(mafat_direct *file, size_t n_bytes, char *units, double *seconds,
                               mafat_error *error)
{
    enum { N_READS = 9 };
    double times[N_READS];
    uint64_t offset = 0;
    mafat_status status = MAFAT_OK;
    for (int i = 0; i < N_READS && status == MAFAT_OK; i++)
        status = read_next(file, n_bytes, &offset, units, &times[i], error);
    if (status == MAFAT_OK)
        *seconds = mafat_measure_spread(times, N_READS).min;
    return status;
}

/* Reads a file over and over, in another thread. */
typedef struct {
    mafat_direct *file;
    char *units;
    size_t each;              /* bytes of a read */
    atomic_bool ends;
    atomic_size_t n_bytes;    /* that were read */
} reader;

static void *read_on(void *context)
{
    reader *r = context;
    mafat_error error;
    uint64_t offset = 0;
    while (!atomic_load(&r->ends)) {
        if (offset + r->each > r->file->version.n_bytes)
            offset = 0;
        if (mafat_direct_read(r->file, offset, r->each, r->units, &error) != MAFAT_OK)
            break;
        offset += r->each;
        atomic_fetch_add(&r->n_bytes, r->each);
    }
    return NULL;
}

/* Runs a layer for so long; stores how often a second. */
static mafat_status count_runs(mafat_probes *load, double seconds, double *rate, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    double begin = mafat_measure_now_s(), now = begin;
    int n = 0;
    for (; now - begin < seconds && status == MAFAT_OK; n++) {
        status = mafat_probes_run(load, 0, NULL, error);
        now = mafat_measure_now_s();
    }
    *rate = n / (now - begin);
    return status;
}

/* Runs of a layer a second, and what was read meanwhile. */
typedef struct {
    double rate, n_bytes, seconds;
} slice;

#define SLICE_S 0.03

/* Computes beside reads; keeps the slice in *best if it was the fastest. */
static mafat_status compute_beside(mafat_probes *load, mafat_direct *file, size_t each, char *units,
                                   slice *best, mafat_error *error)
{
    reader r = {.file = file, .units = units, .each = each};
    slice s = {0};
    pthread_t thread;
    int reason = pthread_create(&thread, NULL, read_on, &r);
    if (reason != 0)
        return mafat_error_set(error, MAFAT_FAILED, "no thread to read with: %s", strerror(reason));
    double begin = mafat_measure_now_s();
    mafat_status status = count_runs(load, SLICE_S, &s.rate, error);
    s.n_bytes = (double)atomic_load(&r.n_bytes);
    s.seconds = mafat_measure_now_s() - begin;
    atomic_store(&r.ends, true);
    pthread_join(thread, NULL);
    if (s.rate > best->rate && s.n_bytes > 0)
        *best = s;
    return status;
}

/* What computing loses for each byte that is read beside it: the fastest of some slices of
 * computing alone against the fastest beside reads, as what else the machine does comes and goes.
 * On a layer whose weights come from memory, as those of most do. */
static mafat_status time_loss(mafat_direct *file, size_t each, char *units, int n_threads,
                              double *lost_byte_s, mafat_error *error)
{
    enum { N_SLICES = 8 };
    static const mafat_probe_form form = {MAFAT_CONVOLUTION, MAFAT_DIRECT, 256, 512, 3, 1, 4, 38};
    double alone = 0;
    slice beside = {0};
    mafat_probes load;
    mafat_status status = mafat_probes_init(&load, &form, 1, n_threads, error);
    for (int i = 0; i < N_SLICES && status == MAFAT_OK; i++) {
        double rate = 0;
        status = count_runs(&load, SLICE_S, &rate, error);
        alone = fmax(alone, rate);
        if (status == MAFAT_OK)
            status = compute_beside(&load, file, each, units, &beside, error);
    }
    mafat_probes_free(&load);
    if (status == MAFAT_OK && beside.n_bytes > 0)
        *lost_byte_s = fmax(1 - beside.rate / alone, 0) * beside.seconds / beside.n_bytes;
    return status;
}

/* 0 where there is no such file. */
static uint64_t device_of(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 ? (uint64_t)about.st_dev : 0;
}

bool mafat_calibrate_reading_is_known(const mafat_costs *costs, const char *path)
{
    return costs->read_is_measured && costs->read_device == device_of(path);
}

/* A byte that need not be read is worth something, whatever is measured. */
#define MIN_LOST_BYTE_S 2e-11

mafat_status mafat_calibrate_reading(const char *path, mafat_costs *costs, mafat_error *error)
{
    enum { SMALL_BYTES = 128 << 10, LARGE_BYTES = 4 << 20 };
    mafat_direct file = {.file = -1};
    double small_s = 0, large_s = 0, lost_byte_s = costs->lost_byte_s;
    mafat_status status = mafat_direct_open(&file, path, error);
    if (status != MAFAT_OK)
        return status;
    size_t small = file.version.n_bytes < SMALL_BYTES ? (size_t)file.version.n_bytes : SMALL_BYTES;
    size_t large = file.version.n_bytes < LARGE_BYTES ? (size_t)file.version.n_bytes : LARGE_BYTES;
    char *units = aligned_alloc(MAFAT_READ_UNIT, mafat_plan_unit_span(large));
    if (large == 0) {
        status = mafat_error_set(error, MAFAT_FAILED, "is empty: there is nothing to read");
        mafat_error_set_file(error, path);
    } else if (units == NULL) {
        status = mafat_error_set(error, MAFAT_FAILED, "no memory to time reads of %zu bytes",
                                 large);
    }
    if (status == MAFAT_OK)
        status = time_stream(&file, large, units, &large_s, error);
    if (status == MAFAT_OK)
        status = time_reads(&file, small, units, &small_s, error);
    if (status == MAFAT_OK && large > small)
        status = time_loss(&file, small, units, costs->shape.n_threads, &lost_byte_s, error);
    if (status == MAFAT_OK && large > small) {
        costs->read_byte_s = fmax(large_s - small_s, 0) / (double)(large - small);
        costs->read_s = fmax(small_s - costs->read_byte_s * (double)small, 0);
        /* one thread reads: at most it keeps one of those that compute from it */
        double max_s = costs->read_byte_s / costs->shape.n_threads;
        costs->lost_byte_s = fmax(fmin(lost_byte_s, max_s), MIN_LOST_BYTE_S);
        costs->read_is_measured = true;
        costs->read_device = device_of(path);
    }
    free(units);
    mafat_direct_close(&file);
    return status;
}
