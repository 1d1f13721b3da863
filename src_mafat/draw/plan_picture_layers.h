/* The first part of a plan's picture: a column for each layer. */
#ifndef MAFAT_DRAW_PLAN_PICTURE_LAYERS_H
#define MAFAT_DRAW_PLAN_PICTURE_LAYERS_H

#include "draw/plan_picture_sheet.h"

enum { MAFAT_LAYERS_HEIGHT = 356 };

/* Draws it from y on downwards, as high as that. */
void mafat_plan_picture_layers_draw(mafat_plan_sheet *sheet, double y);

#endif
