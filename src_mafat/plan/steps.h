/* Steps of a plan that is being built, one by one. */
#ifndef MAFAT_PLAN_STEPS_H
#define MAFAT_PLAN_STEPS_H

#include "plan/builder.h"

/* The tile that steps are being made for. */
typedef struct {
    int group, row, col;
} mafat_tile_index;

/* Adds a step as it is, but for its group and tile, and makes room in its output's buffer for what
 * it holds. */
mafat_status mafat_steps_add(mafat_builder *b, mafat_tile_index at, mafat_step step);

/* The step that computes `out`, a part of the output of layer l, which lies in a buffer that holds
 * `out_held`; that of its input holds `in_held`. Where they hold maps, that goes before. */
mafat_step mafat_steps_of_layer(const mafat_builder *b, int l, mafat_region out,
                                mafat_region in_held, mafat_region out_held);

/* The same of a join, for the channels that its source number s gives, in a buffer that holds
 * `in_held`. */
mafat_step mafat_steps_of_source(const mafat_builder *b, int l, int s, mafat_region out,
                                 mafat_region in_held, mafat_region out_held);

#endif
