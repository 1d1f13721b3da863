/* A network's plan, from the cfg to a run: made, made anew where the network or what the process
 * holds has changed, given its weights, and run. */
#ifndef MAFAT_BRIDGE_PLANNED_H
#define MAFAT_BRIDGE_PLANNED_H

#include "bridge/bridge.h"

/* Takes over where Darknet holds parameters and results. Both may change between runs: training,
 * and resize_network(), which allocates outputs anew. */
void mafat_planned_refresh(mafat_bridge *bridge);

/* Reads the cfg and plans the network for the bridge's workload. Errors: those of
 * mafat_session_open(). */
mafat_status mafat_planned_open(mafat_bridge *bridge, mafat_error *error);

/* Allocates what runs need. Darknet has made its layers. MAFAT_UNSUPPORTED where they are not what
 * the plan was made for; MAFAT_FAILED without memory. */
mafat_status mafat_planned_prepare(mafat_bridge *bridge, mafat_error *error);

/* Reads of the weights file what the plan reads once; a store that was open is closed. Errors:
 * those of mafat_store_open(). */
mafat_status mafat_planned_load(mafat_bridge *bridge, const char *weights_path,
                                mafat_error *error);

/* Plans the network anew where resize_network() gave it another size, and checks else that it is
 * what was planned. Errors: those of the three above. */
mafat_status mafat_planned_follow_size(mafat_bridge *bridge, mafat_error *error);

/* Plans the network anew, for an image that takes so much, and opens its weights again. Where
 * nothing fits, MAFAT_NO_FIT, the network is planned as it was before, or has no plan, where not
 * even that fits any more. */
mafat_status mafat_planned_make_anew(mafat_bridge *bridge, const mafat_workload_image *image,
                                     mafat_error *error);

/* One inference of several images, as many as the plan is for at the most, with result layers'
 * outputs going to results[] as in mafat_exec_run(), or to where Darknet's commands look for them if
 * it is NULL; of several images, those of the first one: mafat_planned_show(). MAFAT_FAILED where
 * the plan reads weights and no file was loaded; other errors are those of mafat_exec_run(). */
mafat_status mafat_planned_run(mafat_bridge *bridge, const mafat_input *inputs, int n_inputs,
                               float *const *results, const mafat_observer *observer,
                               mafat_error *error);

/* Puts the results of one of the images of the last run, of a plan for several, to where Darknet's
 * commands look for them. */
void mafat_planned_show(mafat_bridge *bridge, int image);

/* How long a rank may be silent in a run of several. */
double mafat_planned_patience_s(const mafat_bridge *bridge);

#endif
