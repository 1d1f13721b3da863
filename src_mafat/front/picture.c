/* Drawing in bytes, and files written whole or not at all; see picture.h. */
#include "front/picture.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static mafat_status fail_file(mafat_error *error, const char *path, const char *what)
{
    mafat_status status = mafat_error_set(error, MAFAT_FAILED, "%s: %s", what, strerror(errno));
    mafat_error_set_file(error, path);
    return status;
}

/* The permissions of the file that is there, or those that fopen() would give a new one. */
static mode_t permissions(const char *path)
{
    struct stat about;
    if (stat(path, &about) == 0)
        return about.st_mode & 0777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* Writes the file `written`, which is open as `descriptor`, and gives it the name `path`. */
static mafat_status write_as(const mafat_picture *picture, int descriptor, const char *written,
                             const char *path, mafat_error *error)
{
    FILE *stream = fdopen(descriptor, "wb");
    if (stream == NULL) {
        close(descriptor);
        return fail_file(error, path, "cannot be written");
    }
    mafat_picture_encode(picture, stream);
    bool complete = !ferror(stream) && fchmod(descriptor, permissions(path)) == 0;
    if (fclose(stream) != 0 || !complete || rename(written, path) != 0)
        return fail_file(error, path, "cannot be written");
    return MAFAT_OK;
}

mafat_status mafat_picture_write(const mafat_picture *picture, const char *path,
                                 mafat_error *error)
{
    /* a link stays one: the file that it leads to is replaced */
    char *target = realpath(path, NULL);
    const char *name = target != NULL ? target : path;
    char written[PATH_MAX];
    mafat_status status = MAFAT_OK;
    int descriptor = -1;
    if (snprintf(written, sizeof written, "%s.XXXXXX", name) >= (int)sizeof written)
        errno = ENAMETOOLONG;
    else
        descriptor = mkstemp(written);
    if (descriptor < 0)
        status = fail_file(error, name, "cannot be written");
    else
        status = write_as(picture, descriptor, written, name, error);
    if (descriptor >= 0 && status != MAFAT_OK)
        unlink(written);
    free(target);
    return status;
}
