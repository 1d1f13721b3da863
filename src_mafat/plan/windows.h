/* Weights divided into windows that are read one after the other while the layers run. */
#ifndef MAFAT_PLAN_WINDOWS_H
#define MAFAT_PLAN_WINDOWS_H

#include "plan/builder.h"

/* Divides the weights of all convolutions into windows. Needs the groups in their order. */
mafat_status mafat_windows_make(mafat_builder *b);

/* Gives the windows their buffers. Needs the moments. */
void mafat_windows_place(mafat_builder *b);

#endif
