/* What was found, told; see found.h. */
#include "command/found.h"

#include "command/detections.h"

void mafat_found_print(const mafat *network, const mafat_result *result, bool has_boxes)
{
    size_t at = 0;
    mafat_box box;
    while (mafat_result_next(result, &at, &box))
        mafat_detections_print_box(mafat_class_name(network, box.class_index), &box, has_boxes,
                                   stdout);
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
    while (mafat_result_next(result, &at, &box))
        mafat_detections_write_box(mafat_class_name(network, box.class_index), &box, json);
    mafat_json_end_list(json);
    mafat_json_real(json, "seconds", seconds);
}
