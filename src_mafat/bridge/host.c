/* Darknet as the executor's host; see host.h. */
#include <string.h>

#include "bridge/host.h"
#include "darknet.h"
#include "doors.h"
#include "upstream/foreign_layers.h"

/* darknet.h does not declare it; activations.h would drag CUDA's header in. */
void activate_array(float *x, const int n, const ACTIVATION a);

static ACTIVATION darknet_activation(mafat_activation activation)
{
    static const ACTIVATION names[MAFAT_N_ACTIVATIONS] = {
        [MAFAT_LOGISTIC] = LOGISTIC, [MAFAT_RELU] = RELU,   [MAFAT_RELIE] = RELIE,
        [MAFAT_LINEAR] = LINEAR,     [MAFAT_RAMP] = RAMP,   [MAFAT_TANH] = TANH,
        [MAFAT_PLSE] = PLSE,         [MAFAT_LEAKY] = LEAKY, [MAFAT_ELU] = ELU,
        [MAFAT_LOGGY] = LOGGY,       [MAFAT_STAIR] = STAIR, [MAFAT_HARDTAN] = HARDTAN,
        [MAFAT_LHTAN] = LHTAN,       [MAFAT_SELU] = SELU,
        [MAFAT_MISH] = MAFAT_FOREIGN_ACTIVATIONS + MAFAT_MISH,
        [MAFAT_SWISH] = MAFAT_FOREIGN_ACTIVATIONS + MAFAT_SWISH,
        [MAFAT_RELU6] = MAFAT_FOREIGN_ACTIVATIONS + MAFAT_RELU6,
        [MAFAT_HARD_MISH] = MAFAT_FOREIGN_ACTIVATIONS + MAFAT_HARD_MISH,
        [MAFAT_GELU] = MAFAT_FOREIGN_ACTIVATIONS + MAFAT_GELU,
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

static float weigh(void *context, int index, const float *weights, int source, int channel)
{
    const mafat_bridge *bridge = context;
    return mafat_foreign_layers_weigh(&bridge->layers[index], weights, source, channel);
}

void mafat_host_provide(mafat_bridge *bridge, mafat_host *host)
{
    host->context = bridge;
    host->forward = forward_layer;
    host->activate = activate;
    host->weigh = weigh;
}

/* Whether a convolution's kernel goes over the same pixels. */
static bool same_kernel(const mafat_layer *ours, const layer *theirs)
{
    int stride_x = theirs->foreign ? theirs->stride_x : theirs->stride;
    int stride_y = theirs->foreign ? theirs->stride_y : theirs->stride;
    int dilation = theirs->foreign ? theirs->dilation : 1;
    return theirs->size == ours->size && stride_y == ours->stride && stride_x == ours->stride_x &&
           dilation == ours->dilation && theirs->pad * dilation == ours->pad;
}

/* Whether a shortcut adds the same layers. */
static bool same_terms(const mafat_layer *ours, const layer *theirs)
{
    size_t n_weights = mafat_layer_weight_floats(ours);
    if (!theirs->foreign)
        return ours->n_sources == 2 && theirs->index == ours->sources[1] && n_weights == 0;
    return theirs->n + 1 == ours->n_sources && (size_t)theirs->nweights == n_weights &&
           memcmp(theirs->input_layers, ours->sources + 1,
                  (size_t)theirs->n * sizeof *ours->sources) == 0;
}

/* Whether Darknet's layer is what the plan was made for, in everything that the executor goes
 * by. */
static bool same_layer(const mafat_layer *ours, const layer *theirs)
{
    if (mafat_shape_floats(ours->out) != (size_t)theirs->outputs)
        return false;
    switch (ours->kind) {
    case MAFAT_CONVOLUTION:
        return theirs->type == CONVOLUTIONAL && theirs->c == ours->in.c &&
               theirs->h == ours->in.h && theirs->w == ours->in.w &&
               theirs->n == ours->out.c && same_kernel(ours, theirs) &&
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
    case MAFAT_SHORTCUT:
        return theirs->type == SHORTCUT && theirs->alpha == 1 && theirs->beta == 1 &&
               same_terms(ours, theirs) &&
               theirs->activation == darknet_activation(ours->activation);
    case MAFAT_PRODUCT:
        return theirs->foreign && theirs->c == ours->in.c && theirs->h == ours->in.h &&
               theirs->w == ours->in.w && theirs->index == ours->sources[1] &&
               theirs->activation == darknet_activation(ours->activation);
    case MAFAT_JOIN:
        return theirs->type == ROUTE && !theirs->foreign && theirs->n == ours->n_sources &&
               memcmp(theirs->input_layers, ours->sources,
                      (size_t)theirs->n * sizeof *ours->sources) == 0;
    case MAFAT_IDENTITY:
        return theirs->type == DROPOUT || (theirs->type == ROUTE && theirs->n == 1 &&
                                           theirs->group_id * theirs->out_c == ours->first_channel);
    case MAFAT_WHOLE:
        return true;
    }
    return false;
}

mafat_status mafat_host_check_agreement(const mafat_bridge *bridge, mafat_error *error)
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
