/* Regions of a map, tiles of a grid, receptive fields. Pure integer arithmetic. */
#ifndef MAFAT_PLAN_REGION_H
#define MAFAT_PLAN_REGION_H

#include <stdbool.h>

#include "base/layer.h"

/* Rows [y0, y1) and columns [x0, x1) of a map, in all its channels. */
typedef struct {
    int y0, x0, y1, x1;
} mafat_region;

/* The part of a layer's input that an output region needs. What falls outside the map is cut off
 * and counted apart: so many rows and columns of padding on each side. */
typedef struct {
    mafat_region region;
    int pad_top, pad_left, pad_bottom, pad_right;
} mafat_field;

mafat_region mafat_region_whole(mafat_shape shape);
bool mafat_region_is_empty(mafat_region region);
bool mafat_region_equal(mafat_region a, mafat_region b);
int mafat_region_height(mafat_region region);
int mafat_region_width(mafat_region region);

/* height * width */
size_t mafat_region_pixels(mafat_region region);

/* Tile (row, col) of a grid of rows x cols over a map of h x w: rows [row*h/rows, (row+1)*h/rows),
 * and columns alike. The tiles cover the map without overlap and differ by at most one row and
 * column; where the grid is finer than the map some are empty. With a `unit` of more than 1 all of
 * this holds for units of rows and columns, the last of which may be shorter. */
mafat_region mafat_region_tile(mafat_shape map, int unit, int rows, int cols, int row, int col);

/* A layer's output is computed in units of so many rows and columns, counted from the map's first:
 * Winograd's tiles, 1 of all others. */
int mafat_region_unit(const mafat_layer *layer);

/* The region that a layer computes where `out` is wanted: the smallest one that holds it, of whole
 * units, or up to the map's end. */
mafat_region mafat_region_widen(const mafat_layer *layer, mafat_region out);

/* The receptive field of a non-empty region of the layer's output: the smallest region that holds
 * all elements that it depends on, and those between taps that are apart. The layer's kind must not
 * be MAFAT_WHOLE. Sources: the index arithmetic of im2col_cpu, forward_maxpool_layer and
 * upsample_cpu. */
mafat_field mafat_region_back(const mafat_layer *layer, mafat_region out);

/* The region that it is of the layer's source number s: that of all is the first one's, but for a
 * product, of whose first source one pixel may do. */
mafat_region mafat_region_back_to(const mafat_layer *layer, int s, mafat_region out);

#endif
