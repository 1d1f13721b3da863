/* Runs for our own commands, beside those of mafat.h. */
#ifndef MAFAT_LIBRARY_RUN_H
#define MAFAT_LIBRARY_RUN_H

#include "library/library.h"

/* mafat_detect() for boxes as `detector valid` has them; `class_map` as of mafat_boxes_find_valid(). */
mafat_status mafat_run_detect_valid(mafat *m, const mafat_image *image, const int *class_map,
                                    mafat_result **result, mafat_error *error);

#endif
