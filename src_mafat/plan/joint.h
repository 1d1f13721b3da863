/* How long ranks take together, by the cost model. */
#ifndef MAFAT_PLAN_JOINT_H
#define MAFAT_PLAN_JOINT_H

#include "plan/cost.h"
#include "plan/division.h"

/* Seconds until the last rank is done with an image, where computing its part of layer l takes rank r
 * layer_s[l * n + r]: layer by layer each computes, and where it sends or receives some of what was
 * computed it waits for those that it exchanges it with, and for the messages; those of a portion go while
 * the next one is computed, which is not slowed down by them. What a rank sends and
 * what it receives go over the wire at once; the wires of different ranks do not hinder each other. */
double mafat_joint_seconds(const mafat_division *division, const mafat_network *network,
                           const double *layer_s, const mafat_rank_costs *costs);

#endif
