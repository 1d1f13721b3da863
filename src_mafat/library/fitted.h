/* A program's image as the rows of a network's input. */
#ifndef MAFAT_LIBRARY_FITTED_H
#define MAFAT_LIBRARY_FITTED_H

#include "library/library.h"
#include "run/letterbox.h"
#include "upstream/picture.h"

typedef struct {
    const mafat_image *image;      /* borrowed */
    int w, h;                      /* of it, in whose pixels boxes are told */
    mafat_shape input;
    mafat_source_map floats;       /* where floats are given */
    size_t stride_bytes;           /* from row to row of pixels */
    mafat_picture_rows rows;       /* of a file */
    unsigned char *turned;         /* [w][3], owned: a row of pixels that are blue, green, red */
    mafat_letterbox letterbox;     /* of a file and pixels */
} mafat_fitted;

/* Opens the image, within a call of the network, and makes room for it in the network's limit.
 * MAFAT_USAGE for an image that is not one of a file, pixels and floats, or of another size than it
 * can have; MAFAT_FAILED for a file that cannot be read; MAFAT_NO_FIT. On error nothing needs to be
 * closed. The fitted image must stay where it is. */
mafat_status mafat_fitted_open(mafat_fitted *fitted, mafat *m, const mafat_image *image,
                               mafat_error *error);

/* The network's input. */
mafat_source mafat_fitted_source(mafat_fitted *fitted);

/* The rows of the picture, of a file or of pixels. */
mafat_picture_source mafat_fitted_picture(mafat_fitted *fitted);

/* Finds how many bytes the image says its rows of pixels are apart, or those that are drawn to are.
 * MAFAT_USAGE where they would overlap. */
mafat_status mafat_fitted_find_stride(const mafat_fitted *fitted, size_t *bytes,
                                      mafat_error *error);

/* Copies pixels of three bytes; where they are to be turned, red and blue change places. */
void mafat_fitted_turn(unsigned char *to, const unsigned char *from, int n_pixels, bool is_turned);

/* MAFAT_FAILED where its file was changed since it was opened. */
mafat_status mafat_fitted_check(const mafat_fitted *fitted, mafat_error *error);

/* Frees what it owns and clears it; a zeroed one may be closed. */
void mafat_fitted_close(mafat_fitted *fitted);

#endif
