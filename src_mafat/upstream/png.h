/* A PNG file written row by row: 8 bits of red, green and blue, no loss.
 *
 * zlib, which reads PNG files here already, compresses the rows as they come; a library such as
 * libpng would do no more, and stb_image_write wants the whole picture at once. Every row has
 * the filter that suits photos, Paeth's: a choice a row makes files a few percent smaller. */
#ifndef MAFAT_UPSTREAM_PNG_H
#define MAFAT_UPSTREAM_PNG_H

#include <zlib.h>

#include "base/status.h"

typedef struct {
    FILE *stream;               /* borrowed */
    int w;
    unsigned char *rows;        /* owned: [3w] the row before, and a filter's number with [3w] what
                                   it makes of a row */
    unsigned char *code;        /* [MAFAT_PNG_CODE], owned: what they are compressed to */
    z_stream compression;
} mafat_png;

enum { MAFAT_PNG_CODE = 16 << 10 };

/* What it holds for a picture of this width. */
size_t mafat_png_bytes(int w);

/* Begins a file of w x h pixels. The stream's errors are the caller's to look for. MAFAT_FAILED for
 * memory; then nothing needs to be ended. */
mafat_status mafat_png_begin(mafat_png *png, FILE *stream, int w, int h, mafat_error *error);

/* Adds rgb[n_rows][w][3]. */
void mafat_png_add(mafat_png *png, const unsigned char *rgb, int n_rows);

/* Ends the file, and frees what writing it took. A picture that lacks rows is no PNG. */
void mafat_png_end(mafat_png *png);

#endif
