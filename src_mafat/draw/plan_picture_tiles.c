/* The tiles of each group that has some, on its output and at its input; the rows that a group
 * keeps; plan_picture_tiles.h. */
#include <math.h>

#include "base/size.h"
#include "draw/plan_picture_tiles.h"

/* A card, from its corner on: a title, pictures, text below them. */
enum {
    CARD_HEIGHT = 222, CARD_GAP = 20, INDENT = 24, PAD = 14, TITLE = 24,
    PICTURES = 38, SIDE = 140, INNER_GAP = 26, INPUT_TEXT = 168, TEXT = 196, LINE = 15
};

#define PLAIN_COLOR "#cfd6dd"          /* of a map */
#define HALO_COLOR "#fadfae"
#define KEPT_COLOR "#1c6b55"           /* of rows */

static const mafat_svg_font small = {11, MAFAT_INK, MAFAT_SVG_START, false, false};
static const mafat_svg_font smallest = {9, MAFAT_FAINT_INK, MAFAT_SVG_MIDDLE, false, false};

static bool has_card(const mafat_group *group)
{
    return mafat_plan_sheet_group_content(group) != MAFAT_HOLDS_MAP;
}

/* -------------------------------------------------------------------------------------- maps */

/* A map at its own proportions in a square of SIDE. */
typedef struct {
    double x, y, scale;                /* of a pixel */
    mafat_shape shape;
} map;

static map place_map(mafat_shape shape, double x, double y)
{
    return (map){x, y, (double)SIDE / (shape.h > shape.w ? shape.h : shape.w), shape};
}

static mafat_svg_box region_box(map m, mafat_region r)
{
    return (mafat_svg_box){m.x + r.x0 * m.scale, m.y + r.y0 * m.scale,
                           mafat_region_width(r) * m.scale, mafat_region_height(r) * m.scale};
}

/* Lines between tiles, at the same shares of every map; where they would be too close to see,
 * none. */
static void draw_grid(mafat_plan_sheet *sheet, map m, const mafat_group *group, mafat_shape out)
{
    mafat_tiling tiling = group->tiling;
    int unit = mafat_group_unit(sheet->network, group);
    enum { CLOSEST = 2 };
    mafat_svg_pen pen = {"#ffffff", 1, NULL};
    double h = m.shape.h * m.scale, w = m.shape.w * m.scale;
    for (int row = 1; row < tiling.rows && h / tiling.rows >= CLOSEST; row++) {
        mafat_region tile = mafat_region_tile(out, unit, tiling.rows, tiling.cols, row, 0);
        double y = m.y + h * tile.y0 / out.h;
        mafat_svg_line(&sheet->svg, (mafat_svg_point){m.x, y}, (mafat_svg_point){m.x + w, y}, pen);
    }
    for (int col = 1; col < tiling.cols && w / tiling.cols >= CLOSEST; col++) {
        mafat_region tile = mafat_region_tile(out, unit, tiling.rows, tiling.cols, 0, col);
        double x = m.x + w * tile.x0 / out.w;
        mafat_svg_line(&sheet->svg, (mafat_svg_point){x, m.y}, (mafat_svg_point){x, m.y + h}, pen);
    }
}

/* The extents of tiles: "15" or "15-16". */
static void print_extents(int extent, int unit, int n_tiles, char *text, size_t size)
{
    int n_units = mafat_size_parts(extent, unit);
    int min = mafat_size_min_int(mafat_size_max_int(n_units / n_tiles, 1) * unit, extent);
    int max = mafat_size_min_int(mafat_size_parts(n_units, n_tiles) * unit, extent);
    if (min == max)
        snprintf(text, size, "%d", min);
    else
        snprintf(text, size, "%d–%d", min, max);
}

/* The group's output map with its grid and one tile stressed, and what is to be said about it. */
static void draw_output(mafat_plan_sheet *sheet, const mafat_group *group, mafat_region tile,
                        mafat_svg_point corner)
{
    mafat_shape out = sheet->network->layers[group->end - 1].out;
    map m = place_map(out, corner.x + PAD, corner.y + PICTURES);
    int unit = mafat_group_unit(sheet->network, group);
    char text[96], shape[64], rows[32], cols[32];
    mafat_svg_rect(&sheet->svg, region_box(m, mafat_region_whole(out)), PLAIN_COLOR, NULL);
    mafat_svg_rect(&sheet->svg, region_box(m, tile),
                   mafat_plan_colors[mafat_plan_sheet_group_content(group)], NULL);
    draw_grid(sheet, m, group, out);
    mafat_plan_sheet_print_shape(out, shape, sizeof shape);
    snprintf(text, sizeof text, "output %s", shape);
    mafat_svg_text(&sheet->svg, (mafat_svg_point){m.x, corner.y + TEXT}, small, text);
    print_extents(out.h, unit, group->tiling.rows, rows, sizeof rows);
    print_extents(out.w, unit, group->tiling.cols, cols, sizeof cols);
    if (group->tiling.reuse)
        snprintf(text, sizeof text, "%d × %s rows", group->n_tiles, rows);
    else
        snprintf(text, sizeof text, "%d tiles of %s×%s", group->n_tiles, rows, cols);
    mafat_svg_text(&sheet->svg, (mafat_svg_point){m.x, corner.y + TEXT + LINE}, small, text);
}

static void draw_title(mafat_plan_sheet *sheet, const mafat_group *group, mafat_svg_point corner,
                       double width)
{
    char text[96], layers[40], tiling[32];
    mafat_svg_font font = {13, MAFAT_INK, MAFAT_SVG_START, true, false};
    mafat_svg_rect(&sheet->svg, (mafat_svg_box){corner.x, corner.y, width, CARD_HEIGHT}, "#f7f8fa",
                   NULL);
    mafat_svg_rect(&sheet->svg, (mafat_svg_box){corner.x, corner.y, width, 4},
                   mafat_plan_colors[mafat_plan_sheet_group_content(group)], NULL);
    mafat_plan_sheet_print_layers(group->first, group->end, layers, sizeof layers);
    mafat_config_print_tiling(group->tiling, tiling, sizeof tiling);
    snprintf(text, sizeof text, "%s: %s", layers, tiling);
    mafat_svg_text(&sheet->svg, (mafat_svg_point){corner.x + PAD, corner.y + TITLE}, font, text);
    font.size = 11;
    font.bold = false;
    font.anchor = MAFAT_SVG_END;
    snprintf(text, sizeof text, "redundant MACs %.1f %%",
             mafat_plan_redundant_percent(group->macs, group->redundant_macs));
    mafat_svg_text(&sheet->svg, (mafat_svg_point){corner.x + width - PAD, corner.y + TITLE}, font,
                   text);
}

/* --------------------------------------------------------------------------------------- tiles */

/* A tile in the middle of the grid that is not empty: the last one of a row or column never is. */
static mafat_region find_tile(const mafat_plan_sheet *sheet, const mafat_group *group, int *row,
                              int *col)
{
    mafat_shape out = sheet->network->layers[group->end - 1].out;
    mafat_tiling tiling = group->tiling;
    int unit = mafat_group_unit(sheet->network, group);
    mafat_region tile;
    *row = tiling.rows / 2;
    *col = tiling.cols / 2;
    do {
        tile = mafat_region_tile(out, unit, tiling.rows, tiling.cols, *row, *col);
        *row += mafat_region_height(tile) == 0;
        *col += mafat_region_width(tile) == 0;
    } while (mafat_region_is_empty(tile));
    return tile;
}

static mafat_region join(mafat_region a, mafat_region b)
{
    return (mafat_region){a.y0 < b.y0 ? a.y0 : b.y0, a.x0 < b.x0 ? a.x0 : b.x0,
                          a.y1 > b.y1 ? a.y1 : b.y1, a.x1 > b.x1 ? a.x1 : b.x1};
}

/* What the steps of a tile read of the group's input, and the layer that reads it; false where
 * nothing is read. */
static bool find_field(const mafat_plan *plan, int group, int row, int col, mafat_region *field,
                       int *layer)
{
    *layer = -1;
    for (int i = 0; i < plan->n_steps; i++) {
        const mafat_step *step = &plan->steps[i];
        if (step->group != group || step->tile_row != row || step->tile_col != col ||
            (*layer >= 0 && step->layer != *layer))
            continue;
        *field = *layer < 0 ? step->in.region : join(*field, step->in.region);
        *layer = step->layer;
    }
    return *layer >= 0;
}

static int beyond(int n)
{
    return n > 0 ? n : 0;
}

static int scale_by(int n, int by, int of)
{
    return (int)((long long)n * by / of);
}

/* The part of a map of shape `in` that has the place of `tile` in a map of shape `out`. */
static mafat_region find_share(mafat_shape in, mafat_shape out, mafat_region tile)
{
    return (mafat_region){scale_by(tile.y0, in.h, out.h), scale_by(tile.x0, in.w, out.w),
                          scale_by(tile.y1, in.h, out.h), scale_by(tile.x1, in.w, out.w)};
}

/* Beside the input map: the sizes of what is drawn on it. */
static void explain_input(mafat_plan_sheet *sheet, mafat_region field, mafat_region share,
                          mafat_svg_point at)
{
    char text[64];
    snprintf(text, sizeof text, "own share %d×%d", mafat_region_height(share),
             mafat_region_width(share));
    mafat_svg_legend(&sheet->svg, at, mafat_plan_colors[MAFAT_HOLDS_TILE], text);
    at.y += LINE + 2;
    snprintf(text, sizeof text, "with halo %d×%d", mafat_region_height(field),
             mafat_region_width(field));
    mafat_svg_legend(&sheet->svg, at, HALO_COLOR, text);
    at.x += 16;
    at.y += LINE + 2;
    snprintf(text, sizeof text, "%d above, %d below", beyond(share.y0 - field.y0),
             beyond(field.y1 - share.y1));
    mafat_svg_text(&sheet->svg, at, small, text);
    at.y += LINE;
    snprintf(text, sizeof text, "%d left, %d right", beyond(share.x0 - field.x0),
             beyond(field.x1 - share.x1));
    mafat_svg_text(&sheet->svg, at, small, text);
}

/* The group's input map: the tile's share of it, and around that the halo. */
static void draw_input(mafat_plan_sheet *sheet, const mafat_group *group, mafat_shape in,
                       mafat_region field, mafat_region tile, mafat_svg_point corner)
{
    mafat_shape out = sheet->network->layers[group->end - 1].out;
    mafat_region share = find_share(in, out, tile);
    map m = place_map(in, corner.x, corner.y + PICTURES);
    char shape[48], text[64];
    mafat_svg_rect(&sheet->svg, region_box(m, mafat_region_whole(in)), PLAIN_COLOR, NULL);
    draw_grid(sheet, m, group, out);
    mafat_svg_rect(&sheet->svg, region_box(m, field), HALO_COLOR, "receptive field");
    mafat_svg_rect(&sheet->svg, region_box(m, share), mafat_plan_colors[MAFAT_HOLDS_TILE],
                   "the tile's own share");
    mafat_svg_frame(&sheet->svg, region_box(m, field), (mafat_svg_pen){"#8a5a00", 1, NULL});
    snprintf(text, sizeof text, "input %s", mafat_plan_sheet_print_shape(in, shape, sizeof shape));
    mafat_svg_text(&sheet->svg, (mafat_svg_point){m.x, corner.y + TEXT}, small, text);
    mafat_svg_text(&sheet->svg, (mafat_svg_point){m.x, corner.y + TEXT + LINE}, small,
                   "what one tile reads of it");
    explain_input(sheet, field, share, (mafat_svg_point){m.x + SIDE + 12, m.y + 10});
}

static void draw_tile_card(mafat_plan_sheet *sheet, int g, mafat_svg_point corner)
{
    const mafat_group *group = &sheet->plan->groups[g];
    mafat_region field;
    int row, col, layer;
    mafat_region tile = find_tile(sheet, group, &row, &col);
    draw_output(sheet, group, tile, corner);
    if (!find_field(sheet->plan, g, row, col, &field, &layer))
        return;
    corner.x += PAD + SIDE + INNER_GAP;
    draw_input(sheet, group, sheet->network->layers[layer].in, field, tile, corner);
}

/* ---------------------------------------------------------------------------------------- rows */

/* The layers of a group whose rows are counted: its own, and before them the image if it comes by
 * rows. */
static int first_counted(const mafat_plan_sheet *sheet, const mafat_group *group)
{
    bool has_image = group == sheet->plan->groups && sheet->image.n_new > 0;
    return has_image ? group->first - 1 : group->first;
}

static const mafat_plan_layer *counted(const mafat_plan_sheet *sheet, int l)
{
    return l < 0 ? &sheet->image : &sheet->layers[l];
}

/* The width of a layer's bar and the gap beside it: less where there are many. */
static double bar_pitch(const mafat_plan_sheet *sheet, const mafat_group *group)
{
    int n = group->end - first_counted(sheet, group);
    return fmax(8, fmin(30, (sheet->width - 2 * INDENT - 2 * PAD - SIDE - INNER_GAP) / n));
}

static void draw_bar(mafat_plan_sheet *sheet, int l, mafat_svg_box box, double scale)
{
    const mafat_plan_layer *layer = counted(sheet, l);
    char text[32];
    double base = box.y + box.h, kept = layer->n_kept * scale, made = layer->n_new * scale;
    mafat_svg_point top = {box.x + box.w / 2, base - kept - made - 4};
    box.w *= 0.8;
    box.x = top.x - box.w / 2;
    mafat_svg_rect(&sheet->svg, (mafat_svg_box){box.x, base - kept, box.w, kept}, KEPT_COLOR, NULL);
    mafat_svg_rect(&sheet->svg, (mafat_svg_box){box.x, base - kept - made, box.w, made},
                   mafat_plan_colors[MAFAT_HOLDS_ROWS], NULL);
    snprintf(text, sizeof text, layer->n_kept > 0 ? "%d+%d" : "%d", layer->n_new, layer->n_kept);
    if (mafat_svg_text_width(text, smallest.size) <= box.w * 1.2 && layer->n_new > 0)
        mafat_svg_text(&sheet->svg, top, smallest, text);
    snprintf(text, sizeof text, l < 0 ? "img" : "%d", l);
    if (mafat_svg_text_width(text, smallest.size) <= box.w * 1.2)
        mafat_svg_text(&sheet->svg, (mafat_svg_point){top.x, base + 12}, smallest, text);
}

/* For each layer, rows that are computed at a time, and below them those that are kept. */
static void draw_row_card(mafat_plan_sheet *sheet, int g, mafat_svg_point corner)
{
    const mafat_group *group = &sheet->plan->groups[g];
    int first = first_counted(sheet, group), max = 1, row, col;
    draw_output(sheet, group, find_tile(sheet, group, &row, &col), corner);
    for (int l = first; l < group->end; l++) {
        int n_rows = counted(sheet, l)->n_new + counted(sheet, l)->n_kept;
        max = n_rows > max ? n_rows : max;
    }
    mafat_svg_box box = {corner.x + PAD + SIDE + INNER_GAP, corner.y + PICTURES + 12,
                         bar_pitch(sheet, group), SIDE - 28};
    mafat_svg_point key = {box.x, corner.y + TEXT};
    key.x = mafat_svg_legend(&sheet->svg, key, mafat_plan_colors[MAFAT_HOLDS_ROWS],
                             "rows at a time");
    mafat_svg_legend(&sheet->svg, key, KEPT_COLOR, "rows kept");
    mafat_svg_text(&sheet->svg, (mafat_svg_point){box.x, corner.y + TEXT + LINE}, small,
                   "by layer; no row is computed twice");
    for (int l = first; l < group->end; l++, box.x += box.w)
        draw_bar(sheet, l, box, box.h / max);
}

/* --------------------------------------------------------------------------------------- cards */

static double card_width(const mafat_plan_sheet *sheet, const mafat_group *group)
{
    double pictures = 2 * PAD + SIDE + INNER_GAP;
    if (!group->tiling.reuse)
        return pictures + SIDE + INPUT_TEXT;
    return pictures + fmax(INPUT_TEXT + SIDE,
                           bar_pitch(sheet, group) * (group->end - first_counted(sheet, group)));
}

static void draw_card(mafat_plan_sheet *sheet, int g, mafat_svg_point corner, double width)
{
    const mafat_group *group = &sheet->plan->groups[g];
    draw_title(sheet, group, corner, width);
    if (group->tiling.reuse)
        draw_row_card(sheet, g, corner);
    else
        draw_tile_card(sheet, g, corner);
}

static void draw_head(mafat_plan_sheet *sheet, double y, int n_cards)
{
    int n_groups = sheet->plan->n_groups;
    char remark[128] = "";
    if (n_cards == 0)
        snprintf(remark, sizeof remark, "none: all layers run on whole maps");
    else if (n_cards < n_groups)
        snprintf(remark, sizeof remark, "of %d of the %d layer groups; the others run on whole "
                 "maps", n_cards, n_groups);
    mafat_plan_sheet_head(sheet, y, "Tiles", remark);
}

double mafat_plan_picture_tiles_draw(mafat_plan_sheet *sheet, double y, bool draws)
{
    enum { HEAD = 18 };
    const mafat_plan *plan = sheet->plan;
    mafat_svg_point corner = {INDENT, y + HEAD};
    int n_cards = 0;
    for (int g = 0; g < plan->n_groups; g++) {
        if (!has_card(&plan->groups[g]))
            continue;
        double width = card_width(sheet, &plan->groups[g]);
        if (corner.x + width > sheet->width - INDENT && corner.x > INDENT)
            corner = (mafat_svg_point){INDENT, corner.y + CARD_HEIGHT + CARD_GAP};
        if (draws)
            draw_card(sheet, g, corner, width);
        corner.x += width + CARD_GAP;
        n_cards++;
    }
    if (draws)
        draw_head(sheet, y, n_cards);
    return corner.y + (n_cards > 0 ? CARD_HEIGHT : 0) - y;
}
