/* An image that a network runs on, as the rows of its input: of a file, of pixels, or of floats. */
#ifndef MAFAT_BRIDGE_SUBJECT_H
#define MAFAT_BRIDGE_SUBJECT_H

#include "bridge/bridge.h"
#include "run/letterbox.h"
#include "upstream/picture.h"

typedef struct {
    const mafat_image *image;      /* borrowed */
    int w, h;                      /* of it, in whose pixels boxes are told */
    mafat_shape input;
    bool stretches;                /* to it; else pictures are letterboxed, */
    bool crops;                    /* or the square in their middle is stretched */
    mafat_source_map floats;       /* where floats are given */
    size_t stride_bytes;           /* from row to row of pixels */
    mafat_picture_rows rows;       /* of a file */
    unsigned char *turned;         /* [w][3], owned: a row of pixels that are blue, green, red */
    mafat_picture_part square;
    mafat_letterbox letterbox;     /* of a file and pixels */
} mafat_subject;

/* Opens an image, and makes room for it in the network's limit; how Darknet rounds has been measured
 * (upstream/picture_probe.h). `memory` is what was found of its file, whose path was verified; NULL:
 * that is done here. Where it `has_room`, of a file or pixels, that was made before, and the network
 * is not planned anew. MAFAT_USAGE for an image that is not one of a file, pixels and floats, or of
 * another size than it can have; MAFAT_FAILED for a file that cannot be read; MAFAT_NO_FIT. On error
 * nothing needs to be closed. Image and subject must stay where they are. */
mafat_status mafat_subject_open(mafat_subject *subject, mafat_bridge *bridge,
                                const mafat_image *image, const mafat_picture_memory *memory,
                                bool has_room, mafat_error *error);

/* Makes room in the network's limit for a file's image, of which so much is known. Errors: those of
 * mafat_limits_make_space(), which name the image. */
mafat_status mafat_subject_make_room(mafat_bridge *bridge, const char *path,
                                     const mafat_picture_memory *memory, mafat_error *error);

/* The network's input, made as it is read. */
mafat_input mafat_subject_input(mafat_subject *subject);

/* The rows of the picture, of a file or of pixels. */
mafat_picture_source mafat_subject_picture(mafat_subject *subject);

/* Finds how many bytes the image says its rows of pixels are apart, or those that are drawn to are.
 * MAFAT_USAGE where they would overlap. */
mafat_status mafat_subject_find_stride(const mafat_subject *subject, size_t *bytes,
                                      mafat_error *error);

/* Copies pixels of three bytes; where they are to be turned, red and blue change places. */
void mafat_subject_turn(unsigned char *to, const unsigned char *from, int n_pixels, bool is_turned);

/* MAFAT_FAILED where its file was changed since it was opened. */
mafat_status mafat_subject_check(const mafat_subject *subject, mafat_error *error);

/* Frees what it owns and clears it; a zeroed one may be closed. */
void mafat_subject_close(mafat_subject *subject);

#endif
