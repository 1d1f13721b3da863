/* Boxes as results; see detections.h. */
#include "command/detections.h"

#include <math.h>

#include "base/page_cache.h"

/* Writes each class of a box that is over the threshold. */
static void write_each(const mafat_detections *found,
                       void (*write)(const mafat_detections *, const mafat_box *, void *), void *to,
                       FILE *stream, off_t *spared)
{
    enum { BETWEEN = 256 };    /* looks at how much there is */
    size_t at = 0;
    mafat_box box;
    for (int n = 1; mafat_boxes_next(found->boxes, found->threshold, &at, &box); n++) {
        write(found, &box, to);
        if (spared != NULL && n % BETWEEN == 0)
            mafat_page_cache_spare(stream, spared);
    }
}

static void print_class(const mafat_detections *found, const mafat_box *box, FILE *stream)
{
    fprintf(stream, "%s: %.0f%%", found->names->lines[box->class_index],
            (double)(box->probability * 100));
}

static void print_line(const mafat_detections *found, const mafat_box *box, void *stream)
{
    print_class(found, box, stream);
    putc('\n', stream);
}

void mafat_detections_print(const mafat_detections *found, FILE *stream, off_t *spared)
{
    write_each(found, print_line, stream, stream, spared);
}

static double whole(float pixels)
{
    return round((double)pixels);
}

static void print_box(const mafat_detections *found, const mafat_box *box, void *stream)
{
    print_class(found, box, stream);
    fprintf(stream, "\t(left_x: %4.0f   top_y: %4.0f   width: %4.0f   height: %4.0f)\n",
            whole(box->left), whole(box->top), whole(box->width), whole(box->height));
}

void mafat_detections_print_boxes(const mafat_detections *found, FILE *stream, off_t *spared)
{
    write_each(found, print_box, stream, stream, spared);
}

static void write_box(const mafat_detections *found, const mafat_box *box, void *to)
{
    mafat_json *json = to;
    mafat_json_begin_object(json, NULL);
    mafat_json_whole(json, "class", (uint64_t)box->class_index);
    mafat_json_text(json, "name", found->names->lines[box->class_index]);
    mafat_json_real(json, "probability", (double)box->probability);
    mafat_json_real(json, "left", (double)box->left);
    mafat_json_real(json, "top", (double)box->top);
    mafat_json_real(json, "width", (double)box->width);
    mafat_json_real(json, "height", (double)box->height);
    mafat_json_end_object(json);
}

void mafat_detections_report(const mafat_detections *found, mafat_report *report, off_t *spared)
{
    mafat_json *json = &report->json;
    mafat_json_begin_object(json, NULL);
    mafat_json_text(json, "file", found->path);
    mafat_json_whole(json, "width", (uint64_t)found->boxes->w);
    mafat_json_whole(json, "height", (uint64_t)found->boxes->h);
    mafat_json_begin_list(json, "boxes");
    write_each(found, write_box, json, json->stream, spared);
    mafat_json_end_list(json);
    mafat_json_real(json, "seconds", found->seconds);
    mafat_report_config(report, found->session);
    if (found->session->by_layers)
        mafat_report_unknown(report, "predicted_bytes");
    else
        mafat_report_size(report, "predicted_bytes", found->session->prediction.total_bytes);
    mafat_report_peak(report);
    mafat_json_end_object(json);
}
