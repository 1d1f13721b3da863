/* Where a network's input, and the rows of a picture, come from. */
#ifndef MAFAT_RUN_SOURCE_H
#define MAFAT_RUN_SOURCE_H

#include <stddef.h>

#include "base/layer.h"

typedef struct {
    void *context;
    /* Writes rows [y0, y1) of all channels: row y of channel c goes to
     * to + c*channel_stride + (y - y0)*row_stride, in floats. Rows are asked for from top to
     * bottom, once each. */
    void (*rows)(void *context, int y0, int y1, float *to, size_t row_stride,
                 size_t channel_stride);
} mafat_source;

/* A whole map, [c][h][w], borrowed, and its rows, as often as one likes; it must stay. */
typedef struct {
    const float *map;
    mafat_shape shape;
} mafat_source_map;

mafat_source mafat_source_of_map(mafat_source_map *map);

/* The network's input: rows where the plan takes it by rows, else the whole map, [c][h][w]. */
typedef struct {
    mafat_source source;
    float *map;
} mafat_input;

typedef struct {
    void *context;
    /* Row y of a picture, [w][3] bytes, which stay until the next call. Asked for from top to
     * bottom, with gaps; a row above the last one begins again. */
    const unsigned char *(*row)(void *context, int y);
} mafat_picture_source;

/* A part of a picture, from this row and column on, and its rows; it must stay. */
typedef struct {
    mafat_picture_source picture;
    int top, left;
} mafat_picture_part;

mafat_picture_source mafat_picture_source_of_part(mafat_picture_part *part);

#endif
