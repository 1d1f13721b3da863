/* Average precision: of boxes that come by falling probability, precision over recall, read off at
 * 11 points of recall (VOC 2007) or at 101 (COCO). At each point it is the highest precision that
 * there is with this recall or more. */
#ifndef MAFAT_SCORE_CURVE_H
#define MAFAT_SCORE_CURVE_H

#include <stdbool.h>
#include <stdint.h>

enum { MAFAT_POINTS_VOC = 11, MAFAT_POINTS_COCO = 101 };

typedef struct {
    int n_points;
    uint64_t n_truths;
    uint64_t n, n_hits;                      /* so far */
    int n_reached;                           /* points, so far */
    double precision[MAFAT_POINTS_COCO];     /* the highest while so many were reached, less one */
} mafat_curve;

void mafat_curve_begin(mafat_curve *curve, int n_points, uint64_t n_truths);
void mafat_curve_add(mafat_curve *curve, bool is_hit);

/* The mean over the points; NaN where there are no labels to be found. */
double mafat_curve_average(const mafat_curve *curve);

#endif
