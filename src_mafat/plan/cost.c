/* Counting work; see cost.h. What it counts are the loops of kernels/conv.c and kernels/winograd.c. */
#include "plan/cost.h"

#include "base/size.h"

/* TUNING. As long as so many sums takes an activation that is a curve: an exponential and a division, in
 * vectors. Those of Darknet's own, one value at a time, stand behind few layers. */
static int sums_of_activation(mafat_activation activation)
{
    bool is_curve = activation == MAFAT_MISH || activation == MAFAT_SWISH ||
                    activation == MAFAT_GELU;
    return is_curve ? 4 : 0;
}

/* Adds the work of one share: all taps of so many filters and pixels, panel by panel. */
static void add_share(mafat_work *work, const mafat_kernel_shape *shape, const mafat_layer *layer,
                      size_t n_filters, size_t n_pixels)
{
    size_t n_taps = (size_t)(layer->in.c / layer->groups) * (size_t)layer->size *
                    (size_t)layer->size;
    size_t n_rows = mafat_size_round_up(n_filters, (size_t)shape->register_filters);
    size_t n_panels = mafat_size_divide_up(n_pixels, (size_t)shape->panel_pixels);
    size_t n_slices = mafat_size_divide_up(n_taps, (size_t)shape->slice_taps);
    size_t n_vectors = mafat_size_divide_up(n_pixels, (size_t)shape->vector_pixels);
    size_t n_weights = n_taps * n_filters;
    double lanes = (double)n_taps * (double)n_rows * (double)shape->vector_pixels;
    /* register tiles are three vectors wide or more, and the last two share what is left
     * (kernels/pack.h): only where there is one vector in all is a tile as thin as that */
    work->units[n_vectors == 1 ? MAFAT_COST_THIN_MAC : MAFAT_COST_MAC] += lanes * (double)n_vectors;
    work->units[layer->size > 1 ? MAFAT_COST_PACK : MAFAT_COST_PACK_POINT] +=
        (double)n_taps * (double)n_pixels;
    work->units[MAFAT_COST_SUM] += (double)n_filters * (double)n_pixels *
                                   ((double)n_slices + sums_of_activation(layer->activation));
    if (n_weights * sizeof(float) > MAFAT_COST_NEAR_BYTES)
        work->units[MAFAT_COST_WEIGHT] += (double)n_weights * (double)n_panels;
}

mafat_work mafat_cost_conv(const mafat_kernel_shape *shape, const mafat_layer *layer, int n_filters,
                           size_t n_pixels)
{
    mafat_work work = {{0}};
    size_t n_of_group = (size_t)(n_filters / layer->groups), n_groups = (size_t)layer->groups;
    mafat_share share = mafat_share_conv(shape, (int)n_of_group, (int)n_pixels);
    size_t n_threads = (size_t)shape->n_threads;
    size_t n_units = n_groups * mafat_size_divide_up((size_t)share.extent, (size_t)share.unit);
    size_t most = mafat_size_divide_up(n_units,
                                       mafat_size_min(n_groups * (size_t)share.n, n_threads));
    size_t of_group = n_units / n_groups;
    work.units[MAFAT_COST_STEP] = 1;
    for (size_t done = 0; done < most; done += of_group) {
        size_t n = most - done < of_group ? most - done : of_group;
        size_t part = n * (size_t)share.unit;
        part = part < (size_t)share.extent ? part : (size_t)share.extent;
        add_share(&work, shape, layer, share.by_filters ? part : n_of_group,
                  share.by_filters ? n_pixels : part);
    }
    return work;
}

/* How much of what is shared the thread with most of it has. */
static int most_of(const mafat_share *share, int n_threads)
{
    int n_units = mafat_size_parts(share->extent, share->unit);
    int most = mafat_size_parts(n_units, mafat_size_min_int(share->n, n_threads));
    return mafat_size_min_int(most * share->unit, share->extent);
}

mafat_work mafat_cost_winograd(const mafat_kernel_shape *shape, size_t workspace_bytes,
                               const mafat_layer *layer, int n_filters, int n_tiles)
{
    size_t scratch_bytes = mafat_share_scratch_bytes(workspace_bytes, shape->n_threads);
    mafat_winograd_share s = mafat_share_winograd(shape, scratch_bytes, layer->in.c, n_filters,
                                                  n_tiles);
    *(s.share.by_filters ? &n_filters : &n_tiles) = most_of(&s.share, shape->n_threads);
    mafat_winograd_passes passes =
        mafat_winograd_shape_passes(s.shape, n_tiles, layer->in.c, n_filters);
    int n_rows = mafat_size_parts(n_filters, shape->winograd.filters) * shape->winograd.filters;
    double n_channels = layer->in.c, outputs = (double)n_filters * n_tiles;
    return (mafat_work){{
        [MAFAT_COST_STEP] = 1,
        [MAFAT_COST_WINOGRAD_MAC] = MAFAT_WINOGRAD_POINTS * n_channels * n_rows * n_tiles,
        [MAFAT_COST_WINOGRAD_INPUT] = n_channels * n_tiles * passes.of_inputs,
        [MAFAT_COST_WINOGRAD_WEIGHT] = n_channels * n_filters * passes.of_weights,
        [MAFAT_COST_WINOGRAD_OUTPUT] = outputs,
        [MAFAT_COST_SUM] = outputs * MAFAT_WINOGRAD_OUT * MAFAT_WINOGRAD_OUT *
                           sums_of_activation(layer->activation),
    }};
}

mafat_work mafat_cost_move(const mafat_kernel_shape *shape, size_t n_floats)
{
    mafat_work work = {{0}};
    work.units[MAFAT_COST_STEP] = 1;
    work.units[MAFAT_COST_MOVE] = (double)n_floats / shape->n_threads;
    return work;
}

double mafat_cost_seconds(const mafat_costs *costs, const mafat_work *work)
{
    double seconds = 0;
    for (int i = 0; i < MAFAT_N_COSTS; i++)
        seconds += costs->unit_s[i] * work->units[i];
    return seconds;
}

double mafat_cost_read_seconds(const mafat_costs *costs, int n_reads, size_t n_bytes)
{
    return n_reads * costs->read_s + (double)n_bytes * costs->read_byte_s;
}

double mafat_cost_lost_seconds(const mafat_costs *costs, size_t n_bytes)
{
    return (double)n_bytes * costs->lost_byte_s;
}

mafat_costs mafat_cost_defaults(const mafat_kernel_shape *shape)
{
    return (mafat_costs){
        .shape = *shape,
        .unit_s = {
            [MAFAT_COST_STEP] = 1.2e-6, [MAFAT_COST_MAC] = 9.4e-12,
            [MAFAT_COST_THIN_MAC] = 2e-11, [MAFAT_COST_PACK] = 8e-11,
            [MAFAT_COST_PACK_POINT] = 1e-10, [MAFAT_COST_SUM] = 1.6e-10,
            [MAFAT_COST_WEIGHT] = 3e-11, [MAFAT_COST_MOVE] = 8e-11,
            [MAFAT_COST_WINOGRAD_MAC] = 9.4e-12, [MAFAT_COST_WINOGRAD_INPUT] = 4.2e-9,
            [MAFAT_COST_WINOGRAD_WEIGHT] = 2.4e-9, [MAFAT_COST_WINOGRAD_OUTPUT] = 5e-9,
        },
        .read_s = 1e-4, .read_byte_s = 1e-9, .lost_byte_s = 2e-10,
    };
}

mafat_rank_costs mafat_cost_rank_defaults(void)
{
    mafat_rank_costs costs = {.message_s = 1e-4, .message_byte_s = 1538.0 / 1448 / 125e6};
    for (int rank = 0; rank < MAFAT_MAX_RANKS; rank++)
        costs.slowness[rank] = 1;
    return costs;
}

double mafat_cost_rank_slowness(const mafat_rank_costs *costs, const mafat_ranks *ranks, int rank)
{
    bool is_alone = rank == 0;
    for (int other = 1; other < ranks->n; other++)
        is_alone &= ranks->shares[other] == 0;
    return is_alone ? 1 : costs->slowness[rank];
}
