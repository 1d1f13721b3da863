/* The sheet that a plan's picture is drawn on, which all its parts share:
 *
 *     title       configuration, prediction        plan_picture.c
 *     layers      one column each                  plan_picture_layers.c
 *     arena       over time                        plan_picture_arena.c
 *     weights     of each layer                    plan_picture_weights.c
 *     messages    of each layer, of several ranks  plan_picture_messages.c
 *     tiles       of each group that has some      plan_picture_tiles.c
 *
 * Layers, arena, weights and messages share the columns: one for each layer, in the order of execution. A
 * moment is as wide as the layers that share it, and a layer's windows divide its column. */
#ifndef MAFAT_DRAW_PLAN_PICTURE_SHEET_H
#define MAFAT_DRAW_PLAN_PICTURE_SHEET_H

#include "draw/svg.h"
#include "session/session.h"

/* What a buffer holds. */
typedef enum {
    MAFAT_HOLDS_MAP,
    MAFAT_HOLDS_TILE,      /* or a band of one */
    MAFAT_HOLDS_ROWS,
    MAFAT_HOLDS_WEIGHTS,
    MAFAT_HOLDS_WORKSPACE,
    MAFAT_HOLDS_IMAGE,
    MAFAT_N_CONTENTS
} mafat_content;

/* What the steps say about a layer, or about the image. */
typedef struct {
    int group, column;
    int first_moment, last_moment;
    int n_new;             /* rows that a step computes, at most */
    int n_kept;            /* rows that stay when the buffer is full, at most */
} mafat_plan_layer;

typedef struct {
    const mafat_session *session;
    const mafat_plan *plan;        /* the session's, as is the network */
    const mafat_network *network;
    mafat_plan_layer image;
    mafat_plan_layer *layers;      /* [n_layers], owned */
    int *order;                    /* [n_layers], owned: the layer of each column */
    double *column_x;              /* [n_layers + 1], owned: between columns */
    double *moments;               /* [n_moments + 1], owned: between moments */
    mafat_content *contents;       /* [n_buffers], owned */
    double left, right;            /* of the columns */
    double width;
    mafat_svg svg;
} mafat_plan_sheet;

/* Colours: of what buffers hold, and of the rest. They differ for colour-blind eyes too. */
extern const char *const mafat_plan_colors[MAFAT_N_CONTENTS];
#define MAFAT_PINNED_COLOR "#a34a82"
#define MAFAT_RESIDENT_COLOR "#6d4a63"
#define MAFAT_INK "#1c2733"
#define MAFAT_FAINT_INK "#66727f"
#define MAFAT_RULE_COLOR "#e2e6ea"

/* Finds out all that is drawn and where the columns are; false without memory. A sheet that was
 * begun, or zeroed, may be ended. */
bool mafat_plan_sheet_begin(mafat_plan_sheet *sheet, const mafat_session *session);
void mafat_plan_sheet_end(mafat_plan_sheet *sheet);

/* What the group's buffers hold: rows, tiles or maps. */
mafat_content mafat_plan_sheet_group_content(const mafat_group *group);

/* Writes the numbers of layers [first, end): "layer 3" or "layers 0-7". */
const char *mafat_plan_sheet_print_layers(int first, int end, char *text, size_t size);

/* Writes "16x76x76" with the sign of multiplication. */
const char *mafat_plan_sheet_print_shape(mafat_shape shape, char *text, size_t size);

/* The heading of a part, at the left of y, with a remark behind it. */
void mafat_plan_sheet_head(mafat_plan_sheet *sheet, double y, const char *text, const char *remark);

/* The numbers of the layers on the line at y, as many as there is room for. */
void mafat_plan_sheet_number(mafat_plan_sheet *sheet, double y);

/* A part's area for shapes: bytes, 0 at `base` and max_bytes at `top`. */
typedef struct {
    double top, base;
    size_t max_bytes;
    mafat_svg_unit unit;
} mafat_plan_area;

double mafat_plan_sheet_height(mafat_plan_area a, size_t bytes);

/* The axis of bytes at the left, of at most so many steps, with lines through the area. */
void mafat_plan_sheet_draw_axis(mafat_plan_sheet *sheet, mafat_plan_area a, int n_steps);

/* Thin lines where groups meet, so that the eye finds its way from part to part. */
void mafat_plan_sheet_draw_borders(mafat_plan_sheet *sheet, double top, double base);

#endif
