/* Drawings as SVG 1.1: shapes, text and what charts need. Plain elements, no scripts, the viewer's
 * sans-serif; what is written is well-formed XML whatever the texts are. */
#ifndef MAFAT_DRAW_SVG_H
#define MAFAT_DRAW_SVG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/new_file.h"
#include "base/status.h"

/* A drawing that is being made. The shapes' functions do not fail: mafat_svg_end() does. */
typedef struct {
    mafat_new_file file;
    double width, height;
} mafat_svg;

typedef struct {
    double x, y;
} mafat_svg_point;

typedef struct {
    double x, y, w, h;
} mafat_svg_box;

typedef struct {
    const char *color;
    double width;
    const char *dashes;    /* lengths of dashes and gaps; NULL: none */
} mafat_svg_pen;

/* Where in a text its point is. */
typedef enum { MAFAT_SVG_START, MAFAT_SVG_MIDDLE, MAFAT_SVG_END } mafat_svg_anchor;

typedef struct {
    double size;
    const char *color;
    mafat_svg_anchor anchor;
    bool bold;
    bool upwards;          /* turned by a quarter */
} mafat_svg_font;

/* Begins a drawing of width x height on white. `title` and `description` are for programs that
 * read drawings aloud. Errors are those of mafat_new_file_begin(). */
mafat_status mafat_svg_begin(mafat_svg *svg, const char *path, double width, double height,
                             const char *title, const char *description, mafat_error *error);

/* Ends the drawing; errors are those of mafat_new_file_end(). */
mafat_status mafat_svg_end(mafat_svg *svg, mafat_error *error);

/* What is drawn until mafat_svg_close() is of one class, for programs that look for it. */
void mafat_svg_open(mafat_svg *svg, const char *class_name);
void mafat_svg_close(mafat_svg *svg);

/* A filled rectangle; `tip` is shown when somebody points at it, or NULL. */
void mafat_svg_rect(mafat_svg *svg, mafat_svg_box box, const char *color, const char *tip);

/* A rectangle's outline, inside of the box. */
void mafat_svg_frame(mafat_svg *svg, mafat_svg_box box, mafat_svg_pen pen);

void mafat_svg_line(mafat_svg *svg, mafat_svg_point from, mafat_svg_point to, mafat_svg_pen pen);
void mafat_svg_polyline(mafat_svg *svg, const mafat_svg_point *points, int n_points,
                        mafat_svg_pen pen);
void mafat_svg_dot(mafat_svg *svg, mafat_svg_point center, double radius, const char *color,
                   const char *tip);

/* A curve that leaves `from` upwards and comes down on `to`; its highest point is at y = top. */
void mafat_svg_arc(mafat_svg *svg, mafat_svg_point from, mafat_svg_point to, double top,
                   mafat_svg_pen pen);

/* Text on the base line at `at`. Bytes that are no UTF-8 and characters that XML does not allow
 * are drawn as U+FFFD. */
void mafat_svg_text(mafat_svg *svg, mafat_svg_point at, mafat_svg_font font, const char *text);

/* A sample of a colour with its meaning, at `at`; returns the x at which the next one can stand. */
double mafat_svg_legend(mafat_svg *svg, mafat_svg_point at, const char *color, const char *text);

/* The width of a text, estimated: fonts differ, and the widest ones count. */
double mafat_svg_text_width(const char *text, double size);

/* The smallest step of 1, 2 or 5 times a power of ten that divides [0, max] into at most n_steps
 * parts; max > 0. */
double mafat_svg_tick_step(double max, int n_steps);

/* The unit in which an axis up to `bytes` is labelled. */
typedef struct {
    double bytes;
    const char *name;    /* "MiB" */
} mafat_svg_unit;

mafat_svg_unit mafat_svg_byte_unit(size_t bytes);

/* Writes bytes in their own unit, three digits of them: "9.16 MiB". Returns `text`. */
const char *mafat_svg_print_bytes(size_t bytes, char *text, size_t size);

#endif
