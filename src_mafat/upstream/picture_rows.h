/* A picture's rows, decoded one after the other: of a baseline JPEG or a PNG only some rows of
 * blocks are in memory, of any other picture the whole. */
#ifndef MAFAT_UPSTREAM_PICTURE_ROWS_H
#define MAFAT_UPSTREAM_PICTURE_ROWS_H

#include "base/status.h"
#include "run/source.h"
#include "upstream/picture_memory.h"

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
