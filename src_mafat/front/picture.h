/* A decoded picture as bytes, what is drawn on it, and the file it goes to.
 *
 * Darknet holds a picture as floats, 12 bytes a pixel. Here it stays the 3 bytes that the decoder
 * gave, and what is drawn is drawn in bytes: Darknet's drawing overwrites pixels and never blends
 * them, so that each byte of its file comes from one float, of the picture or of what was drawn.
 *
 * Decoding is Darknet's stb_image. The most that it holds at once, with the 3 bytes a pixel of the
 * result, and as measured (VmHWM) for 12 megapixels, 4000x3000:
 *
 *     JPEG, 4:2:0               4.5 bytes a pixel     54 MB
 *     JPEG, 4:4:4               6                     72 MB
 *     JPEG, progressive, 4:2:0  7.5                   90 MB
 *     JPEG, progressive, 4:4:4  12                   144 MB
 *     PNG, RGB                  6, and the file       72 MB
 *     PNM, RGB                  3                     36 MB
 *
 * Afterwards 3 bytes a pixel are left, 36 MB. Darknet goes on to floats and a resized copy of them:
 * 15 bytes a pixel at once, and 12 until the picture is written. */
#ifndef MAFAT_FRONT_PICTURE_H
#define MAFAT_FRONT_PICTURE_H

#include "base/rounding.h"
#include "base/status.h"

typedef struct {
    int w, h;
    unsigned char *rgb;    /* [h][w][3], owned */
} mafat_picture;

/* Decodes a file to the bytes of which Darknet's load_image_color() makes floats. MAFAT_FAILED,
 * with the file named, where it cannot be opened or does not decode; then nothing needs to be
 * freed. */
mafat_status mafat_picture_read(mafat_picture *picture, const char *path, mafat_error *error);

/* Looks up a picture's size without decoding it. Errors as above, but a file may still turn out not
 * to decode. */
mafat_status mafat_picture_read_size(const char *path, int *w, int *h, mafat_error *error);

/* Frees what the picture owns and clears it; a zeroed picture may be freed. */
void mafat_picture_free(mafat_picture *picture);

/* Measures what this build of Darknet makes of a picture's bytes. MAFAT_UNSUPPORTED where it does
 * so in a way that base/rounding.h has no words for. */
mafat_status mafat_picture_probe(mafat_image_rounding *rounding, mafat_error *error);

/* The byte that Darknet's save_image() makes of a float from 0 to 1. */
unsigned char mafat_picture_byte(float value);

/* Makes of each byte what becomes of it between load_image_color() and save_image(). */
void mafat_picture_settle(mafat_picture *picture, const mafat_image_rounding *rounding);

/* draw_box_width() of Darknet: `width` rectangles of one pixel, each inside the one before, from
 * corner to corner, clipped to the picture. */
typedef struct {
    int left, top, right, bottom;    /* the last two inclusive */
} mafat_corners;

void mafat_picture_draw_box(mafat_picture *picture, mafat_corners corners, int width,
                            const unsigned char rgb[3]);

/* Copies `label` into the picture, as far as it reaches, as draw_label() places it: above `row`
 * where there is room, else below. */
void mafat_picture_draw_label(mafat_picture *picture, const mafat_picture *label, int row,
                              int column);

/* Writes the JPEG file that Darknet's save_image() writes. All or nothing: it is written beside
 * `path` and then takes its place. MAFAT_FAILED, with the file named, where that cannot be. */
mafat_status mafat_picture_write(const mafat_picture *picture, const char *path,
                                 mafat_error *error);

/* The bytes of that file, to a stream whose errors are the caller's to look for. */
void mafat_picture_encode(const mafat_picture *picture, FILE *stream);

#endif
