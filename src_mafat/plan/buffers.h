/* The buffers of a plan: how large they are, when they are alive, where they lie. */
#ifndef MAFAT_PLAN_BUFFERS_H
#define MAFAT_PLAN_BUFFERS_H

#include "plan/builder.h"

/* Counts the moments, and makes the buffers of the image, the workspace, all maps and tiles, and
 * the windows. Sizes of tiles come with their steps. */
mafat_status mafat_buffers_make(mafat_builder *b);

/* Makes room for what a buffer holds of the map of a layer, or of the image (-1), unless it is the
 * map's. */
mafat_status mafat_buffers_fit(mafat_builder *b, int buffer, int layer, mafat_region held);

/* Has those that each image has a part of hold these parts, once all have their sizes. */
mafat_status mafat_buffers_multiply(mafat_builder *b);

/* Gives the buffers their offsets, and adds up what they take. Needs all steps. */
mafat_status mafat_buffers_place(mafat_builder *b);

#endif
