/* What Darknet's own code makes of a picture; see picture_memory.h. Sources: Darknet's
 * load_image_stb(), resize_image() and letterbox_image(). */
#include "front/picture_memory.h"

#include <stdbool.h>

enum { COLOURS = 3 };

static size_t float_bytes(int w, int h)
{
    return COLOURS * sizeof(float) * (size_t)w * (size_t)h;
}

void mafat_picture_memory_letterbox(int w, int h, int net_w, int net_h, size_t *image_bytes,
                                    size_t *work_bytes)
{
    bool is_wide = (float)net_w / (float)w < (float)net_h / (float)h;
    int new_w = is_wide ? net_w : (int)((long long)w * net_h / h);
    int new_h = is_wide ? (int)((long long)h * net_w / w) : net_h;
    *image_bytes = float_bytes(w, h);
    size_t loading_bytes = COLOURS * (size_t)w * (size_t)h;
    size_t part_bytes = float_bytes(new_w, h), boxed_bytes = float_bytes(net_w, net_h);
    size_t fitting_bytes = float_bytes(new_w, new_h) +
                           (part_bytes > boxed_bytes ? part_bytes : boxed_bytes);
    *work_bytes = *image_bytes + (loading_bytes > fitting_bytes ? loading_bytes : fitting_bytes);
}
