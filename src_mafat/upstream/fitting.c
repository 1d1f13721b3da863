/* Sums of Darknet's images; see fitting.h. Sources: load_image_stb(), letterbox_image(),
 * resize_image() and resize_min(). */
#include "upstream/fitting.h"

#include "base/size.h"

static size_t float_bytes(const mafat_fitting *image, int w, int h)
{
    return (size_t)image->n_channels * sizeof(float) * (size_t)w * (size_t)h;
}

/* resize_image(), to new_w x new_h: what it returns, and a copy that it resizes in width first. */
static size_t resize_bytes(const mafat_fitting *image, int h, int new_w, int new_h)
{
    return float_bytes(image, new_w, new_h) + float_bytes(image, new_w, h);
}

static size_t letterbox_bytes(const mafat_fitting *image, int net_w, int net_h)
{
    int w = image->w, h = image->h;
    bool is_wide = (float)net_w / (float)w < (float)net_h / (float)h;
    int new_w = is_wide ? net_w : (int)((long long)w * net_h / h);
    int new_h = is_wide ? (int)((long long)h * net_w / w) : net_h;
    return mafat_size_max(resize_bytes(image, h, new_w, new_h),
                          float_bytes(image, new_w, new_h) + float_bytes(image, net_w, net_h));
}

static size_t resize_min_bytes(const mafat_fitting *image, int net_w, int net_h)
{
    int w = (int)((long long)image->w * net_h / image->h);
    int h = (int)((long long)image->h * net_w / image->w);
    return resize_bytes(image, image->h, w > net_w ? w : net_w, h > net_h ? h : net_h) +
           float_bytes(image, net_w, net_h);
}

void mafat_fitting_find_bytes(const mafat_fitting *image, int net_w, int net_h, size_t *image_bytes,
                              size_t *work_bytes)
{
    size_t fitting_bytes = 0;
    size_t decoded_bytes = float_bytes(image, image->w, image->h) / sizeof(float);
    switch (image->fit) {
    case MAFAT_FIT_UNKNOWN:
        fitting_bytes = mafat_size_max(letterbox_bytes(image, net_w, net_h),
                                       resize_min_bytes(image, net_w, net_h));
        break;
    case MAFAT_FIT_LETTERBOX: fitting_bytes = letterbox_bytes(image, net_w, net_h); break;
    case MAFAT_FIT_RESIZE: fitting_bytes = resize_bytes(image, image->h, net_w, net_h); break;
    }
    *image_bytes = float_bytes(image, image->w, image->h);
    *work_bytes = *image_bytes + mafat_size_max(decoded_bytes, fitting_bytes);
}
