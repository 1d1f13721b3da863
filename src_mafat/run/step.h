/* One step of a plan, run by kernels: a part of exec. */
#ifndef MAFAT_RUN_STEP_H
#define MAFAT_RUN_STEP_H

#include "run/exec.h"

/* Runs the step; `weights` are those of a convolution's first filter. Called by the team's
 * leader, or where there is no team for a layer of kind MAFAT_WHOLE. */
void mafat_step_run(mafat_exec *exec, const mafat_step *step, const float *weights);

#endif
