/* `darknet mafat bench`: the time of whole inferences in a process that does nothing else.
 *
 * A run is one mafat_exec_run(), of as many images as share a pass of the weights, and its times are
 * an image's share; weights are loaded, but for those that the plan reads in each run. The peak that
 * shares refer to is measured right before and right after the runs, in as many threads, and the
 * higher one taken: what else goes on in the machine can only lower it. */
#include <math.h>
#include <stdlib.h>

#include "base/notice.h"
#include "base/number.h"
#include "base/progress.h"
#include "command/own_commands.h"
#include "command/report.h"
#include "command/trial.h"
#include "machine/measure.h"

enum { DEFAULT_RUNS = 10, MAX_RUNS = 10000 };

typedef struct {
    mafat_trial trial;
    int n_runs;
    double *latency_s;              /* [n_runs], owned */
    double *layer_s;                /* [n_layers][n_runs], owned: the sum over each layer's steps;
                                       NULL without -layers */
    int run;                        /* under way */
    double step_begin_s;            /* of the step under way */
    double start_to_first_run_s;
    double peak_flops;              /* a second, of all threads that run; 0: not measurable here */
} bench;

/* ---------------------------------------------------------------------------------- measuring */

static int images_of(const bench *b)
{
    const mafat_session *session = &b->trial.bridge->session;
    return session->by_layers ? 1 : session->plan.n_images;
}

static void note_step(void *context, const mafat_step *step)
{
    bench *b = context;
    double now = mafat_measure_now_s();
    int layer = step->layer < 0 ? 0 : step->layer;    /* rows of the image: for its first reader */
    b->layer_s[(size_t)layer * (size_t)b->n_runs + (size_t)b->run] +=
        (now - b->step_begin_s) / images_of(b);
    b->step_begin_s = now;
}

static mafat_status time_run(bench *b, mafat_error *error)
{
    mafat_observer observer = {.context = b, .step_done = b->layer_s != NULL ? note_step : NULL};
    double begin = b->step_begin_s = mafat_measure_now_s();
    mafat_status status = mafat_trial_run(&b->trial, &observer, error);
    b->latency_s[b->run] = (mafat_measure_now_s() - begin) / images_of(b);
    return status;
}

static mafat_status time_runs(bench *b, mafat_error *error)
{
    int n_threads = b->trial.bridge->session.n_threads;
    double before = mafat_measure_peak_flops(n_threads);
    mafat_status status = mafat_trial_run(&b->trial, NULL, error);
    mafat_progress progress;
    mafat_progress_begin(&progress, "runs", (size_t)b->n_runs);
    for (b->run = 0; b->run < b->n_runs && status == MAFAT_OK; b->run++) {
        status = time_run(b, error);
        mafat_progress_reach(&progress, (size_t)b->run + 1);
    }
    mafat_progress_end(&progress);
    double after = mafat_measure_peak_flops(n_threads);
    b->peak_flops = before > after ? before : after;
    return status;
}

static mafat_status allocate(bench *b, bool layers, mafat_error *error)
{
    size_t n_runs = (size_t)b->n_runs;
    size_t n_layers = (size_t)b->trial.bridge->session.plan.n_layers;
    b->latency_s = calloc(n_runs, sizeof *b->latency_s);
    if (layers)
        b->layer_s = calloc(n_layers * n_runs, sizeof *b->layer_s);
    if (b->latency_s != NULL && (b->layer_s != NULL || !layers))
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED, "no memory for the times of %zu layers in %zu runs",
                           n_layers, n_runs);
}

static uint64_t needed_macs(const mafat_network *network)
{
    uint64_t macs = 0;
    for (int l = 0; l < network->n_layers; l++) {
        mafat_shape out = network->layers[l].out;
        macs += mafat_layer_macs(&network->layers[l], (size_t)out.h * (size_t)out.w);
    }
    return macs;
}

/* The multiply-adds that the network needs, as operations a second, over so long a run. */
static double flops_of(const bench *b, double seconds)
{
    return 2.0 * (double)needed_macs(&b->trial.bridge->session.cfg.network) / seconds;
}

/* Looks at the fastest run: if that one beats the peak, the peak is none. */
static void judge_peak(bench *b)
{
    double fastest_s = mafat_measure_spread(b->latency_s, b->n_runs).min;
    if (mafat_measure_is_share(flops_of(b, fastest_s), b->peak_flops))
        return;
    mafat_notice("this machine is too busy to measure: %.3g GFLOP/s at most beside what "
                 "else runs, %.3g in the network itself", b->peak_flops * 1e-9,
                 flops_of(b, fastest_s) * 1e-9);
    b->peak_flops = 0;
}

static mafat_status measure(bench *b, bool layers, mafat_error *error)
{
    mafat_error unknown;
    mafat_status status = allocate(b, layers, error);
    if (mafat_measure_since_start(&b->start_to_first_run_s, &unknown) != MAFAT_OK)
        b->start_to_first_run_s = NAN;
    if (status == MAFAT_OK)
        status = time_runs(b, error);
    if (status == MAFAT_OK)
        judge_peak(b);
    return status;
}

/* ---------------------------------------------------------------------------------- reporting */

static double percent(double part, double whole)
{
    return 100 * part / whole;
}

/* What a layer takes of a run. */
typedef struct {
    const mafat_layer *layer;
    int n_tiles;
    double seconds;    /* the median over the runs */
    double flops;      /* a second, of the multiply-adds that the layer needs */
} layer_share;

static int tiles_of(const mafat_plan *plan, int l)
{
    int g = 0;
    while (l < plan->groups[g].first || l >= plan->groups[g].end)
        g++;
    return plan->groups[g].n_tiles;
}

static layer_share share_of(const bench *b, int l)
{
    const mafat_session *session = &b->trial.bridge->session;
    const mafat_layer *layer = &session->cfg.network.layers[l];
    double *times = b->layer_s + (size_t)l * (size_t)b->n_runs;
    double seconds = mafat_measure_spread(times, b->n_runs).median;
    uint64_t macs = mafat_layer_macs(layer, (size_t)layer->out.h * (size_t)layer->out.w);
    return (layer_share){
        .layer = layer, .n_tiles = tiles_of(&session->plan, l), .seconds = seconds,
        .flops = macs == 0 ? 0 : 2.0 * (double)macs / seconds,
    };
}

static double seconds_of_layers(const bench *b)
{
    double seconds = 0;
    for (int l = 0; l < b->trial.bridge->session.plan.n_layers; l++)
        seconds += share_of(b, l).seconds;
    return seconds;
}

static void report_share(const bench *b, mafat_report *r, double flops)
{
    if (mafat_measure_is_share(flops, b->peak_flops))
        mafat_report_real(r, "share_of_peak_percent", percent(flops, b->peak_flops));
    else
        mafat_report_unknown(r, "share_of_peak_percent");
}

static void report_layers(const bench *b, mafat_report *r)
{
    double total = seconds_of_layers(b);
    mafat_report_begin_list(r, "layers");
    for (int l = 0; l < b->trial.bridge->session.plan.n_layers; l++) {
        layer_share share = share_of(b, l);
        mafat_report_begin_item(r);
        mafat_report_size(r, "layer", (size_t)l);
        mafat_report_text(r, "type", share.layer->type);
        mafat_report_size(r, "tiles", (size_t)share.n_tiles);
        mafat_report_real(r, "milliseconds", share.seconds * 1e3);
        mafat_report_real(r, "gflops", share.flops * 1e-9);
        report_share(b, r, share.flops);
        mafat_report_real(r, "share_of_total_percent", percent(share.seconds, total));
        mafat_report_end_item(r);
    }
    mafat_report_end_list(r);
}

static void print_layers(const bench *b)
{
    double total = seconds_of_layers(b);
    printf("\nlayer  type             tiles  milliseconds  GFLOP/s  of peak  of total\n");
    for (int l = 0; l < b->trial.bridge->session.plan.n_layers; l++) {
        layer_share share = share_of(b, l);
        printf("%5d  %-15s  %5d  %12.3f", l, share.layer->type, share.n_tiles, share.seconds * 1e3);
        if (share.flops > 0)
            printf("  %7.1f", share.flops * 1e-9);
        else
            printf("  %7s", "-");
        if (share.flops > 0 && mafat_measure_is_share(share.flops, b->peak_flops))
            printf("  %6.1f%%", percent(share.flops, b->peak_flops));
        else
            printf("  %7s", "-");
        printf("  %7.2f%%\n", percent(share.seconds, total));
    }
}

static void report(const bench *b, bool json)
{
    const mafat_session *session = &b->trial.bridge->session;
    mafat_spread latency_s = mafat_measure_spread(b->latency_s, b->n_runs);
    double flops = flops_of(b, latency_s.median);
    mafat_report r;
    mafat_report_begin(&r, json);
    mafat_report_session(&r, session);
    mafat_report_size(&r, "runs", (size_t)b->n_runs);
    mafat_report_real(&r, "latency_s_min", latency_s.min);
    mafat_report_real(&r, "latency_s_median", latency_s.median);
    mafat_report_real(&r, "latency_s_max", latency_s.max);
    mafat_report_real(&r, "gflops", flops * 1e-9);
    if (b->peak_flops > 0)
        mafat_report_real(&r, "peak_gflops", b->peak_flops * 1e-9);
    else
        mafat_report_unknown(&r, "peak_gflops");
    report_share(b, &r, flops);
    mafat_report_peaks(&r);
    if (isnan(b->start_to_first_run_s))
        mafat_report_unknown(&r, "start_to_first_run_s");
    else
        mafat_report_real(&r, "start_to_first_run_s", b->start_to_first_run_s);
    if (b->layer_s != NULL && json)
        report_layers(b, &r);
    mafat_report_end(&r);
    if (b->layer_s != NULL && !json)
        print_layers(b);
}

/* ------------------------------------------------------------------------------------ command */

typedef struct {
    int n_runs;
    bool layers;
} wishes;

static mafat_status read_runs(const char *name, const char *value, void *to, mafat_error *error)
{
    char what[24];
    snprintf(what, sizeof what, "option %s", name);
    return mafat_number_read(what, value, 1, MAX_RUNS, to, error);
}

static const mafat_option own_options[] = {
    {"-n", "N", read_runs, offsetof(wishes, n_runs),
     "timed runs (default 10), whose times count in -memory"},
    {"-layers", NULL, NULL, offsetof(wishes, layers), "a table of the layers too"},
};

static const mafat_usage usage = {
    "bench", "CFG WEIGHTS [IMAGE]",
    "the time of whole inferences, once weights are loaded: one to warm "
    "up, then those that count. gflops is what the network's convolutions "
    "need, at two for each multiply-add and without overlaps, by the time "
    "of the median run; peak_gflops what as many threads can do at most, "
    "measured",
    MAFAT_OPTION_TABLE(own_options), false,
};

static mafat_status run(mafat_arguments *arguments, mafat_error *error)
{
    wishes w = {.n_runs = DEFAULT_RUNS};
    mafat_report_watch_memory();
    mafat_status status = mafat_arguments_read(arguments, &usage, &w, error);
    bench b = {.n_runs = w.n_runs};
    if (status == MAFAT_OK)
        status = mafat_trial_open(&b.trial, arguments, w.n_runs, w.layers, error);
    if (status != MAFAT_OK)
        return status;
    if (w.layers && b.trial.session.by_layers)
        status = mafat_error_set(error, MAFAT_USAGE, MAFAT_LAYERS_ARE ", which is timed whole; given "
                                 "-layers");
    if (status == MAFAT_OK) {
        mafat_trial_load(&b.trial, arguments, false);
        status = measure(&b, w.layers, error);
    }
    if (status == MAFAT_OK)
        report(&b, arguments->json);
    mafat_error_set_file(error, arguments->words[1]);
    free(b.latency_s);
    free(b.layer_s);
    mafat_trial_close(&b.trial);
    return status;
}

const mafat_command mafat_command_bench = {&usage, run};
