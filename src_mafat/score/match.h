/* Which boxes that were found in an image are those of its labels: of one class, at ten overlaps.
 *
 * Both ways go through the boxes by falling probability, and no label is found twice. The devkit
 * gives a box the label that it overlaps most: where that one is taken already, the box is a false
 * one. pycocotools gives it the one that it overlaps most of those that are left, and looks at the
 * first 100 boxes alone. */
#ifndef MAFAT_SCORE_MATCH_H
#define MAFAT_SCORE_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "score/frame.h"

/* Overlaps of .5, .55 to .95 and more. */
enum { MAFAT_N_OVERLAPS = 10, MAFAT_MAX_MATCHED = 100 };

/* A box of the class. */
typedef struct {
    float probability;                 /* in six digits, as `detector valid` writes it */
    int number;                        /* where it stands in what was found: of equals the first
                                          comes first */
    mafat_frame frames[MAFAT_N_RULES];
    uint16_t hits[MAFAT_N_RULES];      /* bit i: it is a label's at overlap i */
    bool is_counted[MAFAT_N_RULES];
    double overlap;                    /* with the devkit's label, whatever becomes of that */
} mafat_contender;

typedef struct {
    mafat_frame frames[MAFAT_N_RULES];
    uint16_t taken[MAFAT_N_RULES];     /* bit i: at overlap i */
} mafat_truth;

mafat_contender mafat_match_contender(int number, float probability, const float box[4], int w,
                                      int h);
mafat_truth mafat_match_truth(const double box[4], int w, int h);

/* Sorts the contenders by probability, and finds their hits. */
void mafat_match(mafat_contender *contenders, int n, mafat_truth *truths, int n_truths);

#endif
