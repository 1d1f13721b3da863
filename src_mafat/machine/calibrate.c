/* Timed layers and a fit; see calibrate.h. */
#include "machine/calibrate.h"

#include <math.h>

#include "machine/measure.h"
#include "machine/probe.h"
#include "plan/plan.h"
#include "plan/timing.h"
#include "run/step.h"

/* Wide maps and narrow ones, few rows at a time and many, few channels and many: what YOLOv2 and
 * its like are made of. None takes more than some megabytes. */
#define DIRECT(CHANNELS, FILTERS, SIZE, STRIDE, ROWS, W) \
    {MAFAT_CONVOLUTION, MAFAT_DIRECT, CHANNELS, FILTERS, SIZE, STRIDE, ROWS, W}
#define WINOGRAD(CHANNELS, FILTERS, ROWS, W) \
    {MAFAT_CONVOLUTION, MAFAT_WINOGRAD, CHANNELS, FILTERS, 3, 1, ROWS, W}
#define POOL(CHANNELS, ROWS, W) {MAFAT_MAXPOOL, MAFAT_DIRECT, CHANNELS, CHANNELS, 2, 2, ROWS, W}
static const mafat_probe_form forms[] = {
    DIRECT(3, 32, 3, 1, 4, 608), DIRECT(3, 32, 3, 1, 1, 608), DIRECT(3, 16, 3, 1, 8, 416),
    DIRECT(32, 64, 3, 1, 1, 304), DIRECT(32, 64, 3, 1, 6, 304), DIRECT(32, 64, 3, 2, 3, 152),
    DIRECT(64, 32, 1, 1, 4, 304), DIRECT(64, 128, 3, 1, 1, 152), DIRECT(64, 128, 3, 1, 6, 152),
    DIRECT(128, 64, 1, 1, 1, 152), DIRECT(128, 64, 1, 1, 8, 152), DIRECT(128, 256, 3, 1, 1, 76),
    DIRECT(128, 256, 3, 1, 2, 76), DIRECT(128, 256, 3, 1, 8, 76), DIRECT(256, 128, 1, 1, 1, 76),
    DIRECT(256, 128, 1, 1, 16, 76), DIRECT(256, 256, 3, 1, 1, 38), DIRECT(256, 512, 3, 1, 4, 38),
    DIRECT(256, 256, 3, 1, 19, 38), DIRECT(256, 32, 3, 1, 19, 38), DIRECT(512, 256, 1, 1, 19, 38),
    DIRECT(512, 256, 3, 1, 19, 19), DIRECT(512, 48, 3, 1, 19, 19), DIRECT(512, 512, 1, 1, 19, 19),
    DIRECT(512, 128, 3, 1, 13, 13), DIRECT(1024, 255, 1, 1, 13, 13),
    DIRECT(256, 128, 3, 1, 1, 13), DIRECT(512, 256, 1, 1, 1, 13), POOL(32, 1, 304),
    POOL(64, 8, 152), POOL(512, 19, 19), WINOGRAD(16, 32, 8, 208), WINOGRAD(32, 64, 4, 304),
    WINOGRAD(64, 128, 8, 152), WINOGRAD(128, 256, 4, 76), WINOGRAD(128, 256, 20, 76),
    WINOGRAD(256, 512, 4, 38), WINOGRAD(256, 256, 20, 38), WINOGRAD(512, 256, 20, 19),
    WINOGRAD(512, 64, 20, 19),
};

enum { N_SAMPLES = sizeof forms / sizeof forms[0] };

/* A part of a round takes so long. There are as many rounds as it takes to make sense of the times,
 * as a rule the fewest; where there is none after the most, the machine does something else. */
#define PART_S 0.015
enum { MIN_ROUNDS = 4, MAX_ROUNDS = 12 };

/* How far the fit may be off, as the root of the mean square of its errors, to end the rounds, and
 * to be of use at all. Where it is between the two and a round has hardly changed it, the model is
 * off, not the times, and more rounds would not help. */
#define GOOD_ERROR 0.15
#define MAX_ERROR 0.3
#define SMALL_CHANGE 0.01

/* A probe's steps but for the first one, before which threads come together. */
typedef struct {
    mafat_work work;
    double seconds;           /* that they take: the least of all runs */
    double first_s;           /* when the first step of the run at hand was done */
    double last_s;            /* and the last one so far */
} sample;

/* ------------------------------------------------------------------------------- timing a layer */

static void count_work(const mafat_kernel_shape *shape, const mafat_probe *probe, sample *s)
{
    size_t workspace_bytes = probe->plan.buffers[MAFAT_WORKSPACE_BUFFER].place.bytes;
    *s = (sample){.seconds = INFINITY};
    for (int i = 1; i < probe->plan.n_steps; i++) {
        mafat_work work = mafat_timing_step_work(shape, workspace_bytes, &probe->network,
                                                 &probe->plan.steps[i], 1);
        for (int k = 0; k < MAFAT_N_COSTS; k++)
            s->work.units[k] += work.units[k];
    }
}

static void note_step(void *context, const mafat_step *step)
{
    sample *s = context;
    s->last_s = mafat_measure_now_s();
    if (step->tile_row == 0)
        s->first_s = s->last_s;
}

static mafat_status time_part(mafat_probes *probes, int index, sample *s, mafat_error *error)
{
    mafat_observer observer = {.context = s, .step_done = note_step};
    mafat_status status = MAFAT_OK;
    double begin = mafat_measure_now_s();
    do {
        status = mafat_probes_run(probes, index, &observer, error);
        s->seconds = fmin(s->seconds, s->last_s - s->first_s);
    } while (status == MAFAT_OK && s->last_s - begin < PART_S);
    return status;
}

/* -------------------------------------------------------------------------------------- the fit */

/* What Winograd's algorithm costs is fitted apart, and last: that it is measured, too, changes no other
 * cost, nor whether there are any. */
static bool is_winograd(const sample *s)
{
    return s->work.units[MAFAT_COST_WINOGRAD_MAC] > 0;
}

/* Least squares by coordinates, over one of the two sorts of samples: each of its costs in turn becomes
 * what is best beside all others, or 0. */
static void fit(const sample *samples, bool of_winograd, double *unit_s)
{
    enum { SWEEPS = 3000 };
    int first = of_winograd ? MAFAT_COST_WINOGRAD_MAC : 0;
    int end = of_winograd ? MAFAT_N_COSTS : MAFAT_COST_WINOGRAD_MAC;
    for (int k = first; k < end; k++)
        unit_s[k] = 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        for (int k = first; k < end; k++) {
            double above = 0, below = 0;
            for (int i = 0; i < N_SAMPLES; i++) {
                const sample *s = &samples[i];
                double left = 1, unit = s->work.units[k] / s->seconds;
                if (is_winograd(s) != of_winograd)
                    continue;
                for (int j = 0; j < MAFAT_N_COSTS; j++)
                    left -= j == k ? 0 : unit_s[j] * s->work.units[j] / s->seconds;
                above += left * unit;
                below += unit * unit;
            }
            unit_s[k] = below > 0 ? fmax(above / below, 0) : 0;
        }
    }
}

/* How far the fit of Darknet's own sums is off: the root of the mean square of its relative errors. */
static double error_of_fit(const sample *samples, const mafat_costs *costs)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < N_SAMPLES; i++) {
        double off = mafat_cost_seconds(costs, &samples[i].work) / samples[i].seconds - 1;
        sum += is_winograd(&samples[i]) ? 0 : off * off;
        n += !is_winograd(&samples[i]);
    }
    return sqrt(sum / n);
}

/* Times all layers and fits the costs, until the fit is good, or as good as it gets. All layers take
 * turns, so that none finds its weights where it left them, as in a network. */
static mafat_status time_and_fit(mafat_probes *probes, const mafat_calibrate_watcher *watcher,
                                 mafat_costs *costs, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    sample samples[N_SAMPLES];
    double off = INFINITY;
    bool is_done = false;
    for (int i = 0; i < N_SAMPLES; i++)
        count_work(&costs->shape, &probes->probes[i], &samples[i]);
    for (int round = 0; round < MAX_ROUNDS && !is_done && status == MAFAT_OK; round++) {
        for (int i = 0; i < N_SAMPLES && status == MAFAT_OK; i++) {
            status = time_part(probes, i, &samples[i], error);
            if (watcher->report != NULL)
                watcher->report(watcher->context, round * N_SAMPLES + i + 1,
                                 (round < MIN_ROUNDS ? MIN_ROUNDS : MAX_ROUNDS) * N_SAMPLES);
        }
        if (status == MAFAT_OK) {
            double before = off;
            fit(samples, false, costs->unit_s);
            off = error_of_fit(samples, costs);
            bool settled = off <= MAX_ERROR && fabs(off - before) < SMALL_CHANGE;
            is_done = round + 1 >= MIN_ROUNDS && (off <= GOOD_ERROR || settled);
        }
    }
    if (status == MAFAT_OK)
        fit(samples, true, costs->unit_s);
    if (status == MAFAT_OK && (off > MAX_ERROR || costs->unit_s[MAFAT_COST_MAC] <= 0))
        status = mafat_error_set(error, MAFAT_FAILED,
                                 "this machine is too busy to measure what computing costs: what "
                                 "should take the same time differs by %.0f %%",
                                 100 * off);
    return status;
}

size_t mafat_calibrate_bytes(int n_threads)
{
    return mafat_probes_bytes(forms, N_SAMPLES, n_threads);
}

mafat_status mafat_calibrate_compute(int n_threads, const mafat_calibrate_watcher *watcher,
                                     mafat_costs *costs, mafat_error *error)
{
    mafat_probes probes;
    mafat_costs fitted = *costs;
    fitted.shape = mafat_step_kernel_shape(n_threads);
    mafat_status status = mafat_probes_init(&probes, forms, N_SAMPLES, n_threads, error);
    if (status != MAFAT_OK)
        return status;
    status = time_and_fit(&probes, watcher, &fitted, error);
    if (status == MAFAT_OK)
        *costs = fitted;
    mafat_probes_free(&probes);
    return status;
}
