/* Darknet's networks run through plans; see bridge.h. */
#include "front/bridge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "darknet.h"
#include "run/team.h"
#include "stb_image.h"

/* darknet.h does not declare it; activations.h would drag CUDA's header in. */
void activate_array(float *x, const int n, const ACTIVATION a);

static mafat_options asked;
static bool is_asked;

void mafat_bridge_ask(const mafat_options *options)
{
    asked = *options;
    is_asked = true;
    weights_start_as_zeros = 1;
}

static _Noreturn void fail(mafat_status status, const mafat_error *error)
{
    mafat_error_print(error, stderr);
    exit((int)status);
}

/* ------------------------------------------------------------------- Darknet as MAFAT's host */

static ACTIVATION darknet_activation(mafat_activation activation)
{
    static const ACTIVATION names[MAFAT_N_ACTIVATIONS] = {
        [MAFAT_LOGISTIC] = LOGISTIC, [MAFAT_RELU] = RELU,   [MAFAT_RELIE] = RELIE,
        [MAFAT_LINEAR] = LINEAR,     [MAFAT_RAMP] = RAMP,   [MAFAT_TANH] = TANH,
        [MAFAT_PLSE] = PLSE,         [MAFAT_LEAKY] = LEAKY, [MAFAT_ELU] = ELU,
        [MAFAT_LOGGY] = LOGGY,       [MAFAT_STAIR] = STAIR, [MAFAT_HARDTAN] = HARDTAN,
        [MAFAT_LHTAN] = LHTAN,       [MAFAT_SELU] = SELU,
    };
    return names[activation];
}

static void activate(float *x, int n, int activation)
{
    activate_array(x, n, darknet_activation((mafat_activation)activation));
}

/* Darknet's forward() of one layer, on copies of its structures that point to the plan's
 * buffers. */
static void forward_layer(void *context, int index, float *input, float *const *maps)
{
    mafat_bridge *bridge = context;
    network net = *bridge->network;
    net.batch = 1;
    net.layers = bridge->layers;
    net.input = input;
    net.index = index;
    for (int i = 0; i < net.n; i++)
        net.layers[i].output = maps[i];
    layer l = net.layers[index];
    /* Darknet's own outputs start as zeros, and some layers leave a part of them unwritten */
    memset(l.output, 0, (size_t)l.outputs * sizeof *l.output);
    l.forward(l, net);
}

/* ---------------------------------------------------------------------------------- attaching */

/* Whether Darknet's layer is what the plan was made for, in everything that the executor goes
 * by. */
static bool same_layer(const mafat_layer *ours, const layer *theirs)
{
    if (mafat_shape_floats(ours->out) != (size_t)theirs->outputs)
        return false;
    switch (ours->kind) {
    case MAFAT_CONVOLUTION:
        return theirs->type == CONVOLUTIONAL && theirs->c == ours->in.c &&
               theirs->h == ours->in.h && theirs->w == ours->in.w && theirs->n == ours->out.c && theirs->size == ours->size &&
               theirs->stride == ours->stride && theirs->pad == ours->pad &&
               theirs->groups == ours->groups && !theirs->xnor && !theirs->binary &&
               !theirs->batch_normalize == !ours->batch_normalize &&
               theirs->activation == darknet_activation(ours->activation);
    case MAFAT_MAXPOOL:
        return theirs->type == MAXPOOL && theirs->h == ours->in.h && theirs->w == ours->in.w &&
               theirs->size == ours->size && theirs->stride == ours->stride &&
               theirs->pad / 2 == ours->pad;
    case MAFAT_UPSAMPLE:
        return theirs->type == UPSAMPLE && !theirs->reverse && theirs->stride == ours->stride &&
               theirs->scale == ours->scale;
    case MAFAT_ACTIVATION:
        return theirs->type == ACTIVE &&
               theirs->activation == darknet_activation(ours->activation);
    case MAFAT_IDENTITY:
        return theirs->type == DROPOUT;
    case MAFAT_WHOLE:
        return true;
    }
    return false;
}

/* Both sides read the cfg for themselves, and a program may change its network afterwards: neither
 * must go unnoticed. */
static mafat_status check_agreement(const mafat_bridge *bridge, mafat_error *error)
{
    const mafat_network *ours = &bridge->session.cfg.network;
    const network *theirs = bridge->network;
    if (ours->n_layers != theirs->n)
        return mafat_error_set(error, MAFAT_UNSUPPORTED,
                               "Darknet's network has %d layers, the cfg %d: the program changed "
                               "it",
                               theirs->n, ours->n_layers);
    for (int i = 0; i < ours->n_layers; i++)
        if (!same_layer(&ours->layers[i], &theirs->layers[i]))
            return mafat_error_set_layer(error, MAFAT_UNSUPPORTED, i, ours->layers[i].type,
                                         "is not in Darknet's network what it is in the cfg: the "
                                         "program changed it");
    return MAFAT_OK;
}

/* Takes over where Darknet holds parameters and results. Both may change between runs: training,
 * and resize_network(), which allocates outputs anew. */
static void refresh(mafat_bridge *bridge)
{
    const network *net = bridge->network;
    memcpy(bridge->layers, net->layers, (size_t)net->n * sizeof *bridge->layers);
    for (int i = 0; i < net->n; i++) {
        const layer *l = &net->layers[i];
        bridge->layers[i].batch = 1;
        bridge->parameters[i] = (mafat_parameters){
            .weights = l->weights, .biases = l->biases, .scales = l->scales,
            .mean = l->rolling_mean, .variance = l->rolling_variance,
        };
    }
}

static void free_bridge(mafat_bridge *bridge)
{
    mafat_exec_free(&bridge->exec);
    mafat_session_close(&bridge->session);
    free(bridge->cfg_path);
    free(bridge->parameters);
    free(bridge->results);
    free(bridge->layers);
    free(bridge);
}

/* Plans the network as it is now. */
static mafat_status prepare(mafat_bridge *bridge, int width, int height, mafat_error *error)
{
    mafat_session *session = &bridge->session;
    mafat_host host = {.context = bridge, .forward = forward_layer, .activate = activate};
    bridge->width = bridge->network->w;
    bridge->height = bridge->network->h;
    mafat_status status = mafat_session_open(session, bridge->cfg_path, &asked, width, height,
                                             error);
    if (status == MAFAT_OK)
        status = check_agreement(bridge, error);
    if (status == MAFAT_OK)
        status = mafat_bridge_probe(&host.rounding, error);
    if (status == MAFAT_OK)
        status = mafat_exec_init(&bridge->exec, &session->cfg.network, &session->plan,
                                 bridge->parameters, &host, session->n_threads, error);
    return status;
}

/* Plans the network anew where resize_network() gave it another size. */
static mafat_status follow_size(mafat_bridge *bridge, mafat_error *error)
{
    const network *net = bridge->network;
    if (net->w == bridge->width && net->h == bridge->height)
        return check_agreement(bridge, error);
    mafat_exec_free(&bridge->exec);
    mafat_session_close(&bridge->session);
    return prepare(bridge, net->w, net->h, error);
}

/* The network's forward hook: one inference, for each image of the batch. */
static void forward_hook(network *net)
{
    mafat_bridge *bridge = net->hook_data;
    bridge->network = net;
    mafat_error error;
    mafat_status status = follow_size(bridge, &error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(&error, bridge->cfg_path);
        fail(status, &error);
    }
    refresh(bridge);
    for (int b = 0; b < net->batch; b++) {
        for (int i = 0; i < net->n; i++)
            bridge->results[i] = net->layers[i].output + (size_t)b * (size_t)net->layers[i].outputs;
        float *input = net->input + (size_t)b * (size_t)net->inputs;
        mafat_exec_run(&bridge->exec, input, bridge->results, NULL);
    }
}

static void free_hook(network *net)
{
    free_bridge(net->hook_data);
}

static mafat_status attach(network *net, const char *cfg_path, mafat_error *error)
{
    size_t n = (size_t)net->n;
    mafat_bridge *bridge = calloc(1, sizeof *bridge);
    if (bridge == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to attach to a network");
    bridge->network = net;
    bridge->cfg_path = strdup(cfg_path);
    bridge->parameters = calloc(n, sizeof *bridge->parameters);
    bridge->results = calloc(n, sizeof *bridge->results);
    bridge->layers = calloc(n, sizeof *bridge->layers);
    mafat_status status = MAFAT_OK;
    if (bridge->cfg_path == NULL || bridge->parameters == NULL || bridge->results == NULL ||
        bridge->layers == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory to attach to %zu layers", n);
    if (status == MAFAT_OK)
        status = prepare(bridge, 0, 0, error);
    if (status != MAFAT_OK) {
        free_bridge(bridge);
        return status;
    }
    mafat_team_set_default_size(bridge->session.n_threads);
    net->hook_data = bridge;
    net->forward_hook = forward_hook;
    net->free_hook = free_hook;
    return MAFAT_OK;
}

void mafat_attach(network *net, const char *cfg_path)
{
    if (!is_asked && !mafat_session_is_asked_for(cfg_path))
        return;
    mafat_error error;
    mafat_status status = attach(net, cfg_path, &error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(&error, cfg_path);
        fail(status, &error);
    }
}

/* -------------------------------------------------------------------- for MAFAT's own commands */

mafat_bridge *mafat_bridge_load_network(const char *cfg_path, const char *weights_path,
                                        const mafat_options *options)
{
    mafat_bridge_ask(options);
    network *net = load_network((char *)cfg_path, (char *)weights_path, 0);
    set_batch_network(net, 1);
    mafat_bridge *bridge = net->hook_data;
    refresh(bridge);
    return bridge;
}

void mafat_bridge_free_network(mafat_bridge *bridge)
{
    free_network(bridge->network);
}

void mafat_bridge_forward_darknet(mafat_bridge *bridge, float *input)
{
    network *net = bridge->network;
    net->forward_hook = NULL;
    network_predict(net, input);
    net->forward_hook = forward_hook;
}

void mafat_bridge_forward(mafat_bridge *bridge, float *input, float *const *results,
                          const mafat_observer *observer)
{
    network *net = bridge->network;
    network saved = *net;
    net->truth = NULL;
    net->train = 0;
    net->delta = NULL;
    mafat_exec_run(&bridge->exec, input, results, observer);
    *net = saved;
}

const float *mafat_bridge_darknet_output(const mafat_bridge *bridge, int index)
{
    return bridge->network->layers[index].output;
}

/* -------------------------------------------------------------------------------------- images */

/* Decodes the file to bytes; the caller frees them with stbi_image_free(). */
static mafat_status decode(const char *path, stbi_uc **pixels, mafat_error *error)
{
    int w, h, c;
    FILE *file = fopen(path, "rb");
    *pixels = file == NULL ? NULL : stbi_load_from_file(file, &w, &h, &c, 3);
    const char *reason = file == NULL ? strerror(errno) : stbi_failure_reason();
    if (file != NULL)
        fclose(file);
    if (*pixels != NULL)
        return MAFAT_OK;
    mafat_status status = mafat_error_set(error, MAFAT_FAILED,
                                          "cannot be read as an image: %s; allowed are JPEG, PNG, "
                                          "BMP, GIF, PSD, TGA, HDR, PIC and PNM",
                                          reason);
    mafat_error_set_file(error, path);
    return status;
}

mafat_status mafat_bridge_verify_image(const char *path, mafat_error *error)
{
    stbi_uc *pixels;
    mafat_status status = decode(path, &pixels, error);
    if (status == MAFAT_OK)
        stbi_image_free(pixels);
    return status;
}

bool mafat_bridge_is_image(const char *path)
{
    int w, h, c;
    return stbi_info(path, &w, &h, &c) != 0;
}

mafat_status mafat_bridge_read_image(const char *path, mafat_shape input, float **floats,
                                     mafat_error *error)
{
    mafat_status status = mafat_bridge_verify_image(path, error);
    if (status != MAFAT_OK)
        return status;
    image decoded = load_image_color((char *)path, 0, 0);
    *floats = letterbox_image(decoded, input.w, input.h).data;
    free_image(decoded);
    return MAFAT_OK;
}
