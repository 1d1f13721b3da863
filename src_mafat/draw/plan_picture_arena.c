/* The arena over time; plan_picture_arena.h. */
#include <math.h>

#include "base/size.h"
#include "draw/plan_picture_arena.h"

static const char *const content_names[MAFAT_N_CONTENTS] = {
    [MAFAT_HOLDS_MAP] = "whole map",           [MAFAT_HOLDS_TILE] = "tile, or band of one",
    [MAFAT_HOLDS_ROWS] = "rows that are kept", [MAFAT_HOLDS_WEIGHTS] = "window of weights",
    [MAFAT_HOLDS_WORKSPACE] = "workspace",     [MAFAT_HOLDS_IMAGE] = "image",
};

/* Draws the text if it fits into the box, lying or standing, in letters of at least that size. */
static bool draw_inside(mafat_plan_sheet *sheet, mafat_svg_box box, const char *text,
                        double min_size)
{
    enum { MAX_SIZE = 11 };
    bool stands = box.h > box.w && mafat_svg_text_width(text, MAX_SIZE) > box.w - 4;
    double along = stands ? box.h : box.w, across = stands ? box.w : box.h;
    double size = fmin(MAX_SIZE, across - 1);
    if (size < min_size || mafat_svg_text_width(text, size) > along - 4)
        return false;
    double shift = 0.36 * size;        /* from the middle of the letters to their base line */
    mafat_svg_font font = {size, MAFAT_INK, MAFAT_SVG_MIDDLE, false, stands};
    mafat_svg_point at = {box.x + box.w / 2 + (stands ? shift : 0),
                          box.y + box.h / 2 + (stands ? 0 : shift)};
    mafat_svg_text(&sheet->svg, at, font, text);
    return true;
}

static void label_buffer(mafat_plan_sheet *sheet, int index, mafat_svg_box box)
{
    enum { MIN_SIZE = 6, MIN_LONG_SIZE = 8, MIN_WEIGHTS_SIZE = 10 };
    const mafat_buffer *buffer = &sheet->plan->buffers[index];
    mafat_content content = sheet->contents[index];
    bool is_weights = content == MAFAT_HOLDS_WEIGHTS;
    double min_long_size = is_weights ? MIN_WEIGHTS_SIZE : MIN_LONG_SIZE;
    char bytes[32], text[64];
    mafat_svg_print_bytes(buffer->place.bytes, bytes, sizeof bytes);
    if (buffer->layer < 0) {
        snprintf(text, sizeof text, "%s, %s", content_names[content], bytes);
        if (!draw_inside(sheet, box, text, MIN_SIZE))
            draw_inside(sheet, box, content_names[content], MIN_SIZE);
        return;
    }
    snprintf(text, sizeof text, "%s%d: %s", is_weights ? "weights " : "", buffer->layer, bytes);
    if (draw_inside(sheet, box, text, min_long_size))
        return;
    snprintf(text, sizeof text, "%s%d", is_weights ? "w" : "", buffer->layer);
    draw_inside(sheet, box, text, MIN_SIZE);
}

static void draw_buffer(mafat_plan_sheet *sheet, mafat_plan_area a, int index)
{
    const mafat_buffer *buffer = &sheet->plan->buffers[index];
    const mafat_arena_buffer *place = &buffer->place;
    char name[32] = "", tip[192];
    if (buffer->layer >= 0)
        snprintf(name, sizeof name, "layer %d, ", buffer->layer);
    snprintf(tip, sizeof tip, "%s%s: %zu bytes at %zu, moments %d–%d", name,
             content_names[sheet->contents[index]], place->bytes, place->offset, place->first,
             place->last);
    mafat_svg_box box = {.x = sheet->moments[place->first]};
    box.h = mafat_plan_sheet_height(a, place->bytes);
    box.w = sheet->moments[place->last + 1] - box.x;
    box.y = a.base - mafat_plan_sheet_height(a, place->offset) - box.h;
    double gap = fmin(1, fmin(box.w, box.h) / 6);
    mafat_svg_box inner = {box.x + gap / 2, box.y + gap / 2, box.w - gap, box.h - gap};
    mafat_svg_rect(&sheet->svg, inner, mafat_plan_colors[sheet->contents[index]], tip);
    label_buffer(sheet, index, inner);
}

/* The moment at which most is alive, in units of alignment. */
static int find_tightest_moment(const mafat_plan *plan)
{
    int tightest = 0;
    size_t most = 0;
    for (int m = 0; m < plan->n_moments; m++) {
        size_t n_units = 0;
        for (int i = 0; i < plan->n_buffers; i++) {
            const mafat_buffer *buffer = &plan->buffers[i];
            if (buffer->storage == MAFAT_IN_ARENA && buffer->place.first <= m &&
                m <= buffer->place.last)
                n_units += mafat_size_divide_up(buffer->place.bytes, MAFAT_ARENA_ALIGN);
        }
        if (n_units > most) {
            most = n_units;
            tightest = m;
        }
    }
    return tightest;
}

/* The lines of arena_bytes and live_bytes; their names stand at the right, apart. */
static void draw_levels(mafat_plan_sheet *sheet, mafat_plan_area a)
{
    const size_t levels[] = {sheet->plan->arena_bytes, sheet->plan->live_bytes};
    static const char *const names[] = {"arena_bytes", "live_bytes"};
    static const mafat_svg_pen pens[] = {{MAFAT_INK, 1.6, NULL}, {"#b3261e", 1.6, "6 4"}};
    double text_y = a.top - 100;
    for (int i = 0; i < 2; i++) {
        char bytes[32];
        double y = a.base - mafat_plan_sheet_height(a, levels[i]);
        mafat_svg_line(&sheet->svg, (mafat_svg_point){sheet->left, y},
                       (mafat_svg_point){sheet->right + 6, y}, pens[i]);
        text_y = fmax(text_y + 30, y - 2);
        mafat_svg_font font = {11, pens[i].color, MAFAT_SVG_START, true, false};
        mafat_svg_text(&sheet->svg, (mafat_svg_point){sheet->right + 10, text_y}, font, names[i]);
        mafat_svg_print_bytes(levels[i], bytes, sizeof bytes);
        font.bold = false;
        mafat_svg_text(&sheet->svg, (mafat_svg_point){sheet->right + 10, text_y + 13}, font, bytes);
    }
}

/* Marks the moment that decides live_bytes, below the axis. */
static void draw_tightest(mafat_plan_sheet *sheet, mafat_plan_area a)
{
    int m = find_tightest_moment(sheet->plan);
    double x = (sheet->moments[m] + sheet->moments[m + 1]) / 2;
    char text[64];
    snprintf(text, sizeof text, "▲ most alive: moment %d", m);
    double width = mafat_svg_text_width(text, 10);
    bool at_end = x + width > sheet->right;
    snprintf(text, sizeof text, at_end ? "most alive: moment %d ▲" : "▲ most alive: moment %d", m);
    mafat_svg_font font = {10, "#b3261e", at_end ? MAFAT_SVG_END : MAFAT_SVG_START, false, false};
    mafat_svg_text(&sheet->svg, (mafat_svg_point){at_end ? x + 5 : x - 5, a.base + 43}, font, text);
    mafat_svg_line(&sheet->svg, (mafat_svg_point){sheet->moments[m], a.base + 31},
                   (mafat_svg_point){sheet->moments[m + 1], a.base + 31},
                   (mafat_svg_pen){"#b3261e", 1.6, NULL});
}

/* Below the arena: the layers' numbers, and those of moments. */
static void draw_time(mafat_plan_sheet *sheet, mafat_plan_area a)
{
    mafat_svg_font font = {9, MAFAT_FAINT_INK, MAFAT_SVG_MIDDLE, false, false};
    double end = 0;
    mafat_plan_sheet_number(sheet, a.base + 13);
    for (int m = 0; m < sheet->plan->n_moments; m++) {
        char text[16];
        snprintf(text, sizeof text, "%d", m);
        double x = (sheet->moments[m] + sheet->moments[m + 1]) / 2;
        double half = mafat_svg_text_width(text, font.size) / 2;
        mafat_svg_line(&sheet->svg, (mafat_svg_point){sheet->moments[m], a.base},
                       (mafat_svg_point){sheet->moments[m], a.base + 3},
                       (mafat_svg_pen){"#9aa4af", 0.6, NULL});
        if (x - half < end + 5)
            continue;
        mafat_svg_text(&sheet->svg, (mafat_svg_point){x, a.base + 26}, font, text);
        end = x + half;
    }
    font.anchor = MAFAT_SVG_END;
    mafat_svg_text(&sheet->svg, (mafat_svg_point){sheet->left - 9, a.base + 13}, font, "layer");
    mafat_svg_text(&sheet->svg, (mafat_svg_point){sheet->left - 9, a.base + 26}, font, "moment");
}

static bool is_drawn(const mafat_buffer *buffer)
{
    return buffer->storage == MAFAT_IN_ARENA && buffer->place.bytes > 0;
}

static void draw_legend(mafat_plan_sheet *sheet, double y)
{
    bool is_there[MAFAT_N_CONTENTS] = {false};
    double x = sheet->left;
    for (int i = 0; i < sheet->plan->n_buffers; i++)
        if (is_drawn(&sheet->plan->buffers[i]))
            is_there[sheet->contents[i]] = true;
    for (int i = 0; i < MAFAT_N_CONTENTS; i++)
        if (is_there[i])
            x = mafat_svg_legend(&sheet->svg, (mafat_svg_point){x, y}, mafat_plan_colors[i],
                                 content_names[i]);
}

void mafat_plan_picture_arena_draw(mafat_plan_sheet *sheet, double y)
{
    enum { LEGEND = 26, TOP = 46, BASE = 546 };
    mafat_plan_area a = {y + TOP, y + BASE, sheet->plan->arena_bytes,
              mafat_svg_byte_unit(sheet->plan->arena_bytes)};
    mafat_plan_sheet_head(sheet, y, "Arena over time",
                          "each buffer where it lies and as long as it lives; a layer group that "
                          "keeps rows is one moment, a layer's windows of weights are one each");
    draw_legend(sheet, y + LEGEND);
    mafat_plan_sheet_draw_axis(sheet, a, 10);
    mafat_plan_sheet_draw_borders(sheet, a.top, a.base);
    mafat_svg_open(&sheet->svg, "buffers");
    for (int i = 0; i < sheet->plan->n_buffers; i++)
        if (is_drawn(&sheet->plan->buffers[i]))
            draw_buffer(sheet, a, i);
    mafat_svg_close(&sheet->svg);
    draw_tightest(sheet, a);
    draw_levels(sheet, a);
    draw_time(sheet, a);
}
