/* Images of programs, fitted to a network's input; see fitted.h. */
#include "library/fitted.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/limits.h"
#include "session/verify.h"

/* ----------------------------------------------------------------------------------------- floats */

static mafat_status open_floats(mafat_fitted *f, mafat *m, mafat_error *error)
{
    f->floats = (mafat_source_map){f->image->floats, f->input};
    f->w = f->image->width != 0 ? f->image->width : f->input.w;
    f->h = f->image->height != 0 ? f->image->height : f->input.h;
    if (f->w < 1 || f->h < 1)
        return mafat_error_set(error, MAFAT_USAGE, "floats of an image of %dx%d pixels", f->w,
                               f->h);
    return mafat_limits_make_space_for_others(m->bridge, error);
}

/* ----------------------------------------------------------------------------------------- pixels */

void mafat_fitted_turn(unsigned char *to, const unsigned char *from, int n_pixels, bool is_turned)
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
    const mafat_fitted *f = context;
    const unsigned char *row = f->image->pixels + (size_t)y * f->stride_bytes;
    if (f->turned == NULL)
        return row;
    mafat_fitted_turn(f->turned, row, f->w, true);
    return f->turned;
}

mafat_status mafat_fitted_find_stride(const mafat_fitted *f, size_t *bytes, mafat_error *error)
{
    size_t row_bytes = 3 * (size_t)f->w;
    *bytes = f->image->stride_bytes != 0 ? f->image->stride_bytes : row_bytes;
    if (*bytes >= row_bytes)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_USAGE, "rows of %d pixels, %zu bytes apart: they take %zu",
                           f->w, *bytes, row_bytes);
}

static mafat_status open_pixels(mafat_fitted *f, mafat *m, mafat_error *error)
{
    const mafat_image *image = f->image;
    f->w = image->width;
    f->h = image->height;
    if (f->w < 1 || f->h < 1)
        return mafat_error_set(error, MAFAT_USAGE, "an image of %dx%d pixels", f->w, f->h);
    mafat_status status = mafat_fitted_find_stride(f, &f->stride_bytes, error);
    if (status == MAFAT_OK)
        status = mafat_limits_make_space_for_others(m->bridge, error);
    if (status != MAFAT_OK || !image->is_bgr)
        return status;
    f->turned = malloc(3 * (size_t)f->w);
    return f->turned != NULL ? MAFAT_OK
                             : mafat_error_set(error, MAFAT_FAILED, "no memory for a row of pixels");
}

/* ------------------------------------------------------------------------------------------ files */

static mafat_status open_file(mafat_fitted *f, mafat *m, mafat_error *error)
{
    const char *path = f->image->path;
    mafat_picture_memory memory;
    mafat_status status = mafat_verify_image_path(path, error);
    if (status == MAFAT_OK)
        status = mafat_picture_memory_find(&memory, path, error);
    if (status == MAFAT_OK) {
        mafat_workload_image image = mafat_workload_image_of(&m->bridge->workload, &memory);
        status = mafat_limits_make_space_beside_others(m->bridge, &image, error);
    }
    if (status == MAFAT_NO_FIT)
        mafat_limits_name_image(error, path, &memory);
    if (status == MAFAT_OK)
        status = mafat_picture_rows_open(&f->rows, path, &memory, error);
    f->w = f->rows.w;
    f->h = f->rows.h;
    return status;
}

/* -------------------------------------------------------------------------------------------- all */

mafat_picture_source mafat_fitted_picture(mafat_fitted *f)
{
    if (f->image->path != NULL)
        return mafat_picture_rows_source(&f->rows);
    return (mafat_picture_source){f, pixel_row};
}

/* Has a picture be letterboxed as Darknet does it. */
static mafat_status letterbox(mafat_fitted *f, const mafat *m, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    if (f->input.c > MAFAT_COLOURS)
        return mafat_error_set(error, MAFAT_USAGE, "an image has 3 channels, the network's input is "
                               "%dx%dx%d: it takes floats alone", f->input.c, f->input.h,
                               f->input.w);
    status = mafat_letterbox_init(&f->letterbox, mafat_fitted_picture(f), f->w, f->h, f->input.w,
                                  f->input.h, &m->rounding, error);
    if (status == MAFAT_OK)
        mafat_letterbox_set_channels(&f->letterbox, f->input.c);
    return status;
}

mafat_status mafat_fitted_open(mafat_fitted *f, mafat *m, const mafat_image *image,
                               mafat_error *error)
{
    int n_given = (image->path != NULL) + (image->pixels != NULL) + (image->floats != NULL);
    *f = (mafat_fitted){.image = image, .input = m->bridge->session.cfg.network.input};
    mafat_status status;
    if (n_given != 1)
        status = mafat_error_set(error, MAFAT_USAGE, "an image is a path, pixels or floats, and "
                                 "%d of them are given", n_given);
    else if (image->floats != NULL)
        status = open_floats(f, m, error);
    else
        status = image->path != NULL ? open_file(f, m, error) : open_pixels(f, m, error);
    if (status == MAFAT_OK && image->floats == NULL)
        status = letterbox(f, m, error);
    if (status != MAFAT_OK) {
        if (image->path != NULL)
            mafat_error_set_file(error, image->path);
        mafat_fitted_close(f);
    }
    return status;
}

mafat_source mafat_fitted_source(mafat_fitted *f)
{
    if (f->image->floats != NULL)
        return mafat_source_of_map(&f->floats);
    return mafat_letterbox_source(&f->letterbox);
}

mafat_status mafat_fitted_check(const mafat_fitted *f, mafat_error *error)
{
    return f->image->path != NULL ? mafat_picture_rows_check(&f->rows, error) : MAFAT_OK;
}

void mafat_fitted_close(mafat_fitted *f)
{
    mafat_letterbox_free(&f->letterbox);
    mafat_picture_rows_close(&f->rows);
    free(f->turned);
    *f = (mafat_fitted){0};
}
