/* Boxes and labels; see match.h. Sources: VOC's VOCevaldet.m and pycocotools' evaluateImg(). */
#include "score/match.h"

#include <math.h>
#include <stdlib.h>

/* numpy's linspace(.5, .95, 10), of which pycocotools' are. */
static double overlap_at(int i)
{
    return i == MAFAT_N_OVERLAPS - 1 ? .95 : .5 + i * ((.95 - .5) / (MAFAT_N_OVERLAPS - 1));
}

/* What "%f" writes of it: rounded as printf() does it, for the product is exact. */
static float as_written(float probability)
{
    return (float)(rint((double)probability * 1e6) / 1e6);
}

mafat_contender mafat_match_contender(int number, float probability, const float box[4], int w,
                                      int h)
{
    mafat_contender contender = {.probability = as_written(probability), .number = number};
    for (mafat_rules r = 0; r < MAFAT_N_RULES; r++)
        contender.frames[r] = mafat_frame_of_found(r, box, w, h);
    return contender;
}

mafat_truth mafat_match_truth(const double box[4], int w, int h)
{
    mafat_truth truth = {0};
    for (mafat_rules r = 0; r < MAFAT_N_RULES; r++)
        truth.frames[r] = mafat_frame_of_label(r, box, w, h);
    return truth;
}

static int compare(const void *a, const void *b)
{
    const mafat_contender *x = a, *y = b;
    if (x->probability != y->probability)
        return x->probability < y->probability ? 1 : -1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Of labels that are overlapped alike the first. */
static void match_voc(mafat_contender *contender, mafat_truth *truths, int n)
{
    mafat_truth *best = NULL;
    for (int i = 0; i < n; i++) {
        double overlap = mafat_frame_overlap(MAFAT_RULES_VOC,
                                             &contender->frames[MAFAT_RULES_VOC],
                                             &truths[i].frames[MAFAT_RULES_VOC]);
        if (overlap > contender->overlap) {
            contender->overlap = overlap;
            best = &truths[i];
        }
    }
    for (int t = 0; t < MAFAT_N_OVERLAPS && best != NULL; t++) {
        unsigned bit = 1u << t;
        if (contender->overlap < overlap_at(t) || (best->taken[MAFAT_RULES_VOC] & bit) != 0)
            continue;
        best->taken[MAFAT_RULES_VOC] |= (uint16_t)bit;
        contender->hits[MAFAT_RULES_VOC] |= (uint16_t)bit;
    }
}

/* Of labels that are overlapped alike the last. */
static void match_coco(mafat_contender *contender, mafat_truth *truths, int n)
{
    for (int t = 0; t < MAFAT_N_OVERLAPS; t++) {
        double most = overlap_at(t);
        unsigned bit = 1u << t;
        mafat_truth *best = NULL;
        for (int i = 0; i < n; i++) {
            if ((truths[i].taken[MAFAT_RULES_COCO] & bit) != 0)
                continue;
            double overlap = mafat_frame_overlap(MAFAT_RULES_COCO,
                                                 &contender->frames[MAFAT_RULES_COCO],
                                                 &truths[i].frames[MAFAT_RULES_COCO]);
            if (overlap < most)
                continue;
            most = overlap;
            best = &truths[i];
        }
        if (best == NULL)
            continue;
        best->taken[MAFAT_RULES_COCO] |= (uint16_t)bit;
        contender->hits[MAFAT_RULES_COCO] |= (uint16_t)bit;
    }
}

void mafat_match(mafat_contender *contenders, int n, mafat_truth *truths, int n_truths)
{
    qsort(contenders, (size_t)n, sizeof *contenders, compare);
    for (int i = 0; i < n; i++) {
        mafat_contender *c = &contenders[i];
        c->is_counted[MAFAT_RULES_VOC] = true;
        c->is_counted[MAFAT_RULES_COCO] = i < MAFAT_MAX_MATCHED;
        match_voc(c, truths, n_truths);
        if (c->is_counted[MAFAT_RULES_COCO])
            match_coco(c, truths, n_truths);
    }
}
