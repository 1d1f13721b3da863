/* Timed layers and a fit; see calibrate.h. */
#include "run/calibrate.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "run/direct.h"
#include "run/exec.h"
#include "run/measure.h"

/* A layer, and how many rows of its output it computes at once. */
typedef struct {
    mafat_layer_kind kind;
    int channels, filters, size, stride;
    int rows, w;              /* of one step's output */
} sample;

/* Wide maps and narrow ones, few rows at a time and many, few channels and many: what YOLOv2 and
 * its like are made of. None takes more than some megabytes. */
static const sample samples[] = {
    {MAFAT_CONVOLUTION, 3, 32, 3, 1, 4, 608},      {MAFAT_CONVOLUTION, 3, 32, 3, 1, 1, 608},
    {MAFAT_CONVOLUTION, 3, 16, 3, 1, 8, 416},      {MAFAT_CONVOLUTION, 32, 64, 3, 1, 1, 304},
    {MAFAT_CONVOLUTION, 32, 64, 3, 1, 6, 304},     {MAFAT_CONVOLUTION, 32, 64, 3, 2, 3, 152},
    {MAFAT_CONVOLUTION, 64, 32, 1, 1, 4, 304},     {MAFAT_CONVOLUTION, 64, 128, 3, 1, 1, 152},
    {MAFAT_CONVOLUTION, 64, 128, 3, 1, 6, 152},    {MAFAT_CONVOLUTION, 128, 64, 1, 1, 1, 152},
    {MAFAT_CONVOLUTION, 128, 64, 1, 1, 8, 152},    {MAFAT_CONVOLUTION, 128, 256, 3, 1, 1, 76},
    {MAFAT_CONVOLUTION, 128, 256, 3, 1, 2, 76},    {MAFAT_CONVOLUTION, 128, 256, 3, 1, 8, 76},
    {MAFAT_CONVOLUTION, 256, 128, 1, 1, 1, 76},    {MAFAT_CONVOLUTION, 256, 128, 1, 1, 16, 76},
    {MAFAT_CONVOLUTION, 256, 256, 3, 1, 1, 38},    {MAFAT_CONVOLUTION, 256, 512, 3, 1, 4, 38},
    {MAFAT_CONVOLUTION, 256, 256, 3, 1, 19, 38},   {MAFAT_CONVOLUTION, 256, 32, 3, 1, 19, 38},
    {MAFAT_CONVOLUTION, 512, 256, 1, 1, 19, 38},   {MAFAT_CONVOLUTION, 512, 256, 3, 1, 19, 19},
    {MAFAT_CONVOLUTION, 512, 48, 3, 1, 19, 19},    {MAFAT_CONVOLUTION, 512, 512, 1, 1, 19, 19},
    {MAFAT_CONVOLUTION, 512, 128, 3, 1, 13, 13},   {MAFAT_CONVOLUTION, 1024, 255, 1, 1, 13, 13},
    {MAFAT_CONVOLUTION, 256, 128, 3, 1, 1, 13},    {MAFAT_CONVOLUTION, 512, 256, 1, 1, 1, 13},
    {MAFAT_MAXPOOL, 32, 32, 2, 2, 1, 304},         {MAFAT_MAXPOOL, 64, 64, 2, 2, 8, 152},
    {MAFAT_MAXPOOL, 512, 512, 2, 2, 19, 19},
};

enum { N_SAMPLES = sizeof samples / sizeof samples[0] };

/* A run makes so many steps. The first one is not timed: threads come together before it. */
enum { N_STEPS = 3 };

/* A part of a round takes so long. There are as many rounds as it takes to make sense of the times,
 * as a rule the fewest; where there is none after the most, the machine does something else. */
#define PART_S 0.015
enum { FEWEST_ROUNDS = 4, MOST_ROUNDS = 12 };

/* How far the fit may be off, as the root of the mean square of its errors, to end the rounds, and
 * to be of use at all. */
#define GOOD_ERROR 0.15
#define MOST_ERROR 0.3

typedef struct {
    mafat_layer layer;
    int source;
    mafat_network network;
    mafat_plan plan;
    mafat_exec exec;
    mafat_work work;          /* of the steps that are timed */
    double seconds;           /* that they take: the least of all runs */
    double first_s;           /* when the first step of the run at hand was done */
    double last_s;            /* and the last one so far */
} trial;

/* What the layers share. */
typedef struct {
    int n_threads;
    mafat_kernel_shape shape;
    float *in, *out, *weights;    /* owned, as large as any sample wants */
    trial trials[N_SAMPLES];
} bench;

/* ------------------------------------------------------------------------------- timing a layer */

static mafat_shape input_of(const sample *s)
{
    return (mafat_shape){s->channels, N_STEPS * s->rows * s->stride, s->w * s->stride};
}

static void describe(const sample *s, trial *t)
{
    t->source = -1;
    t->layer = (mafat_layer){
        .kind = s->kind, .type = s->kind == MAFAT_CONVOLUTION ? "convolutional" : "maxpool",
        .in = input_of(s), .out = {s->filters, N_STEPS * s->rows, s->w},
        .n_sources = 1, .sources = &t->source, .is_result = true,
        .size = s->size, .stride = s->stride, .groups = 1,
        .pad = s->kind == MAFAT_CONVOLUTION ? s->size / 2 : 0,
        .activation = s->kind == MAFAT_CONVOLUTION ? MAFAT_LEAKY : MAFAT_LINEAR, .scale = 1,
    };
    t->network = (mafat_network){.input = t->layer.in, .n_layers = 1, .layers = &t->layer};
}

static void count_work(const bench *b, trial *t)
{
    for (int i = 1; i < t->plan.n_steps; i++) {
        mafat_work work = mafat_plan_step_work(&b->shape, &t->network, &t->plan.steps[i]);
        for (int k = 0; k < MAFAT_N_COSTS; k++)
            t->work.units[k] += work.units[k];
    }
}

static mafat_status prepare(bench *b, const sample *s, trial *t,
                            const mafat_parameters *parameters, mafat_error *error)
{
    mafat_config_group group = {.tiling = {N_STEPS, 1, false}};
    mafat_config config = {.n_groups = 1, .groups = &group};
    mafat_plan_options options = {.workspace_bytes = mafat_exec_workspace_bytes(b->n_threads)};
    mafat_host host = {0};
    describe(s, t);
    t->seconds = INFINITY;
    mafat_status status = mafat_plan_build(&t->plan, &t->network, &config, &options, error);
    if (status != MAFAT_OK)
        return status;
    count_work(b, t);
    return mafat_exec_init(&t->exec, &t->network, &t->plan, parameters, NULL, &host, b->n_threads,
                           error);
}

static void note_step(void *context, const mafat_step *step)
{
    trial *t = context;
    t->last_s = mafat_measure_now_s();
    if (step->tile_row == 0)
        t->first_s = t->last_s;
}

static mafat_status time_part(bench *b, trial *t, mafat_error *error)
{
    mafat_input input = {.map = b->in};
    mafat_observer observer = {.context = t, .step_done = note_step};
    float *results[] = {b->out};
    mafat_status status = MAFAT_OK;
    double begin = mafat_measure_now_s();
    do {
        status = mafat_exec_run(&t->exec, &input, results, &observer, error);
        t->seconds = fmin(t->seconds, t->last_s - t->first_s);
    } while (status == MAFAT_OK && t->last_s - begin < PART_S);
    return status;
}

/* ---------------------------------------------------------------------------------------- the
 * fit */

/* Least squares by coordinates: each cost in turn becomes what is best beside the others, or 0. */
static void fit(const bench *b, double *unit_s)
{
    enum { SWEEPS = 3000 };
    for (int k = 0; k < MAFAT_N_COSTS; k++)
        unit_s[k] = 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        for (int k = 0; k < MAFAT_N_COSTS; k++) {
            double above = 0, below = 0;
            for (int i = 0; i < N_SAMPLES; i++) {
                const trial *t = &b->trials[i];
                double left = 1, unit = t->work.units[k] / t->seconds;
                for (int j = 0; j < MAFAT_N_COSTS; j++)
                    left -= j == k ? 0 : unit_s[j] * t->work.units[j] / t->seconds;
                above += left * unit;
                below += unit * unit;
            }
            unit_s[k] = below > 0 ? fmax(above / below, 0) : 0;
        }
    }
}

/* How far the fit is off: the root of the mean square of its relative errors. */
static double error_of_fit(const bench *b, const mafat_costs *costs)
{
    double sum = 0;
    for (int i = 0; i < N_SAMPLES; i++) {
        double off = mafat_cost_seconds(costs, &b->trials[i].work) / b->trials[i].seconds - 1;
        sum += off * off;
    }
    return sqrt(sum / N_SAMPLES);
}

/* Times all layers and fits the costs, until the fit is good. All layers take turns, so that none
 * finds its weights where it left them, as in a network. */
static mafat_status time_and_fit(bench *b, const mafat_progress *progress, mafat_costs *costs,
                                 mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    double off = INFINITY;
    for (int round = 0; round < MOST_ROUNDS && off > GOOD_ERROR && status == MAFAT_OK; round++) {
        for (int i = 0; i < N_SAMPLES && status == MAFAT_OK; i++) {
            status = time_part(b, &b->trials[i], error);
            if (progress->report != NULL)
                progress->report(progress->context, round * N_SAMPLES + i,
                                 (round < FEWEST_ROUNDS ? FEWEST_ROUNDS : MOST_ROUNDS) * N_SAMPLES);
        }
        if (status == MAFAT_OK && round + 1 >= FEWEST_ROUNDS) {
            fit(b, costs->unit_s);
            off = error_of_fit(b, costs);
        }
    }
    if (progress->report != NULL)
        progress->report(progress->context, 1, 1);
    if (status == MAFAT_OK && (off > MOST_ERROR || costs->unit_s[MAFAT_COST_MAC] <= 0))
        status = mafat_error_set(error, MAFAT_FAILED,
                                 "this machine is too busy to measure what computing costs: what "
                                 "should take the same time differs by %.0f %%",
                                 100 * off);
    return status;
}

static float *make_floats(size_t n)
{
    float *floats = malloc(n * sizeof *floats);
    for (size_t i = 0; i < n && floats != NULL; i++)
        floats[i] = (float)(i * 2654435761u % 1000) * 1e-3f - 0.5f;
    return floats;
}

static bool allocate(bench *b)
{
    size_t n_in = 0, n_out = 0, n_weights = 0;
    for (int i = 0; i < N_SAMPLES; i++) {
        const sample *s = &samples[i];
        size_t in = mafat_shape_floats(input_of(s));
        size_t out = N_STEPS * (size_t)s->filters * (size_t)s->rows * (size_t)s->w;
        size_t weights = (size_t)s->filters * (size_t)s->channels * (size_t)s->size *
                         (size_t)s->size;
        n_in = in > n_in ? in : n_in;
        n_out = out > n_out ? out : n_out;
        n_weights = weights > n_weights ? weights : n_weights;
    }
    b->in = make_floats(n_in);
    b->out = make_floats(n_out);
    b->weights = make_floats(n_weights);
    return b->in != NULL && b->out != NULL && b->weights != NULL;
}

static void free_bench(bench *b)
{
    for (int i = 0; i < N_SAMPLES; i++) {
        mafat_exec_free(&b->trials[i].exec);
        mafat_plan_free(&b->trials[i].plan);
    }
    free(b->in);
    free(b->out);
    free(b->weights);
    free(b);
}

/* NULL without memory. */
static bench *make_bench(int n_threads)
{
    bench *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    *b = (bench){.n_threads = n_threads, .shape = mafat_exec_kernel_shape(n_threads)};
    if (allocate(b))
        return b;
    free_bench(b);
    return NULL;
}

mafat_status mafat_calibrate_compute(int n_threads, const mafat_progress *progress,
                                     mafat_costs *costs, mafat_error *error)
{
    bench *b = make_bench(n_threads);
    if (b == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to calibrate");
    mafat_status status = MAFAT_OK;
    mafat_parameters parameters = {.weights = b->weights, .biases = b->weights};
    for (int i = 0; i < N_SAMPLES && status == MAFAT_OK; i++)
        status = prepare(b, &samples[i], &b->trials[i], &parameters, error);
    mafat_costs fitted = *costs;
    fitted.shape = b->shape;
    if (status == MAFAT_OK)
        status = time_and_fit(b, progress, &fitted, error);
    if (status == MAFAT_OK)
        *costs = fitted;
    free_bench(b);
    return status;
}

/* -----------------------------------------------------------------------------------------
 * reading */

/* Seconds of one read of so many bytes: the median of a few, one behind the other in the file. */
static mafat_status time_reads(mafat_direct *file, size_t n_bytes, char *room, double *seconds,
                               mafat_error *error)
{
    enum { N_READS = 9 };
    double times[N_READS];
    uint64_t offset = 0;
    mafat_status status = MAFAT_OK;
    for (int i = 0; i < N_READS && status == MAFAT_OK; i++) {
        if (offset + n_bytes > file->n_bytes)
            offset = 0;
        double begin = mafat_measure_now_s();
        status = mafat_direct_read(file, offset, n_bytes, room, error);
        times[i] = mafat_measure_now_s() - begin;
        offset += n_bytes;
    }
    if (status == MAFAT_OK)
        *seconds = mafat_measure_spread(times, N_READS).median;
    return status;
}

/* Reads a file over and over, in another thread. */
typedef struct {
    mafat_direct *file;
    char *room;
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
        if (offset + r->each > r->file->n_bytes)
            offset = 0;
        if (mafat_direct_read(r->file, offset, r->each, r->room, &error) != MAFAT_OK)
            break;
        offset += r->each;
        atomic_fetch_add(&r->n_bytes, r->each);
    }
    return NULL;
}

/* Runs a layer for so long; stores how often a second. */
static mafat_status count_runs(bench *b, trial *t, double seconds, double *rate, mafat_error *error)
{
    mafat_input input = {.map = b->in};
    float *results[] = {b->out};
    mafat_status status = MAFAT_OK;
    double begin = mafat_measure_now_s(), now = begin;
    int n = 0;
    for (; now - begin < seconds && status == MAFAT_OK; n++) {
        status = mafat_exec_run(&t->exec, &input, results, NULL, error);
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
static mafat_status compute_beside(bench *b, mafat_direct *file, size_t each, char *room,
                                   slice *best, mafat_error *error)
{
    reader r = {.file = file, .room = room, .each = each};
    slice s = {0};
    pthread_t thread;
    int reason = pthread_create(&thread, NULL, read_on, &r);
    if (reason != 0)
        return mafat_error_set(error, MAFAT_FAILED, "no thread to read with: %s", strerror(reason));
    double begin = mafat_measure_now_s();
    mafat_status status = count_runs(b, &b->trials[0], SLICE_S, &s.rate, error);
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
static mafat_status time_loss(mafat_direct *file, size_t each, char *room, int n_threads,
                              double *lost_byte_s, mafat_error *error)
{
    enum { N_SLICES = 8 };
    static const sample load = {MAFAT_CONVOLUTION, 256, 512, 3, 1, 4, 38};
    double alone = 0;
    slice beside = {0};
    bench *b = make_bench(n_threads);
    if (b == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to calibrate");
    mafat_parameters parameters = {.weights = b->weights, .biases = b->weights};
    mafat_status status = prepare(b, &load, &b->trials[0], &parameters, error);
    for (int i = 0; i < N_SLICES && status == MAFAT_OK; i++) {
        double rate = 0;
        status = count_runs(b, &b->trials[0], SLICE_S, &rate, error);
        alone = fmax(alone, rate);
        if (status == MAFAT_OK)
            status = compute_beside(b, file, each, room, &beside, error);
    }
    free_bench(b);
    if (status == MAFAT_OK && beside.n_bytes > 0)
        *lost_byte_s = fmax(1 - beside.rate / alone, 0) * beside.seconds / beside.n_bytes;
    return status;
}

/* A byte that need not be read is worth something, whatever is measured. */
#define LEAST_LOST_BYTE_S 2e-11

mafat_status mafat_calibrate_reading(const char *path, mafat_costs *costs, mafat_error *error)
{
    enum { SMALL_BYTES = 128 << 10, LARGE_BYTES = 4 << 20 };
    mafat_direct file = {.file = -1};
    double small_s = 0, large_s = 0, lost_byte_s = costs->lost_byte_s;
    mafat_status status = mafat_direct_open(&file, path, error);
    if (status != MAFAT_OK)
        return status;
    size_t small = file.n_bytes < SMALL_BYTES ? (size_t)file.n_bytes : SMALL_BYTES;
    size_t large = file.n_bytes < LARGE_BYTES ? (size_t)file.n_bytes : LARGE_BYTES;
    char *room = aligned_alloc(MAFAT_PAGE, mafat_plan_room(large));
    if (large == 0) {
        status = mafat_error_set(error, MAFAT_FAILED, "is empty: there is nothing to read");
        mafat_error_set_file(error, path);
    } else if (room == NULL) {
        status = mafat_error_set(error, MAFAT_FAILED, "no memory to time reads of %zu bytes",
                                 large);
    }
    if (status == MAFAT_OK)
        status = time_reads(&file, large, room, &large_s, error);
    if (status == MAFAT_OK)
        status = time_reads(&file, small, room, &small_s, error);
    if (status == MAFAT_OK && large > small)
        status = time_loss(&file, small, room, costs->shape.n_threads, &lost_byte_s, error);
    if (status == MAFAT_OK && large > small) {
        costs->read_byte_s = fmax(large_s - small_s, 0) / (double)(large - small);
        costs->read_s = fmax(small_s - costs->read_byte_s * (double)small, 0);
        /* one thread reads: at most it keeps one of those that compute from it */
        double most_s = costs->read_byte_s / costs->shape.n_threads;
        costs->lost_byte_s = fmax(fmin(lost_byte_s, most_s), LEAST_LOST_BYTE_S);
        costs->read_is_measured = true;
    }
    free(room);
    mafat_direct_close(&file);
    return status;
}
