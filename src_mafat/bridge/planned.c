/* A network's plan, beside Darknet; see planned.h. */
#include "bridge/planned.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/charge.h"
#include "base/heap.h"
#include "base/size.h"
#include "bridge/host.h"
#include "bridge/lean.h"
#include "bridge/orders.h"
#include "darknet.h"
#include "machine/auto_memory.h"
#include "machine/measure.h"
#include "upstream/rounding_probe.h"

void mafat_planned_refresh(mafat_bridge *bridge)
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

mafat_status mafat_planned_open(mafat_bridge *bridge, mafat_error *error)
{
    return mafat_session_open(&bridge->session, bridge->cfg_path, &bridge->options,
                              &bridge->workload, error);
}

/* Whether there is as much memory here as the plan takes. A process that is alone may find that out; of
 * several the others would see it vanish, and not why. */
static mafat_status check_room(const mafat_session *session, mafat_error *error)
{
    char what[640];
    size_t own_bytes, bytes = session->prediction.total_bytes;
    if (mafat_peers_here() == NULL)
        return MAFAT_OK;
    mafat_status status = mafat_measure_anonymous(&own_bytes, error);
    if (status != MAFAT_OK || !mafat_auto_memory_exceeds("", bytes, own_bytes, what, sizeof what))
        return status;
    return mafat_error_set(error, MAFAT_NO_FIT, "its plan takes %zu bytes (%s), and there is less here: "
                           "%s; -memory has a limit for each rank", bytes, MAFAT_SIZE(bytes), what);
}

mafat_status mafat_planned_prepare(mafat_bridge *bridge, mafat_error *error)
{
    const mafat_session *session = &bridge->session;
    mafat_host host;
    bridge->width = bridge->network->w;
    bridge->height = bridge->network->h;
    mafat_host_provide(bridge, &host);
    mafat_status status = mafat_host_check_agreement(bridge, error);
    if (status == MAFAT_OK)
        status = check_room(session, error);
    if (status == MAFAT_OK)
        status = mafat_rounding_probe_measure(&host.rounding, error);
    if (status == MAFAT_OK)
        status = mafat_exec_init(&bridge->exec, &session->cfg.network, &session->plan,
                                 bridge->parameters,
                                 session->plan.reads_weights ? &bridge->store : NULL, &host,
                                 session->n_threads, error);
    mafat_heap_give_back();    /* what planning and making layers left over */
    if (status != MAFAT_OK)
        return status;
    bridge->exec.peers = mafat_peers_here();
    return mafat_orders_plan(bridge, bridge->cfg_path, &bridge->options, session, &host.rounding,
                             error);
}

static bool has_store(const mafat_bridge *bridge)
{
    return bridge->store.network != NULL;
}

mafat_status mafat_planned_load(mafat_bridge *bridge, const char *path, mafat_error *error)
{
    const mafat_session *session = &bridge->session;
    mafat_store_close(&bridge->store);
    mafat_status status = mafat_store_open(&bridge->store, path, &session->cfg.network,
                                           &session->plan, error);
    return status == MAFAT_OK ? mafat_orders_load(&bridge->store, error) : status;
}

/* The weights that a plan reads, for the one that comes after it. */
typedef struct {
    char *path;               /* owned; NULL: it reads none */
    int file;                 /* held open, for file systems that number files as long as they are */
    mafat_file_version version;
} old_weights;

/* False without memory. */
static bool remember_weights(const mafat_bridge *bridge, old_weights *weights)
{
    const mafat_direct *file = &bridge->store.file;
    *weights = (old_weights){.file = -1};
    if (!has_store(bridge))
        return true;
    *weights = (old_weights){strdup(file->path), fcntl(file->file, F_DUPFD_CLOEXEC, 0), file->version};
    return weights->path != NULL;
}

static void forget_weights(old_weights *weights)
{
    if (weights->file >= 0)
        close(weights->file);
    free(weights->path);
}

static mafat_status load_again(mafat_bridge *bridge, const old_weights *weights, mafat_error *error)
{
    mafat_status status = mafat_planned_load(bridge, weights->path, error);
    const mafat_direct *file = &bridge->store.file;
    if (status != MAFAT_OK || mafat_file_version_equal(&file->version, &weights->version))
        return status;
    status = mafat_error_set(error, MAFAT_FAILED, "was replaced while it was in use");
    mafat_error_set_file(error, weights->path);
    return status;
}

static void drop_plan(mafat_bridge *bridge)
{
    mafat_exec_free(&bridge->exec);
    mafat_store_close(&bridge->store);
    mafat_session_close(&bridge->session);
}

/* Plans the network anew, for this workload, and opens its weights again. What the plan of before
 * held is freed first: there may be no room for both. On error there is no plan: not one that ran with
 * other weights, or that other ranks do not have. */
static mafat_status plan_again(mafat_bridge *bridge, const mafat_workload *workload,
                               const old_weights *weights, mafat_error *error)
{
    network *net = bridge->network;
    const mafat_prediction *p = &bridge->session.prediction;
    size_t standing_bytes = bridge->workload.standing_bytes;
    if (mafat_bridge_has_plan(bridge))    /* else nothing fit the last time, and that stands */
        standing_bytes = p->network_bytes + p->name_bytes + p->result_bytes + p->thread_bytes +
                         mafat_predict_waiting(&bridge->session.process,
                                               bridge->session.plan.n_images);
    drop_plan(bridge);
    bridge->workload = *workload;
    bridge->workload.standing_bytes = standing_bytes;
    bridge->n_runs++;
    mafat_status status = mafat_planned_open(bridge, error);
    for (int i = 0; i < net->n && status == MAFAT_OK; i++)
        mafat_lean_make(bridge, &net->layers[i], i);
    if (status == MAFAT_OK)
        status = mafat_planned_prepare(bridge, error);
    if (status == MAFAT_OK && weights->path != NULL)
        status = load_again(bridge, weights, error);
    if (status != MAFAT_OK)
        drop_plan(bridge);
    return status;
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

mafat_status mafat_planned_follow_size(mafat_bridge *bridge, mafat_error *error)
{
    network *net = bridge->network;
    mafat_workload workload = bridge->workload;
    size_t said_bytes = bridge->session.prediction.total_bytes;
    if (net->w == bridge->width && net->h == bridge->height)
        return mafat_host_check_agreement(bridge, error);
    old_weights weights;
    if (!remember_weights(bridge, &weights))
        return mafat_error_set(error, MAFAT_FAILED, "no memory to plan the network anew");
    workload.is_resized = true;
    workload.width = net->w;
    workload.height = net->h;
    mafat_status status = plan_again(bridge, &workload, &weights, error);
    if (status == MAFAT_OK)
        print_new_choice(bridge, said_bytes);
    forget_weights(&weights);
    return status;
}

mafat_status mafat_planned_make_anew(mafat_bridge *bridge, const mafat_workload_image *image,
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
    old_weights weights;
    if (!remember_weights(bridge, &weights))
        return mafat_error_set(error, MAFAT_FAILED, "no memory to plan the network anew");
    for (size_t i = 0; i < sizeof images / sizeof images[0] && status == MAFAT_NO_FIT; i++) {
        mafat_workload workload = mafat_workload_with_measured(&before, &images[i]);
        status = plan_again(bridge, &workload, &weights, error);
    }
    if (status == MAFAT_NO_FIT) {    /* that is this image's fault, and others may follow */
        mafat_error again;
        mafat_status planned = plan_again(bridge, &before, &weights, &again);
        if (planned != MAFAT_OK) {    /* not this image's fault: there is no plan any more */
            status = planned;
            *error = again;
        }
    } else if (status == MAFAT_OK) {
        mafat_planned_refresh(bridge);
        print_new_choice(bridge, said_bytes);
    }
    forget_weights(&weights);
    return status;
}

void mafat_planned_show(mafat_bridge *bridge, int image)
{
    mafat_exec_copy_results(&bridge->exec, image, bridge->results);
}

/* TUNING. Predictions by default costs are of a fast core, and may be far off. A rank that is dealt a
 * larger image than any before may plan anew in its limit. */
double mafat_planned_patience_s(const mafat_bridge *bridge)
{
    const mafat_session *session = &bridge->session;
    double run_s = session->joint_s * session->plan.n_images;
    double plan_s = session->n_dealing > 0 && session->limit_bytes > 0 ? 60 : 0;
    bool are_measured = session->has_measured && session->rank_costs.are_measured;
    return plan_s + (are_measured ? 5 + 10 * run_s : 60 + 100 * run_s);
}

mafat_status mafat_planned_run(mafat_bridge *bridge, const mafat_input *inputs, int n_inputs,
                               float *const *results, const mafat_observer *observer,
                               mafat_error *error)
{
    if (bridge->session.plan.reads_weights && !has_store(bridge))
        return mafat_error_set(error, MAFAT_FAILED, "no weights file was loaded for this network");
    if (has_store(bridge))
        bridge->exec.parameters = bridge->store.parameters;
    results = results != NULL ? results : bridge->results;
    bridge->n_runs++;
    mafat_orders_begin_run(bridge, mafat_planned_patience_s(bridge));
    mafat_status status = mafat_exec_run(&bridge->exec, inputs, n_inputs, results, observer, error);
    if (status == MAFAT_OK)
        mafat_orders_end_run(bridge);
    if (status == MAFAT_OK && bridge->session.plan.n_images > 1)
        mafat_exec_copy_results(&bridge->exec, 0, results);
    return status;
}
