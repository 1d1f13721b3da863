/* A network without what inference does not need.
 *
 * Darknet allocates a layer's training buffers with the layer: for each output its delta and,
 * with batch norm, two copies, for each weight its update. They are of pages that are
 * not there until somebody touches them, so that allocating them costs address space, for one
 * layer at a time, and nothing else. Outputs go too, where the plan has its own place for them,
 * and so do weights and statistics that are read from the file as the plan says. Layers of kinds
 * that MAFAT does not know by heart keep everything. */
#include "bridge/lean.h"
#include "darknet.h"
#include "doors.h"

static void drop(float **buffer)
{
    mafat_checked_free(*buffer);
    *buffer = NULL;
}

static void drop_training(layer *l)
{
    drop(&l->delta);
    drop(&l->x);
    drop(&l->x_norm);
    drop(&l->weight_updates);
    drop(&l->bias_updates);
    drop(&l->scale_updates);
    drop(&l->mean);
    drop(&l->variance);
    drop(&l->mean_delta);
    drop(&l->variance_delta);
    drop(&l->m);
    drop(&l->v);
}

static void drop_parameters(layer *l)
{
    drop(&l->weights);
    drop(&l->biases);
    drop(&l->scales);
    drop(&l->rolling_mean);
    drop(&l->rolling_variance);
}

/* Whether inference is known to do without the layer's training buffers. */
static bool is_known(const layer *l)
{
    if (l->foreign)
        return true;
    switch (l->type) {
    case CONVOLUTIONAL:
    case MAXPOOL:
    case UPSAMPLE:
    case SHORTCUT:
    case ROUTE:
    case REORG:
    case AVGPOOL:
    case ACTIVE:
    case REGION:
    case YOLO:
        return true;
    default:
        return false;
    }
}

static bool is_result(const mafat_bridge *bridge, int index)
{
    const mafat_network *network = &bridge->session.cfg.network;
    const mafat_plan *plan = &bridge->session.plan;
    for (int l = index; l < network->n_layers; l++)
        if (mafat_layer_producer(network, l) == mafat_layer_producer(network, index) &&
            plan->buffers[plan->output_buffers[l]].is_result)
            return true;
    return false;
}

void mafat_lean_make(const mafat_bridge *bridge, layer *l, int index)
{
    const mafat_session *session = &bridge->session;
    if (bridge->keeps_darknet || index >= session->cfg.network.n_layers)
        return;
    if (l->type == DROPOUT)
        drop(&l->rand);    /* its other buffers are those of the layer before it */
    if (l->type == LOCAL && !session->by_layers)
        l->workspace_size *= sizeof(float);    /* floats, which do where a convolution has more */
    if (!is_known(l))
        return;
    drop_training(l);
    if (session->by_layers)
        return;
    mafat_layer_kind kind = session->cfg.network.layers[index].kind;
    if (!is_result(bridge, index))
        drop(&l->output);
    if (kind == MAFAT_MAXPOOL) {
        mafat_checked_free(l->indexes);
        l->indexes = NULL;
    }
    if (kind == MAFAT_CONVOLUTION)
        l->workspace_size = 0;
    if ((kind == MAFAT_CONVOLUTION || kind == MAFAT_SHORTCUT) && session->plan.reads_weights)
        drop_parameters(l);
}
