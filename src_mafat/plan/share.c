/* Shares of a convolution; see share.h. */
#include "plan/share.h"

#include "base/size.h"

/* Makes n shares of an extent, or fewer where it has not as many units. */
static mafat_share divide(bool by_filters, int extent, int unit, int n)
{
    int n_units = mafat_size_parts(extent, unit);
    return (mafat_share){by_filters, extent, unit, n < n_units ? n : n_units};
}

mafat_share mafat_share_conv(const mafat_kernel_shape *shape, int n_filters, int n_pixels)
{
    int n_threads = shape->n_threads, n_panels = mafat_size_parts(n_pixels, shape->panel_pixels);
    bool by_filters = n_threads > 1 && n_panels < 4 * n_threads && n_filters > n_pixels;
    if (by_filters)
        return divide(true, n_filters, shape->register_filters, n_threads);
    return divide(false, n_pixels, shape->vector_pixels,
                  mafat_size_parts(n_panels, n_threads) * n_threads);
}

size_t mafat_share_scratch_bytes(size_t workspace_bytes, int n_threads)
{
    enum { LINE = 64 };
    return workspace_bytes / (size_t)n_threads / LINE * LINE;
}

mafat_winograd_share mafat_share_winograd(const mafat_kernel_shape *shape, size_t scratch_bytes,
                                          int n_channels, int n_filters, int n_tiles)
{
    const mafat_winograd_unit *unit = &shape->winograd;
    int n_threads = shape->n_threads;
    int tiles = mafat_size_parts(n_tiles, n_threads);
    int filters = mafat_size_parts(mafat_size_parts(n_filters, unit->filters), n_threads) *
                  unit->filters;
    mafat_winograd_shape of_tiles =
        mafat_winograd_shape_choose(unit, tiles, n_channels, n_filters, scratch_bytes);
    mafat_winograd_shape of_filters =
        mafat_winograd_shape_choose(unit, n_tiles, n_channels, filters, scratch_bytes);
    if (mafat_winograd_shape_work(of_filters, n_tiles, n_channels, filters) <
        mafat_winograd_shape_work(of_tiles, tiles, n_channels, n_filters))
        return (mafat_winograd_share){divide(true, n_filters, unit->filters, n_threads),
                                      of_filters};
    /* as many as there are pieces: none is evaluated for more than one of them anyway */
    int n = mafat_size_parts(tiles, of_tiles.tiles) * n_threads;
    return (mafat_winograd_share){divide(false, n_tiles, 1, n), of_tiles};
}

int mafat_share_begin(const mafat_share *share, int index)
{
    int n_units = mafat_size_parts(share->extent, share->unit);
    int begin = (int)((long long)n_units * index / share->n) * share->unit;
    return begin < share->extent ? begin : share->extent;
}
