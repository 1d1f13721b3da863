/* Networks for MAFAT's own commands: made, run through MAFAT or by Darknet's own pass, freed. */
#ifndef MAFAT_BRIDGE_INFERENCE_H
#define MAFAT_BRIDGE_INFERENCE_H

#include "bridge/bridge.h"
#include "bridge/request.h"

/* Makes a network with MAFAT attached, loads its weights, where a file is named, and sets its batch
 * to one image. The files must have been verified. The caller frees it with
 * mafat_inference_free(). */
mafat_bridge *mafat_inference_load(const char *cfg_path, const char *weights_path,
                                   const mafat_request *request);
void mafat_inference_free(mafat_bridge *bridge);

/* Ends what was caught (caught.h) on the way to a network: a measurement (upstream/picture_probe.h),
 * and mafat_inference_load(), of whose network it frees what is left. `made` is what request->made
 * says, or NULL. Darknet's part of it is among the blocks of the call. */
void mafat_inference_abandon(mafat_bridge *made);

/* Darknet's own forward pass, as network_predict() runs it without MAFAT, on a network that
 * keeps_darknet; and where it leaves the output of a layer, one float after the other. */
void mafat_inference_forward_darknet(mafat_bridge *bridge, float *input);
const float *mafat_inference_darknet_output(const mafat_bridge *bridge, int index);

/* The same through MAFAT, of several images as in mafat_planned_run(), with result layers' outputs
 * going to results[] as in mafat_exec_run(), or to where Darknet's commands look for them if it is
 * NULL. Errors: those of mafat_exec_run(). */
mafat_status mafat_inference_forward(mafat_bridge *bridge, const mafat_input *inputs, int n_inputs,
                                     float *const *results, const mafat_observer *observer,
                                     mafat_error *error);

#endif
