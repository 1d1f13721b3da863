/* Runs for our own commands, beside those of mafat.h. */
#ifndef MAFAT_LIBRARY_RUN_H
#define MAFAT_LIBRARY_RUN_H

#include "library/library.h"

/* mafat_detect() for boxes as `detector valid` has them; `class_map` as of mafat_boxes_find_valid(). */
mafat_status mafat_run_detect_valid(mafat *m, const mafat_image *image, const int *class_map,
                                    mafat_result **result, mafat_error *error);

/* The classes that a classifier finds in an image. */
typedef struct {
    int n;                   /* that are wanted, at most the network's outputs */
    int *indexes;            /* [n]: the most probable first; */
    float *probabilities;    /* [n] */
    int w, h;                /* of the image, in pixels */
    double seconds;          /* that the inference took */
} mafat_classified;

/* Finds them as Darknet's predict_classifier() does; the caller sets `n` and the arrays. */
mafat_status mafat_run_classify(mafat *m, const mafat_image *image, mafat_classified *found,
                                mafat_error *error);

/* Holds a file's image open until it is let go: calls that are given this very image take it as it was
 * opened, so that all have the same picture, and it is opened once. `memory` is what was found of the
 * file. Looks at all that depends on it before the network runs: room in the limit, and letters where
 * boxes will be drawn. Errors: those of mafat_subject_open() and mafat_verify_letters(). */
mafat_status mafat_run_hold(mafat *m, const mafat_image *image, const mafat_picture_memory *memory,
                            mafat_error *error);
void mafat_run_let_go(mafat *m);

/* How many images of a list a pass of the weights serves. */
int mafat_run_batch(const mafat *m);

/* Runs the first images of a queue in one pass, as mafat_pass_run() does. Calls that are given them in
 * that order find what this run found of them, or why they could not be read; so there is nothing to
 * know of the latter here. */
mafat_status mafat_run_ahead(mafat *m, mafat_queue *queue, mafat_error *error);

/* Whether images that follow one that could not be done may fare better: false where the network
 * itself failed, or could not be planned anew as it was before. */
bool mafat_run_can_go_on(const mafat *m);

#endif
