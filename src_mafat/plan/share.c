/* Shares of a convolution; see share.h. */
#include "plan/share.h"

static int parts_of(int extent, int each)
{
    return (extent + each - 1) / each;
}

static int round_up(int n, int unit)
{
    return parts_of(n, unit) * unit;
}

mafat_share mafat_share_conv(const mafat_kernel_shape *shape, int n_filters, int n_pixels)
{
    int n_threads = shape->n_threads;
    int even = round_up(parts_of(n_pixels, n_threads), shape->tile_pixels);
    mafat_share share = {.each = even < shape->panel_pixels ? even : shape->panel_pixels};
    share.n = parts_of(n_pixels, share.each);
    share.by_filters = n_threads > 1 && share.n < 4 * n_threads && n_filters > n_pixels;
    if (share.by_filters) {
        share.each = round_up(parts_of(n_filters, n_threads), shape->tile_filters);
        share.n = parts_of(n_filters, share.each);
    }
    return share;
}
