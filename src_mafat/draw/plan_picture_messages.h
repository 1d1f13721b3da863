/* What a rank sends to others and receives of them, of each layer. */
#ifndef MAFAT_DRAW_PLAN_PICTURE_MESSAGES_H
#define MAFAT_DRAW_PLAN_PICTURE_MESSAGES_H

#include "draw/plan_picture_sheet.h"

/* How high it is: 0 where one rank does all. */
double mafat_plan_picture_messages_height(const mafat_plan_sheet *sheet);

/* Draws it from y on downwards. */
void mafat_plan_picture_messages_draw(mafat_plan_sheet *sheet, double y);

#endif
