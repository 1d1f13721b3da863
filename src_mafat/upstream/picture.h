/* Pictures decoded: whole, or one row after the other; and what that will take.
 *
 * Darknet holds a picture as floats, 12 bytes a pixel. Here it stays the 3 bytes that the decoder
 * gave. Decoding is Darknet's stb_image, in parts where a picture can be had by rows: a baseline JPEG
 * or a PNG then takes its 3 bytes a pixel and some rows, and anything else what mafat_picture_memory
 * says. Afterwards 3 bytes a pixel are left. Darknet goes on to floats and a resized copy of them: 15
 * bytes a pixel at once, and 12 until the picture is written. */
#ifndef MAFAT_UPSTREAM_PICTURE_H
#define MAFAT_UPSTREAM_PICTURE_H

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

/* ---------------------------------------------------------------------------- what it will take */

typedef struct {
    int w, h;
    bool by_rows;           /* its rows are decoded one after the other */
    size_t rgb_bytes;       /* of the decoded picture */
    size_t decode_bytes;    /* the most that mafat_picture_read() holds at once, the picture
                               included */
    size_t rows_bytes;      /* that mafat_picture_rows hold from when they are open */
    size_t opening_bytes;   /* and the most while they are opened */
    size_t file_bytes;      /* of its file, in the page cache */
} mafat_picture_memory;

/* Looks a file up without decoding it into memory. A baseline JPEG and a PNG are decoded to their
 * end, in a few rows of memory: they are known to decode. For all other kinds the sizes follow from
 * the header fields that stb_image goes by, and no more will be allocated; they may still turn out
 * not to decode. Errors as of mafat_picture_read(). */
mafat_status mafat_picture_memory_find(mafat_picture_memory *memory, const char *path,
                                       mafat_error *error);

/* The same for mafat_picture_decode() and so many channels; of others than three only the size,
 * decode_bytes and file_bytes are found. */
mafat_status mafat_picture_memory_find_decoded(mafat_picture_memory *memory, const char *path,
                                               int n_channels, mafat_error *error);

/* -------------------------------------------------------------------------------------- by rows */

/* Of a baseline JPEG or a PNG only some rows of blocks are in memory, of any other picture the
 * whole. */
typedef struct {
    int w, h;
    struct mafat_picture_decoding *decoding;    /* owned */
} mafat_picture_rows;

/* Opens an image, whose path must stay, by what mafat_picture_memory_find() found of it. The rows
 * are the bytes of mafat_picture_read(), whose errors these are; on error nothing needs to be
 * closed. */
mafat_status mafat_picture_rows_open(mafat_picture_rows *rows, const char *path,
                                     const mafat_picture_memory *memory, mafat_error *error);

/* The rows, as often as one likes. */
mafat_picture_source mafat_picture_rows_source(mafat_picture_rows *rows);

/* MAFAT_FAILED, with the file named, where it was changed since it was opened: rows that could not
 * be decoded were black. */
mafat_status mafat_picture_rows_check(const mafat_picture_rows *rows, mafat_error *error);

/* Frees what the rows own and clears them; zeroed ones may be closed. */
void mafat_picture_rows_close(mafat_picture_rows *rows);

#endif
