/* What was found, told; see found.h. */
#include "command/found.h"

#include <math.h>

void mafat_found_print(const mafat *network, const mafat_result *result, bool has_boxes)
{
    size_t at = 0;
    mafat_box box;
    while (mafat_result_next(result, &at, &box)) {
        printf("%s: %.0f%%", mafat_class_name(network, box.class_index),
               (double)(box.probability * 100));
        if (has_boxes)
            printf("\t(left_x: %4.0f   top_y: %4.0f   width: %4.0f   height: %4.0f)",
                   round((double)box.left), round((double)box.top), round((double)box.width),
                   round((double)box.height));
        putchar('\n');
    }
}

void mafat_found_write(const mafat *network, const mafat_result *result, mafat_json *json)
{
    size_t at = 0;
    mafat_box box;
    int width, height;
    double seconds;
    mafat_result_describe(result, &width, &height, &seconds);
    mafat_json_whole(json, "width", (uint64_t)width);
    mafat_json_whole(json, "height", (uint64_t)height);
    mafat_json_begin_list(json, "boxes");
    while (mafat_result_next(result, &at, &box)) {
        mafat_json_begin_object(json, NULL);
        mafat_json_whole(json, "class", (uint64_t)box.class_index);
        mafat_json_text(json, "name", mafat_class_name(network, box.class_index));
        mafat_json_real(json, "probability", (double)box.probability);
        mafat_json_real(json, "left", (double)box.left);
        mafat_json_real(json, "top", (double)box.top);
        mafat_json_real(json, "width", (double)box.width);
        mafat_json_real(json, "height", (double)box.height);
        mafat_json_end_object(json);
    }
    mafat_json_end_list(json);
    mafat_json_real(json, "seconds", seconds);
}
