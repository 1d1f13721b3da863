/* What is drawn on a picture, and the file it goes to, strip by strip.
 *
 * What is drawn is drawn in bytes: Darknet's drawing overwrites pixels and never blends them, so
 * that each byte of its file comes from one float, of the picture or of what was drawn. */
#ifndef MAFAT_UPSTREAM_CANVAS_H
#define MAFAT_UPSTREAM_CANVAS_H

#include "base/rounding.h"
#include "base/status.h"
#include "run/source.h"

/* The byte that Darknet's save_image() makes of a float from 0 to 1. */
unsigned char mafat_canvas_byte(float value);

/* Rows [top, top + n_rows) of a picture of w x h pixels, on which is drawn as on the whole. */
typedef struct {
    int w, h, top, n_rows;
    unsigned char *rgb;    /* [n_rows][w][3], borrowed */
} mafat_strip;

/* Makes of each byte what becomes of it between load_image_color() and save_image(). */
void mafat_canvas_settle(mafat_strip *strip, const mafat_image_rounding *rounding);

/* draw_box_width() of Darknet: `width` rectangles of one pixel, each inside the one before, from
 * corner to corner, clipped to the picture. */
typedef struct {
    int left, top, right, bottom;    /* the last two inclusive */
} mafat_corners;

void mafat_canvas_draw_box(mafat_strip *strip, mafat_corners corners, int width,
                            const unsigned char rgb[3]);

/* What its file is. */
typedef enum {
    MAFAT_CANVAS_JPEG,    /* byte for byte what Darknet's save_image() writes */
    MAFAT_CANVAS_PNG      /* the same bytes of pixels, without loss */
} mafat_canvas_format;

/* What a file of that name is: NAME.png, in capitals or not, and else JPEG. */
mafat_canvas_format mafat_canvas_format_of(const char *path);

/* A picture that is made strip by strip, from top to bottom. */
typedef struct {
    int w, h;
    mafat_picture_source source;    /* its rows, before it is drawn on */
    /* draws what belongs on a strip; NULL: nothing does */
    mafat_status (*draw)(void *context, mafat_strip *strip, mafat_error *error);
    void *context;
} mafat_canvas;

/* The most that writing a picture of this size holds, in memory and of its file in the page cache,
 * beside what its source and draw() do. */
size_t mafat_canvas_write_bytes(mafat_canvas_format format, int w, int h);

/* Writes the file, of the format that its name says. All or nothing: it is written beside `path` and
 * then takes its place. Errors: those of draw(); MAFAT_FAILED, with the file named, where the file
 * cannot be written, and for memory. */
mafat_status mafat_canvas_write(const mafat_canvas *canvas, const char *path, mafat_error *error);

#endif
