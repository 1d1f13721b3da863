/* Several images in one pass of the weights: which layer groups are the head, which images run
 * through one by one, and what every image has a part of its own for (plan.h). */
#ifndef MAFAT_PLAN_IMAGES_H
#define MAFAT_PLAN_IMAGES_H

#include "plan/builder.h"

/* How many of the groups, in their order, are the head, 1 or more: so many that the maps of all
 * images and the head's weights, which stay, take least. `modes` NULL: no weights are read.
 * ints[2 * n_layers] is scratch. */
int mafat_images_choose_head(const mafat_network *network, const mafat_group *groups, int n_groups,
                             const mafat_weight_mode *modes, int n_images, int *ints);

/* Finds where each layer's output is made and read, sides[n_layers + 1] from the image's on: the
 * head is the first n_head groups. */
void mafat_images_find_sides(const mafat_network *network, const mafat_group *groups, int n_groups,
                             int n_head, mafat_image_side *sides);

/* Finds the head of a plan for several images, and its sides. Needs the groups in their order. */
void mafat_images_find_head(mafat_builder *b);

/* Makes of the steps for one image those for all: the head's image by image, then those of each
 * window. Of a part it counts them, and of a sketch it leaves those that are kept. MAFAT_FAILED
 * without memory. */
mafat_status mafat_images_spread(mafat_builder *b);

#endif
