/* Boxes as results; see detections.h. */
#include "command/detections.h"

#include <math.h>

#include "base/page_cache.h"
#include "library/library.h"

static double whole(float pixels)
{
    return round((double)pixels);
}

/* What is written leaves the page cache from time to time, where `spared` is given: looks at how
 * much there is. */
static void spare(FILE *stream, off_t *spared, int n)
{
    enum { BETWEEN = 256 };
    if (spared != NULL && n % BETWEEN == 0)
        mafat_page_cache_spare(stream, spared);
}

void mafat_detections_print(const mafat_detections *found, bool has_pixels, FILE *stream,
                            off_t *spared)
{
    size_t at = 0;
    mafat_box box;
    for (int n = 1; mafat_result_next(found->result, &at, &box); n++) {
        fprintf(stream, "%s: %.0f%%", mafat_class_name(found->network, box.class_index),
                (double)(box.probability * 100));
        if (has_pixels)
            fprintf(stream, "\t(left_x: %4.0f   top_y: %4.0f   width: %4.0f   height: %4.0f)",
                    whole(box.left), whole(box.top), whole(box.width), whole(box.height));
        putc('\n', stream);
        spare(stream, spared, n);
    }
}

static void write_box(const char *name, const mafat_box *box, mafat_json *json)
{
    mafat_json_begin_object(json, NULL);
    mafat_json_whole(json, "class", (uint64_t)box->class_index);
    mafat_json_text(json, "name", name);
    mafat_json_real(json, "probability", (double)box->probability);
    mafat_json_real(json, "left", (double)box->left);
    mafat_json_real(json, "top", (double)box->top);
    mafat_json_real(json, "width", (double)box->width);
    mafat_json_real(json, "height", (double)box->height);
    mafat_json_end_object(json);
}

void mafat_detections_report(const mafat_detections *found, mafat_report *report, off_t *spared)
{
    size_t at = 0;
    mafat_box box;
    int width, height;
    double seconds;
    mafat_json *json = &report->json;
    mafat_result_describe(found->result, &width, &height, &seconds);
    mafat_json_begin_object(json, NULL);
    if (found->path != NULL)
        mafat_json_text(json, "file", found->path);
    else
        mafat_json_whole(json, "frame", (uint64_t)found->frame);
    mafat_json_whole(json, "width", (uint64_t)width);
    mafat_json_whole(json, "height", (uint64_t)height);
    mafat_json_begin_list(json, "boxes");
    for (int n = 1; mafat_result_next(found->result, &at, &box); n++) {
        write_box(mafat_class_name(found->network, box.class_index), &box, json);
        spare(json->stream, spared, n);
    }
    mafat_json_end_list(json);
    mafat_report_inference(report, mafat_library_session(found->network), seconds);
    mafat_json_end_object(json);
}

void mafat_detections_print_json(const mafat_detections *found, off_t *spared)
{
    mafat_report line = {.is_json = true};
    mafat_json_begin(&line.json, stdout, 0);
    mafat_detections_report(found, &line, spared);
    mafat_json_end(&line.json);
}
