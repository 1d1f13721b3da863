/* Steps in which ranks exchange parts of maps. */
#ifndef MAFAT_PLAN_TRANSFER_H
#define MAFAT_PLAN_TRANSFER_H

#include "plan/steps.h"

/* Adds the step in which a portion of a layer's output is sent, when this rank has computed it; with the
 * first one the messages of all portions, sent and received. Where there is nothing to exchange, nothing is
 * added. Of a part of a network steps and messages are counted alone, the most that there can be. */
mafat_status mafat_transfer_add(mafat_builder *b, mafat_tile_index at, int layer, int portion);

/* The same of the image, where there are several ranks: rank 0 has it. */
mafat_status mafat_transfer_add_input(mafat_builder *b);

#endif
