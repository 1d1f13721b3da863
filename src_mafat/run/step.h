/* One step of a plan, run by kernels. It knows nothing of the walk over all steps (exec.h), which
 * hands it what it needs. */
#ifndef MAFAT_RUN_STEP_H
#define MAFAT_RUN_STEP_H

#include "base/layer.h"
#include "plan/plan.h"
#include "plan/share.h"
#include "run/host.h"
#include "run/peers.h"
#include "run/source.h"
#include "run/store.h"
#include "run/team.h"

/* What the steps of a run have in common, all of it borrowed. */
typedef struct {
    const mafat_network *network;
    const mafat_plan *plan;
    const mafat_parameters *parameters;  /* [n_layers]; of convolutions, all but the weights */
    const mafat_host *host;
    const mafat_peers *peers;            /* of a plan of one of several ranks */
    mafat_kernel_shape shape;            /* how convolutions are shared out */
    mafat_team *team;
    char *arena;
    float *const *maps;                  /* [n_layers]: whole outputs; NULL for those that are no
                                            maps */
    int image;                           /* whose turn it is, */
    const mafat_input *input;            /* and its input */
} mafat_step_context;

/* What the convolution kernel of this build computes at once, for so many threads. */
mafat_kernel_shape mafat_step_kernel_shape(int n_threads);

/* Bytes of workspace that the plan must provide for so many threads: a conv.h panel for each, and as
 * much scratch as Winograd's layers have use for, up to so much, or the least that they need. */
size_t mafat_step_workspace_bytes(const mafat_network *network, int n_threads,
                                  size_t max_scratch_bytes);

/* Runs the step; `weights` are those of a convolution's first filter, or all of a shortcut's. The
 * images from the context's on, so many, take it together (mafat_plan_is_taken_together()), or one
 * does. Called by the team's leader, or where there is no team for a layer of kind MAFAT_WHOLE. */
void mafat_step_run(const mafat_step_context *context, const mafat_step *step, int n_images,
                    const float *weights);

#endif
