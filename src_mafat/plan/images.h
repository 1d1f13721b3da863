/* Several images in one pass of the weights: which layer groups are the head, which images run
 * through one by one, and what every image has a part of its own for (plan.h). */
#ifndef MAFAT_PLAN_IMAGES_H
#define MAFAT_PLAN_IMAGES_H

#include "plan/builder.h"

/* Finds how many layers, in the order of the groups, are the head, 1 or more: so many that the maps
 * and the head's weights, which stay, take least. It ends with a group, or in one that is not
 * interleaved. Where these groups can have the head that is chosen where no tiling is asked for, it is
 * that one: who searched among all groups that there can be, and found these, comes to the same plan by
 * them. `modes` NULL: no weights are read. MAFAT_FAILED without memory. */
mafat_status mafat_images_choose_head(const mafat_network *network, const mafat_group *groups,
                                      int n_groups, const mafat_weight_mode *modes, int n_images,
                                      int *n_layers, mafat_error *error);

/* Finds where each layer's output is made and read, sides[n_layers + 1] from the image's on: the
 * head is so many layers. */
void mafat_images_find_sides(const mafat_network *network, const mafat_group *groups, int n_groups,
                             int n_head_layers, mafat_image_side *sides);

/* Finds the head of a plan for several images, and its sides; divides the group that it ends in.
 * Needs the groups in their order. Errors as above. */
mafat_status mafat_images_find_head(mafat_builder *b);

/* Has the steps of a plan say where turns end: the head is one, then each window, whatever runs tile
 * by tile, and each convolution with the pool that it runs in bands with. */
void mafat_images_mark_turns(mafat_builder *b);

#endif
