/* What lies in the arena, over time. */
#ifndef MAFAT_DRAW_PLAN_PICTURE_ARENA_H
#define MAFAT_DRAW_PLAN_PICTURE_ARENA_H

#include "draw/plan_picture_sheet.h"

enum { MAFAT_ARENA_HEIGHT = 600 };

/* Draws it from y on downwards, as high as that. */
void mafat_plan_picture_arena_draw(mafat_plan_sheet *sheet, double y);

#endif
