/* Pictures encoded by Darknet's stb_image; see picture.h. */
#include <stdio.h>

#include "front/picture.h"
#include "stb_image_write.h"

/* What save_image() asks for. */
enum { JPEG_QUALITY = 80 };

static void write_bytes(void *context, void *bytes, int n)
{
    fwrite(bytes, 1, (size_t)n, context);
}

void mafat_picture_encode(const mafat_picture *picture, FILE *stream)
{
    int encoded = stbi_write_jpg_to_func(write_bytes, stream, picture->w, picture->h, 3,
                                         picture->rgb, JPEG_QUALITY);
    MAFAT_CHECK(encoded != 0);
}
