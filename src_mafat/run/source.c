/* The rows of a whole map, and of a part of a picture; see source.h. */
#include "run/source.h"

#include <string.h>

static void copy_rows(void *context, int y0, int y1, float *to, size_t row_stride,
                      size_t channel_stride)
{
    const mafat_source_map *from = context;
    size_t width = (size_t)from->shape.w;
    for (int c = 0; c < from->shape.c; c++)
        for (int y = y0; y < y1; y++)
            memcpy(to + (size_t)c * channel_stride + (size_t)(y - y0) * row_stride,
                   from->map + ((size_t)c * (size_t)from->shape.h + (size_t)y) * width,
                   width * sizeof *to);
}

mafat_source mafat_source_of_map(mafat_source_map *map)
{
    return (mafat_source){map, copy_rows};
}

static const unsigned char *part_row(void *context, int y)
{
    enum { COLOURS = 3 };
    const mafat_picture_part *part = context;
    return part->picture.row(part->picture.context, part->top + y) + COLOURS * (size_t)part->left;
}

mafat_picture_source mafat_picture_source_of_part(mafat_picture_part *part)
{
    return (mafat_picture_source){part, part_row};
}
