/* What a file is, by its beginning: people give one in place of another, and downloads go wrong. */
#ifndef MAFAT_BASE_RECOGNISE_H
#define MAFAT_BASE_RECOGNISE_H

#include "base/status.h"

typedef enum {
    MAFAT_RECOGNISED_NOT,        /* it may be anything */
    MAFAT_RECOGNISED_EMPTY,
    MAFAT_RECOGNISED_CFG,
    MAFAT_RECOGNISED_WEIGHTS,
    MAFAT_RECOGNISED_DATA,       /* a data file, "names=data/coco.names" */
    MAFAT_RECOGNISED_LIST,       /* of images */
    MAFAT_RECOGNISED_TEXT,       /* any other */
    MAFAT_RECOGNISED_PICTURE,    /* of a kind that Darknet reads */
    MAFAT_RECOGNISED_OTHER       /* what Darknet has no use for */
} mafat_recognised_kind;

typedef struct {
    mafat_recognised_kind kind;
    const char *what;            /* "a web page"; NULL where it is not recognised */
    const char *advice;          /* "a download that went wrong"; NULL: there is none */
} mafat_recognised;

/* Recognises a file by its first n_bytes, which have a NUL behind them: MAFAT_RECOGNISE_BYTES of
 * them, or all that it has. */
enum { MAFAT_RECOGNISE_BYTES = 512 };
mafat_recognised mafat_recognise(const unsigned char *begin, size_t n_bytes);

/* The same for a file on disk; MAFAT_RECOGNISED_NOT for one that cannot be read. */
mafat_recognised mafat_recognise_file(const char *path);

/* Says "is a web page, not weights: a download that went wrong": MAFAT_FAILED. */
mafat_status mafat_recognise_fail(const mafat_recognised *found, const char *wanted,
                                  mafat_error *error);

#endif
