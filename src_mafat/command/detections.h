/* The boxes that were found in an image, or in a frame of a film, as results: lines of text, or
 * JSON. */
#ifndef MAFAT_COMMAND_DETECTIONS_H
#define MAFAT_COMMAND_DETECTIONS_H

#include <sys/types.h>

#include "command/report.h"

/* What there is to tell. All of it is borrowed. */
typedef struct {
    const mafat *network;
    const mafat_result *result;
    const char *path;    /* of the image; NULL: it is a frame, */
    long frame;          /* of this number */
} mafat_detections;

/* Prints the classes of boxes as Darknet does, "dog: 82%", in its order; where it `has_pixels`, with
 * the box behind a tab, in whole pixels, as AlexeyAB's fork prints it for -ext_output: "dog:
 * 82%\t(left_x:  128   top_y:  224   width:  185   height:  314)". A box that reaches out of the image
 * is told as it is. Where `spared` is given here and below, what is written leaves the page cache
 * (base/page_cache.h): there may be more of it than a memory limit has room for. */
void mafat_detections_print(const mafat_detections *found, bool has_pixels, FILE *stream,
                            off_t *spared);

/* Adds an object to a list of JSON, or by itself; command/README.md has its keys. */
void mafat_detections_report(const mafat_detections *found, mafat_report *report, off_t *spared);

/* Prints that object as a line on stdout. */
void mafat_detections_print_json(const mafat_detections *found, off_t *spared);

#endif
