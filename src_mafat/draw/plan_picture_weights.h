/* The weights of each layer: how many are kept, and how many are read in a run. */
#ifndef MAFAT_DRAW_PLAN_PICTURE_WEIGHTS_H
#define MAFAT_DRAW_PLAN_PICTURE_WEIGHTS_H

#include "draw/plan_picture_sheet.h"

enum { MAFAT_WEIGHTS_HEIGHT = 234 };

/* Draws it from y on downwards, as high as that. */
void mafat_plan_picture_weights_draw(mafat_plan_sheet *sheet, double y);

#endif
