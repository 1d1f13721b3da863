/* One step of a plan as one kernel call, cut into shares that the team computes side by side:
 * shares of filters, pixels or channels, never of a sum. See step.h. */
#include "run/step.h"

#include <string.h>

#include "base/cache.h"
#include "base/size.h"
#include "kernels/add.h"
#include "kernels/conv.h"
#include "kernels/multiply.h"
#include "kernels/pool.h"
#include "kernels/simd.h"
#include "kernels/winograd.h"
#include "run/exchange.h"

mafat_kernel_shape mafat_step_kernel_shape(int n_threads)
{
    const mafat_conv_panel panel = mafat_conv_panel_best(mafat_cache_bytes(), n_threads);
    return (mafat_kernel_shape){
        .register_filters = MAFAT_REGISTER_FILTERS, .register_pixels = MAFAT_REGISTER_PIXELS,
        .vector_pixels = MAFAT_SIMD_FLOATS, .slice_taps = panel.taps,
        .panel_pixels = panel.pixels, .n_threads = n_threads,
        .winograd = mafat_winograd_unit_of_build(),
    };
}

/* Floats of scratch for a thread that runs a layer of Winograd's whole. */
static size_t winograd_floats(const mafat_layer *layer, size_t max_bytes)
{
    const mafat_winograd_unit unit = mafat_winograd_unit_of_build();
    int n_tiles = mafat_winograd_shape_tiles(layer->out.h, layer->out.w);
    mafat_winograd_shape shape = mafat_winograd_shape_choose(
        &unit, n_tiles, layer->in.c, layer->out.c, max_bytes);
    return mafat_winograd_shape_layout(&unit, shape).floats;
}

size_t mafat_step_workspace_bytes(const mafat_network *network, int n_threads,
                                  size_t max_scratch_bytes)
{
    size_t floats = mafat_conv_scratch_floats(mafat_conv_panel_best(mafat_cache_bytes(), n_threads));
    for (int l = 0; l < network->n_layers; l++)
        if (network->layers[l].algorithm == MAFAT_WINOGRAD)
            floats = mafat_size_max(floats, winograd_floats(&network->layers[l], max_scratch_bytes));
    return (size_t)n_threads * floats * sizeof(float);
}

/* ----------------------------------------------------------------------------------- views */

/* Where a buffer is. */
static float *find_buffer(const mafat_step_context *context, const mafat_buffer *buffer)
{
    if (buffer->is_map && buffer->layer >= 0)
        return context->maps[buffer->layer];
    if (buffer->storage == MAFAT_IN_IMAGE)
        return context->input->map;
    return (float *)(context->arena + buffer->place.offset +
                     mafat_plan_image_offset(context->plan, buffer, context->image));
}

/* The view of what a step reads or writes, in the buffer where it is. */
static mafat_view view_of(const mafat_step_context *context, const mafat_operand *operand)
{
    const mafat_buffer *buffer = &context->plan->buffers[operand->buffer];
    mafat_region region = operand->region, held = operand->held;
    size_t row_stride = (size_t)mafat_region_width(held);
    size_t offset = (size_t)operand->first_channel * mafat_region_pixels(held) +
                    (size_t)(region.y0 - held.y0) * row_stride + (size_t)(region.x0 - held.x0);
    return (mafat_view){
        .data = find_buffer(context, buffer) + offset,
        .h = mafat_region_height(region), .w = mafat_region_width(region),
        .row_stride = row_stride, .channel_stride = mafat_region_pixels(held),
    };
}

/* What a step reads and writes, and how it is shared out. */
typedef struct {
    const mafat_step_context *context;
    const mafat_step *step;
    const mafat_layer *layer;
    const float *weights;       /* of the step's first filter */
    mafat_view in, also, out;
    int n_channels;             /* of the output */
    mafat_share share;          /* of a convolution, */
    mafat_winograd_shape shape; /* and of one of Winograd's, */
    mafat_winograd_images images;
    int each;                   /* channels of a share, of other layers */
} task;

/* ----------------------------------------------------------------------------- convolution */

static mafat_epilogue epilogue_of(const task *t)
{
    const mafat_layer *layer = t->layer;
    const mafat_parameters *p = &t->context->parameters[t->step->layer];
    const mafat_host *host = t->context->host;
    size_t width = (size_t)layer->out.w;
    mafat_epilogue epilogue = {
        .batch_normalize = layer->batch_normalize,
        .mean = p->mean, .variance = p->variance, .scales = p->scales, .biases = p->biases,
        .activation = MAFAT_EPILOGUE_CALL,
        .call = host->activate, .code = (int)layer->activation,
        .plane_origin = (size_t)t->step->out.region.y0 * width + (size_t)t->step->out.region.x0,
        .plane_width = layer->out.w,
        .n_reciprocals = mafat_rounding_reciprocals(&host->rounding,
                                                    (size_t)layer->out.h * width),
    };
    if (layer->activation == MAFAT_LINEAR)
        epilogue.activation = MAFAT_EPILOGUE_LINEAR;
    if (layer->activation == MAFAT_LEAKY)
        epilogue.activation = MAFAT_EPILOGUE_LEAKY;
    return epilogue;
}

/* Filters that the step computes of each filter group: all groups' where there are several. */
static int filters_of(const task *t)
{
    return (t->step->filter_end - t->step->filter_begin) / t->layer->groups;
}

/* The convolution of one filter group: its own channels, filters and parameters. */
static mafat_conv conv_of(const task *t, int filter_group)
{
    const mafat_layer *layer = t->layer;
    int channels = layer->in.c / layer->groups;
    size_t first_of_step = (size_t)filter_group * (size_t)filters_of(t);
    size_t first_filter = (size_t)t->step->filter_begin + first_of_step;
    size_t n_taps = (size_t)layer->size * (size_t)layer->size;
    mafat_conv conv = {
        .in = t->in, .out = t->out,
        .pad_top = t->step->pad_top, .pad_left = t->step->pad_left,
        .channels = channels, .size = layer->size, .stride = layer->stride,
        .stride_x = layer->stride_x, .dilation = layer->dilation,
        .weights = t->weights + first_of_step * (size_t)channels * n_taps,
        .epilogue = epilogue_of(t),
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

/* A thread's scratch, of so many bytes. */
static float *scratch_of(const task *t, int thread, size_t bytes)
{
    const mafat_buffer *workspace = &t->context->plan->buffers[MAFAT_WORKSPACE_BUFFER];
    return (float *)(t->context->arena + workspace->place.offset + (size_t)thread * bytes);
}

static void run_direct_share(void *work, int index, int thread)
{
    const task *t = work;
    const mafat_share *share = &t->share;
    int begin = mafat_share_begin(share, index % share->n);
    int end = mafat_share_begin(share, index % share->n + 1);
    mafat_conv_panel panel = {.taps = t->context->shape.slice_taps,
                              .pixels = t->context->shape.panel_pixels};
    float *scratch = scratch_of(t, thread, mafat_conv_scratch_floats(panel) * sizeof *scratch);
    mafat_conv conv = conv_of(t, index / share->n);
    if (share->by_filters)
        mafat_conv_run(&conv, begin, end, 0, t->out.h * t->out.w, panel, scratch);
    else
        mafat_conv_run(&conv, 0, filters_of(t), begin, end, panel, scratch);
}

static void run_direct(task *t)
{
    t->share = mafat_share_conv(&t->context->shape, filters_of(t), t->out.h * t->out.w);
    mafat_team_share(t->context->team, t->layer->groups * t->share.n, run_direct_share, t);
}

/* Bytes of a thread's scratch for Winograd's algorithm. */
static size_t winograd_scratch_bytes(const task *t)
{
    const mafat_step_context *c = t->context;
    return mafat_share_scratch_bytes(c->plan->buffers[MAFAT_WORKSPACE_BUFFER].place.bytes,
                                     c->shape.n_threads);
}

static int winograd_tiles(const task *t)
{
    return mafat_winograd_shape_tiles(t->out.h, t->out.w) * t->images.n;
}

static void run_winograd_share(void *work, int index, int thread)
{
    const task *t = work;
    const mafat_share *share = &t->share;
    int begin = mafat_share_begin(share, index), end = mafat_share_begin(share, index + 1);
    float *scratch = scratch_of(t, thread, winograd_scratch_bytes(t));
    mafat_conv conv = conv_of(t, 0);
    if (share->by_filters)
        mafat_winograd_run(&conv, &t->images, t->shape, begin, end, 0, winograd_tiles(t), scratch);
    else
        mafat_winograd_run(&conv, &t->images, t->shape, 0, filters_of(t), begin, end, scratch);
}

/* Floats from an image's part of a buffer to the next one's. */
static size_t image_step(const task *t, const mafat_operand *operand)
{
    const mafat_plan *plan = t->context->plan;
    return mafat_plan_image_offset(plan, &plan->buffers[operand->buffer], 1) / sizeof(float);
}

static void run_winograd(task *t)
{
    t->images.in_step = image_step(t, &t->step->in);
    t->images.out_step = image_step(t, &t->step->out);
    mafat_winograd_share found =
        mafat_share_winograd(&t->context->shape, winograd_scratch_bytes(t), t->layer->in.c,
                             filters_of(t), winograd_tiles(t));
    t->share = found.share;
    t->shape = found.shape;
    mafat_team_share(t->context->team, t->share.n, run_winograd_share, t);
}

static void run_conv(task *t)
{
    switch (t->layer->algorithm) {
    case MAFAT_DIRECT:
        run_direct(t);
        return;
    case MAFAT_WINOGRAD:
        run_winograd(t);
        return;
    }
}

/* ---------------------------------------------------------------------------- other layers */

static void maxpool(const task *t, int channel_begin, int channel_end)
{
    mafat_maxpool pool = {
        .in = t->in, .out = t->out,
        .pad_top = t->step->pad_top, .pad_left = t->step->pad_left,
        .size = t->layer->size, .stride = t->layer->stride,
        .max = t->context->host->rounding.max,
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
            t->context->host->activate(out, t->out.w, (int)t->layer->activation);
            in += t->in.row_stride;
            out += t->out.row_stride;
        }
    }
}

/* Applies the layer's activation to what was computed of these channels. */
static void activate_output(const task *t, int channel_begin, int channel_end)
{
    if (t->layer->activation == MAFAT_LINEAR)
        return;
    for (int c = channel_begin; c < channel_end; c++) {
        float *out = t->out.data + (size_t)c * t->out.channel_stride;
        for (int y = 0; y < t->out.h; y++, out += t->out.row_stride)
            t->context->host->activate(out, t->out.w, (int)t->layer->activation);
    }
}

/* The weight that one of a shortcut's sources has in a channel. */
static float weight_of(const task *t, int source, int channel)
{
    const mafat_host *host = t->context->host;
    if (t->layer->n_weight_sets == 0)
        return 1;
    return host->weigh(host->context, t->step->layer, t->weights, source, channel);
}

/* Weighs a channel of a shortcut's first source. */
static void weigh_first(const task *t, int channel)
{
    float weight = weight_of(t, 0, channel);
    mafat_multiply weighed = {.a = {.data = &weight, .h = 1, .w = 1}, .b = t->in, .out = t->out};
    mafat_multiply_run(&weighed, channel, channel + 1);
}

/* Adds a source, which may have fewer channels than the layer, to what there is: to the sum of those
 * before it, or to the first one. */
static void add(const task *t, int channel_begin, int channel_end)
{
    int source = t->step->also_source;
    int n_added = mafat_layer_source_channels(t->context->network, t->step->layer, source);
    mafat_add sum = {.a = t->in, .b = t->also, .out = t->out};
    for (int c = channel_begin; c < channel_end; c++) {
        if (source == 1 && (t->layer->n_weight_sets > 0 || c >= n_added)) {
            weigh_first(t, c);
            sum.a = t->out;
        }
        if (c < n_added) {
            sum.weight = weight_of(t, source, c);
            mafat_add_run(&sum, c, c + 1);
        }
    }
    if (source == t->layer->n_sources - 1)
        activate_output(t, channel_begin, channel_end);
}

/* One channel, or one row of one pixel, comes back for all. */
static void multiply(const task *t, int channel_begin, int channel_end)
{
    mafat_multiply product = {.a = t->in, .b = t->also, .out = t->out};
    if (t->layer->in.c == 1)
        product.a.channel_stride = 0;
    if (t->layer->in.h == 1)
        product.a.row_stride = 0;
    mafat_multiply_run(&product, channel_begin, channel_end);
    activate_output(t, channel_begin, channel_end);
}

/* One source's channels, among those of the output. */
static void join(const task *t, int channel_begin, int channel_end)
{
    for (int c = channel_begin; c < channel_end; c++) {
        const float *in = t->in.data + (size_t)c * t->in.channel_stride;
        float *out = t->out.data + (size_t)(t->step->filter_begin + c) * t->out.channel_stride;
        for (int y = 0; y < t->out.h; y++, in += t->in.row_stride, out += t->out.row_stride)
            memcpy(out, in, (size_t)t->out.w * sizeof *out);
    }
}

/* Rows of a channel that move up in their buffer, from the top one on. */
static void keep(const task *t, int channel_begin, int channel_end)
{
    for (int c = channel_begin; c < channel_end; c++) {
        const float *in = t->in.data + (size_t)c * t->in.channel_stride;
        float *out = t->out.data + (size_t)c * t->out.channel_stride;
        memmove(out, in, (size_t)t->out.h * t->out.row_stride * sizeof *out);
    }
}

static void run_channels_share(void *work, int index, int thread)
{
    const task *t = work;
    int begin = index * t->each, end = mafat_size_min_int(begin + t->each, t->n_channels);
    (void)thread;
    if (t->step->kind == MAFAT_STEP_KEEP) {
        keep(t, begin, end);
        return;
    }
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
    case MAFAT_SHORTCUT:
        add(t, begin, end);
        return;
    case MAFAT_PRODUCT:
        multiply(t, begin, end);
        return;
    case MAFAT_JOIN:
        join(t, begin, end);
        return;
    case MAFAT_CONVOLUTION:
    case MAFAT_IDENTITY:
    case MAFAT_WHOLE:
        break;
    }
    mafat_error_check_failed("a layer that is not run by channels", __FILE__, __LINE__);
}

/* TUNING. Two shares of channels a thread: enough to even out. Small steps are not worth handing
 * out. */
static void run_channels(task *t)
{
    enum { SMALL_FLOATS = 8192 };
    mafat_team *team = t->context->team;
    size_t n_floats = (size_t)t->n_channels * (size_t)t->out.h * (size_t)t->out.w;
    int n_shares = 2 * team->n_threads;
    t->each = n_floats <= SMALL_FLOATS ? t->n_channels : mafat_size_parts(t->n_channels, n_shares);
    mafat_team_share(team, mafat_size_parts(t->n_channels, t->each), run_channels_share, t);
}

static void run_layer(task *t)
{
    const mafat_step_context *c = t->context;
    switch (t->layer->kind) {
    case MAFAT_CONVOLUTION:
        run_conv(t);
        return;
    case MAFAT_MAXPOOL:
    case MAFAT_UPSAMPLE:
    case MAFAT_ACTIVATION:
    case MAFAT_SHORTCUT:
    case MAFAT_PRODUCT:
    case MAFAT_JOIN:
        run_channels(t);
        return;
    case MAFAT_WHOLE:
        c->host->forward(c->host->context, t->step->layer, t->in.data, c->maps);
        return;
    case MAFAT_IDENTITY:
        break;
    }
    mafat_error_check_failed("a step of a layer that has none", __FILE__, __LINE__);
}

void mafat_step_run(const mafat_step_context *context, const mafat_step *step, int n_images,
                    const float *weights)
{
    task t = {.context = context, .step = step, .weights = weights, .images = {.n = n_images},
              .out = view_of(context, &step->out)};
    if (step->kind == MAFAT_STEP_INPUT) {
        const mafat_source *source = &context->input->source;
        source->rows(source->context, step->out.region.y0, step->out.region.y1, t.out.data,
                     t.out.row_stride, t.out.channel_stride);
        return;
    }
    if (step->kind == MAFAT_STEP_EXCHANGE) {
        mafat_exchange_run(context->peers, context->plan, step, t.out.data);
        return;
    }
    t.in = view_of(context, &step->in);
    t.n_channels = context->network->input.c;
    if (step->layer >= 0) {
        t.layer = &context->network->layers[step->layer];
        t.n_channels = t.layer->out.c;
    }
    if (step->kind == MAFAT_STEP_LAYER && t.layer->kind == MAFAT_JOIN)
        t.n_channels = step->filter_end - step->filter_begin;
    if (step->kind == MAFAT_STEP_KEEP) {
        run_channels(&t);
        return;
    }
    if (mafat_layer_reads_two(t.layer))
        t.also = view_of(context, &step->also);
    run_layer(&t);
}
