/* The last part of a plan's picture: the tiles of each group that has some. */
#ifndef MAFAT_DRAW_PLAN_PICTURE_TILES_H
#define MAFAT_DRAW_PLAN_PICTURE_TILES_H

#include "draw/plan_picture_sheet.h"

/* Draws it from y on downwards, and returns its height; only that where `draws` is not set. */
double mafat_plan_picture_tiles_draw(mafat_plan_sheet *sheet, double y, bool draws);

#endif
