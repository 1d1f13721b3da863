/* How long the groups of a plan take, by the cost model; see timing.h.
 *
 * What a group costs does not depend on the groups around it, so that a search can add groups up.
 * Weights are read while something computes, by a thread that is one window ahead: as if each layer
 * hid its reads behind its own steps; what is longer counts. Nothing runs before the first group
 * that could hide its first read, nor, where it is interleaved, any of its reads. */
#include "plan/timing.h"

/* Floats of a region in so many channels. */
static size_t floats_of(mafat_region region, int n_channels)
{
    return mafat_region_pixels(region) * (size_t)n_channels;
}

/* Floats that the step of a layer reads of maps. */
static size_t floats_read(const mafat_network *network, const mafat_step *step)
{
    const mafat_layer *layer = &network->layers[step->layer];
    bool is_join = layer->kind == MAFAT_JOIN;
    size_t n = floats_of(step->in.region, is_join ? step->filter_end - step->filter_begin
                                                  : layer->in.c);
    if (mafat_layer_reads_two(layer))
        n += floats_of(step->also.region, layer->out.c);
    for (int s = 1; s < layer->n_sources && layer->kind == MAFAT_WHOLE; s++) {
        int source = layer->sources[s];
        n += mafat_shape_floats(source < 0 ? network->input : network->layers[source].out);
    }
    return n;
}

/* The work of a convolution's step. Only Winograd's are taken together. */
static mafat_work conv_work(const mafat_kernel_shape *shape, size_t workspace_bytes,
                            const mafat_layer *layer, const mafat_step *step, int n_images)
{
    int n_filters = step->filter_end - step->filter_begin;
    mafat_region out = step->out.region;
    switch (layer->algorithm) {
    case MAFAT_DIRECT:
        return mafat_cost_conv(shape, layer, n_filters, mafat_region_pixels(out));
    case MAFAT_WINOGRAD:
        return mafat_cost_winograd(shape, workspace_bytes, layer, n_filters,
                                   n_images *
                                       mafat_winograd_shape_tiles(mafat_region_height(out),
                                                                  mafat_region_width(out)));
    }
    mafat_error_check_failed("an algorithm that is none", __FILE__, __LINE__);
}

mafat_work mafat_timing_step_work(const mafat_kernel_shape *shape, size_t workspace_bytes,
                                  const mafat_network *network, const mafat_step *step,
                                  int n_images)
{
    const mafat_layer *layer = step->layer < 0 ? NULL : &network->layers[step->layer];
    size_t n_written = floats_of(step->out.region, layer == NULL ? network->input.c : layer->out.c);
    if (step->kind != MAFAT_STEP_LAYER)
        return mafat_cost_move(shape, 2 * n_written);    /* as many as it reads */
    MAFAT_CHECK(layer != NULL);
    if (layer->kind == MAFAT_CONVOLUTION)
        return conv_work(shape, workspace_bytes, layer, step, n_images);
    if (layer->kind == MAFAT_JOIN)
        n_written = floats_of(step->out.region, step->filter_end - step->filter_begin);
    return mafat_cost_move(shape, floats_read(network, step) + n_written);
}

static mafat_step_extent extent_of(const mafat_step *step)
{
    return (mafat_step_extent){
        step->filter_end - step->filter_begin,
        mafat_region_height(step->in.region), mafat_region_width(step->in.region),
        mafat_region_height(step->also.region), mafat_region_width(step->also.region),
        mafat_region_height(step->out.region), mafat_region_width(step->out.region),
    };
}

static bool are_alike(const mafat_step_extent *a, const mafat_step_extent *b)
{
    return a->n_filters == b->n_filters && a->in_height == b->in_height &&
           a->in_width == b->in_width && a->also_height == b->also_height &&
           a->also_width == b->also_width && a->out_height == b->out_height &&
           a->out_width == b->out_width;
}

double mafat_timing_step_s(mafat_builder *b, const mafat_step *step)
{
    if (b->options->costs == NULL || step->kind == MAFAT_STEP_EXCHANGE)
        return 0;
    mafat_timed_step *timed = &b->timed[step->layer + 1];
    mafat_step_extent extent = extent_of(step);
    if (!are_alike(&timed->extent, &extent)) {
        int n = mafat_plan_is_taken_together(b->plan, b->network, step) ? b->plan->n_images : 1;
        mafat_work work = mafat_timing_step_work(&b->options->costs->shape,
                                                 b->options->workspace_bytes, b->network, step, n);
        *timed = (mafat_timed_step){extent, mafat_cost_seconds(b->options->costs, &work) / n};
    }
    return timed->seconds;
}

/* What reading a layer's weights in each run takes. */
typedef struct {
    int n_reads;
    double seconds, lost_s;    /* of the reads; of computing meanwhile */
} reading;

static reading reading_of(const mafat_builder *b, int l)
{
    size_t n_bytes = 0;
    reading r = {0};
    for (int w = 0; w < b->n_windows[l]; w++) {
        const mafat_weight_window *window = &b->plan->windows[b->first_windows[l] + w];
        n_bytes += window->pinned ? 0 : window->bytes;
        r.n_reads += !window->pinned;
    }
    r.seconds = mafat_cost_read_seconds(b->options->costs, r.n_reads, n_bytes);
    r.lost_s = mafat_cost_lost_seconds(b->options->costs, n_bytes);
    return r;
}

/* What computing a layer takes. The image comes with the first one. */
static double computing_s(const mafat_builder *b, int l)
{
    return b->sums[l + 1].seconds + (l == 0 ? b->sums[0].seconds : 0);
}

/* TUNING. Interleaved layers take so much longer than their steps one by one: they drive each other
 * out of the caches, and write parts of maps. YOLOv2-608 at 24M and 32M, two threads, Zen 5: what the
 * steps promised to save by tiling layers 0-7, 0.5 %, came out as a loss of 2 to 5 %. */
#define INTERLEAVING_LOSS 0.03

/* TUNING. Layers computed image by image in each of their windows take so much longer than with one image,
 * whose map stays in a cache nearby from window to window. YOLOv2-608 at 16M and 24M, two images, one
 * thread, Sapphire Rapids with 2 MB of cache a core: 7 to 13 % of the whole run, most of it in the
 * layers whose maps are 1.5 MB. */
#define TURNS_LOSS 0.10

/* How much longer than its steps one by one a layer takes where others' maps come between them. */
static double loss_of(const mafat_builder *b, int l, bool is_interleaved, int n_reads)
{
    bool takes_turns = b->plan->n_images > 1 && n_reads > 1 &&
                       b->network->layers[l].algorithm != MAFAT_WINOGRAD;
    return is_interleaved ? INTERLEAVING_LOSS : takes_turns ? TURNS_LOSS : 0;
}

static double longer(double a, double b)
{
    return a > b ? a : b;
}

void mafat_timing_set_group(mafat_builder *b, mafat_group *group)
{
    bool is_interleaved = mafat_group_is_interleaved(group);
    if (b->options->costs == NULL)
        return;
    for (int l = group->first; l < group->end; l++) {
        reading r = reading_of(b, l);
        double layer_s = computing_s(b, l) * b->plan->n_images *
                         (1 + loss_of(b, l, is_interleaved, r.n_reads));
        double seconds = group->first == 0 && is_interleaved
                             ? layer_s + r.seconds : longer(layer_s + r.lost_s, r.seconds);
        if (l == 0 && !is_interleaved && r.n_reads > 0)
            seconds += r.seconds / r.n_reads;
        group->computing_s += layer_s;
        group->seconds += seconds;
        if (!b->is_part)
            b->plan->layer_s[l] = seconds;
    }
}
