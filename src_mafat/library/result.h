/* Boxes that the library found. */
#ifndef MAFAT_LIBRARY_RESULT_H
#define MAFAT_LIBRARY_RESULT_H

#include "mafat.h"
#include "upstream/boxes.h"

struct mafat_result {
    mafat_boxes boxes;
    float threshold;
    double seconds;        /* of the run */
};

#endif
