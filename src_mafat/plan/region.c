/* Regions, tiles and receptive fields; see region.h. */
#include "plan/region.h"

#include "base/size.h"
#include "base/status.h"
#include "base/winograd_shape.h"

/* A half-open interval of rows or columns, and what was cut off below and above it. */
typedef struct {
    int begin, end;
    int pad_before, pad_after;
} span;

mafat_region mafat_region_whole(mafat_shape shape)
{
    return (mafat_region){0, 0, shape.h, shape.w};
}

bool mafat_region_is_empty(mafat_region region)
{
    return region.y0 >= region.y1 || region.x0 >= region.x1;
}

bool mafat_region_equal(mafat_region a, mafat_region b)
{
    return a.y0 == b.y0 && a.x0 == b.x0 && a.y1 == b.y1 && a.x1 == b.x1;
}

int mafat_region_height(mafat_region region)
{
    return region.y1 - region.y0;
}

int mafat_region_width(mafat_region region)
{
    return region.x1 - region.x0;
}

size_t mafat_region_pixels(mafat_region region)
{
    return (size_t)mafat_region_height(region) * (size_t)mafat_region_width(region);
}

/* Where part `index` of `n_parts` of an extent begins. */
static int part_begin(int extent, int unit, int n_parts, int index)
{
    int n_units = mafat_size_parts(extent, unit);
    int begin = (int)((long long)n_units * index / n_parts) * unit;
    return begin < extent ? begin : extent;
}

mafat_region mafat_region_tile(mafat_shape map, int unit, int rows, int cols, int row, int col)
{
    return (mafat_region){
        part_begin(map.h, unit, rows, row), part_begin(map.w, unit, cols, col),
        part_begin(map.h, unit, rows, row + 1), part_begin(map.w, unit, cols, col + 1)};
}

int mafat_region_unit(const mafat_layer *layer)
{
    return layer->algorithm == MAFAT_WINOGRAD ? MAFAT_WINOGRAD_OUT : 1;
}

mafat_region mafat_region_widen(const mafat_layer *layer, mafat_region out)
{
    int unit = mafat_region_unit(layer);
    int y1 = mafat_size_parts(out.y1, unit) * unit, x1 = mafat_size_parts(out.x1, unit) * unit;
    return (mafat_region){out.y0 / unit * unit, out.x0 / unit * unit,
                          mafat_size_min_int(y1, layer->out.h),
                          mafat_size_min_int(x1, layer->out.w)};
}

/* Cuts [begin, end) to [0, extent). A kernel that lies wholly outside is not a tile's business: the
 * cfg reader leaves layers that have one to Darknet (MAFAT_WHOLE). */
static span clip(int begin, int end, int extent)
{
    span s = {begin, end, 0, 0};
    if (s.begin < 0) {
        s.pad_before = -s.begin;
        s.begin = 0;
    }
    if (s.end > extent) {
        s.pad_after = s.end - extent;
        s.end = extent;
    }
    MAFAT_CHECK(s.begin < s.end);
    return s;
}

/* `stride` is that of a convolution in this direction. */
static span back(const mafat_layer *layer, int begin, int end, int extent, int stride)
{
    switch (layer->kind) {
    case MAFAT_CONVOLUTION:
        return clip(begin * stride - layer->pad,
                    (end - 1) * stride - layer->pad + layer->dilation * (layer->size - 1) + 1,
                    extent);
    case MAFAT_MAXPOOL:
        return clip(begin * layer->stride - layer->pad,
                    (end - 1) * layer->stride - layer->pad + layer->size, extent);
    case MAFAT_UPSAMPLE:
        return clip(begin / layer->stride, (end - 1) / layer->stride + 1, extent);
    case MAFAT_ACTIVATION:
    case MAFAT_SHORTCUT:
    case MAFAT_JOIN:
    case MAFAT_IDENTITY:
        return clip(begin, end, extent);
    case MAFAT_PRODUCT:
        return extent == 1 ? (span){0, 1, 0, 0} : clip(begin, end, extent);
    case MAFAT_WHOLE:
        break;
    }
    mafat_error_check_failed("a receptive field of a layer that runs whole", __FILE__, __LINE__);
}

mafat_field mafat_region_back(const mafat_layer *layer, mafat_region out)
{
    span rows = back(layer, out.y0, out.y1, layer->in.h, layer->stride);
    span cols = back(layer, out.x0, out.x1, layer->in.w, layer->stride_x);
    return (mafat_field){.region = {rows.begin, cols.begin, rows.end, cols.end},
                         .pad_top = rows.pad_before,
                         .pad_left = cols.pad_before,
                         .pad_bottom = rows.pad_after,
                         .pad_right = cols.pad_after};
}

mafat_region mafat_region_back_to(const mafat_layer *layer, int s, mafat_region out)
{
    return layer->kind == MAFAT_PRODUCT && s > 0 ? out : mafat_region_back(layer, out).region;
}
