/* What decoding a picture will take, from the first bytes of its file. */
#ifndef MAFAT_FRONT_PICTURE_MEMORY_H
#define MAFAT_FRONT_PICTURE_MEMORY_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    int w, h;
    size_t rgb_bytes;       /* of the decoded picture */
    size_t decode_bytes;    /* the most that Darknet's stb_image holds at once while it decodes, the
                               picture included */
    size_t file_bytes;      /* of its file */
} mafat_picture_memory;

/* Looks a file up without decoding it. For JPEG decode_bytes follows from the planes that its frame
 * header names: a byte a sample, two more in progressive files; for all other kinds it is the most
 * that stb_image takes for 8 bits a channel. Errors as of mafat_picture_read_size(). */
mafat_status mafat_picture_memory_find(mafat_picture_memory *memory, const char *path,
                                       mafat_error *error);

/* What Darknet's own load_image_color() and letterbox_image() take for a picture of w x h pixels
 * and an input of net_w x net_h: *image_bytes stay, without the input, and *work_bytes is the most
 * at once, before the network runs. */
void mafat_picture_memory_letterbox(int w, int h, int net_w, int net_h, size_t *image_bytes,
                                    size_t *work_bytes);

#endif
