/* How long ranks take together, by the cost model. */
#ifndef MAFAT_PLAN_JOINT_H
#define MAFAT_PLAN_JOINT_H

#include "plan/cost.h"
#include "plan/division.h"

/* TUNING. What sending a portion takes of a rank that computes meanwhile: calls of MPI beside it, and caches that
 * others use. YOLOv2 on two ranks of a thread each, a link of 1 Gbit, Sapphire Rapids: with 18 portions an image
 * took 2 % longer than without any, where 1.5 % less was predicted without this. */
#define MAFAT_PORTION_S 5e-4

/* Seconds until the last rank is done with an image, where computing its part of layer l takes rank r
 * layer_s[l * n + r]: layer by layer each computes, and where it sends or receives some of what was
 * computed it waits for those that it exchanges it with, and for the messages; those of a portion go while
 * the next one is computed, which takes MAFAT_PORTION_S longer for it. What a rank sends and
 * what it receives go over the wire at once; the wires of different ranks do not hinder each other. */
double mafat_joint_seconds(const mafat_division *division, const mafat_network *network,
                           const double *layer_s, const mafat_rank_costs *costs);

#endif
