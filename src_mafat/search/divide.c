/* Divisions tried one after the other; see divide.h. */
#include "search/divide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "plan/joint.h"
#include "plan/order.h"
#include "plan/timing.h"
#include "search/tuning.h"

/* What a rank computes of a layer, and how long that takes it. */
typedef struct {
    mafat_part made;
    int n_portions;              /* 0: not known */
    double seconds;
} timed_part;

/* What is tried, and what it takes. */
typedef struct {
    const mafat_divide_problem *problem;
    mafat_ranks ranks;
    mafat_group *groups;         /* [n_layers], owned, as all arrays below */
    int n_groups;
    mafat_division_way *ways;    /* [n_layers] */
    timed_part *parts;           /* [n_layers * ranks.n] */
    double *layer_s;             /* [n_layers * ranks.n]: with reading */
    mafat_error *error;
} divider;

/* ------------------------------------------------------------------------------------- its time */

/* What computing a part of a layer's output takes rank 0. */
static double part_s(const divider *v, int l, mafat_part part)
{
    const mafat_network *network = v->problem->network;
    const mafat_layer *layer = &network->layers[l];
    mafat_step step = {.kind = MAFAT_STEP_LAYER, .layer = l, .filter_begin = part.channel_begin,
                       .filter_end = part.channel_end};
    step.out.region = (mafat_region){part.row_begin, 0, part.row_end, layer->out.w};
    step.in.region = layer->kind == MAFAT_WHOLE ? mafat_region_whole(layer->in)
                                                : mafat_region_back(layer, step.out.region).region;
    if (mafat_layer_reads_two(layer))
        step.also.region = step.out.region;
    mafat_work work = mafat_timing_step_work(&v->problem->costs->shape, v->problem->workspace_bytes,
                                             network, &step, 1);
    return mafat_cost_seconds(v->problem->costs, &work);
}

/* What computing a layer takes a rank, portion by portion. */
static double portions_s(const divider *v, const mafat_division *d, int l, int rank)
{
    double sum_s = 0;
    for (int portion = 0; portion < mafat_division_portions(d, l); portion++) {
        mafat_part part = mafat_division_portion(d, l, rank, portion);
        sum_s += mafat_part_is_empty(part) ? 0 : part_s(v, l, part);
    }
    return sum_s * mafat_cost_rank_slowness(v->problem->rank_costs, &v->ranks, rank);
}

/* Sets what computing each layer takes each rank; most parts are as they were. */
static void time_computing(divider *v, const mafat_division *d)
{
    int n = v->ranks.n;
    for (int l = 0; l < v->problem->network->n_layers; l++) {
        for (int r = 0; r < n; r++) {
            timed_part *timed = &v->parts[l * n + r];
            timed_part now = {mafat_division_made(d, l, r), mafat_division_portions(d, l), 0};
            if (memcmp(&now.made, &timed->made, sizeof now.made) == 0 &&
                now.n_portions == timed->n_portions)
                continue;
            now.seconds = portions_s(v, d, l, r);
            *timed = now;
        }
    }
}

static size_t weight_bytes(const divider *v, const mafat_division *d, int l, int rank)
{
    const mafat_layer *layer = &v->problem->network->layers[l];
    mafat_part made = mafat_division_made(d, l, rank);
    if (layer->kind != MAFAT_CONVOLUTION || mafat_part_is_empty(made))
        return 0;
    return (size_t)(made.channel_end - made.channel_begin) * mafat_layer_filter_bytes(layer);
}

/* Where a rank has no room for all weights of its parts, each layer takes as long as reading its part of
 * what there is no room for, if that is longer. */
static void add_reading(divider *v, const mafat_division *d, int rank)
{
    int n_layers = v->problem->network->n_layers, n = v->ranks.n;
    size_t n_bytes = 0, room_bytes = v->problem->room_bytes[rank];
    for (int l = 0; l < n_layers; l++)
        n_bytes += weight_bytes(v, d, l, rank);
    double missing = n_bytes > room_bytes ? (double)(n_bytes - room_bytes) / (double)n_bytes : 0;
    for (int l = 0; l < n_layers; l++) {
        size_t read_bytes = (size_t)(missing * (double)weight_bytes(v, d, l, rank));
        v->layer_s[l * n + rank] = fmax(v->parts[l * n + rank].seconds,
                                        mafat_cost_read_seconds(v->problem->costs, 0, read_bytes));
    }
}

static mafat_status time_division(divider *v, double *seconds)
{
    mafat_division d;
    mafat_status status = mafat_division_make(&d, v->problem->network, v->groups, v->n_groups, false,
                                              &v->ranks, v->error);
    if (status == MAFAT_OK) {
        time_computing(v, &d);
        for (int r = 0; r < v->ranks.n; r++)
            add_reading(v, &d, r);
        *seconds = mafat_joint_seconds(&d, v->problem->network, v->layer_s, v->problem->rank_costs);
    }
    mafat_division_free(&d);
    return status;
}

/* ------------------------------------------------------------------------------------- its ways */

static bool can_have(const divider *v, int l, mafat_division_kind kind)
{
    const mafat_layer *layer = &v->problem->network->layers[l];
    return kind != MAFAT_BY_FILTERS || mafat_division_has_filters(layer);
}

/* Rows before a layer, and filters from it on. */
static void cut_at(divider *v, int first)
{
    for (int l = 0; l < v->problem->network->n_layers; l++)
        v->ways[l] = (mafat_division_way){
            l >= first && can_have(v, l, MAFAT_BY_FILTERS) ? MAFAT_BY_FILTERS : MAFAT_BY_ROWS, 1};
}

/* Takes the best cut of all, or of as many as there is time for. */
static mafat_status choose_cut(divider *v, double *least_s)
{
    int n_layers = v->problem->network->n_layers, best = 0;
    int stride = mafat_size_parts(n_layers + 1, TUNING_MAX_DIVIDING_CUTS);
    mafat_status status = MAFAT_OK;
    *least_s = INFINITY;
    for (int first = 0; first <= n_layers && status == MAFAT_OK; first += stride) {
        double seconds;
        cut_at(v, first);
        status = time_division(v, &seconds);
        if (status == MAFAT_OK && seconds < *least_s) {
            *least_s = seconds;
            best = first;
        }
    }
    cut_at(v, best);
    return status;
}

/* Tries a way of one layer, unless it is the best so far, and keeps it if it is sooner. */
static mafat_status try_way(divider *v, int l, mafat_division_way way, mafat_division_way *best,
                            double *least_s)
{
    double seconds;
    if (way.kind == best->kind && way.n_portions == best->n_portions)
        return MAFAT_OK;
    v->ways[l] = way;
    mafat_status status = time_division(v, &seconds);
    if (status == MAFAT_OK && seconds < *least_s * TUNING_SOONER) {
        *least_s = seconds;
        *best = way;
    }
    return status;
}

/* Tries all kinds of division of one layer, then numbers of portions, and keeps the best. */
static mafat_status change_layer(divider *v, int l, double *least_s)
{
    mafat_division_way best = v->ways[l], way = best;
    bool has_portions = mafat_division_has_filters(&v->problem->network->layers[l]);
    mafat_status status = MAFAT_OK;
    for (way.kind = 0; way.kind < MAFAT_N_DIVISION_KINDS && status == MAFAT_OK; way.kind++)
        if (can_have(v, l, way.kind))
            status = try_way(v, l, way, &best, least_s);
    way.kind = best.kind;
    has_portions = has_portions && way.kind != MAFAT_FOR_ITSELF;
    for (int n = 1; n <= MAFAT_MAX_PORTIONS && status == MAFAT_OK && has_portions; n *= 2) {
        way.n_portions = n;
        status = try_way(v, l, way, &best, least_s);
    }
    v->ways[l] = best;
    return status;
}

static mafat_status change_layers(divider *v, double *least_s)
{
    const mafat_network *network = v->problem->network;
    mafat_status status = MAFAT_OK;
    double before_s = INFINITY;
    for (int i = 0; i < TUNING_MAX_DIVIDING_SWEEPS && *least_s < before_s; i++) {
        before_s = *least_s;
        for (int l = 0; l < network->n_layers && status == MAFAT_OK; l++)
            if (network->layers[l].kind != MAFAT_WHOLE && mafat_layer_producer(network, l) == l)
                status = change_layer(v, l, least_s);
    }
    return status;
}

/* ----------------------------------------------------------------------------------- its shares */

/* Divides shares by what they have in common. */
static void reduce(int *shares, int n)
{
    int common = 0;
    for (int r = 0; r < n; r++)
        for (int rest, share = shares[r]; share > 0; share = rest) {
            rest = common % share;
            common = share;
        }
    MAFAT_CHECK(common > 0);    /* rank 0 works */
    for (int r = 0; r < n; r++)
        shares[r] /= common;
}

/* Gives work to rank 0 and to the fastest others, n_working in all. */
static void set_shares(divider *v, int n_working)
{
    enum { TENTHS = 10 };
    const double *slowness = v->problem->rank_costs->slowness;
    int n = v->ranks.n;
    double fastest = slowness[0];
    for (int r = 0; r < n; r++) {
        int n_before = 1;    /* that have work sooner: rank 0, and others */
        for (int other = 1; other < n; other++)
            n_before += other != r && (slowness[other] < slowness[r] ||
                                       (slowness[other] == slowness[r] && other < r));
        bool works = r == 0 || n_before < n_working;
        v->ranks.shares[r] = works;
        fastest = works ? fmin(fastest, slowness[r]) : fastest;
    }
    for (int r = 0; r < n; r++)
        if (v->ranks.shares[r] > 0)
            v->ranks.shares[r] = (int)fmax(round(TENTHS * fastest / slowness[r]), 1);
    reduce(v->ranks.shares, n);
}

/* Rank 0 computes all. */
static mafat_status time_alone(divider *v, double *seconds)
{
    mafat_ranks shared = v->ranks;
    v->ranks.shares[0] = 1;
    for (int r = 1; r < v->ranks.n; r++)
        v->ranks.shares[r] = 0;
    cut_at(v, 0);
    mafat_status status = time_division(v, seconds);
    v->ranks = shared;
    return status;
}

/* Chooses how many ranks work, by their best cuts. */
static mafat_status choose_shares(divider *v)
{
    mafat_status status = MAFAT_OK;
    int best = v->ranks.n;
    double least_s = INFINITY;
    for (int n = v->ranks.n; n > 0 && status == MAFAT_OK; n--) {
        double seconds;
        set_shares(v, n);
        status = choose_cut(v, &seconds);
        if (status == MAFAT_OK && seconds < least_s * TUNING_SOONER) {
            least_s = seconds;
            best = n;
        }
    }
    set_shares(v, best);
    return status;
}

/* ------------------------------------------------------------------------------------ whole images */

/* Chooses how many ranks take an image each: as many of the fastest as do most of them in a time. All
 * wait for the slowest one, and rank 0 for the others' results. */
static void choose_takers(divider *v, mafat_divided *divided)
{
    const mafat_network *network = v->problem->network;
    const mafat_rank_costs *costs = v->problem->rank_costs;
    double least_s = INFINITY;
    for (int l = 0; l < network->n_layers; l++)
        if (network->layers[l].is_result || l + 1 == network->n_layers)
            divided->result_bytes += mafat_part_bytes(network, l, mafat_part_whole(network->layers[l].out));
    for (int n = v->ranks.n; n > 0; n--) {
        double slowness = 0;
        set_shares(v, n);
        for (int r = 0; r < v->ranks.n; r++)
            if (v->ranks.shares[r] > 0)
                slowness = fmax(slowness, mafat_cost_rank_slowness(costs, &v->ranks, r));
        double pass_s = divided->alone_s * slowness +
                        (n - 1) * (double)divided->result_bytes * costs->message_byte_s;
        if (pass_s / n >= least_s * TUNING_SOONER)
            continue;
        least_s = pass_s / n;
        divided->n_taking = n;
        divided->dealt_s = pass_s;
        for (int r = 0; r < v->ranks.n; r++)
            divided->takes[r] = v->ranks.shares[r] > 0;
    }
}

/* ---------------------------------------------------------------------------------- all together */

static mafat_status begin(divider *v, const mafat_divide_problem *problem, mafat_error *error)
{
    size_t n_layers = (size_t)problem->network->n_layers, n = (size_t)problem->ranks.n;
    *v = (divider){.problem = problem, .ranks = problem->ranks, .error = error,
                   .groups = calloc(n_layers, sizeof *v->groups),
                   .ways = calloc(n_layers, sizeof *v->ways),
                   .layer_s = calloc(n_layers * n, sizeof *v->layer_s),
                   .parts = calloc(n_layers * n, sizeof *v->parts)};
    v->ranks.ways = v->ways;
    if (v->groups == NULL || v->ways == NULL || v->layer_s == NULL || v->parts == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to divide %zu layers among %zu ranks",
                               n_layers, n);
    return mafat_order_resolve(problem->network, problem->config, v->groups, &v->n_groups, error);
}

mafat_status mafat_divide_best(mafat_divided *divided, const mafat_divide_problem *problem,
                               mafat_error *error)
{
    divider v;
    *divided = (mafat_divided){0};
    mafat_status status = begin(&v, problem, error);
    if (status == MAFAT_OK)
        status = time_alone(&v, &divided->alone_s);
    if (status == MAFAT_OK && !problem->has_shares) {
        choose_takers(&v, divided);
        status = choose_shares(&v);
    }
    if (status == MAFAT_OK)
        status = choose_cut(&v, &divided->seconds);
    if (status == MAFAT_OK)
        status = change_layers(&v, &divided->seconds);
    if (status == MAFAT_OK) {
        memcpy(divided->shares, v.ranks.shares, sizeof divided->shares);
        divided->ways = v.ways;
        v.ways = NULL;
    }
    free(v.groups);
    free(v.ways);
    free(v.layer_s);
    free(v.parts);
    return status;
}

void mafat_divided_free(mafat_divided *divided)
{
    free(divided->ways);
    *divided = (mafat_divided){0};
}
