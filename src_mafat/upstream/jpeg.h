/* A JPEG file written in rows of blocks, with the bytes that Darknet's save_image() gives the whole
 * picture.
 *
 * Every row of blocks is encoded by Darknet's own stb_image_write, as compiled with Darknet, as a
 * picture of eight rows: its floats, which depend on the compiler, are the whole picture's. Of its
 * code only the first block's DC coefficients are changed, which are stored as differences from the
 * block before, and the bits are put behind those that are there. */
#ifndef MAFAT_UPSTREAM_JPEG_H
#define MAFAT_UPSTREAM_JPEG_H

#include <stdint.h>

#include "base/status.h"

enum { MAFAT_BLOCK_ROWS = 8 };

typedef struct {
    FILE *stream;           /* borrowed */
    int w, h;
    bool begun;             /* its header is written */
    int last_dc[3];         /* of the last block, for each component */
    uint32_t bits;          /* of which n_bits are not written yet */
    int n_bits;
    unsigned char *code;    /* [capacity], owned: what a row of blocks is encoded to, n_bytes of it */
    size_t n_bytes, capacity;
} mafat_jpeg;

/* What it holds for a picture of this width. */
size_t mafat_jpeg_bytes(int w);

/* Begins a file of w x h pixels. The stream's errors are the caller's to look for. */
void mafat_jpeg_begin(mafat_jpeg *jpeg, FILE *stream, int w, int h);

/* Adds rgb[n_rows][w][3]: MAFAT_BLOCK_ROWS rows, or what the last ones are. MAFAT_FAILED for
 * memory. */
mafat_status mafat_jpeg_add(mafat_jpeg *jpeg, const unsigned char *rgb, int n_rows,
                            mafat_error *error);

/* Ends the file, and frees what writing it took. */
void mafat_jpeg_end(mafat_jpeg *jpeg);

/* Whether a file begins as those that Darknet and MAFAT write, of whatever size: its tables are
 * those of Darknet's encoder, which no camera has. */
bool mafat_jpeg_is_darknets(const char *path);

#endif
