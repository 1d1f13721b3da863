/* A detector judged; see score.h. */
#include "score/score.h"

#include <math.h>
#include <stdlib.h>

#include "score/curve.h"

/* What the pile holds of a box: its hits by rules, and whether COCO counts it. */
#define COUNTED_BY_COCO (1u << 31)

static uint32_t pack(const mafat_contender *c)
{
    return (uint32_t)c->hits[MAFAT_RULES_VOC] |
           (uint32_t)c->hits[MAFAT_RULES_COCO] << MAFAT_N_OVERLAPS |
           (c->is_counted[MAFAT_RULES_COCO] ? COUNTED_BY_COCO : 0);
}

static bool is_hit(uint32_t judgement, mafat_rules rules, int overlap)
{
    return (judgement >> ((int)rules * MAFAT_N_OVERLAPS + overlap) & 1) != 0;
}

static bool is_counted(uint32_t judgement, mafat_rules rules)
{
    return rules == MAFAT_RULES_VOC || (judgement & COUNTED_BY_COCO) != 0;
}

mafat_status mafat_score_init(mafat_score *score, int n_classes, float threshold, bool spares_cache,
                              mafat_error *error)
{
    *score = (mafat_score){.threshold = threshold, .n_classes = n_classes};
    score->classes = calloc((size_t)n_classes, sizeof *score->classes);
    if (score->classes == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to judge %d classes", n_classes);
    mafat_status status = mafat_pile_init(&score->pile, MAFAT_PILE_BOXES, spares_cache, error);
    if (status != MAFAT_OK)
        mafat_score_free(score);
    return status;
}

void mafat_score_free(mafat_score *score)
{
    mafat_pile_free(&score->pile);
    free(score->classes);
    *score = (mafat_score){0};
}

size_t mafat_score_bytes(int n_classes)
{
    return (size_t)n_classes * sizeof(mafat_class_score) + mafat_pile_bytes(MAFAT_PILE_BOXES);
}

size_t mafat_score_box_bytes(void)
{
    return 2 * sizeof(mafat_contender);    /* qsort() sorts in a copy */
}

static void count(mafat_score_counts *counts, const mafat_contender *c)
{
    if ((c->hits[MAFAT_RULES_VOC] & 1) == 0) {
        counts->n_wrong++;
        return;
    }
    counts->n_right++;
    counts->overlap_sum += c->overlap;
}

mafat_status mafat_score_add(mafat_score *score, int class_number, mafat_contender *found, int n,
                             mafat_truth *truths, int n_truths, mafat_error *error)
{
    mafat_class_score *class = &score->classes[class_number];
    mafat_status status = MAFAT_OK;
    mafat_match(found, n, truths, n_truths);
    class->n_truths += (uint64_t)n_truths;
    class->n_found += (uint64_t)n;
    for (int i = 0; i < n && status == MAFAT_OK; i++) {
        const mafat_judged box = {.class_number = (uint32_t)class_number,
                                  .probability = found[i].probability,
                                  .judgement = pack(&found[i])};
        if (found[i].probability > score->threshold)
            count(&class->counts, &found[i]);
        status = mafat_pile_put(&score->pile, &box, error);
    }
    return status;
}

/* The curves of a class, one for each way to judge and each overlap. */
typedef struct {
    mafat_curve of[MAFAT_N_RULES][MAFAT_N_OVERLAPS];
} curves;

static void begin_curves(curves *c, uint64_t n_truths)
{
    for (int t = 0; t < MAFAT_N_OVERLAPS; t++) {
        mafat_curve_begin(&c->of[MAFAT_RULES_VOC][t], MAFAT_POINTS_VOC, n_truths);
        mafat_curve_begin(&c->of[MAFAT_RULES_COCO][t], MAFAT_POINTS_COCO, n_truths);
    }
}

static void add_to_curves(curves *c, uint32_t judgement)
{
    for (mafat_rules r = 0; r < MAFAT_N_RULES; r++)
        for (int t = 0; t < MAFAT_N_OVERLAPS && is_counted(judgement, r); t++)
            mafat_curve_add(&c->of[r][t], is_hit(judgement, r, t));
}

static void end_curves(const curves *c, mafat_class_score *class)
{
    class->counts.n_missed = class->n_truths - class->counts.n_right;
    for (mafat_rules r = 0; r < MAFAT_N_RULES; r++) {
        double sum = 0;
        for (int t = 0; t < MAFAT_N_OVERLAPS; t++)
            sum += mafat_curve_average(&c->of[r][t]);
        class->at_50[r] = mafat_curve_average(&c->of[r][0]);
        class->at_50_95[r] = sum / MAFAT_N_OVERLAPS;
    }
}

mafat_status mafat_score_end(mafat_score *score, mafat_error *error)
{
    mafat_judged box;
    bool is_there = false;
    curves c;
    mafat_status status = mafat_pile_begin(&score->pile, error);
    if (status == MAFAT_OK)
        status = mafat_pile_take(&score->pile, &box, &is_there, error);
    for (int k = 0; k < score->n_classes && status == MAFAT_OK; k++) {
        begin_curves(&c, score->classes[k].n_truths);
        while (status == MAFAT_OK && is_there && box.class_number == (uint32_t)k) {
            add_to_curves(&c, box.judgement);
            status = mafat_pile_take(&score->pile, &box, &is_there, error);
        }
        end_curves(&c, &score->classes[k]);
    }
    return status;
}

mafat_class_score mafat_score_total(const mafat_score *score)
{
    mafat_class_score total = {0};
    int n = 0;
    for (int k = 0; k < score->n_classes; k++) {
        const mafat_class_score *class = &score->classes[k];
        total.n_truths += class->n_truths;
        total.n_found += class->n_found;
        total.counts.n_right += class->counts.n_right;
        total.counts.n_wrong += class->counts.n_wrong;
        total.counts.n_missed += class->counts.n_missed;
        total.counts.overlap_sum += class->counts.overlap_sum;
        if (class->n_truths == 0)
            continue;
        n++;
        for (mafat_rules r = 0; r < MAFAT_N_RULES; r++) {
            total.at_50[r] += class->at_50[r];
            total.at_50_95[r] += class->at_50_95[r];
        }
    }
    for (mafat_rules r = 0; r < MAFAT_N_RULES; r++) {
        total.at_50[r] = n > 0 ? total.at_50[r] / n : NAN;
        total.at_50_95[r] = n > 0 ? total.at_50_95[r] / n : NAN;
    }
    return total;
}
