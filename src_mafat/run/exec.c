/* The executor; see exec.h. Each step becomes one kernel call, cut into shares that the team
 * computes side by side: shares of filters, pixels or channels, never of a sum. */
#include "run/exec.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/conv.h"
#include "kernels/pool.h"

size_t mafat_exec_workspace_bytes(int n_threads)
{
    size_t floats = mafat_conv_scratch_floats(mafat_conv_panel_pixels(n_threads));
    return (size_t)n_threads * floats * sizeof(float);
}

mafat_status mafat_exec_init(mafat_exec *exec, const mafat_network *network, const mafat_plan *plan,
                             const mafat_parameters *parameters, const mafat_host *host,
                             int n_threads, mafat_error *error)
{
    *exec = (mafat_exec){
        .network = network, .plan = plan, .parameters = parameters, .host = *host,
        .arena = aligned_alloc(MAFAT_ARENA_ALIGN, plan->arena_bytes),
        .maps = calloc((size_t)plan->n_layers, sizeof *exec->maps),
    };
    mafat_team_init(&exec->team, n_threads);
    if (exec->arena != NULL && exec->maps != NULL)
        return MAFAT_OK;
    mafat_exec_free(exec);
    return mafat_error_set(error, MAFAT_FAILED, "no memory for an arena of %zu bytes",
                           plan->arena_bytes);
}

void mafat_exec_free(mafat_exec *exec)
{
    free(exec->arena);
    free(exec->maps);
    *exec = (mafat_exec){0};
}

/* --------------------------------------------------------------------------------- windows */

/* The window of what a step reads or writes, in the buffer where it is. */
static mafat_window window_of(const mafat_exec *exec, const mafat_operand *operand, float *image)
{
    const mafat_buffer *buffer = &exec->plan->buffers[operand->buffer];
    mafat_region region = operand->region, held = operand->held;
    float *data = buffer->storage == MAFAT_IN_IMAGE ? image
                  : buffer->is_map                  ? exec->maps[buffer->layer]
                                   : (float *)(exec->arena + buffer->place.offset);
    size_t row_stride = (size_t)mafat_region_width(held);
    size_t offset = (size_t)(region.y0 - held.y0) * row_stride + (size_t)(region.x0 - held.x0);
    return (mafat_window){
        .data = data + offset,
        .h = mafat_region_height(region), .w = mafat_region_width(region),
        .row_stride = row_stride, .channel_stride = mafat_region_pixels(held),
    };
}

/* What a step reads and writes, and how it is shared out. */
typedef struct {
    const mafat_exec *exec;
    const mafat_step *step;
    const mafat_layer *layer;
    mafat_window in, out;
    int n_shares;               /* of each filter group (convolution), or of all channels */
    int each;                   /* filters or pixels, or channels, of a share */
    bool by_filters;            /* convolution: shares of filters; else of pixels */
} task;

/* ----------------------------------------------------------------------------- convolution */

static mafat_epilogue epilogue_of(const mafat_exec *exec, const task *t)
{
    const mafat_layer *layer = t->layer;
    const mafat_parameters *p = &exec->parameters[t->step->layer];
    size_t width = (size_t)layer->out.w;
    mafat_epilogue epilogue = {
        .batch_normalize = layer->batch_normalize,
        .mean = p->mean, .variance = p->variance, .scales = p->scales, .biases = p->biases,
        .activation = MAFAT_EPILOGUE_CALL,
        .call = exec->host.activate, .code = (int)layer->activation,
        .plane_origin = (size_t)t->step->out.region.y0 * width + (size_t)t->step->out.region.x0,
        .plane_width = layer->out.w,
        .n_reciprocals = mafat_rounding_reciprocals(&exec->host.rounding,
                                                    (size_t)layer->out.h * width),
    };
    if (layer->activation == MAFAT_LINEAR)
        epilogue.activation = MAFAT_EPILOGUE_LINEAR;
    if (layer->activation == MAFAT_LEAKY)
        epilogue.activation = MAFAT_EPILOGUE_LEAKY;
    return epilogue;
}

/* The convolution of one filter group: its own channels, filters and parameters. */
static mafat_conv conv_of(const mafat_exec *exec, const task *t, int filter_group)
{
    const mafat_layer *layer = t->layer;
    int channels = layer->in.c / layer->groups;
    size_t first_filter = (size_t)filter_group * (size_t)(layer->out.c / layer->groups);
    size_t window = (size_t)layer->size * (size_t)layer->size;
    mafat_conv conv = {
        .in = t->in, .out = t->out,
        .pad_top = t->step->pad_top, .pad_left = t->step->pad_left,
        .channels = channels, .size = layer->size, .stride = layer->stride,
        .weights = exec->parameters[t->step->layer].weights +
                   first_filter * (size_t)channels * window,
        .epilogue = epilogue_of(exec, t),
    };
    conv.in.data += (size_t)filter_group * (size_t)channels * conv.in.channel_stride;
    conv.out.data += first_filter * conv.out.channel_stride;
    conv.epilogue.biases += first_filter;
    if (layer->batch_normalize) {
        conv.epilogue.mean += first_filter;
        conv.epilogue.variance += first_filter;
        conv.epilogue.scales += first_filter;
    }
    return conv;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int shares_of(int extent, int each)
{
    return (extent + each - 1) / each;
}

static int panel_pixels(const mafat_exec *exec)
{
    return mafat_conv_panel_pixels(exec->team.n_threads);
}

/* Shares of pixels are panels: they pack nothing twice, and are many enough to even out. Where a
 * map has too few pixels for that, as in the deep layers, filters are shared instead, as few times
 * as there are threads: each share packs all panels for itself. */
static void share_conv(task *t)
{
    int n_threads = t->exec->team.n_threads;
    int n_filters = t->layer->out.c / t->layer->groups, n_pixels = t->out.h * t->out.w;
    t->each = panel_pixels(t->exec);
    t->n_shares = shares_of(n_pixels, t->each);
    t->by_filters = n_threads > 1 && t->n_shares < 4 * n_threads && n_filters > n_pixels;
    if (t->by_filters) {
        t->each = mafat_conv_round_filters(shares_of(n_filters, n_threads));
        t->n_shares = shares_of(n_filters, t->each);
    }
}

static void run_conv_share(void *context, int index, int thread)
{
    const task *t = context;
    const mafat_exec *exec = t->exec;
    int n_filters = t->layer->out.c / t->layer->groups, n_pixels = t->out.h * t->out.w;
    const mafat_buffer *workspace = &exec->plan->buffers[MAFAT_WORKSPACE_BUFFER];
    float *scratch = (float *)(exec->arena + workspace->place.offset) +
                     (size_t)thread * mafat_conv_scratch_floats(panel_pixels(exec));
    mafat_conv conv = conv_of(exec, t, index / t->n_shares);
    int begin = index % t->n_shares * t->each;
    if (t->by_filters)
        mafat_conv_run(&conv, begin, least(begin + t->each, n_filters), 0, n_pixels,
                       panel_pixels(exec), scratch);
    else
        mafat_conv_run(&conv, 0, n_filters, begin, least(begin + t->each, n_pixels),
                       panel_pixels(exec), scratch);
}

static void run_conv(mafat_team *team, task *t)
{
    share_conv(t);
    mafat_team_share(team, t->layer->groups * t->n_shares, run_conv_share, t);
}

/* ---------------------------------------------------------------------------- other layers */

static void maxpool(const task *t, int channel_begin, int channel_end)
{
    mafat_maxpool pool = {
        .in = t->in, .out = t->out,
        .pad_top = t->step->pad_top, .pad_left = t->step->pad_left,
        .size = t->layer->size, .stride = t->layer->stride,
        .keep_later = t->exec->host.rounding.maxpool_keeps_later,
    };
    mafat_maxpool_run(&pool, channel_begin, channel_end);
}

static void upsample(const task *t, int channel_begin, int channel_end)
{
    mafat_upsample up = {
        .in = t->in, .out = t->out,
        .offset_y = t->step->out.region.y0 - t->step->in.region.y0 * t->layer->stride,
        .offset_x = t->step->out.region.x0 - t->step->in.region.x0 * t->layer->stride,
        .stride = t->layer->stride, .scale = t->layer->scale,
    };
    mafat_upsample_run(&up, channel_begin, channel_end);
}

static void activate(const task *t, int channel_begin, int channel_end)
{
    for (int c = channel_begin; c < channel_end; c++) {
        const float *in = t->in.data + (size_t)c * t->in.channel_stride;
        float *out = t->out.data + (size_t)c * t->out.channel_stride;
        for (int y = 0; y < t->out.h; y++) {
            memcpy(out, in, (size_t)t->out.w * sizeof *out);
            t->exec->host.activate(out, t->out.w, (int)t->layer->activation);
            in += t->in.row_stride;
            out += t->out.row_stride;
        }
    }
}

static void run_channels_share(void *context, int index, int thread)
{
    const task *t = context;
    int begin = index * t->each, end = least(begin + t->each, t->layer->out.c);
    (void)thread;
    switch (t->layer->kind) {
    case MAFAT_MAXPOOL:
        maxpool(t, begin, end);
        return;
    case MAFAT_UPSAMPLE:
        upsample(t, begin, end);
        return;
    case MAFAT_ACTIVATION:
        activate(t, begin, end);
        return;
    case MAFAT_CONVOLUTION:
    case MAFAT_IDENTITY:
    case MAFAT_WHOLE:
        break;
    }
    mafat_check_failed("a layer that is not run by channels", __FILE__, __LINE__);
}

/* Two shares of channels a thread: enough to even out, few enough to be worth their handing out. */
static void run_channels(mafat_team *team, task *t)
{
    t->each = shares_of(t->layer->out.c, 2 * team->n_threads);
    t->n_shares = shares_of(t->layer->out.c, t->each);
    mafat_team_share(team, t->n_shares, run_channels_share, t);
}

static void run_step(mafat_exec *exec, const mafat_step *step, float *image)
{
    const mafat_layer *layer = &exec->network->layers[step->layer];
    task t = {
        .exec = exec, .step = step, .layer = layer,
        .in = window_of(exec, &step->in, image),
        .out = window_of(exec, &step->out, image),
    };
    switch (layer->kind) {
    case MAFAT_CONVOLUTION:
        run_conv(&exec->team, &t);
        return;
    case MAFAT_MAXPOOL:
    case MAFAT_UPSAMPLE:
    case MAFAT_ACTIVATION:
        run_channels(&exec->team, &t);
        return;
    case MAFAT_WHOLE:
        exec->host.forward(exec->host.context, step->layer, t.in.data, exec->maps);
        return;
    case MAFAT_IDENTITY:
        break;
    }
    mafat_check_failed("a step of a layer that has none", __FILE__, __LINE__);
}

/* ------------------------------------------------------------------------------------- run */

/* Finds where each layer's whole output will be. */
static void find_maps(mafat_exec *exec, float *image, float *const *results)
{
    const mafat_plan *plan = exec->plan;
    for (int l = 0; l < plan->n_layers; l++) {
        const mafat_buffer *buffer = &plan->buffers[plan->output_buffers[l]];
        exec->maps[l] = NULL;
        if (!buffer->is_map)
            continue;
        switch (buffer->storage) {
        case MAFAT_IN_IMAGE:
            exec->maps[l] = image;
            break;
        case MAFAT_IN_ARENA:
            exec->maps[l] = (float *)(exec->arena + buffer->place.offset);
            break;
        case MAFAT_IN_RESULT:
            exec->maps[l] = results[buffer->layer];
            break;
        }
    }
}

/* Reports the map that the step completed, also under the names of the layers that hand it on. */
static void report_map(const mafat_exec *exec, const mafat_step *step,
                       const mafat_observer *observer)
{
    const mafat_network *network = exec->network;
    int l = step->layer;
    do
        observer->map_done(observer->context, l, exec->maps[step->layer]);
    while (++l < network->n_layers && network->layers[l].kind == MAFAT_IDENTITY);
}

/* Steps that follow one another, for the team's leader. */
typedef struct {
    mafat_exec *exec;
    float *image;
    const mafat_observer *observer;
    int first, end;
} span;

static void run_span(void *context)
{
    const span *steps = context;
    const mafat_observer *observer = steps->observer;
    for (int i = steps->first; i < steps->end; i++) {
        const mafat_step *step = &steps->exec->plan->steps[i];
        run_step(steps->exec, step, steps->image);
        if (observer != NULL && observer->step_done != NULL)
            observer->step_done(observer->context, step);
        if (observer != NULL && observer->map_done != NULL && step->completes_map)
            report_map(steps->exec, step, observer);
    }
}

static bool is_whole(const mafat_exec *exec, int step)
{
    return exec->network->layers[exec->plan->steps[step].layer].kind == MAFAT_WHOLE;
}

void mafat_exec_run(mafat_exec *exec, float *image, float *const *results,
                    const mafat_observer *observer)
{
    find_maps(exec, image, results);
    span steps = {exec, image, observer, 0, 0};
    while (steps.end < exec->plan->n_steps) {
        steps.first = steps.end++;
        if (is_whole(exec, steps.first)) {
            run_span(&steps);    /* Darknet's own loops have OpenMP's threads to themselves */
            continue;
        }
        while (steps.end < exec->plan->n_steps && !is_whole(exec, steps.end))
            steps.end++;
        mafat_team_lead(&exec->team, run_span, &steps);
    }
}
