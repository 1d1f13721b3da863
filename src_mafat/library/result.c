/* What a program learns of boxes; see mafat.h. */
#include "library/result.h"

#include <stdlib.h>

bool mafat_result_next(const mafat_result *result, size_t *at, mafat_box *box)
{
    return mafat_boxes_next(&result->boxes, result->threshold, at, box);
}

void mafat_result_describe(const mafat_result *result, int *width, int *height, double *seconds)
{
    *width = result->boxes.w;
    *height = result->boxes.h;
    *seconds = result->seconds;
}

void mafat_result_free(mafat_result *result)
{
    if (result == NULL)
        return;
    mafat_boxes_free(&result->boxes);
    free(result);
}
