/* A list of images, whose paths come one a line on standard input: Darknet's loop, gone through with
 * progress. */
#ifndef MAFAT_COMMAND_IMAGE_LIST_H
#define MAFAT_COMMAND_IMAGE_LIST_H

#include <stdbool.h>

#include "base/status.h"

/* What is done with images. */
typedef struct {
    void *context;
    mafat *network;                   /* borrowed: that they are run on */
    void (*prompt)(void *context);    /* before a path is read; NULL: nothing */
    mafat_status (*run)(void *context, const char *path, mafat_error *error);
    bool (*can_go_on)(void *context);    /* behind one that could not be done */
} mafat_image_work;

/* How many images a list from a file still has; 0 where that cannot be known. */
size_t mafat_image_list_count(void);

/* Does each image, as many of them run together as the network takes; results go to stdout. The images of a file are counted first, so that the time
 * left is known. One that cannot be done is told and passed over, MAFAT_NO_FIT being for one that is
 * too large for the memory limit, unless none behind it can be done, either. *is_whole says whether
 * the list came to its end. Errors: that one's; MAFAT_FAILED where standard input could not be read,
 * results could not be written, or an image failed, which is said before what was too large: a
 * higher limit would not mend it; MAFAT_NO_FIT where all that was passed over was too large. */
mafat_status mafat_image_list_run(const mafat_image_work *work, bool *is_whole,
                                  mafat_error *error);

#endif
