/* What decoding a picture will take. */
#ifndef MAFAT_UPSTREAM_PICTURE_MEMORY_H
#define MAFAT_UPSTREAM_PICTURE_MEMORY_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    int w, h;
    bool by_rows;           /* its rows are decoded one after the other (picture_rows.h) */
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

#endif
