/* What is in an image: the file of labels that Darknet's training looks for, one a line,
 *
 *     CLASS X Y WIDTH HEIGHT
 *
 * class from 0 on; centre and size as parts of the image's width and height. */
#ifndef MAFAT_UPSTREAM_LABELLED_H
#define MAFAT_UPSTREAM_LABELLED_H

#include "base/status.h"

typedef struct {
    int class_number;
    double box[4];    /* x, y, width, height */
} mafat_labelled_box;

typedef struct {
    bool is_missing;     /* there is no file, and so no label */
    int n, capacity;
    mafat_labelled_box *at;     /* [n], owned; by class, and of a class as they are in the file */
    char path[4096];     /* of the file */
} mafat_labelled;

/* Finds the file by the rule of Darknet's fill_truth_detection() (in the image's path "images"
 * becomes "labels", ".jpg" becomes ".txt"; upstream/labelled.c has all of it) and reads it in place
 * of what the labels, zeroed at first, held before. A file that is missing is none of the errors:
 * MAFAT_FAILED, with the file and the line, for a path that the rule leaves as it is, a line that
 * is no label, a class that is not one of n_classes, and a box that lies outside of the image. On
 * error nothing needs to be freed that did not before. */
mafat_status mafat_labelled_read(mafat_labelled *labels, const char *image_path, int n_classes,
                               mafat_error *error);

/* Frees what the labels own and clears them; zeroed ones may be freed. */
void mafat_labelled_free(mafat_labelled *labels);

#endif
