/* How well a detector finds what the labels of a list of images say: average precision by class,
 * and what is right and wrong of the boxes above a probability. One image after the other is judged
 * as it comes, and nothing of it stays but 16 bytes a box (pile.h).
 *
 * The numbers are those of the two usual evaluations of the files that `detector valid` writes:
 * VOC's devkit with its 11 points of recall, and pycocotools. For both, boxes with the same six
 * digits of probability come in the order of the list. */
#ifndef MAFAT_SCORE_SCORE_H
#define MAFAT_SCORE_SCORE_H

#include "score/match.h"
#include "score/pile.h"

/* At an overlap of .5 by VOC's rules, above the probability. */
typedef struct {
    uint64_t n_right, n_wrong, n_missed;
    double overlap_sum;    /* of those that are right */
} mafat_score_counts;

typedef struct {
    uint64_t n_truths, n_found;
    mafat_score_counts counts;
    double at_50[MAFAT_N_RULES];       /* average precision at an overlap of .5; NaN: no labels */
    double at_50_95[MAFAT_N_RULES];    /* the mean over .5, .55 to .95 */
} mafat_class_score;

typedef struct {
    float threshold;
    int n_classes;
    mafat_class_score *classes;    /* [n_classes], owned */
    mafat_pile pile;
} mafat_score;

/* `threshold` is the probability above which boxes are counted one by one. MAFAT_FAILED without
 * memory; then nothing needs to be freed. */
mafat_status mafat_score_init(mafat_score *score, int n_classes, float threshold, bool spares_cache,
                              mafat_error *error);

/* Judges what was found of a class in an image, which this sorts. Errors: those of
 * mafat_pile_put(). */
mafat_status mafat_score_add(mafat_score *score, int class_number, mafat_contender *found, int n,
                             mafat_truth *truths, int n_truths, mafat_error *error);

/* After the last image: finds the average precisions, and n_missed. Errors: those of
 * mafat_pile_begin() and mafat_pile_take(). */
mafat_status mafat_score_end(mafat_score *score, mafat_error *error);

/* All classes together: sums, and of average precisions the mean over the classes with labels. */
mafat_class_score mafat_score_total(const mafat_score *score);

/* The most that it holds; mafat_score_box_bytes() more for each box of an image. */
size_t mafat_score_bytes(int n_classes);
size_t mafat_score_box_bytes(void);

/* Frees what the score owns; a zeroed one may be freed. */
void mafat_score_free(mafat_score *score);

#endif
