/* Decoders that make a picture's rows one after the other, from parts of stb_image, in its
 * arithmetic. What stb_image makes in another order, or of a file that is not well formed, they
 * leave to it: then it decodes the picture whole. */
#ifndef MAFAT_UPSTREAM_ROW_DECODER_H
#define MAFAT_UPSTREAM_ROW_DECODER_H

#include "upstream/picture_file.h"

/* All run under a mafat_stb_guard, which holds what they allocate, and leave it where the file is
 * corrupt, or for `mafat_row_decoder_needs_whole`. */
typedef struct {
    size_t state_bytes;
    /* Reads up to the picture's data. The state is zeroed. False: the rows do not come one after
     * the other, and the picture is to be had whole. */
    bool (*begin)(void *state, mafat_picture_file *file, int *w, int *h);
    /* Makes the next row, [w][3] and a byte beyond; NULL: nobody looks at it. */
    void (*row)(void *state, unsigned char *rgb);
    /* Makes the whole picture, [h][w][3], where begin() was false; NULL: nobody
     * looks at it. */
    void (*picture)(void *state, unsigned char *rgb);
    /* Finds what the rows would find, before the first of them, where nobody looks at any; NULL:
     * they do. */
    void (*check)(void *state);
    /* Behind the last row: reads to the end, which stb_image reads before it makes a row. */
    void (*end)(void *state);
} mafat_row_decoder;

/* The reason of leaving (mafat_stb_leave()) where a picture turns out not to come by rows. */
extern const char mafat_row_decoder_needs_whole[];

#endif
