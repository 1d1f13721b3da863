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

int mafat_share_begin(const mafat_share *share, int index)
{
    int n_units = mafat_size_parts(share->extent, share->unit);
    int begin = (int)((long long)n_units * index / share->n) * share->unit;
    return begin < share->extent ? begin : share->extent;
}
