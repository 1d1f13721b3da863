/* Average precision; see curve.h. Sources: VOCevaldet.m, and pycocotools' accumulate(). */
#include "score/curve.h"

#include <math.h>
#include <string.h>

/* As numpy makes them, to the last bit: a recall of 35/100 does not reach the point of .35, which
 * is 35 * .01 and a bit more. */
static double recall_at(const mafat_curve *curve, int point)
{
    return point * (1. / (curve->n_points - 1));
}

void mafat_curve_begin(mafat_curve *curve, int n_points, uint64_t n_truths)
{
    memset(curve, 0, sizeof *curve);
    curve->n_points = n_points;
    curve->n_truths = n_truths;
}

void mafat_curve_add(mafat_curve *curve, bool is_hit)
{
    curve->n++;
    if (!is_hit)
        return;
    curve->n_hits++;
    double recall = (double)curve->n_hits / (double)curve->n_truths;
    while (curve->n_reached < curve->n_points && recall >= recall_at(curve, curve->n_reached))
        curve->n_reached++;
    double *highest = &curve->precision[curve->n_reached - 1];
    *highest = fmax(*highest, (double)curve->n_hits / (double)curve->n);
}

double mafat_curve_average(const mafat_curve *curve)
{
    double highest = 0, sum = 0;
    if (curve->n_truths == 0)
        return NAN;
    for (int point = curve->n_points - 1; point >= 0; point--) {
        highest = fmax(highest, curve->precision[point]);
        sum += highest;
    }
    return sum / curve->n_points;
}
