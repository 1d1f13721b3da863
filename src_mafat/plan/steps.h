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

/* How many steps layer l takes for a part of its output, windows of weights apart. */
int mafat_steps_count(const mafat_builder *b, int l);

/* Which of its sources layer l reads first in step number i: of a join each step reads another one. */
int mafat_steps_first_source(const mafat_builder *b, int l, int i);

/* The step that fetches the whole image, before the first layer. */
mafat_step mafat_steps_of_image(const mafat_builder *b);

/* Step number i of those that compute `out`, a part of the output of layer l, which lies in a buffer
 * that holds `out_held`; those of what it reads hold `in_held`. Where they hold maps, that goes
 * before. */
mafat_step mafat_steps_of_layer(const mafat_builder *b, int l, int i, mafat_region out,
                                mafat_region in_held, mafat_region out_held);

#endif
