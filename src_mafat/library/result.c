/* What a program learns of boxes; see mafat.h. */
#include "library/result.h"

#include <stdlib.h>

bool mafat_result_next(const mafat_result *result, size_t *at, mafat_box *box)
{
    size_t n_classes = (size_t)result->boxes.n_classes, n = (size_t)result->boxes.n * n_classes;
    for (; *at < n; ++*at) {
        mafat_boxes_look found = mafat_boxes_look_at(&result->boxes, (int)(*at / n_classes),
                                                     (int)(*at % n_classes));
        if (found.probability <= result->threshold)
            continue;
        *box = (mafat_box){
            .class_index = (int)(*at % n_classes), .probability = found.probability,
            .left = (found.x - found.w / 2) * (float)result->w,
            .top = (found.y - found.h / 2) * (float)result->h,
            .width = found.w * (float)result->w, .height = found.h * (float)result->h,
        };
        ++*at;
        return true;
    }
    return false;
}

void mafat_result_describe(const mafat_result *result, int *width, int *height, double *seconds)
{
    *width = result->w;
    *height = result->h;
    *seconds = result->seconds;
}

void mafat_result_free(mafat_result *result)
{
    if (result == NULL)
        return;
    mafat_boxes_free(&result->boxes);
    free(result);
}
