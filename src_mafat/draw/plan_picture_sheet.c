/* What the parts of a plan's picture need to know and draw with, its columns first;
 * plan_picture_sheet.h. */
#include <stdlib.h>

#include "draw/plan_picture_sheet.h"

const char *const mafat_plan_colors[MAFAT_N_CONTENTS] = {
    [MAFAT_HOLDS_MAP] = "#8cc4ea",     [MAFAT_HOLDS_TILE] = "#f0a93b",
    [MAFAT_HOLDS_ROWS] = "#3fae8c",    [MAFAT_HOLDS_WEIGHTS] = "#e3b3d1",
    [MAFAT_HOLDS_WORKSPACE] = "#8d96a1", [MAFAT_HOLDS_IMAGE] = "#f2e45c",
};

mafat_content mafat_plan_sheet_group_content(const mafat_group *group)
{
    if (group->tiling.reuse)
        return MAFAT_HOLDS_ROWS;
    return group->tiling.rows * group->tiling.cols > 1 ? MAFAT_HOLDS_TILE : MAFAT_HOLDS_MAP;
}

const char *mafat_plan_sheet_print_layers(int first, int end, char *text, size_t size)
{
    if (end - first > 1)
        snprintf(text, size, "layers %d–%d", first, end - 1);
    else
        snprintf(text, size, "layer %d", first);
    return text;
}

const char *mafat_plan_sheet_print_shape(mafat_shape shape, char *text, size_t size)
{
    snprintf(text, size, "%d×%d×%d", shape.c, shape.h, shape.w);
    return text;
}

/* --------------------------------------------------------------------------------------- facts */

static void add_step(mafat_plan_layer *layer, const mafat_step *step)
{
    if (step->kind == MAFAT_STEP_EXCHANGE)
        return;
    if (step->kind == MAFAT_STEP_KEEP) {
        int n_kept = mafat_region_height(step->in.region);
        layer->n_kept = n_kept > layer->n_kept ? n_kept : layer->n_kept;
        return;
    }
    int n_new = mafat_region_height(step->out.region);
    layer->n_new = n_new > layer->n_new ? n_new : layer->n_new;
    if (layer->first_moment < 0 || step->moment < layer->first_moment)
        layer->first_moment = step->moment;
    if (step->moment > layer->last_moment)
        layer->last_moment = step->moment;
}

static void find_facts(mafat_plan_sheet *sheet)
{
    const mafat_plan *plan = sheet->plan;
    sheet->image = (mafat_plan_layer){.first_moment = -1, .last_moment = -1};
    for (int l = 0; l < plan->n_layers; l++)
        sheet->layers[l] = sheet->image;
    for (int i = 0; i < plan->n_steps; i++) {
        int l = plan->steps[i].layer;
        add_step(l < 0 ? &sheet->image : &sheet->layers[l], &plan->steps[i]);
    }
    for (int g = 0, column = 0; g < plan->n_groups; g++) {
        const mafat_group *group = &plan->groups[g];
        int before = group->tiling.reuse ? group->first_moment : group->first_moment - 1;
        for (int l = group->first; l < group->end; l++, column++) {
            mafat_plan_layer *layer = &sheet->layers[l];
            layer->group = g;
            layer->column = column;
            sheet->order[column] = l;
            /* a layer that changes nothing has no steps, but a moment */
            if (layer->first_moment < 0)
                layer->first_moment = layer->last_moment =
                    before < group->last_moment && !group->tiling.reuse ? before + 1 : before;
            before = layer->last_moment;
        }
    }
}

static mafat_content find_content(const mafat_plan_sheet *sheet, int index)
{
    const mafat_buffer *buffer = &sheet->plan->buffers[index];
    if (index == MAFAT_IMAGE_BUFFER || index == MAFAT_WORKSPACE_BUFFER)
        return index == MAFAT_IMAGE_BUFFER ? MAFAT_HOLDS_IMAGE : MAFAT_HOLDS_WORKSPACE;
    if (index != sheet->plan->output_buffers[buffer->layer])
        return MAFAT_HOLDS_WEIGHTS;
    const mafat_layer *layer = &sheet->network->layers[buffer->layer];
    size_t map_bytes = mafat_shape_floats(layer->out) * sizeof(float);
    if (buffer->is_map || buffer->place.bytes >= map_bytes)
        return MAFAT_HOLDS_MAP;
    const mafat_group *group = &sheet->plan->groups[sheet->layers[buffer->layer].group];
    return group->tiling.reuse ? MAFAT_HOLDS_ROWS : MAFAT_HOLDS_TILE;
}

/* ------------------------------------------------------------------------------------- columns */

/* The width of each column in layers: more where a layer has windows, but all of these together
 * take no more room than all layers. */
static double column_weight(const mafat_plan_sheet *sheet, int column)
{
    const mafat_plan_layer *layer = &sheet->layers[sheet->order[column]];
    int n_more = sheet->plan->n_moments;
    double each = n_more > 5 * sheet->plan->n_layers ? (double)sheet->plan->n_layers / n_more : 0.2;
    return 1 + each * (layer->last_moment - layer->first_moment);
}

static void place_columns(mafat_plan_sheet *sheet)
{
    enum { LEFT = 92, RIGHT = 112, WIDTH = 1200, MIN_COLUMN = 15 };
    const mafat_plan *plan = sheet->plan;
    double sum = 0;
    for (int c = 0; c < plan->n_layers; c++)
        sum += column_weight(sheet, c);
    double unit = WIDTH / sum > MIN_COLUMN ? WIDTH / sum : MIN_COLUMN;
    double x = sheet->left = LEFT;
    int n_begun = 0;                   /* moments */
    for (int c = 0; c < plan->n_layers; c++) {
        const mafat_plan_layer *layer = &sheet->layers[sheet->order[c]];
        double width = unit * column_weight(sheet, c);
        int n = layer->last_moment - layer->first_moment + 1;
        sheet->column_x[c] = x;
        for (; n_begun <= layer->last_moment; n_begun++)
            sheet->moments[n_begun] = x + width * (n_begun - layer->first_moment) / n;
        x += width;
    }
    sheet->column_x[plan->n_layers] = sheet->right = x;
    sheet->moments[plan->n_moments] = x;
    sheet->width = x + RIGHT;
}

bool mafat_plan_sheet_begin(mafat_plan_sheet *sheet, const mafat_session *session)
{
    const mafat_plan *plan = &session->plan;
    size_t n = (size_t)plan->n_layers;
    *sheet = (mafat_plan_sheet){.session = session, .plan = plan, .network = &session->cfg.network};
    sheet->layers = calloc(n, sizeof *sheet->layers);
    sheet->order = calloc(n, sizeof *sheet->order);
    sheet->column_x = calloc(n + 1, sizeof *sheet->column_x);
    sheet->moments = calloc((size_t)plan->n_moments + 1, sizeof *sheet->moments);
    sheet->contents = calloc((size_t)plan->n_buffers, sizeof *sheet->contents);
    if (sheet->layers == NULL || sheet->order == NULL || sheet->column_x == NULL ||
        sheet->moments == NULL || sheet->contents == NULL)
        return false;
    find_facts(sheet);
    for (int i = 0; i < plan->n_buffers; i++)
        sheet->contents[i] = find_content(sheet, i);
    place_columns(sheet);
    return true;
}

void mafat_plan_sheet_end(mafat_plan_sheet *sheet)
{
    free(sheet->layers);
    free(sheet->order);
    free(sheet->column_x);
    free(sheet->moments);
    free(sheet->contents);
    *sheet = (mafat_plan_sheet){0};
}

/* ------------------------------------------------------------------------------------- drawing */

void mafat_plan_sheet_head(mafat_plan_sheet *sheet, double y, const char *text, const char *remark)
{
    enum { INDENT = 24, SIZE = 16 };
    mafat_svg_text(&sheet->svg, (mafat_svg_point){INDENT, y},
                   (mafat_svg_font){.size = SIZE, .color = MAFAT_INK, .bold = true}, text);
    mafat_svg_text(&sheet->svg,
                   (mafat_svg_point){INDENT + 16 + 1.1 * mafat_svg_text_width(text, SIZE), y},
                   (mafat_svg_font){.size = 12, .color = MAFAT_FAINT_INK}, remark);
}

void mafat_plan_sheet_number(mafat_plan_sheet *sheet, double y)
{
    mafat_svg_font font = {10, MAFAT_INK, MAFAT_SVG_MIDDLE, true, false};
    double end = 0;                    /* of the text before */
    for (int c = 0; c < sheet->plan->n_layers; c++) {
        char text[16];
        snprintf(text, sizeof text, "%d", sheet->order[c]);
        double x = (sheet->column_x[c] + sheet->column_x[c + 1]) / 2;
        double half = mafat_svg_text_width(text, font.size) / 2;
        if (x - half < end + 3)
            continue;
        mafat_svg_text(&sheet->svg, (mafat_svg_point){x, y}, font, text);
        end = x + half;
    }
}

double mafat_plan_sheet_height(mafat_plan_area a, size_t bytes)
{
    return a.max_bytes == 0 ? 0 : (a.base - a.top) * (double)bytes / (double)a.max_bytes;
}

void mafat_plan_sheet_draw_axis(mafat_plan_sheet *sheet, mafat_plan_area a, int n_steps)
{
    mafat_svg_font font = {10, MAFAT_FAINT_INK, MAFAT_SVG_END, false, false};
    mafat_svg_pen pen = {MAFAT_RULE_COLOR, 1, NULL};
    double most = (double)a.max_bytes / a.unit.bytes;
    double step = most > 0 ? mafat_svg_tick_step(most, n_steps) : 1;
    for (int i = 0; i * step <= most * 1.0001; i++) {
        char text[32];
        double y = a.base - (most > 0 ? (a.base - a.top) * i * step / most : 0);
        mafat_svg_line(&sheet->svg, (mafat_svg_point){sheet->left - 5, y},
                       (mafat_svg_point){sheet->right, y}, pen);
        snprintf(text, sizeof text, "%g", i * step);
        mafat_svg_text(&sheet->svg, (mafat_svg_point){sheet->left - 9, y + 3.5}, font, text);
    }
    font.upwards = true;
    font.anchor = MAFAT_SVG_MIDDLE;
    mafat_svg_text(&sheet->svg, (mafat_svg_point){sheet->left - 54, (a.top + a.base) / 2}, font,
                   a.unit.name);
}

void mafat_plan_sheet_draw_borders(mafat_plan_sheet *sheet, double top, double base)
{
    mafat_svg_pen pen = {MAFAT_RULE_COLOR, 1, NULL};
    for (int g = 0; g < sheet->plan->n_groups; g++) {
        double x = sheet->column_x[sheet->layers[sheet->plan->groups[g].first].column];
        mafat_svg_line(&sheet->svg, (mafat_svg_point){x, top}, (mafat_svg_point){x, base}, pen);
    }
    mafat_svg_line(&sheet->svg, (mafat_svg_point){sheet->right, top},
                   (mafat_svg_point){sheet->right, base}, pen);
}
