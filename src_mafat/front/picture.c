/* Drawing in bytes, and the file; see picture.h. */
#include "front/picture.h"

#include <string.h>

#include "front/new_file.h"

static const unsigned char *get_row(void *context, int y)
{
    const mafat_picture *picture = context;
    return picture->rgb + 3 * (size_t)y * (size_t)picture->w;
}

mafat_picture_source mafat_picture_source_of(const mafat_picture *picture)
{
    return (mafat_picture_source){.context = (void *)picture, .row = get_row};
}

/* -------------------------------------------------------------------------------------- drawing */

unsigned char mafat_picture_byte(float value)
{
    return (unsigned char)(int)(255 * value);
}

void mafat_picture_settle(mafat_picture *picture, const mafat_image_rounding *rounding)
{
    unsigned char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = mafat_picture_byte(rounding->from_byte[i]);
    size_t n = 3 * (size_t)picture->w * (size_t)picture->h;
    for (size_t i = 0; i < n; i++)
        picture->rgb[i] = bytes[picture->rgb[i]];
}

static unsigned char *pixel(const mafat_picture *picture, int x, int y)
{
    return picture->rgb + 3 * ((size_t)y * (size_t)picture->w + (size_t)x);
}

static int clip(int x, int n)
{
    return x < 0 ? 0 : x >= n ? n - 1 : x;
}

/* The lines from x1 to x2 in two rows and from y1 to y2 in two columns: of a box that is inside
 * out, none. */
static void draw_lines(mafat_picture *picture, int x1, int y1, int x2, int y2,
                       const unsigned char rgb[3])
{
    for (int x = x1; x <= x2; x++) {
        memcpy(pixel(picture, x, y1), rgb, 3);
        memcpy(pixel(picture, x, y2), rgb, 3);
    }
    for (int y = y1; y <= y2; y++) {
        memcpy(pixel(picture, x1, y), rgb, 3);
        memcpy(pixel(picture, x2, y), rgb, 3);
    }
}

/* a + b as processors add: a corner may be the least int, which stands for what no int can hold. */
static int add(int a, int b)
{
    return (int)((unsigned)a + (unsigned)b);
}

void mafat_picture_draw_box(mafat_picture *picture, mafat_corners corners, int width,
                            const unsigned char rgb[3])
{
    for (int i = 0; i < width; i++)
        draw_lines(picture, clip(add(corners.left, i), picture->w),
                   clip(add(corners.top, i), picture->h), clip(add(corners.right, -i), picture->w),
                   clip(add(corners.bottom, -i), picture->h), rgb);
}

void mafat_picture_draw_label(mafat_picture *picture, const mafat_picture *label, int row,
                              int column)
{
    if (row >= label->h)
        row -= label->h;
    if (row < 0 || row >= picture->h || column < 0 || column >= picture->w)
        return;
    int rows = label->h < picture->h - row ? label->h : picture->h - row;
    int columns = label->w < picture->w - column ? label->w : picture->w - column;
    for (int y = 0; y < rows; y++)
        memcpy(pixel(picture, column, row + y), pixel(label, 0, y), 3 * (size_t)columns);
}

/* -------------------------------------------------------------------------------------- writing */

mafat_status mafat_picture_write(const mafat_picture *picture, const char *path,
                                 mafat_error *error)
{
    mafat_new_file file;
    mafat_status status = mafat_new_file_begin(&file, path, error);
    if (status != MAFAT_OK)
        return status;
    mafat_picture_encode(picture, file.stream);
    return mafat_new_file_end(&file, error);
}
