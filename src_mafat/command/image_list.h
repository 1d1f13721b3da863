/* A list of images, whose paths come one a line on standard input: gone through with progress,
 * and what became of them. */
#ifndef MAFAT_COMMAND_IMAGE_LIST_H
#define MAFAT_COMMAND_IMAGE_LIST_H

#include "base/progress.h"
#include "base/status.h"

typedef struct {
    char *line;           /* [size], owned */
    size_t size;
    int n_lines, n;       /* so far: lines, and images among them */
    int n_failed, n_too_large;
    bool is_whole;        /* it has come to its end */
    mafat_progress progress;
} mafat_image_list;

/* Begins; the images of a file are counted first, so that the time left is known. */
void mafat_image_list_begin(mafat_image_list *list);

/* The next line, "" where it is blank, without its end, until the next call; NULL: there is
 * none. */
const char *mafat_image_list_next(mafat_image_list *list);

/* Counts an image. One that could not be done is passed over, and `error` printed, MAFAT_NO_FIT
 * being for one that is too large for the memory limit. */
void mafat_image_list_count(mafat_image_list *list, mafat_status status, const mafat_error *error);

/* Ends, whether it has come to its end or not; to be called once. MAFAT_FAILED where standard
 * input could not be read or an image failed, which is said before what was too large: a higher
 * limit would not mend it; MAFAT_NO_FIT where all that was passed over was too large. */
mafat_status mafat_image_list_end(mafat_image_list *list, mafat_error *error);

#endif
