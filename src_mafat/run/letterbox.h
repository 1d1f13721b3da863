/* A decoded picture as the rows of a network's input, made when they are asked for.
 *
 * The rows are those of Darknet's letterbox_image(load_image_color(file, 0, 0), net_w, net_h), bit
 * for bit: the picture scaled to fit with its proportions kept, in the middle of a plane of 0.5. Or,
 * stretched, those of resize_image() of the same: the picture fills the plane.
 * Darknet holds the picture, a copy resized in width, a copy resized in both, and the input itself,
 * all as floats. Here the picture's rows are bytes, which come when they are asked for, and only two of them,
 * resized in width, are floats. */
#ifndef MAFAT_RUN_LETTERBOX_H
#define MAFAT_RUN_LETTERBOX_H

#include "base/rounding.h"
#include "base/status.h"
#include "run/source.h"

enum { MAFAT_COLOURS = 3 };

/* Pixel i of the input lies at i * before * after in the picture; all 0 for a single pixel. */
typedef struct {
    float before, after;
} mafat_scale;

typedef struct {
    mafat_picture_source picture;   /* its rows */
    int w, h;                       /* of it */
    int net_w, net_h;               /* of the input */
    bool is_stretched;
    int new_w, new_h;               /* of the picture inside the input; one of them may be 0 */
    int left, top;                  /* where it begins there */
    mafat_image_rounding rounding;
    mafat_scale x, y;
    float *rows;                    /* [2][3][new_w], owned */
    int held[2];                    /* which of the picture's rows those are; -1: none so far */
    int n_channels;                 /* of the picture's three that the input has: its first ones */
} mafat_letterbox;

/* Allocates the two rows; nothing does later. MAFAT_FAILED for memory, and for a picture of which
 * Darknet makes no defined input: one that shrinks to a single row, whose scale it divides by zero,
 * or whose size its int arithmetic does not hold. On error nothing needs to be freed. */
mafat_status mafat_letterbox_init(mafat_letterbox *letterbox, mafat_picture_source picture,
                                  int w, int h, int net_w, int net_h, bool stretched,
                                  const mafat_image_rounding *rounding, mafat_error *error);

/* Has the input take only the first 1 to 3 of the picture's channels: of a network that has fewer,
 * Darknet's commands read no more of an image. */
void mafat_letterbox_set_channels(mafat_letterbox *letterbox, int n_channels);

/* The input's rows, as often as one likes; the letterbox must stay where it is. It asks for the
 * picture's rows from top to bottom as it is asked for its own. */
mafat_source mafat_letterbox_source(mafat_letterbox *letterbox);

/* Frees what the letterbox owns and clears it; a zeroed letterbox may be freed. */
void mafat_letterbox_free(mafat_letterbox *letterbox);

/* A plane of floats, [h][w], and the size that it is brought to. */
typedef struct {
    const float *plane;             /* borrowed */
    int w, h, new_w, new_h;
    mafat_scale x, y;
    const mafat_image_rounding *rounding;    /* borrowed */
} mafat_resizing;

/* For a new_h of at least 2: Darknet divides a single row by zero. */
void mafat_resizing_init(mafat_resizing *resizing, const float *plane, int w, int h, int new_w,
                         int new_h, const mafat_image_rounding *rounding);

/* Pixel (x, y) of resize_image()'s plane of new_w x new_h, which nobody needs to hold. */
float mafat_resizing_pixel(const mafat_resizing *resizing, int x, int y);

#endif
