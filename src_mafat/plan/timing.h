/* How long the groups of a plan take, by the cost model. */
#ifndef MAFAT_PLAN_TIMING_H
#define MAFAT_PLAN_TIMING_H

#include "plan/builder.h"

/* The work of a step, in the units of the cost model, with so much workspace; of so many images that
 * take it together (mafat_plan_is_taken_together()), for all of them. */
mafat_work mafat_timing_step_work(const mafat_kernel_shape *shape, size_t workspace_bytes,
                                  const mafat_network *network, const mafat_step *step,
                                  int n_images);

/* Seconds that a step takes; 0 without costs. */
double mafat_timing_step_s(mafat_builder *b, const mafat_step *step);

/* Sets a group's time, when all its steps are there. */
void mafat_timing_set_group(mafat_builder *b, mafat_group *group);

#endif
