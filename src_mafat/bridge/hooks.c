/* The doors through which Darknet makes a network and runs it: mafat_begin() and
 * mafat_attach() of doors.h, and the hooks that they set (patches/0007). */
#include <limits.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/progress.h"
#include "bridge/blocks.h"
#include "bridge/caught.h"
#include "bridge/lean.h"
#include "bridge/limits.h"
#include "bridge/paths.h"
#include "bridge/planned.h"
#include "bridge/request.h"
#include "darknet.h"
#include "doors.h"
#include "run/source.h"
#include "run/team.h"
#include "run/weights.h"
#include "session/verify.h"

/* network.h declares it, and drags in CUDA's header. */
void calc_network_cost(network *net);

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
    if (!bridge->session.plan.reads_weights || bridge->keeps_darknet)
        return 0;
    if (start > 0 || cutoff < ours->n_layers)
        status = mafat_error_set(&error, MAFAT_UNSUPPORTED,
                                 "layers %d to %d of the weights are to be loaded, and a memory "
                                 "limit holds for whole networks; take mafat_memory out of the cfg",
                                 start, cutoff - 1);
    if (status == MAFAT_OK)
        status = mafat_weights_verify(path, ours, &error);
    if (bridge->is_limited)
        mafat_limits_lock();
    if (status == MAFAT_OK)    /* another network may have come since this one was planned */
        status = mafat_limits_make_space_for_others(bridge, &error);
    if (status == MAFAT_OK)
        status = mafat_planned_load(bridge, path, &error);
    if (bridge->is_limited)
        mafat_limits_unlock();
    if (status == MAFAT_OK)
        return 1;
    mafat_error_set_file(&error, bridge->cfg_path);
    mafat_bridge_give_up(status, &error);
}

/* One inference, for each image of the batch. */
static mafat_status run_batch(mafat_bridge *bridge, mafat_error *error)
{
    network *net = bridge->network;
    mafat_status status = mafat_planned_follow_size(bridge, error);
    if (status == MAFAT_OK)
        status = mafat_limits_make_space_for_others(bridge, error);
    if (status == MAFAT_OK)
        mafat_planned_refresh(bridge);
    for (int b = 0; b < net->batch && status == MAFAT_OK; b++) {
        for (int i = 0; i < net->n && b > 0; i++)
            if (net->layers[i].output != NULL)
                bridge->results[i] += net->layers[i].outputs;
        float *map = net->input + (size_t)b * (size_t)net->inputs;
        /* as rows, too: some plans take nothing else */
        mafat_source_map rows = {map, bridge->session.cfg.network.input};
        mafat_input input = {.source = mafat_source_of_map(&rows), .map = map};
        status = mafat_planned_run(bridge, &input, 1, NULL, NULL, error);
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
                               "mafat_memory=, mafat_threads= and mafat_fast= out of [net]");
    if (bridge->takes_paths)
        return mafat_paths_run(bridge, (const char *)call->input, error);
    return run_batch(bridge, error);
}

/* Keeps an inference out of a process where it would wait for threads that are not there. What happens
 * at exit is its parent's: it would tell twice what that has not written yet, and with LLVM's OpenMP
 * of 16 and 17 never end. */
static void check_process(const mafat_bridge *bridge)
{
    mafat_error error = {0};
    if (bridge->process == getpid())
        return;
    mafat_error_set(&error, MAFAT_FAILED,
                    "was loaded by process %ld, and this is %ld: threads do not come along with "
                    "fork(); load the network behind it", (long)bridge->process, (long)getpid());
    mafat_error_set_file(&error, bridge->cfg_path);
    mafat_error_print(&error, stderr);
    _exit(MAFAT_FAILED);
}

/* Keeps a second inference out of a network that is in use. */
static mafat_status enter(mafat_bridge *bridge, mafat_error *error)
{
    if (!atomic_exchange(&bridge->is_in_use, true))
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED,
                           "two threads use one network at the same time, and would read each "
                           "other's outputs; load it once for each thread, or hold a lock from "
                           "network_predict() until the outputs have been read");
}

/* One inference; `call` is the network as Darknet's layers are to see it in this one. Darknet's own
 * loops take their number of threads from the thread that comes here, whichever it is. */
static void infer(network *net, network *call)
{
    mafat_bridge *bridge = net->hook_data;
    mafat_error error = {0};
    check_process(bridge);
    mafat_status status = enter(bridge, &error);
    if (status == MAFAT_OK) {
        int callers_size = mafat_team_default_size();
        mafat_team_set_default_size(bridge->session.n_threads);
        if (bridge->is_limited)
            mafat_limits_lock();
        bridge->network = call;
        status = run_call(bridge, &error);
        bridge->network = net;
        if (bridge->is_limited) {
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
    mafat_bridge_free(net->hook_data);
}

/* Takes over what is planned already, or plans. */
static mafat_status take_request(mafat_bridge *bridge, const mafat_request *request,
                                 mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    bridge->options = request->options;
    bridge->keeps_darknet = request->keeps_darknet;
    bridge->takes_paths = request->gives_paths;
    bridge->list = request->list;
    if (request->workload != NULL)
        bridge->workload = *request->workload;
    else
        status = mafat_workload_of_program(&bridge->workload, error);
    if (status != MAFAT_OK || request->session == NULL)
        return status == MAFAT_OK ? mafat_planned_open(bridge, error) : status;
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
    if (request->made != NULL)
        *request->made = bridge;
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
    if (!mafat_request_find(cfg_path, &request)) {
        net->foreign = mafat_session_is_foreign(cfg_path);
        return;
    }
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
    net->foreign = session->cfg.is_foreign;
    weights_start_as_zeros = 1;
    net->layer_hook = layer_hook;
    if (!session->by_layers) {    /* layers are made for one image then */
        net->forward_hook = forward_hook;
        net->predict_hook = predict_hook;
    }
    mafat_blocks_begin();
}

/* Gives a kept output room for the images of a batch. Untouched, its pages cost nothing; on the heap they
 * would be cleared, and so be there. */
static mafat_status widen_output(layer *l, size_t n_images, mafat_error *error)
{
    mafat_checked_free(l->output);
    l->output = mafat_blocks_calloc(n_images * (size_t)l->outputs, sizeof *l->output);
    mafat_caught_note(l->output);
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
    mafat_blocks_begin();
    mafat_status status = widen(bridge, &error);
    mafat_blocks_end();
    if (status == MAFAT_OK)
        status = mafat_planned_prepare(bridge, &error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(&error, bridge->cfg_path);
        mafat_bridge_give_up(status, &error);
    }
    net->load_hook = load_hook;
    if (bridge->session.limit_bytes > 0)
        mafat_limits_enlist(bridge);
}

/* ------------------------------------------------------------------------------------------ lists */

int mafat_images_done(int n_done, int n)
{
    static mafat_progress progress;
    if (!mafat_progress_is_allowed())
        return 0;
    if (n_done == 0)
        mafat_progress_begin(&progress, "images", (size_t)n);
    mafat_progress_reach(&progress, (size_t)n_done);
    if (n_done == n)
        mafat_progress_end(&progress);
    return 1;
}
