/* The steps of layer groups that keep the rows that they need again ('r' tilings). */
#ifndef MAFAT_PLAN_ROWS_H
#define MAFAT_PLAN_ROWS_H

#include "plan/builder.h"

/* Adds the steps of group number g. */
mafat_status mafat_rows_add_group(mafat_builder *b, int g);

#endif
