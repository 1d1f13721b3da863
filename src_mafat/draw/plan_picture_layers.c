/* The strip of layers: each one's output map as a bar, the groups above, names below;
 * plan_picture_layers.h. */
#include <math.h>
#include <string.h>

#include "draw/plan_picture_layers.h"

/* Heights in the strip, from its top. */
enum { GROUPS = 38, ARCS = 58, MAPS = 76, BASE = 206, NUMBERS = 220, NAMES = 228 };

static double middle(const mafat_plan_sheet *sheet, int l)
{
    int column = sheet->layers[l].column;
    return (sheet->column_x[column] + sheet->column_x[column + 1]) / 2;
}

/* Roots, so that 19 rows can be seen beside 608. */
typedef struct {
    double height, width;              /* of a map of one row and one channel */
} scales;

static scales find_scales(const mafat_plan_sheet *sheet)
{
    enum { MAX_DEPTH = 64 };
    const mafat_network *network = sheet->network;
    mafat_shape max = network->input;
    double space = MAX_DEPTH;
    for (int l = 0; l < network->n_layers; l++) {
        mafat_shape out = network->layers[l].out;
        double width = sheet->column_x[l + 1] - sheet->column_x[l];
        max.h = out.h > max.h ? out.h : max.h;
        max.c = out.c > max.c ? out.c : max.c;
        space = width < space ? width : space;
    }
    return (scales){(BASE - MAPS) / sqrt(max.h), 0.84 * space / sqrt(max.c)};
}

static mafat_svg_box map_box(scales scale, mafat_shape shape, double x, double base)
{
    double w = fmax(scale.width * sqrt(shape.c), 3), h = fmax(scale.height * sqrt(shape.h), 2);
    return (mafat_svg_box){x - w / 2, base - h, w, h};
}

/* ---------------------------------------------------------------------------------------- names */

static void print_name(const mafat_layer *layer, char *text, size_t size)
{
    const char *type = strcmp(layer->type, "convolutional") == 0 ? "conv" : layer->type;
    bool has_kernel = layer->kind == MAFAT_CONVOLUTION || layer->kind == MAFAT_MAXPOOL;
    if (has_kernel && layer->stride > 1)
        snprintf(text, size, "%s %d×%d/%d", type, layer->size, layer->size, layer->stride);
    else if (layer->algorithm == MAFAT_WINOGRAD)
        snprintf(text, size, "%s %d×%d Winograd", type, layer->size, layer->size);
    else if (has_kernel)
        snprintf(text, size, "%s %d×%d", type, layer->size, layer->size);
    else
        snprintf(text, size, "%s", type);
}

/* A layer's kind and shape below its bar: in two lines where its column has room for them. */
static void draw_name(mafat_plan_sheet *sheet, int l, double y)
{
    enum { SIZE = 10, MAX_NAME_HEIGHT = MAFAT_LAYERS_HEIGHT - NAMES };
    const mafat_layer *layer = &sheet->network->layers[l];
    int column = sheet->layers[l].column;
    char name[64], shape[64], both[130];
    mafat_svg_font font = {.size = SIZE, .color = MAFAT_INK, .anchor = MAFAT_SVG_MIDDLE};
    print_name(layer, name, sizeof name);
    mafat_plan_sheet_print_shape(layer->out, shape, sizeof shape);
    double x = middle(sheet, l), space = sheet->column_x[column + 1] - sheet->column_x[column] - 6;
    if (mafat_svg_text_width(shape, SIZE) < space && mafat_svg_text_width(name, SIZE) < space) {
        mafat_svg_text(&sheet->svg, (mafat_svg_point){x, y + NAMES + 8}, font, name);
        font.color = MAFAT_FAINT_INK;
        mafat_svg_text(&sheet->svg, (mafat_svg_point){x, y + NAMES + 21}, font, shape);
        return;
    }
    snprintf(both, sizeof both, "%s  %s", name, shape);
    font.anchor = MAFAT_SVG_END;
    font.upwards = true;
    font.size = fmin(SIZE, SIZE * MAX_NAME_HEIGHT / mafat_svg_text_width(both, SIZE));
    mafat_svg_text(&sheet->svg, (mafat_svg_point){x + 3.5, y + NAMES}, font, both);
}

/* --------------------------------------------------------------------------------------- groups */

static void print_group(const mafat_group *group, char *text, size_t size)
{
    char tiling[32], layers[40];
    mafat_config_print_tiling(group->tiling, tiling, sizeof tiling);
    mafat_plan_sheet_print_layers(group->first, group->end, layers, sizeof layers);
    snprintf(text, size, "%s: %s", layers, tiling);
}

static void draw_group(mafat_plan_sheet *sheet, const mafat_group *group, double y)
{
    int column = sheet->layers[group->first].column;
    double x = sheet->column_x[column];
    double w = sheet->column_x[column + group->end - group->first] - x;
    mafat_content content = mafat_plan_sheet_group_content(group);
    char text[80];
    print_group(group, text, sizeof text);
    mafat_svg_rect(&sheet->svg, (mafat_svg_box){x + 1, y + GROUPS, w - 2, 6},
                   mafat_plan_colors[content], text);
    mafat_svg_font font = {11, MAFAT_INK, MAFAT_SVG_MIDDLE, true, false};
    if (mafat_svg_text_width(text, font.size) > w - 8 && content != MAFAT_HOLDS_MAP)
        mafat_config_print_tiling(group->tiling, text, sizeof text);
    if (mafat_svg_text_width(text, font.size) <= w - 8) {
        mafat_svg_text(&sheet->svg, (mafat_svg_point){x + w / 2, y + GROUPS - 5}, font, text);
    } else if (content != MAFAT_HOLDS_MAP) {
        font.upwards = true;
        font.anchor = MAFAT_SVG_START;
        mafat_svg_text(&sheet->svg, (mafat_svg_point){x + w / 2 + 4, y + GROUPS - 4}, font, text);
    }
}

/* ----------------------------------------------------------------------------------------- maps */

/* Arcs from layers whose output is read later than by the layer next to them. */
static void draw_arcs(mafat_plan_sheet *sheet, scales scale, int l, double y)
{
    const mafat_layer *layer = &sheet->network->layers[l];
    mafat_svg_pen pen = {"#9aa4af", 1, NULL};
    for (int s = 0; s < layer->n_sources; s++) {
        int source = layer->sources[s];
        if (source < 0 || sheet->layers[source].column == sheet->layers[l].column - 1)
            continue;
        mafat_svg_box from = map_box(scale, sheet->network->layers[source].out,
                                     middle(sheet, source), y + BASE);
        mafat_svg_box to = map_box(scale, layer->out, middle(sheet, l), y + BASE);
        double distance = middle(sheet, l) - middle(sheet, source);
        double top = fmax(y + ARCS, fmin(from.y, to.y) - 8 - distance / 6);
        mafat_svg_arc(&sheet->svg, (mafat_svg_point){middle(sheet, source), from.y - 1},
                      (mafat_svg_point){middle(sheet, l), to.y - 1}, top, pen);
        mafat_svg_dot(&sheet->svg, (mafat_svg_point){middle(sheet, l), to.y - 2}, 2, pen.color,
                      NULL);
    }
}

static void draw_map(mafat_plan_sheet *sheet, scales scale, int l, double y)
{
    const mafat_layer *layer = &sheet->network->layers[l];
    char name[64], shape[64], tip[256];
    print_name(layer, name, sizeof name);
    mafat_plan_sheet_print_shape(layer->out, shape, sizeof shape);
    snprintf(tip, sizeof tip, "layer %d: %s, output %s", l, name, shape);
    mafat_content content = sheet->contents[sheet->plan->output_buffers[l]];
    mafat_svg_rect(&sheet->svg, map_box(scale, layer->out, middle(sheet, l), y + BASE),
                   mafat_plan_colors[content], tip);
}

static void draw_image(mafat_plan_sheet *sheet, scales scale, double y)
{
    enum { X = 48 };
    char shape[64];
    mafat_svg_font font = {10, MAFAT_INK, MAFAT_SVG_MIDDLE, true, false};
    mafat_plan_sheet_print_shape(sheet->network->input, shape, sizeof shape);
    mafat_svg_rect(&sheet->svg, map_box(scale, sheet->network->input, X, y + BASE),
                   mafat_plan_colors[MAFAT_HOLDS_IMAGE], shape);
    mafat_svg_text(&sheet->svg, (mafat_svg_point){X, y + NUMBERS}, font, "image");
    font.bold = false;
    font.color = MAFAT_FAINT_INK;
    mafat_svg_text(&sheet->svg, (mafat_svg_point){X, y + NAMES + 8}, font, shape);
}

void mafat_plan_picture_layers_draw(mafat_plan_sheet *sheet, double y)
{
    scales scale = find_scales(sheet);
    mafat_plan_sheet_head(sheet, y, "Layers",
                          "in the order of execution; a bar is as high as its output map has rows "
                          "and as wide as it has channels (roots of both), its colour says what "
                          "is held of it");
    for (int g = 0; g < sheet->plan->n_groups; g++)
        draw_group(sheet, &sheet->plan->groups[g], y);
    draw_image(sheet, scale, y);
    for (int l = 0; l < sheet->plan->n_layers; l++)
        draw_arcs(sheet, scale, l, y);
    for (int l = 0; l < sheet->plan->n_layers; l++) {
        draw_map(sheet, scale, l, y);
        draw_name(sheet, l, y);
    }
    mafat_plan_sheet_number(sheet, y + NUMBERS);
}
