/* How each layer's weights come into memory; plan_picture_weights.h. */
#include <math.h>

#include "draw/plan_picture_weights.h"

/* The weights of one layer, or of all. */
typedef struct {
    size_t bytes, pinned_bytes;
    size_t max_bytes;                  /* of a window */
    int n_windows;
} weights;

/* Adds up windows from number w on: of one layer, or to the last one. Returns the number of the
 * next window. */
static int add_windows(const mafat_plan *plan, int w, bool of_one_layer, weights *sum)
{
    int layer = plan->windows[w].layer;
    *sum = (weights){0};
    for (; w < plan->n_windows && (!of_one_layer || plan->windows[w].layer == layer); w++) {
        const mafat_weight_window *window = &plan->windows[w];
        sum->bytes += window->bytes;
        sum->pinned_bytes += window->pinned ? window->bytes : 0;
        sum->max_bytes = window->bytes > sum->max_bytes ? window->bytes : sum->max_bytes;
        sum->n_windows++;
    }
    return w;
}

/* Bytes of a layer's weights where Darknet holds them. */
static size_t resident_bytes(const mafat_plan_sheet *sheet, int l)
{
    return mafat_layer_weight_floats(&sheet->network->layers[l]) * sizeof(float);
}

static void print_remark(const mafat_plan_sheet *sheet, char *text, size_t size)
{
    const mafat_plan *plan = sheet->plan;
    char all[32], pinned[32], read[32], most[32];
    size_t bytes = 0;
    if (plan->n_windows == 0) {
        for (int l = 0; l < plan->n_layers; l++)
            bytes += resident_bytes(sheet, l);
        snprintf(text, size, "%s, all in memory where Darknet loads them",
                 mafat_svg_print_bytes(bytes, all, sizeof all));
        return;
    }
    weights sum;
    add_windows(plan, 0, false, &sum);
    mafat_svg_print_bytes(sum.bytes, all, sizeof all);
    mafat_svg_print_bytes(sum.pinned_bytes, pinned, sizeof pinned);
    mafat_svg_print_bytes(plan->weight_bytes_read, read, sizeof read);
    mafat_svg_print_bytes(sum.max_bytes, most, sizeof most);
    if (plan->weight_bytes_read == 0)
        snprintf(text, size, "%s, read once and kept", all);
    else
        snprintf(text, size, "%s in %d windows of up to %s: %s are read once and kept, %s are read "
                 "in each run", all, sum.n_windows, most, pinned, read);
}

/* One window's share of its layer's bar. */
static void draw_window(mafat_plan_sheet *sheet, const mafat_weight_window *window,
                        mafat_svg_box box)
{
    char bytes[32], tip[128];
    snprintf(tip, sizeof tip, "layer %d, filters %d–%d: %s, %s", window->layer,
             window->filter_begin, window->filter_end - 1,
             mafat_svg_print_bytes(window->bytes, bytes, sizeof bytes),
             window->pinned ? "pinned" : "read in each run");
    double gap = fmin(0.8, box.h / 4);
    mafat_svg_rect(&sheet->svg, (mafat_svg_box){box.x, box.y + gap, box.w, box.h - gap},
                   window->pinned ? MAFAT_PINNED_COLOR : mafat_plan_colors[MAFAT_HOLDS_WEIGHTS],
                   tip);
}

/* What a bar stands for, above it: as much as there is room for. */
static void label_bar(mafat_plan_sheet *sheet, mafat_svg_box bar, size_t bytes, int n_windows)
{
    mafat_svg_font font = {10, MAFAT_INK, MAFAT_SVG_MIDDLE, false, false};
    char size[32], text[64];
    mafat_svg_print_bytes(bytes, size, sizeof size);
    snprintf(text, sizeof text, n_windows > 1 ? "%s, %d windows" : "%s", size, n_windows);
    if (mafat_svg_text_width(text, font.size) > bar.w)
        snprintf(text, sizeof text, "%s", size);
    if (mafat_svg_text_width(text, font.size) <= bar.w) {
        mafat_svg_text(&sheet->svg, (mafat_svg_point){bar.x + bar.w / 2, bar.y - 4}, font, text);
        return;
    }
    font.anchor = MAFAT_SVG_START;
    font.upwards = true;
    mafat_svg_text(&sheet->svg, (mafat_svg_point){bar.x + bar.w / 2 + 3.5, bar.y - 4}, font, size);
}

static mafat_svg_box bar_box(const mafat_plan_sheet *sheet, mafat_plan_area a, int l, size_t bytes)
{
    enum { MAX_BAR = 160 };
    int column = sheet->layers[l].column;
    double h = fmax(mafat_plan_sheet_height(a, bytes), 0.8);
    double x = sheet->column_x[column], w = sheet->column_x[column + 1] - x;
    double bar = fmin(0.88 * w, MAX_BAR);
    return (mafat_svg_box){x + (w - bar) / 2, a.base - h, bar, h};
}

static void draw_windows(mafat_plan_sheet *sheet, mafat_plan_area a)
{
    const mafat_plan *plan = sheet->plan;
    for (int w = 0; w < plan->n_windows;) {
        weights sum;
        int end = add_windows(plan, w, true, &sum);
        mafat_svg_box bar = bar_box(sheet, a, plan->windows[w].layer, sum.bytes);
        double base = a.base;
        for (; w < end; w++) {
            double h = bar.h * (double)plan->windows[w].bytes / (double)sum.bytes;
            base -= h;
            draw_window(sheet, &plan->windows[w], (mafat_svg_box){bar.x, base, bar.w, h});
        }
        label_bar(sheet, bar, sum.bytes, sum.n_windows);
    }
}

static void draw_resident(mafat_plan_sheet *sheet, mafat_plan_area a)
{
    for (int l = 0; l < sheet->plan->n_layers; l++) {
        size_t bytes = resident_bytes(sheet, l);
        if (bytes == 0)
            continue;
        mafat_svg_box bar = bar_box(sheet, a, l, bytes);
        mafat_svg_rect(&sheet->svg, bar, MAFAT_RESIDENT_COLOR, NULL);
        label_bar(sheet, bar, bytes, 0);
    }
}

static void draw_legend(mafat_plan_sheet *sheet, double y)
{
    mafat_svg_point at = {sheet->left, y};
    if (sheet->plan->n_windows == 0) {
        mafat_svg_legend(&sheet->svg, at, MAFAT_RESIDENT_COLOR, "in Darknet's own memory");
        return;
    }
    at.x = mafat_svg_legend(&sheet->svg, at, MAFAT_PINNED_COLOR, "pinned: read once and kept");
    if (sheet->plan->weight_bytes_read > 0)
        mafat_svg_legend(&sheet->svg, at, mafat_plan_colors[MAFAT_HOLDS_WEIGHTS],
                         "streamed: read in each run, window by window");
}

/* The bytes of the layer that has most of them. */
static size_t find_max_bytes(const mafat_plan_sheet *sheet)
{
    const mafat_plan *plan = sheet->plan;
    size_t most = 0;
    for (int w = 0; w < plan->n_windows;) {
        weights sum;
        w = add_windows(plan, w, true, &sum);
        most = sum.bytes > most ? sum.bytes : most;
    }
    for (int l = 0; l < plan->n_layers && plan->n_windows == 0; l++)
        most = resident_bytes(sheet, l) > most ? resident_bytes(sheet, l) : most;
    return most;
}

void mafat_plan_picture_weights_draw(mafat_plan_sheet *sheet, double y)
{
    enum { LEGEND = 26, TOP = 88, BASE = 208, NUMBERS = 221 };
    size_t most = find_max_bytes(sheet);
    mafat_plan_area a = {y + TOP, y + BASE, most, mafat_svg_byte_unit(most)};
    char remark[256];
    print_remark(sheet, remark, sizeof remark);
    mafat_plan_sheet_head(sheet, y, "Weights", remark);
    draw_legend(sheet, y + LEGEND);
    mafat_plan_sheet_draw_axis(sheet, a, 4);
    mafat_plan_sheet_draw_borders(sheet, a.top, a.base);
    mafat_svg_open(&sheet->svg, "weights");
    if (sheet->plan->n_windows > 0)
        draw_windows(sheet, a);
    else
        draw_resident(sheet, a);
    mafat_svg_close(&sheet->svg);
    mafat_plan_sheet_number(sheet, y + NUMBERS);
}
