/* Images, fitted to a network's input; see subject.h. */
#include "bridge/subject.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "bridge/limits.h"
#include "session/verify.h"
#include "upstream/picture_probe.h"

/* ----------------------------------------------------------------------------------------- floats */

static mafat_status open_floats(mafat_subject *s, mafat_bridge *bridge, mafat_error *error)
{
    s->floats = (mafat_source_map){s->image->floats, s->input};
    s->w = s->image->width != 0 ? s->image->width : s->input.w;
    s->h = s->image->height != 0 ? s->image->height : s->input.h;
    if (s->w < 1 || s->h < 1)
        return mafat_error_set(error, MAFAT_USAGE, "floats of an image of %dx%d pixels", s->w,
                               s->h);
    return mafat_limits_make_space_for_others(bridge, error);
}

/* ----------------------------------------------------------------------------------------- pixels */

void mafat_subject_turn(unsigned char *to, const unsigned char *from, int n_pixels, bool is_turned)
{
    size_t n = (size_t)n_pixels;
    if (!is_turned) {
        memcpy(to, from, 3 * n);
        return;
    }
    for (size_t x = 0; x < n; x++)
        for (size_t c = 0; c < 3; c++)
            to[3 * x + c] = from[3 * x + 2 - c];
}

static const unsigned char *pixel_row(void *context, int y)
{
    const mafat_subject *s = context;
    const unsigned char *row = s->image->pixels + (size_t)y * s->stride_bytes;
    if (s->turned == NULL)
        return row;
    mafat_subject_turn(s->turned, row, s->w, true);
    return s->turned;
}

mafat_status mafat_subject_find_stride(const mafat_subject *s, size_t *bytes, mafat_error *error)
{
    size_t row_bytes = 3 * (size_t)s->w;
    *bytes = s->image->stride_bytes != 0 ? s->image->stride_bytes : row_bytes;
    if (*bytes >= row_bytes)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_USAGE, "rows of %d pixels, %zu bytes apart: they take %zu",
                           s->w, *bytes, row_bytes);
}

static mafat_status open_pixels(mafat_subject *s, mafat_bridge *bridge, bool has_room,
                                mafat_error *error)
{
    const mafat_image *image = s->image;
    s->w = image->width;
    s->h = image->height;
    if (s->w < 1 || s->h < 1)
        return mafat_error_set(error, MAFAT_USAGE, "an image of %dx%d pixels", s->w, s->h);
    mafat_status status = mafat_subject_find_stride(s, &s->stride_bytes, error);
    if (status == MAFAT_OK && !has_room)
        status = mafat_limits_make_space_for_others(bridge, error);
    if (status != MAFAT_OK || !image->is_bgr)
        return status;
    s->turned = malloc(3 * (size_t)s->w);
    return s->turned != NULL ? MAFAT_OK
                             : mafat_error_set(error, MAFAT_FAILED, "no memory for a row of pixels");
}

/* ------------------------------------------------------------------------------------------ files */

mafat_status mafat_subject_make_room(mafat_bridge *bridge, const char *path,
                                     const mafat_picture_memory *memory, mafat_error *error)
{
    mafat_workload_image image = mafat_workload_image_of(&bridge->workload, memory);
    mafat_status status = mafat_limits_make_space(bridge, &image, error);
    if (status == MAFAT_NO_FIT)
        mafat_limits_name_image(error, path, memory);
    return status;
}

static mafat_status open_file(mafat_subject *s, mafat_bridge *bridge,
                              const mafat_picture_memory *known, bool has_room, mafat_error *error)
{
    const char *path = s->image->path;
    mafat_picture_memory memory;
    mafat_status status = MAFAT_OK;
    if (known != NULL)
        memory = *known;
    else
        status = mafat_verify_image_memory(path, &memory, error);
    if (status == MAFAT_OK && !has_room)
        status = mafat_subject_make_room(bridge, path, &memory, error);
    if (status == MAFAT_OK)
        status = mafat_picture_rows_open(&s->rows, path, &memory, error);
    s->w = s->rows.w;
    s->h = s->rows.h;
    return status;
}

/* -------------------------------------------------------------------------------------------- all */

mafat_picture_source mafat_subject_picture(mafat_subject *s)
{
    if (s->image->path != NULL)
        return mafat_picture_rows_source(&s->rows);
    return (mafat_picture_source){s, pixel_row};
}

/* Takes of a picture the square in its middle, as center_crop_image() does. */
static mafat_picture_source crop(mafat_subject *s, int *w, int *h)
{
    int side = mafat_size_min_int(*w, *h);
    s->square = (mafat_picture_part){mafat_subject_picture(s), .top = (*h - side) / 2,
                                     .left = (*w - side) / 2};
    *w = *h = side;
    return mafat_picture_source_of_part(&s->square);
}

/* Has a picture be fitted to the input, as Darknet does it. */
static mafat_status fit(mafat_subject *s, mafat_error *error)
{
    int w = s->w, h = s->h;
    if (s->input.c > MAFAT_COLOURS)
        return mafat_error_set(error, MAFAT_USAGE, "an image has 3 channels, the network's input is "
                               "%dx%dx%d: it takes floats alone", s->input.c, s->input.h,
                               s->input.w);
    mafat_picture_source picture = s->crops ? crop(s, &w, &h) : mafat_subject_picture(s);
    mafat_status status = mafat_letterbox_init(&s->letterbox, picture, w, h, s->input.w, s->input.h,
                                               s->stretches || s->crops,
                                               mafat_picture_probe_rounding(), error);
    if (status == MAFAT_OK)
        mafat_letterbox_set_channels(&s->letterbox, s->input.c);
    return status;
}

mafat_status mafat_subject_open(mafat_subject *s, mafat_bridge *bridge, const mafat_image *image,
                                const mafat_picture_memory *memory, bool has_room,
                                mafat_error *error)
{
    int n_given = (image->path != NULL) + (image->pixels != NULL) + (image->floats != NULL);
    *s = (mafat_subject){.image = image, .input = bridge->session.cfg.network.input,
                         .stretches = bridge->session.cfg.stretches,
                         .crops = bridge->session.crops};
    mafat_status status;
    if (n_given != 1)
        status = mafat_error_set(error, MAFAT_USAGE, "an image is a path, pixels or floats, and "
                                 "%d of them are given", n_given);
    else if (image->floats != NULL)
        status = open_floats(s, bridge, error);
    else
        status = image->path != NULL ? open_file(s, bridge, memory, has_room, error)
                                     : open_pixels(s, bridge, has_room, error);
    if (status == MAFAT_OK && image->floats == NULL)
        status = fit(s, error);
    if (status != MAFAT_OK) {
        if (image->path != NULL)
            mafat_error_set_file(error, image->path);
        mafat_subject_close(s);
    }
    return status;
}

mafat_input mafat_subject_input(mafat_subject *s)
{
    if (s->image->floats != NULL)
        return (mafat_input){.source = mafat_source_of_map(&s->floats),
                             .map = (float *)s->image->floats};
    return (mafat_input){.source = mafat_letterbox_source(&s->letterbox)};
}

mafat_status mafat_subject_check(const mafat_subject *s, mafat_error *error)
{
    return s->image->path != NULL ? mafat_picture_rows_check(&s->rows, error) : MAFAT_OK;
}

void mafat_subject_close(mafat_subject *s)
{
    mafat_letterbox_free(&s->letterbox);
    mafat_picture_rows_close(&s->rows);
    free(s->turned);
    *s = (mafat_subject){0};
}
