/* The front of latency over memory as a chart: what each byte more buys. */
#ifndef MAFAT_DRAW_FRONT_PICTURE_H
#define MAFAT_DRAW_FRONT_PICTURE_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    size_t bytes;          /* that a configuration needs */
    double seconds;        /* that it takes; finite */
    const char *label;     /* its name, borrowed; NULL: none */
} mafat_front_point;

/* Draws the points, in ascending order of bytes, as an SVG file, all or nothing. The line falls at
 * each point that is faster than all before it: it shows the least seconds for every limit. The
 * memory axis is logarithmic where the points span more than a factor of 4. Labels stand where they
 * do not cover the ones before. MAFAT_FAILED, with the file named, where the file cannot be written
 * or memory is lacking; n_points > 0. */
mafat_status mafat_front_picture_write(const mafat_front_point *points, int n_points,
                                       const char *title, const char *path, mafat_error *error);

#endif
