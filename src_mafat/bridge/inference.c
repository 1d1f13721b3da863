/* Networks for MAFAT's own commands; see inference.h. */
#include "bridge/inference.h"

#include <stdlib.h>

#include "base/notice.h"
#include "bridge/blocks.h"
#include "bridge/limits.h"
#include "bridge/planned.h"
#include "darknet.h"
#include "upstream/picture_probe.h"

mafat_bridge *mafat_inference_load(const char *cfg_path, const char *weights_path,
                                   const mafat_request *request)
{
    bool was_hushed = mafat_notice_set_hushed(mafat_notice_is_silent());
    mafat_request_begin(request);
    network *net = load_network((char *)cfg_path, (char *)weights_path, 0);
    mafat_request_end();
    mafat_notice_set_hushed(was_hushed);
    mafat_bridge_keep_heap_small();    /* Darknet will draw nothing */
    set_batch_network(net, 1);
    mafat_planned_refresh(net->hook_data);
    return net->hook_data;
}

void mafat_inference_free(mafat_bridge *bridge)
{
    free_network(bridge->network);
}

void mafat_inference_abandon(mafat_bridge *made)
{
    mafat_picture_probe_abandon();
    mafat_request_end();
    mafat_blocks_end();
    weights_start_as_zeros = 0;
    if (made == NULL)
        return;
    mafat_limits_strike_off(made);
    mafat_bridge_free(made);
}

void mafat_inference_forward_darknet(mafat_bridge *bridge, float *input)
{
    network plain = *bridge->network;    /* the same layers, and nobody in their way */
    plain.forward_hook = NULL;
    plain.predict_hook = NULL;
    network_predict(&plain, input);
}

const float *mafat_inference_darknet_output(const mafat_bridge *bridge, int index)
{
    return bridge->network->layers[index].output;
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
    mafat_inference_forward_darknet(bridge, map);
    for (int l = 0; l < bridge->network->n && observer != NULL; l++)
        if (observer->map_done != NULL)
            observer->map_done(observer->context, 0, l,
                               mafat_inference_darknet_output(bridge, l));
    free(map);
    return MAFAT_OK;
}

mafat_status mafat_inference_forward(mafat_bridge *bridge, const mafat_input *inputs, int n_inputs,
                                     float *const *results, const mafat_observer *observer,
                                     mafat_error *error)
{
    network *net = bridge->network, call = *net;
    if (bridge->session.by_layers)
        return forward_by_layers(bridge, inputs, observer, error);
    call.truth = NULL;
    call.train = 0;
    call.delta = NULL;
    bridge->network = &call;
    mafat_status status = mafat_planned_run(bridge, inputs, n_inputs, results, observer,
                                            error);
    bridge->network = net;
    return status;
}
