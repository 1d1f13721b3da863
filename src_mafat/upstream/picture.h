/* A decoded picture as bytes, what is drawn on it, and the file it goes to, strip by strip.
 *
 * Darknet holds a picture as floats, 12 bytes a pixel. Here it stays the 3 bytes that the decoder
 * gave, and what is drawn is drawn in bytes: Darknet's drawing overwrites pixels and never blends
 * them, so that each byte of its file comes from one float, of the picture or of what was drawn.
 *
 * Decoding is Darknet's stb_image, in parts where a picture can be had by rows (picture_rows.h): a
 * baseline JPEG or a PNG then takes its 3 bytes a pixel and some rows, and anything else what
 * picture_memory.h says. Afterwards 3 bytes a pixel are left. Darknet goes on to floats and a resized
 * copy of them: 15 bytes a pixel at once, and 12 until the picture is written. */
#ifndef MAFAT_UPSTREAM_PICTURE_H
#define MAFAT_UPSTREAM_PICTURE_H

#include "base/rounding.h"
#include "base/status.h"
#include "run/source.h"

typedef struct {
    int w, h;
    unsigned char *rgb;    /* [h][w][3], owned */
} mafat_picture;

/* Decodes a file to the bytes of which Darknet's load_image_color() makes floats. MAFAT_FAILED,
 * with the file named, where it is no regular file or does not decode, and where stb_image would
 * assert, wait or take more memory than its header says; then nothing needs to be freed. */
mafat_status mafat_picture_read(mafat_picture *picture, const char *path, mafat_error *error);

/* A file decoded to so many channels: the bytes that stb_image's stbi_load() gives, which free()
 * frees. Its errors, with the file named, are those of mafat_picture_read(). */
typedef struct {
    int w, h, c;
    unsigned char *bytes;    /* [h][w][c], owned */
} mafat_bytes;

/* `n_channels` is 1 to 4; 0: as many as the file has. */
mafat_status mafat_picture_decode(const char *path, int n_channels, mafat_bytes *bytes,
                                  mafat_error *error);

/* Looks up a picture's size without decoding it. Errors as above, but a file may still turn out not
 * to decode. */
mafat_status mafat_picture_read_size(const char *path, int *w, int *h, mafat_error *error);

/* The rows of a picture, which must stay. */
mafat_picture_source mafat_picture_source_of(const mafat_picture *picture);

/* Frees what the picture owns and clears it; a zeroed picture may be freed. */
void mafat_picture_free(mafat_picture *picture);

/* Measures what this build of Darknet makes of a picture's bytes. MAFAT_UNSUPPORTED where it does
 * so in a way that base/rounding.h has no words for. */
mafat_status mafat_picture_probe(mafat_image_rounding *rounding, mafat_error *error);

/* The byte that Darknet's save_image() makes of a float from 0 to 1. */
unsigned char mafat_picture_byte(float value);

/* Rows [top, top + n_rows) of a picture of w x h pixels, on which is drawn as on the whole. */
typedef struct {
    int w, h, top, n_rows;
    unsigned char *rgb;    /* [n_rows][w][3], borrowed */
} mafat_strip;

/* Makes of each byte what becomes of it between load_image_color() and save_image(). */
void mafat_picture_settle(mafat_strip *strip, const mafat_image_rounding *rounding);

/* draw_box_width() of Darknet: `width` rectangles of one pixel, each inside the one before, from
 * corner to corner, clipped to the picture. */
typedef struct {
    int left, top, right, bottom;    /* the last two inclusive */
} mafat_corners;

void mafat_picture_draw_box(mafat_strip *strip, mafat_corners corners, int width,
                            const unsigned char rgb[3]);

/* A picture that is made strip by strip, from top to bottom. */
typedef struct {
    int w, h;
    mafat_picture_source source;    /* its rows, before it is drawn on */
    /* draws what belongs on a strip; NULL: nothing does */
    mafat_status (*draw)(void *context, mafat_strip *strip, mafat_error *error);
    void *context;
    bool spares_cache;      /* a memory limit counts the page cache of its file */
} mafat_canvas;

/* The most that writing a picture of this size holds, in memory and of its file in the page cache,
 * beside what its source and draw() do. */
size_t mafat_picture_write_bytes(int w, int h);

/* Writes the JPEG file that Darknet's save_image() writes. All or nothing: it is written beside
 * `path` and then takes its place. Errors: those of draw(); MAFAT_FAILED, with the file named, where
 * the file cannot be written, and for memory. */
mafat_status mafat_picture_write(const mafat_canvas *canvas, const char *path, mafat_error *error);

#endif
