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
} mafat_picture_memory;

/* Looks a file up without decoding it. For JPEG decode_bytes follows from the planes that its frame
 * header names: a byte a sample, two more in progressive files; for all other kinds it is the most
 * that stb_image takes for 8 bits a channel. Errors as of mafat_picture_read_size(). */
mafat_status mafat_picture_memory_find(mafat_picture_memory *memory, const char *path,
                                       mafat_error *error);

#endif
