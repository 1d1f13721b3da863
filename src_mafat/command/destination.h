/* Where the results of a detector go: the pictures on which boxes are drawn, and a file of JSON.
 * What -out says, and -no_picture.
 *
 *     -out NAME         NAME.jpg, as in Darknet; of a list, the last image's
 *     -out NAME.png     that file
 *     -out DIR/         a picture of each image, by its name, in that folder, which is made
 *     -out FILE.json    no picture, and all results in that file */
#ifndef MAFAT_COMMAND_DESTINATION_H
#define MAFAT_COMMAND_DESTINATION_H

#include <limits.h>
#include <time.h>

#include "base/status.h"
#include "upstream/canvas.h"

typedef struct {
    bool draws;                    /* pictures at all */
    bool is_folder;                /* a picture of each image */
    mafat_canvas_format format;
    char path[PATH_MAX];           /* the picture; or the folder, with its slash */
    const char *json;              /* borrowed; NULL: no such file */
    struct timespec begin;         /* of the run, by the clock of the folder's file system */
} mafat_destination;

/* Sorts what was asked for; `out` NULL is for Darknet's "predictions". MAFAT_USAGE for a path
 * that is empty or too long, and for a picture that is and is not wanted. */
mafat_status mafat_destination_choose(mafat_destination *destination, const char *out,
                                      bool no_picture, mafat_error *error);

/* Sees to it that it can be written, and makes the folder where there is none. `read` and errors: as of
 * mafat_verify_replaceable(). */
mafat_status mafat_destination_prepare(mafat_destination *destination, const char *const *read,
                                       int n_read, mafat_error *error);

/* Finds the path of an image's picture. In a folder it is the image's name with .jpg for its
 * suffix; of several images of one name the second becomes NAME-2.jpg, which is told: the folder
 * itself says which pictures are there since the run began, so that a list of any length takes
 * no memory, and older ones are replaced. MAFAT_FAILED where the picture would take the place of
 * an image: the folder is the image's own, or NAME.png is the image, or what is there under that
 * name no Darknet has written: it may be an image that is still to come in the list. */
mafat_status mafat_destination_place(const mafat_destination *destination, const char *image,
                                     char path[PATH_MAX], mafat_error *error);

#endif
