/* The boxes that were found in an image, as results: lines of text, or JSON. */
#ifndef MAFAT_COMMAND_DETECTIONS_H
#define MAFAT_COMMAND_DETECTIONS_H

#include <sys/types.h>

#include "command/report.h"
#include "session/session.h"
#include "upstream/boxes.h"
#include "upstream/names.h"

/* What there is to tell of an image. All of it is borrowed. */
typedef struct {
    const char *path;
    const mafat_boxes *boxes;
    const mafat_names *names;
    float threshold;                 /* classes of boxes up to it are none */
    double seconds;                  /* of the inference */
    const mafat_session *session;    /* that it ran in */
} mafat_detections;

/* Prints a class of a box as Darknet does, "dog: 82%"; with the box behind a tab, in whole pixels, as
 * AlexeyAB's fork prints it for -ext_output: "dog: 82%\t(left_x:  128   top_y:  224   width:  185
 * height:  314)". A box that reaches out of the image is told as it is. */
void mafat_detections_print_box(const char *name, const mafat_box *box, bool has_pixels,
                                FILE *stream);

/* Adds it to a list of JSON: class, name, probability, left, top, width, height. */
void mafat_detections_write_box(const char *name, const mafat_box *box, mafat_json *json);

/* Prints all that were found, in Darknet's order; the fork's is from left to right. Where `spared`
 * is given here and below, what is written leaves the page cache (base/page_cache.h): there may be
 * more of it than a memory limit has room for. */
void mafat_detections_print(const mafat_detections *found, bool has_pixels, FILE *stream,
                            off_t *spared);

/* Adds an object to a list of JSON, or by itself; command/README.md has its keys. */
void mafat_detections_report(const mafat_detections *found, mafat_report *report, off_t *spared);

#endif
