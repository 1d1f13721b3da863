/* Drawing in bytes, and the file; see canvas.h. */
#include "upstream/canvas.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/charge.h"
#include "base/new_file.h"
#include "base/size.h"
#include "upstream/jpeg.h"
#include "upstream/png.h"

/* -------------------------------------------------------------------------------------- drawing */

unsigned char mafat_canvas_byte(float value)
{
    return (unsigned char)(int)(255 * value);
}

void mafat_canvas_settle(mafat_strip *strip, const mafat_image_rounding *rounding)
{
    unsigned char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = mafat_canvas_byte(rounding->from_byte[i]);
    size_t n = 3 * (size_t)strip->w * (size_t)strip->n_rows;
    for (size_t i = 0; i < n; i++)
        strip->rgb[i] = bytes[strip->rgb[i]];
}

static unsigned char *pixel(const mafat_strip *strip, int x, int y)
{
    return strip->rgb + 3 * ((size_t)(y - strip->top) * (size_t)strip->w + (size_t)x);
}

static int clip(int x, int n)
{
    return x < 0 ? 0 : x >= n ? n - 1 : x;
}

static void draw_row(mafat_strip *strip, int x1, int x2, int y, const unsigned char rgb[3])
{
    if (y < strip->top || y >= strip->top + strip->n_rows)
        return;
    for (int x = x1; x <= x2; x++)
        memcpy(pixel(strip, x, y), rgb, 3);
}

/* The lines from x1 to x2 in two rows and from y1 to y2 in two columns: of a box that is inside
 * out, none. */
static void draw_lines(mafat_strip *strip, int x1, int y1, int x2, int y2,
                       const unsigned char rgb[3])
{
    int last = strip->top + strip->n_rows - 1;
    draw_row(strip, x1, x2, y1, rgb);
    draw_row(strip, x1, x2, y2, rgb);
    y1 = y1 > strip->top ? y1 : strip->top;
    y2 = y2 < last ? y2 : last;
    for (int y = y1; y <= y2; y++) {
        memcpy(pixel(strip, x1, y), rgb, 3);
        memcpy(pixel(strip, x2, y), rgb, 3);
    }
}

/* a + b as processors add: a corner may be the least int, which stands for what no int can hold. */
static int add(int a, int b)
{
    return (int)((unsigned)a + (unsigned)b);
}

void mafat_canvas_draw_box(mafat_strip *strip, mafat_corners corners, int width,
                           const unsigned char rgb[3])
{
    for (int i = 0; i < width; i++)
        draw_lines(strip, clip(add(corners.left, i), strip->w),
                   clip(add(corners.top, i), strip->h), clip(add(corners.right, -i), strip->w),
                   clip(add(corners.bottom, -i), strip->h), rgb);
}

/* -------------------------------------------------------------------------------------- writing */

mafat_canvas_format mafat_canvas_format_of(const char *path)
{
    static const char suffix[] = ".png";
    size_t n = strlen(path), n_suffix = strlen(suffix);
    bool is_png = n > n_suffix && strcasecmp(path + n - n_suffix, suffix) == 0;
    return is_png ? MAFAT_CANVAS_PNG : MAFAT_CANVAS_JPEG;
}

static int strip_rows(int w)
{
    int n = MAFAT_CHARGE_STRIP / (3 * MAFAT_BLOCK_ROWS) / w;
    return MAFAT_BLOCK_ROWS * (n > 1 ? n : 1);
}

size_t mafat_canvas_write_bytes(mafat_canvas_format format, int w, int h)
{
    size_t row_bytes = 3 * (size_t)w, n_rows = mafat_size_min((size_t)strip_rows(w), (size_t)h);
    size_t code_bytes = format == MAFAT_CANVAS_PNG ? mafat_png_bytes(w) : mafat_jpeg_bytes(w);
    return row_bytes * n_rows + code_bytes +
           mafat_size_min(row_bytes * (size_t)h, MAFAT_CHARGE_NEW_FILE + MAFAT_CHARGE_STRIP_CODE);
}

/* The file's format under way. */
typedef struct {
    mafat_canvas_format format;
    mafat_jpeg jpeg;
    mafat_png png;
} encoder;

/* e->format is known. */
static mafat_status begin_code(encoder *e, const mafat_canvas *canvas, FILE *stream,
                               mafat_error *error)
{
    if (e->format == MAFAT_CANVAS_PNG)
        return mafat_png_begin(&e->png, stream, canvas->w, canvas->h, error);
    mafat_jpeg_begin(&e->jpeg, stream, canvas->w, canvas->h);
    return MAFAT_OK;
}

static mafat_status add_code(encoder *e, const mafat_strip *strip, mafat_error *error)
{
    size_t row_bytes = 3 * (size_t)strip->w;
    mafat_status status = MAFAT_OK;
    if (e->format == MAFAT_CANVAS_PNG)
        mafat_png_add(&e->png, strip->rgb, strip->n_rows);
    else
        for (int y = 0; y < strip->n_rows && status == MAFAT_OK; y += MAFAT_BLOCK_ROWS)
            status = mafat_jpeg_add(&e->jpeg, strip->rgb + (size_t)y * row_bytes,
                                    mafat_size_min_int(strip->n_rows - y, MAFAT_BLOCK_ROWS), error);
    return status;
}

static void end_code(encoder *e)
{
    if (e->format == MAFAT_CANVAS_PNG)
        mafat_png_end(&e->png);
    else
        mafat_jpeg_end(&e->jpeg);
}

static mafat_status make_strip(const mafat_canvas *canvas, mafat_strip *strip, mafat_error *error)
{
    size_t row_bytes = 3 * (size_t)canvas->w;
    for (int y = 0; y < strip->n_rows; y++)
        memcpy(strip->rgb + (size_t)y * row_bytes,
               canvas->source.row(canvas->source.context, strip->top + y), row_bytes);
    return canvas->draw != NULL ? canvas->draw(canvas->context, strip, error) : MAFAT_OK;
}

/* Encodes the picture to the file, whose errors are looked for at its end. */
static mafat_status encode(const mafat_canvas *canvas, mafat_canvas_format format,
                           mafat_new_file *file, mafat_error *error)
{
    encoder e = {.format = format};
    int rows = mafat_size_min_int(strip_rows(canvas->w), canvas->h);
    unsigned char *rgb = malloc(3 * (size_t)canvas->w * (size_t)rows);
    if (rgb == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d rows of a picture of %dx%d",
                               rows, canvas->w, canvas->h);
    mafat_status status = begin_code(&e, canvas, file->stream, error);
    bool has_begun = status == MAFAT_OK;
    for (int top = 0; top < canvas->h && status == MAFAT_OK; top += rows) {
        mafat_strip strip = {.w = canvas->w, .h = canvas->h, .top = top, .rgb = rgb,
                             .n_rows = mafat_size_min_int(canvas->h - top, rows)};
        status = make_strip(canvas, &strip, error);
        if (status == MAFAT_OK)
            status = add_code(&e, &strip, error);
        mafat_new_file_spare_cache(file);
    }
    if (has_begun)
        end_code(&e);
    free(rgb);
    return status;
}

mafat_status mafat_canvas_write(const mafat_canvas *canvas, const char *path, mafat_error *error)
{
    mafat_new_file file;
    mafat_status status = mafat_new_file_begin(&file, path, error);
    if (status != MAFAT_OK)
        return status;
    status = encode(canvas, mafat_canvas_format_of(path), &file, error);
    if (status == MAFAT_OK)
        return mafat_new_file_end(&file, error);
    mafat_new_file_abandon(&file);
    return status;
}
