/* Steps in which ranks exchange parts of maps. */
#ifndef MAFAT_PLAN_TRANSFER_H
#define MAFAT_PLAN_TRANSFER_H

#include "plan/steps.h"

/* Adds what this rank sends to others and receives of them of a layer's output, when it has computed
 * its own part, and the step for it. Where there is nothing to exchange, nothing is added. */
mafat_status mafat_transfer_add(mafat_builder *b, mafat_tile_index at, int layer);

/* The same of the image, where there are several ranks: rank 0 has it. */
mafat_status mafat_transfer_add_input(mafat_builder *b);

#endif
