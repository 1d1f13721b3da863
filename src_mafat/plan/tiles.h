/* The steps of layer groups that are tiled by a grid. */
#ifndef MAFAT_PLAN_TILES_H
#define MAFAT_PLAN_TILES_H

#include "plan/builder.h"

/* Adds the steps of group number g. */
mafat_status mafat_tiles_add_group(mafat_builder *b, int g);

#endif
