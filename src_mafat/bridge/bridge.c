/* Darknet's networks run through plans; see bridge.h. */
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/charge.h"
#include "base/size.h"
#include "bridge/blocks.h"
#include "bridge/bridge.h"
#include "bridge/host.h"
#include "bridge/lean.h"
#include "bridge/limits.h"
#include "bridge/paths.h"
#include "darknet.h"
#include "mafat.h"
#include "run/team.h"
#include "run/weights.h"
#include "session/verify.h"
#include "upstream/rounding_probe.h"

/* network.h declares it, and drags in CUDA's header. */
void calc_network_cost(network *net);

/* glibc would raise the size from which it gives blocks back at once with each one that is
 * freed. */
void mafat_bridge_keep_heap_small(void)
{
    mallopt(M_MMAP_THRESHOLD, MAFAT_CHARGE_OWN_PAGES);
    mallopt(M_TRIM_THRESHOLD, MAFAT_CHARGE_OWN_PAGES);
}

/* Where no network of the process has a limit, blocks of some hundred KB are kept on the heap when
 * they are freed, as glibc comes to keep them on its own: Darknet allocates several for each label
 * that it draws. Images, which are larger, are still given back. */
static void let_heap_grow(const mafat_session *session)
{
    enum { KEPT_BYTES = 1 << 20 };
    static atomic_bool has_limit;
    if (session->limit_bytes > 0)
        atomic_store(&has_limit, true);
    if (atomic_load(&has_limit))
        return;
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, 2 * KEPT_BYTES);
}

/* Several threads may come here at once, and only one may call exit(), once: what the process has
 * registered to be done at its end may come here again. */
_Noreturn void mafat_bridge_give_up(mafat_status status, const mafat_error *error)
{
    static atomic_flag is_ending = ATOMIC_FLAG_INIT;
    static _Thread_local bool is_ended_here;
    mafat_error_print(error, stderr);
    if (is_ended_here)
        _exit((int)status);
    while (atomic_flag_test_and_set(&is_ending))
        pause();
    is_ended_here = true;
    exit((int)status);
}

/* ---------------------------------------------------------------------------------- attaching */

/* Takes over where Darknet holds parameters and results. Both may change between runs: training,
 * and resize_network(), which allocates outputs anew. */
static void refresh(mafat_bridge *bridge)
{
    const network *net = bridge->network;
    memcpy(bridge->layers, net->layers, (size_t)net->n * sizeof *bridge->layers);
    for (int i = 0; i < net->n; i++) {
        const layer *l = &net->layers[i];
        bridge->layers[i].batch = 1;
        bridge->results[i] = l->output;
        bridge->parameters[i] = (mafat_parameters){
            .weights = l->weights, .biases = l->biases, .scales = l->scales,
            .mean = l->rolling_mean, .variance = l->rolling_variance,
        };
    }
}

static void free_bridge(mafat_bridge *bridge)
{
    mafat_exec_free(&bridge->exec);
    mafat_store_close(&bridge->store);
    mafat_session_close(&bridge->session);
    free(bridge->cfg_path);
    free(bridge->last_image);
    free(bridge->parameters);
    free(bridge->results);
    free(bridge->layers);
    free(bridge);
}

/* Reads the cfg and plans the network. */
static mafat_status open_session(mafat_bridge *bridge, mafat_error *error)
{
    return mafat_session_open(&bridge->session, bridge->cfg_path, &bridge->options,
                              &bridge->workload, error);
}

/* Allocates what runs need. */
static mafat_status prepare(mafat_bridge *bridge, mafat_error *error)
{
    const mafat_session *session = &bridge->session;
    mafat_host host;
    bridge->width = bridge->network->w;
    bridge->height = bridge->network->h;
    mafat_host_provide(bridge, &host);
    mafat_status status = mafat_host_check_agreement(bridge, error);
    if (status == MAFAT_OK)
        status = mafat_rounding_probe_measure(&host.rounding, error);
    bool reads_weights = session->plan.n_windows > 0;
    if (status == MAFAT_OK)
        status = mafat_exec_init(&bridge->exec, &session->cfg.network, &session->plan,
                                 bridge->parameters, reads_weights ? &bridge->store : NULL, &host,
                                 session->n_threads, error);
    malloc_trim(0);    /* what making layers left over */
    return status;
}

static bool has_store(const mafat_bridge *bridge)
{
    return bridge->store.network != NULL;
}

/* Reads what the plan reads once; a store that was open is closed. */
static mafat_status open_store(mafat_bridge *bridge, const char *path, mafat_error *error)
{
    const mafat_session *session = &bridge->session;
    mafat_store_close(&bridge->store);
    return mafat_store_open(&bridge->store, path, &session->cfg.network, &session->plan, error);
}

void mafat_bridge_print_choice(const mafat_session *session)
{
    const mafat_prediction *p = &session->prediction;
    char config[256];
    mafat_config_print(&session->config, config, sizeof config);
    fprintf(stderr, "mafat: limit %zu bytes: %s, predicted %zu (arena %zu, pinned %zu, image %zu, "
            "results %zu, plan %zu, process %zu, choosing %zu)\n",
            session->limit_bytes, config, p->total_bytes, p->arena_bytes,
            p->pinned_bytes + p->parameter_bytes, p->image_bytes, p->result_bytes, p->plan_bytes,
            mafat_prediction_process_bytes(p), p->choosing_bytes);
}

/* Plans the network anew, for this workload, and opens its weights again. What the plan of before
 * held is freed first: there may be no room for both. */
static mafat_status plan_again(mafat_bridge *bridge, const mafat_workload *workload,
                               const char *weights_path, mafat_error *error)
{
    network *net = bridge->network;
    const mafat_prediction *p = &bridge->session.prediction;
    size_t standing_bytes = bridge->workload.standing_bytes;
    if (mafat_bridge_has_plan(bridge))    /* else nothing fit the last time, and that stands */
        standing_bytes = p->network_bytes + p->name_bytes + p->result_bytes + p->thread_bytes;
    mafat_exec_free(&bridge->exec);
    mafat_store_close(&bridge->store);
    mafat_session_close(&bridge->session);
    bridge->workload = *workload;
    bridge->workload.standing_bytes = standing_bytes;
    mafat_status status = open_session(bridge, error);
    for (int i = 0; i < net->n && status == MAFAT_OK; i++)
        mafat_lean_make(bridge, &net->layers[i], i);
    if (status == MAFAT_OK)
        status = prepare(bridge, error);
    if (status == MAFAT_OK && weights_path != NULL)
        status = open_store(bridge, weights_path, error);
    return status;
}

/* The path of the weights, for a plan that comes after the one that reads them; NULL where none does.
 * The caller frees it. */
static bool copy_weights_path(const mafat_bridge *bridge, char **path)
{
    *path = has_store(bridge) ? strdup(bridge->store.file.path) : NULL;
    return *path != NULL || !has_store(bridge);
}

/* Says what was chosen in place of a plan of which more had been said: what was taken once
 * counts. */
static void print_new_choice(mafat_bridge *bridge, size_t said_bytes)
{
    mafat_prediction *p = &bridge->session.prediction;
    if (bridge->session.limit_bytes == 0)
        return;
    if (said_bytes > p->total_bytes) {
        p->choosing_bytes += said_bytes - p->total_bytes;
        p->total_bytes = said_bytes;
    }
    mafat_bridge_print_choice(&bridge->session);
}

/* Plans the network anew where resize_network() gave it another size. */
static mafat_status follow_size(mafat_bridge *bridge, mafat_error *error)
{
    network *net = bridge->network;
    mafat_workload workload = bridge->workload;
    size_t said_bytes = bridge->session.prediction.total_bytes;
    if (net->w == bridge->width && net->h == bridge->height)
        return mafat_host_check_agreement(bridge, error);
    char *weights_path;
    if (!copy_weights_path(bridge, &weights_path))
        return mafat_error_set(error, MAFAT_FAILED, "no memory to plan the network anew");
    workload.is_resized = true;
    workload.width = net->w;
    workload.height = net->h;
    mafat_status status = plan_again(bridge, &workload, weights_path, error);
    if (status == MAFAT_OK)
        print_new_choice(bridge, said_bytes);
    free(weights_path);
    return status;
}

mafat_status mafat_bridge_plan_anew(mafat_bridge *bridge, const mafat_workload_image *image,
                                    mafat_error *error)
{
    const mafat_workload before = bridge->workload;
    size_t said_bytes = bridge->session.prediction.total_bytes;
    /* what was needed before too, and more at once, so that few images want a plan; where there is
       no room for that, what this one takes */
    const mafat_workload_image images[] = {
        mafat_workload_round_images(image, &before.image, MAFAT_CHARGE_LIMITS_UNIT),
        mafat_workload_round_images(image, image, MAFAT_CHARGE_LIMITS_UNIT),
        mafat_workload_round_images(image, image, mafat_size_page()),
    };
    mafat_status status = MAFAT_NO_FIT;
    char *weights_path;
    if (!copy_weights_path(bridge, &weights_path))
        return mafat_error_set(error, MAFAT_FAILED, "no memory to plan the network anew");
    for (size_t i = 0; i < sizeof images / sizeof images[0] && status == MAFAT_NO_FIT; i++) {
        mafat_workload workload = mafat_workload_with_measured(&before, &images[i]);
        status = plan_again(bridge, &workload, weights_path, error);
    }
    if (status == MAFAT_NO_FIT) {    /* that is this image's fault, and others may follow */
        mafat_error again;
        mafat_status planned = plan_again(bridge, &before, weights_path, &again);
        if (planned != MAFAT_OK) {    /* not this image's fault: there is no plan any more */
            status = planned;
            *error = again;
        }
    } else if (status == MAFAT_OK) {
        refresh(bridge);
        print_new_choice(bridge, said_bytes);
    }
    free(weights_path);
    return status;
}

/* -------------------------------------------------------------------------------------- hooks */

/* Darknet has made a layer, for all images of a batch where its own forward pass is to run. */
static void layer_hook(network *net, layer *l, int index)
{
    mafat_bridge *bridge = net->hook_data;
    mafat_error error = {0};
    if ((long long)l->batch * l->outputs > INT_MAX) {
        mafat_status status = mafat_error_set_layer(
            &error, MAFAT_UNSUPPORTED, index, bridge->session.cfg.network.layers[index].type,
            "%d floats for each of %d images, as batch= and subdivisions= say, are more than "
            "Darknet counts; configuration \"" MAFAT_LAYERS_CONFIG "\" makes room for all",
            l->outputs, l->batch);
        mafat_error_set_file(&error, bridge->cfg_path);
        mafat_bridge_give_up(status, &error);
    }
    mafat_lean_make(bridge, l, index);
    mafat_blocks_next_layer();
}

/* Reads the weights as the plan says; Darknet reads them where it says nothing. */
static int load_hook(network *net, char *path, int start, int cutoff)
{
    mafat_bridge *bridge = net->hook_data;
    const mafat_network *ours = &bridge->session.cfg.network;
    mafat_error error = {0};
    mafat_status status = MAFAT_OK;
    if (bridge->session.plan.n_windows == 0 || bridge->keeps_darknet)
        return 0;
    if (start > 0 || cutoff < ours->n_layers)
        status = mafat_error_set(&error, MAFAT_UNSUPPORTED,
                                 "layers %d to %d of the weights are to be loaded, and a memory "
                                 "limit holds for whole networks; take mafat_memory out of the cfg",
                                 start, cutoff - 1);
    if (status == MAFAT_OK)
        status = mafat_weights_verify(path, ours, &error);
    mafat_limits_lock();
    if (status == MAFAT_OK)    /* another network may have come since this one was planned */
        status = mafat_limits_make_space_for_others(bridge, &error);
    if (status == MAFAT_OK)
        status = open_store(bridge, path, &error);
    mafat_limits_unlock();
    if (status == MAFAT_OK)
        return 1;
    mafat_error_set_file(&error, bridge->cfg_path);
    mafat_bridge_give_up(status, &error);
}

static mafat_status run(mafat_bridge *bridge, const mafat_input *input, float *const *results,
                        const mafat_observer *observer, mafat_error *error)
{
    if (bridge->session.plan.n_windows > 0 && !has_store(bridge))
        return mafat_error_set(error, MAFAT_FAILED, "no weights file was loaded for this network");
    if (has_store(bridge))
        bridge->exec.parameters = bridge->store.parameters;
    return mafat_exec_run(&bridge->exec, input, results, observer, error);
}

mafat_status mafat_bridge_run(mafat_bridge *bridge, const mafat_input *input, mafat_error *error)
{
    refresh(bridge);
    return run(bridge, input, bridge->results, NULL, error);
}

/* A caller's map given row by row: some plans take nothing else. */
typedef struct {
    const float *map;
    mafat_shape shape;
} map_rows;

static void copy_rows(void *context, int y0, int y1, float *to, size_t row_stride,
                      size_t channel_stride)
{
    const map_rows *from = context;
    size_t width = (size_t)from->shape.w;
    for (int c = 0; c < from->shape.c; c++)
        for (int y = y0; y < y1; y++)
            memcpy(to + (size_t)c * channel_stride + (size_t)(y - y0) * row_stride,
                   from->map + ((size_t)c * (size_t)from->shape.h + (size_t)y) * width,
                   width * sizeof *to);
}

/* One inference, for each image of the batch. */
static mafat_status run_batch(mafat_bridge *bridge, mafat_error *error)
{
    network *net = bridge->network;
    mafat_status status = follow_size(bridge, error);
    if (status == MAFAT_OK)
        status = mafat_limits_make_space_for_others(bridge, error);
    if (status == MAFAT_OK)
        refresh(bridge);
    for (int b = 0; b < net->batch && status == MAFAT_OK; b++) {
        for (int i = 0; i < net->n && b > 0; i++)
            if (net->layers[i].output != NULL)
                bridge->results[i] += net->layers[i].outputs;
        float *map = net->input + (size_t)b * (size_t)net->inputs;
        map_rows rows = {map, bridge->session.cfg.network.input};
        mafat_input input = {.source = {&rows, copy_rows}, .map = map};
        status = run(bridge, &input, bridge->results, NULL, error);
    }
    return status;
}

/* What network_predict() asks for. */
static mafat_status run_call(mafat_bridge *bridge, mafat_error *error)
{
    const network *call = bridge->network;
    if (call->train)
        return mafat_error_set(error, MAFAT_UNSUPPORTED,
                               "MAFAT runs networks and does not train them; take mafat=, "
                               "mafat_memory= and mafat_threads= out of [net]");
    if (bridge->image_rounding != NULL)
        return mafat_paths_run(bridge, (const char *)call->input, error);
    return run_batch(bridge, error);
}

/* Keeps a second inference out of a network that is in use, and one out of a process where it
 * would wait for threads that are not there. */
static mafat_status enter(mafat_bridge *bridge, mafat_error *error)
{
    if (bridge->process != getpid())
        return mafat_error_set(error, MAFAT_FAILED,
                               "was loaded by process %ld, and this is %ld: threads do not come "
                               "along with fork(); load the network behind it",
                               (long)bridge->process, (long)getpid());
    if (atomic_exchange(&bridge->is_in_use, true))
        return mafat_error_set(error, MAFAT_FAILED,
                               "two threads use one network at the same time, and would read "
                               "each other's outputs; load it once for each thread, or hold a "
                               "lock from network_predict() until the outputs have been read");
    return MAFAT_OK;
}

/* One inference; `call` is the network as Darknet's layers are to see it in this one. Darknet's own
 * loops take their number of threads from the thread that comes here, whichever it is. */
static void infer(network *net, network *call)
{
    mafat_bridge *bridge = net->hook_data;
    mafat_error error = {0};
    mafat_status status = enter(bridge, &error);
    if (status == MAFAT_OK) {
        bool has_limit = bridge->session.limit_bytes > 0;
        int callers_size = mafat_team_default_size();
        mafat_team_set_default_size(bridge->session.n_threads);
        if (has_limit)
            mafat_limits_lock();
        bridge->network = call;
        status = run_call(bridge, &error);
        bridge->network = net;
        if (has_limit) {
            if (status == MAFAT_OK)
                mafat_bridge_release(bridge);
            mafat_limits_unlock();
        }
        mafat_team_set_default_size(callers_size);
        calc_network_cost(net);
        atomic_store(&bridge->is_in_use, false);
    }
    if (status != MAFAT_OK) {
        mafat_error_set_file(&error, bridge->cfg_path);
        mafat_bridge_give_up(status, &error);
    }
}

/* forward_network(), which only programs that train call themselves. */
static void forward_hook(network *net)
{
    infer(net, net);
}

static float *predict_hook(network *net, float *input)
{
    network call = *net;
    call.input = input;
    call.truth = NULL;
    call.train = 0;
    call.delta = NULL;
    infer(net, &call);
    return net->output;
}

static void free_hook(network *net)
{
    mafat_limits_strike_off(net->hook_data);
    free_bridge(net->hook_data);
}

/* Takes over what is planned already, or plans. */
static mafat_status take_request(mafat_bridge *bridge, const mafat_request *request,
                                 mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    bridge->options = request->options;
    bridge->keeps_darknet = request->keeps_darknet;
    bridge->image_rounding = request->image_rounding;
    if (request->workload != NULL)
        bridge->workload = *request->workload;
    else
        status = mafat_workload_of_program(&bridge->workload, error);
    if (status != MAFAT_OK || request->session == NULL)
        return status == MAFAT_OK ? open_session(bridge, error) : status;
    bridge->session = *request->session;
    *request->session = (mafat_session){0};
    return MAFAT_OK;
}

static mafat_status begin(network *net, const char *cfg_path, const mafat_request *request,
                          mafat_error *error)
{
    size_t n = (size_t)net->n;
    mafat_bridge *bridge = calloc(1, sizeof *bridge);
    if (bridge == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to attach to a network");
    net->hook_data = bridge;
    bridge->network = net;
    bridge->process = getpid();
    bridge->cfg_path = strdup(cfg_path);
    bridge->parameters = calloc(n, sizeof *bridge->parameters);
    bridge->results = calloc(n, sizeof *bridge->results);
    bridge->layers = calloc(n, sizeof *bridge->layers);
    if (bridge->cfg_path == NULL || bridge->parameters == NULL || bridge->results == NULL ||
        bridge->layers == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to attach to %zu layers", n);
    mafat_status status = take_request(bridge, request, error);
    return status == MAFAT_OK ? mafat_verify_cfg_files(&bridge->session.cfg, error) : status;
}

void mafat_begin(network *net, const char *cfg_path)
{
    mafat_request request;
    if (!mafat_request_find(cfg_path, &request))
        return;
    mafat_error error = {0};
    mafat_bridge_keep_heap_small();
    mafat_status status = begin(net, cfg_path, &request, &error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(&error, cfg_path);
        mafat_bridge_give_up(status, &error);
    }
    malloc_trim(0);    /* what planning left over */
    const mafat_session *session = &((mafat_bridge *)net->hook_data)->session;
    if (session->limit_bytes > 0 && !request.keeps_darknet)
        mafat_bridge_print_choice(session);
    weights_start_as_zeros = 1;
    net->layer_hook = layer_hook;
    if (!session->by_layers) {    /* layers are made for one image then */
        net->forward_hook = forward_hook;
        net->predict_hook = predict_hook;
    }
    mafat_blocks_begin();
}

/* Gives a kept output room for the images of a batch. Untouched, it costs nothing. */
static mafat_status widen_output(layer *l, size_t n_images, mafat_error *error)
{
    mafat_checked_free(l->output);
    l->output = calloc(n_images * (size_t)l->outputs, sizeof *l->output);
    if (l->output == NULL)
        return mafat_error_set(error, MAFAT_FAILED,
                               "no memory for the outputs of the %zu images that batch= and "
                               "subdivisions= speak of: %zu bytes a layer",
                               n_images, n_images * (size_t)l->outputs * sizeof(float));
    return MAFAT_OK;
}

/* Has the network take batch= images at a time, as its cfg says, until its program says otherwise:
 * Darknet has made its layers for one. */
static mafat_status widen(mafat_bridge *bridge, mafat_error *error)
{
    network *net = bridge->network;
    mafat_status status = MAFAT_OK;
    if (bridge->keeps_darknet)
        set_batch_network(net, 1);
    if (net->batch == 1)
        return MAFAT_OK;
    for (int i = 0; i < net->n && status == MAFAT_OK; i++) {
        layer *l = &net->layers[i];
        if (l->type == DROPOUT)
            l->output = net->layers[i - 1].output;
        else if (l->output != NULL)
            status = widen_output(l, (size_t)net->batch, error);
    }
    set_batch_network(net, net->batch);
    net->output = get_network_output_layer(net).output;
    return status;
}

void mafat_attach(network *net)
{
    mafat_bridge *bridge = net->hook_data;
    mafat_error error = {0};
    weights_start_as_zeros = 0;
    if (bridge == NULL)
        return;
    mafat_blocks_end();
    mafat_team_set_default_size(bridge->session.n_threads);
    net->free_hook = free_hook;
    let_heap_grow(&bridge->session);
    if (bridge->session.by_layers)
        return;
    mafat_status status = widen(bridge, &error);
    if (status == MAFAT_OK)
        status = prepare(bridge, &error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(&error, bridge->cfg_path);
        mafat_bridge_give_up(status, &error);
    }
    net->load_hook = load_hook;
    if (bridge->session.limit_bytes > 0)
        mafat_limits_enlist(bridge);
}

/* -------------------------------------------------------------------- for MAFAT's own commands */

mafat_bridge *mafat_bridge_load_network(const char *cfg_path, const char *weights_path,
                                        const mafat_request *request)
{
    mafat_request_begin(request);
    network *net = load_network((char *)cfg_path, (char *)weights_path, 0);
    mafat_request_end();
    mafat_bridge_keep_heap_small();    /* Darknet will draw nothing */
    set_batch_network(net, 1);
    refresh(net->hook_data);
    return net->hook_data;
}

void mafat_bridge_free_network(mafat_bridge *bridge)
{
    free_network(bridge->network);
}

void mafat_bridge_forward_darknet(mafat_bridge *bridge, float *input)
{
    network plain = *bridge->network;    /* the same layers, and nobody in their way */
    plain.forward_hook = NULL;
    plain.predict_hook = NULL;
    network_predict(&plain, input);
}

/* Darknet's own forward pass on a lean network: everything is whole and stays where Darknet has
 * it. */
static mafat_status forward_by_layers(mafat_bridge *bridge, const mafat_input *input,
                                      const mafat_observer *observer, mafat_error *error)
{
    mafat_shape shape = bridge->session.cfg.network.input;
    size_t width = (size_t)shape.w, plane = (size_t)shape.h * width;
    float *map = malloc(mafat_shape_floats(shape) * sizeof *map);
    if (map == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for the input");
    input->source.rows(input->source.context, 0, shape.h, map, width, plane);
    mafat_bridge_forward_darknet(bridge, map);
    for (int l = 0; l < bridge->network->n && observer != NULL; l++)
        if (observer->map_done != NULL)
            observer->map_done(observer->context, l, mafat_bridge_darknet_output(bridge, l));
    free(map);
    return MAFAT_OK;
}

mafat_status mafat_bridge_forward(mafat_bridge *bridge, const mafat_input *input,
                                  float *const *results, const mafat_observer *observer,
                                  mafat_error *error)
{
    network *net = bridge->network, call = *net;
    if (bridge->session.by_layers)
        return forward_by_layers(bridge, input, observer, error);
    call.truth = NULL;
    call.train = 0;
    call.delta = NULL;
    bridge->network = &call;
    mafat_status status = run(bridge, input, results != NULL ? results : bridge->results,
                              observer, error);
    bridge->network = net;
    return status;
}

/* Of Darknet's image_opencv.cpp, which is empty without OpenCV. */
extern void *open_video_stream(const char *file, int camera, int w, int h, int fps)
    __attribute__((weak));

bool mafat_bridge_has_video(void)
{
    return open_video_stream != NULL;
}

bool mafat_bridge_has_plan(const mafat_bridge *bridge)
{
    return bridge->session.plan.n_steps > 0;
}

void mafat_bridge_release(mafat_bridge *bridge)
{
    if (!bridge->session.by_layers)
        mafat_exec_release(&bridge->exec);
}

const float *mafat_bridge_darknet_output(const mafat_bridge *bridge, int index)
{
    return bridge->network->layers[index].output;
}
