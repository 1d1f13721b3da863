#ifndef MAFAT_KERNELS_ADD_H
#define MAFAT_KERNELS_ADD_H
#include "kernels/window.h"
typedef struct {
    mafat_window a, b, out;
} mafat_add;
void mafat_add_run(const mafat_add *add, int channel_begin, int channel_end);
#endif
