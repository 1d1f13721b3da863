/* The latency/memory chart; see front_picture.h. */
#include "draw/front_picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw/svg.h"

enum { WIDTH = 1000, HEIGHT = 560, LEFT = 86, RIGHT = 960, TOP = 76, BASE = 490, SIZE = 12 };

#define INK "#1c2733"
#define FAINT_INK "#66727f"
#define GRID_COLOR "#e2e6ea"
#define LINE_COLOR "#0b6fa4"

typedef struct {
    mafat_svg svg;
    const mafat_front_point *points;   /* [n_points] */
    int n_points;
    bool is_logarithmic;
    double min_x, max_x;               /* bytes at LEFT and RIGHT, or their logarithms */
    double max_s;                      /* at TOP */
    mafat_svg_point *corners;          /* [2 * n_points + 1], owned: of the line */
    mafat_svg_box *labels;             /* [n_points], owned: that have been drawn */
} chart;

static double x_of(const chart *c, double bytes)
{
    double value = c->is_logarithmic ? log2(bytes) : bytes;
    return LEFT + (RIGHT - LEFT) * (value - c->min_x) / (c->max_x - c->min_x);
}

static double y_of(const chart *c, double seconds)
{
    return BASE - (BASE - TOP) * seconds / c->max_s;
}

static mafat_svg_point point_of(const chart *c, int i)
{
    return (mafat_svg_point){x_of(c, (double)c->points[i].bytes),
                             y_of(c, c->points[i].seconds)};
}

/* Axes with some room around the points. */
static void choose_axes(chart *c)
{
    double first = fmax((double)c->points[0].bytes, 1);
    double last = fmax((double)c->points[c->n_points - 1].bytes, first);
    c->is_logarithmic = last > 4 * first;
    c->min_x = c->is_logarithmic ? log2(first) - 0.2 : first - 0.05 * last;
    c->max_x = c->is_logarithmic ? log2(last) + 0.6 : 1.1 * last;
    for (int i = 0; i < c->n_points; i++)
        c->max_s = fmax(c->max_s, 1.12 * c->points[i].seconds);
    c->max_s = c->max_s > 0 ? c->max_s : 1;
}

/* ---------------------------------------------------------------------------------------- axes */

static void draw_bytes_tick(chart *c, double bytes, mafat_svg_unit unit)
{
    char text[48];
    double x = x_of(c, bytes);
    if (x < LEFT - 0.5 || x > RIGHT + 0.5)
        return;
    mafat_svg_line(&c->svg, (mafat_svg_point){x, TOP}, (mafat_svg_point){x, BASE + 5},
                   (mafat_svg_pen){GRID_COLOR, 1, NULL});
    snprintf(text, sizeof text, "%g", bytes / unit.bytes);
    mafat_svg_text(&c->svg, (mafat_svg_point){x, BASE + 20},
                   (mafat_svg_font){SIZE, FAINT_INK, MAFAT_SVG_MIDDLE, false, false}, text);
}

static void draw_bytes_axis(chart *c)
{
    size_t last = c->points[c->n_points - 1].bytes;
    mafat_svg_unit unit = mafat_svg_byte_unit(last);
    char text[48];
    if (c->is_logarithmic) {
        for (int power = (int)ceil(c->min_x); power <= c->max_x; power++)
            draw_bytes_tick(c, exp2(power), unit);
    } else {
        double step = unit.bytes * mafat_svg_tick_step((c->max_x - c->min_x) / unit.bytes, 10);
        for (double i = ceil(c->min_x / step); i * step <= c->max_x; i++)
            draw_bytes_tick(c, i * step, unit);
    }
    snprintf(text, sizeof text, "memory, %s", unit.name);
    mafat_svg_text(&c->svg, (mafat_svg_point){(LEFT + RIGHT) / 2.0, BASE + 44},
                   (mafat_svg_font){SIZE, INK, MAFAT_SVG_MIDDLE, false, false}, text);
}

static void draw_seconds_axis(chart *c)
{
    bool in_ms = c->max_s < 1;
    double unit = in_ms ? 1e-3 : 1;
    double step = mafat_svg_tick_step(c->max_s / unit, 8);
    mafat_svg_font font = {SIZE, FAINT_INK, MAFAT_SVG_END, false, false};
    for (int i = 0; i * step * unit <= c->max_s; i++) {
        char text[32];
        double y = y_of(c, i * step * unit);
        mafat_svg_line(&c->svg, (mafat_svg_point){LEFT - 5, y}, (mafat_svg_point){RIGHT, y},
                       (mafat_svg_pen){GRID_COLOR, 1, NULL});
        snprintf(text, sizeof text, "%g", i * step);
        mafat_svg_text(&c->svg, (mafat_svg_point){LEFT - 10, y + 4}, font, text);
    }
    mafat_svg_text(&c->svg, (mafat_svg_point){30, (TOP + BASE) / 2.0},
                   (mafat_svg_font){SIZE, INK, MAFAT_SVG_MIDDLE, false, true},
                   in_ms ? "latency, ms" : "latency, s");
}

/* -------------------------------------------------------------------------------------- points */

/* The least seconds for every limit. */
static void draw_line(chart *c)
{
    mafat_svg_point *corners = c->corners;
    int n = 0;
    for (int i = 0; i < c->n_points; i++) {
        mafat_svg_point at = point_of(c, i);
        if (n > 0 && at.y <= corners[n - 1].y)
            continue;                  /* no faster than a smaller one */
        if (n > 0) {
            corners[n] = (mafat_svg_point){at.x, corners[n - 1].y};
            n++;
        }
        corners[n++] = at;
    }
    corners[n] = (mafat_svg_point){RIGHT, corners[n - 1].y};
    mafat_svg_polyline(&c->svg, corners, n + 1, (mafat_svg_pen){LINE_COLOR, 2, NULL});
}

static bool overlap(mafat_svg_box a, mafat_svg_box b)
{
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/* Draws the points, and the labels that cover no other label and are not the last one again. */
static void draw_points(chart *c)
{
    const char *last_label = "";
    int n_labels = 0;
    for (int i = 0; i < c->n_points; i++) {
        char bytes[32], tip[128];
        const char *label = c->points[i].label != NULL ? c->points[i].label : "";
        mafat_svg_point at = point_of(c, i);
        snprintf(tip, sizeof tip, "%.60s: %s, %.4g s", label,
                 mafat_svg_print_bytes(c->points[i].bytes, bytes, sizeof bytes),
                 c->points[i].seconds);
        mafat_svg_dot(&c->svg, at, 4.5, LINE_COLOR, tip);
        double width = mafat_svg_text_width(label, SIZE);
        mafat_svg_box box = {fmin(at.x + 8, RIGHT - width), at.y - SIZE - 7, width, SIZE + 3};
        bool is_free = label[0] != '\0' && strcmp(label, last_label) != 0;
        for (int k = 0; k < n_labels && is_free; k++)
            is_free = !overlap(c->labels[k], box);
        if (!is_free)
            continue;
        mafat_svg_text(&c->svg, (mafat_svg_point){box.x, at.y - 8},
                       (mafat_svg_font){.size = SIZE, .color = INK}, label);
        c->labels[n_labels++] = box;
        last_label = label;
    }
}

static mafat_status draw(chart *c, const char *title, const char *path, mafat_error *error)
{
    mafat_status status = mafat_svg_begin(&c->svg, path, WIDTH, HEIGHT, title,
                                          "the least latency for every memory limit", error);
    if (status != MAFAT_OK)
        return status;
    choose_axes(c);
    mafat_svg_text(&c->svg, (mafat_svg_point){24, 40},
                   (mafat_svg_font){.size = 18, .color = INK, .bold = true}, title);
    draw_bytes_axis(c);
    draw_seconds_axis(c);
    draw_line(c);
    draw_points(c);
    return mafat_svg_end(&c->svg, error);
}

mafat_status mafat_front_picture_write(const mafat_front_point *points, int n_points,
                                       const char *title, const char *path, mafat_error *error)
{
    MAFAT_CHECK(n_points > 0);
    size_t n = (size_t)n_points;
    chart c = {.points = points, .n_points = n_points};
    c.corners = calloc(2 * n + 1, sizeof *c.corners);
    c.labels = calloc(n, sizeof *c.labels);
    mafat_status status;
    if (c.corners != NULL && c.labels != NULL) {
        status = draw(&c, title, path, error);
    } else {
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for a chart of %zu points", n);
        mafat_error_set_file(error, path);
    }
    free(c.corners);
    free(c.labels);
    return status;
}
