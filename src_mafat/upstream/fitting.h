/* What Darknet's own code takes to load an image and fit it to a network's input, all as floats,
 * where MAFAT does not do that itself. */
#ifndef MAFAT_UPSTREAM_FITTING_H
#define MAFAT_UPSTREAM_FITTING_H

#include <stddef.h>

/* How: letterbox_image(), or resize_image(); where nobody knows, the more of letterbox_image() and of
 * resize_min() with crop_image(). */
typedef enum { MAFAT_FIT_UNKNOWN, MAFAT_FIT_LETTERBOX, MAFAT_FIT_RESIZE } mafat_fit;

/* An image of w x h pixels; w 0: none. */
typedef struct {
    mafat_fit fit;
    int w, h, n_channels;
} mafat_fitting;

/* For an input of net_w x net_h: *image_bytes stay while the network runs, the input not among
 * them, and *work_bytes is the most at once, before that, the image and the input among them. */
void mafat_fitting_find_bytes(const mafat_fitting *image, int net_w, int net_h, size_t *image_bytes,
                              size_t *work_bytes);

#endif
