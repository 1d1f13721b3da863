/* Pictures decoded and encoded by Darknet's stb_image; see picture.h. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "front/bridge_parts.h"
#include "front/picture.h"
#include "stb_image.h"
#include "stb_image_write.h"

/* What save_image() asks for. */
enum { JPEG_QUALITY = 80 };

static mafat_status fail_to_read(mafat_error *error, const char *path, const char *reason)
{
    mafat_status status = mafat_error_set(error, MAFAT_FAILED,
                                          "cannot be read as an image: %s; allowed are JPEG, PNG, "
                                          "BMP, GIF, PSD, TGA, HDR, PIC and PNM",
                                          reason);
    mafat_error_set_file(error, path);
    return status;
}

mafat_status mafat_picture_read(mafat_picture *picture, const char *path, mafat_error *error)
{
    int n_channels;
    *picture = (mafat_picture){0};
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fail_to_read(error, path, strerror(errno));
    mafat_bridge_allocate_for(path);
    picture->rgb = stbi_load_from_file(file, &picture->w, &picture->h, &n_channels, 3);
    mafat_bridge_allocate_for(NULL);
    fclose(file);
    malloc_trim(0);    /* planes that were decoded on the way */
    if (picture->rgb != NULL)
        return MAFAT_OK;
    *picture = (mafat_picture){0};
    return fail_to_read(error, path, stbi_failure_reason());
}

mafat_status mafat_picture_read_size(const char *path, int *w, int *h, mafat_error *error)
{
    int n_channels;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fail_to_read(error, path, strerror(errno));
    mafat_bridge_allocate_for(path);
    int known = stbi_info_from_file(file, w, h, &n_channels);
    mafat_bridge_allocate_for(NULL);
    fclose(file);
    return known ? MAFAT_OK : fail_to_read(error, path, stbi_failure_reason());
}

void mafat_picture_free(mafat_picture *picture)
{
    stbi_image_free(picture->rgb);
    *picture = (mafat_picture){0};
}

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
