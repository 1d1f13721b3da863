/* Darknet's letterbox_image() and resize_image(), a row at a time; see letterbox.h. Compiled
 * without contraction: each fused multiply-add is one that was measured. */
#include "run/letterbox.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* letterbox_image() fills what the picture does not cover with it */
static const float background = 0.5f;

/* ---------------------------------------------------------------------------------------- sizes */

/* Darknet's sizes and indices are int: whether all that it makes of the picture fits. */
static bool fits_int(const mafat_letterbox *l, bool wide)
{
    int64_t scaled = wide ? (int64_t)l->h * l->net_w : (int64_t)l->w * l->net_h;
    int64_t part = (wide || l->is_stretched ? l->net_w : scaled / l->h) * l->h;
    return scaled <= INT_MAX && part <= INT_MAX / MAFAT_COLOURS &&
           (int64_t)l->w * l->h <= INT_MAX / MAFAT_COLOURS;
}

/* resize_image()'s scale; what it gets for a single pixel is infinite and, for columns, unused. */
static mafat_scale make_scale(int from, int to, bool reciprocal)
{
    if (to <= 1)
        return (mafat_scale){0};
    float pixels = (float)(from - 1), steps = (float)(to - 1);
    return reciprocal ? (mafat_scale){pixels, 1 / steps} : (mafat_scale){1, pixels / steps};
}

/* Where pixel i of the input lies in the picture: the near pixel, and how far from it. */
static int find_near(int i, mafat_scale scale, float *t)
{
    float at = (float)i * scale.before * scale.after;
    int near = (int)at;
    *t = at - (float)near;
    return near;
}

/* Whether the last pixel that lies between two of the picture's has a far one there, and the very
 * last one a near one: with more pixels than floats can count, rounding leads beyond. */
static bool stays_inside(mafat_scale scale, int from, int to)
{
    float t;
    if (from == 1 || to <= 1)
        return true;
    return find_near(to - 2, scale, &t) + 1 < from && find_near(to - 1, scale, &t) < from;
}

static mafat_status set_sizes(mafat_letterbox *l, mafat_error *error)
{
    bool wide = (float)l->net_w / (float)l->w < (float)l->net_h / (float)l->h;
    bool fits = fits_int(l, wide);
    if (fits) {
        l->new_w = wide || l->is_stretched ? l->net_w : l->w * l->net_h / l->h;
        l->new_h = !wide || l->is_stretched ? l->net_h : l->h * l->net_w / l->w;
        l->left = (l->net_w - l->new_w) / 2;
        l->top = (l->net_h - l->new_h) / 2;
        l->x = make_scale(l->w, l->new_w, l->rounding.reciprocal_x);
        l->y = make_scale(l->h, l->new_h, l->rounding.reciprocal_y);
        fits = l->new_w <= l->net_w && stays_inside(l->x, l->w, l->new_w) &&
               l->new_h <= l->net_h && stays_inside(l->y, l->h, l->new_h);
    }
    if (!fits)
        return mafat_error_set(error, MAFAT_FAILED,
                               "a picture of %dx%d for a network of %dx%d is more than Darknet's "
                               "int arithmetic holds; make it smaller",
                               l->w, l->h, l->net_w, l->net_h);
    if (l->new_h == 1)
        return mafat_error_set(error, MAFAT_FAILED,
                               "a picture of %dx%d becomes a single row in a network of %dx%d, for "
                               "which Darknet divides by zero; crop it",
                               l->w, l->h, l->net_w, l->net_h);
    return MAFAT_OK;
}

mafat_status mafat_letterbox_init(mafat_letterbox *letterbox, mafat_picture_source picture,
                                  int w, int h, int net_w, int net_h, bool stretched,
                                  const mafat_image_rounding *rounding, mafat_error *error)
{
    MAFAT_CHECK(w > 0 && h > 0 && net_w > 0 && net_h > 0);
    *letterbox = (mafat_letterbox){
        .picture = picture, .w = w, .h = h, .net_w = net_w, .net_h = net_h,
        .is_stretched = stretched, .rounding = *rounding, .held = {-1, -1}, .n_channels = MAFAT_COLOURS,
    };
    mafat_status status = set_sizes(letterbox, error);
    if (status != MAFAT_OK || letterbox->new_w == 0)
        return status;
    size_t n = 2 * MAFAT_COLOURS * (size_t)letterbox->new_w;
    letterbox->rows = malloc(n * sizeof *letterbox->rows);
    if (letterbox->rows != NULL)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED, "no memory for %zu floats of a picture", n);
}

void mafat_letterbox_set_channels(mafat_letterbox *letterbox, int n_channels)
{
    MAFAT_CHECK(n_channels > 0 && n_channels <= MAFAT_COLOURS);
    letterbox->n_channels = n_channels;
}

void mafat_letterbox_free(mafat_letterbox *letterbox)
{
    free(letterbox->rows);
    *letterbox = (mafat_letterbox){0};
}

/* ----------------------------------------------------------------------------------------- rows */

static float mix(mafat_mix how, float t, float near, float far)
{
    switch (how) {
    case MAFAT_MIX_ROUNDED:          return (1 - t) * near + t * far;
    case MAFAT_MIX_FUSED_NEAR:       return fmaf(1 - t, near, t * far);
    case MAFAT_MIX_FUSED_FAR:        return fmaf(t, far, (1 - t) * near);
    case MAFAT_MIX_DIFFERENCE:       return near + t * (far - near);
    case MAFAT_MIX_FUSED_DIFFERENCE: return fmaf(t, far - near, near);
    case MAFAT_N_MIXES:              break;
    }
    mafat_error_check_failed("a mix that is none", __FILE__, __LINE__);
}

/* Resizes row `y` of the picture in width, into to[3][new_w]. */
static void resize_row(const mafat_letterbox *l, int y, float *to)
{
    const mafat_image_rounding *rounding = &l->rounding;
    const unsigned char *row = l->picture.row(l->picture.context, y);
    size_t new_w = (size_t)l->new_w;
    for (int x = 0; x < l->new_w; x++) {
        bool between = x < l->new_w - 1 && l->w > 1;
        float t = 0;
        int near = between ? find_near(x, l->x, &t) : l->w - 1;
        const unsigned char *pixel = row + (size_t)near * MAFAT_COLOURS;
        for (size_t c = 0; c < MAFAT_COLOURS; c++) {
            float value = rounding->from_byte[pixel[c]];
            if (between)
                value = mix(rounding->mix, t, value, rounding->from_byte[pixel[c + MAFAT_COLOURS]]);
            to[c * new_w + (size_t)x] = value;
        }
    }
}

/* Row `y` of the picture, resized in width; `other` is a row that must stay. */
static const float *hold_row(mafat_letterbox *l, int y, int other)
{
    size_t floats = MAFAT_COLOURS * (size_t)l->new_w;
    for (size_t i = 0; i < 2; i++)
        if (l->held[i] == y)
            return l->rows + i * floats;
    size_t i = l->held[0] == other ? 1 : 0;
    l->held[i] = y;
    resize_row(l, y, l->rows + i * floats);
    return l->rows + i * floats;
}

/* Row `y` of the picture inside the input, its channels channel_stride apart. */
static void make_row(mafat_letterbox *l, int y, float *to, size_t channel_stride)
{
    bool fused = l->rounding.fused_second_pass;
    size_t new_w = (size_t)l->new_w, n_channels = (size_t)l->n_channels;
    float t;
    int near_y = find_near(y, l->y, &t);
    bool between = y < l->new_h - 1 && l->h > 1;
    const float *near = hold_row(l, near_y, between ? near_y + 1 : -1);
    const float *far = between ? hold_row(l, near_y + 1, near_y) : NULL;
    for (size_t c = 0; c < n_channels; c++) {
        for (size_t x = 0; x < new_w; x++) {
            float value = (1 - t) * near[c * new_w + x];
            if (between) {
                float more = far[c * new_w + x];
                value = fused ? fmaf(t, more, value) : value + t * more;
            }
            to[c * channel_stride + x] = value;
        }
    }
}

static void fill(float *to, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = background;
}

static void make_rows(void *context, int y0, int y1, float *to, size_t row_stride,
                      size_t channel_stride)
{
    mafat_letterbox *l = context;
    MAFAT_CHECK(0 <= y0 && y0 <= y1 && y1 <= l->net_h);
    for (int y = y0; y < y1; y++, to += row_stride) {
        bool inside = y >= l->top && y < l->top + l->new_h && l->new_w > 0;
        for (size_t c = 0; c < (size_t)l->n_channels; c++) {
            float *row = to + c * channel_stride;
            fill(row, inside ? l->left : l->net_w);
            if (inside)
                fill(row + l->left + l->new_w, l->net_w - l->left - l->new_w);
        }
        if (inside)
            make_row(l, y - l->top, to + l->left, channel_stride);
    }
}

mafat_source mafat_letterbox_source(mafat_letterbox *letterbox)
{
    return (mafat_source){.context = letterbox, .rows = make_rows};
}

/* --------------------------------------------------------------------------------------- pixels */

void mafat_resizing_init(mafat_resizing *resizing, const float *plane, int w, int h, int new_w,
                         int new_h, const mafat_image_rounding *rounding)
{
    *resizing = (mafat_resizing){
        .plane = plane, .w = w, .h = h, .new_w = new_w, .new_h = new_h,
        .x = make_scale(w, new_w, rounding->reciprocal_x),
        .y = make_scale(h, new_h, rounding->reciprocal_y), .rounding = rounding,
    };
}

/* Pixel x of a row of the plane, resized in width. */
static float resize_column(const mafat_resizing *r, int x, int row)
{
    float t;
    const float *from = r->plane + (size_t)row * (size_t)r->w;
    if (x == r->new_w - 1 || r->w == 1)
        return from[r->w - 1];
    int near = find_near(x, r->x, &t);
    return mix(r->rounding->mix, t, from[near], from[near + 1]);
}

float mafat_resizing_pixel(const mafat_resizing *r, int x, int y)
{
    float t;
    int near = find_near(y, r->y, &t);
    float value = (1 - t) * resize_column(r, x, near);
    if (y == r->new_h - 1 || r->h == 1)
        return value;
    float far = resize_column(r, x, near + 1);
    return r->rounding->fused_second_pass ? fmaf(t, far, value) : value + t * far;
}
