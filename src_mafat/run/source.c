/* The rows of a whole map; see source.h. */
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
