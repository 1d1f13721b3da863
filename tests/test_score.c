/* Average precision: what must hold of any boxes and labels, a slow evaluation of them to compare
 * with, and cases that a person can add up. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "score/curve.h"
#include "score/score.h"
#include "support/random.h"
#include "support/suite.h"

enum { W = 512, H = 512 };    /* of which parts are exact in doubles */
enum { N_CLASSES = 3, MAX_BOXES = 400, MAX_LABELS = 60 };

/* What was found in a list of images, and what their labels say: centre and size in pixels. */
typedef struct {
    int image, class_number;
    float probability, box[4];
} found_box;
typedef struct {
    int image, class_number;
    double box[4];
} label;
typedef struct {
    int n_images, n_found, n_labels;
    found_box found[MAX_BOXES];
    label labels[MAX_LABELS];
} list;

static void add_found(list *l, int image, int class_number, float probability, float x, float y,
                      float w, float h)
{
    test_require(l->n_found < MAX_BOXES);
    l->found[l->n_found++] = (found_box){image, class_number, probability, {x, y, w, h}};
    l->n_images = image >= l->n_images ? image + 1 : l->n_images;
}

static void add_label(list *l, int image, int class_number, double x, double y, double w, double h)
{
    test_require(l->n_labels < MAX_LABELS);
    l->labels[l->n_labels++] = (label){image, class_number, {x / W, y / H, w / W, h / H}};
    l->n_images = image >= l->n_images ? image + 1 : l->n_images;
}

/* Random labels, of which most are found about where they are, some twice, and other boxes. */
static void fill(list *l, test_random *r, int n_digits)
{
    int steps = (int)pow(10, n_digits);
    *l = (list){0};
    for (int i = 0; i < MAX_LABELS; i++) {
        float x = test_random_float(r, 100, 500), y = test_random_float(r, 100, 380);
        float w = test_random_float(r, 20, 200), h = test_random_float(r, 20, 200);
        int image = test_random_int(r, 6), class_number = test_random_int(r, N_CLASSES - 1);
        add_label(l, image, class_number, (double)x, (double)y, (double)w, (double)h);
        for (int times = test_random_int(r, 4); times > 0; times--)
            add_found(l, image, class_number, (float)(1 + test_random_int(r, steps)) / (float)steps,
                      x + test_random_float(r, -15, 15), y + test_random_float(r, -15, 15),
                      w * test_random_float(r, .7f, 1.4f), h * test_random_float(r, .7f, 1.4f));
    }
    for (int i = 0; i < 100; i++)
        add_found(l, test_random_int(r, 6), test_random_int(r, N_CLASSES),
                  (float)(1 + test_random_int(r, steps)) / (float)steps,
                  test_random_float(r, 0, W), test_random_float(r, 0, H), 100, 100);
}

/* Judges the images in the order that `order` has them; NULL: as they are. */
static void judge(const list *l, const int *order, int capacity, mafat_score *score)
{
    mafat_error error;
    ck_assert_int_eq(mafat_score_init(score, N_CLASSES, .25f, false, &error), MAFAT_OK);
    mafat_pile_free(&score->pile);
    ck_assert_int_eq(mafat_pile_init(&score->pile, capacity, false, &error), MAFAT_OK);
    for (int i = 0; i < l->n_images; i++)
        for (int k = 0; k < N_CLASSES; k++) {
            int image = order != NULL ? order[i] : i, n = 0, n_truths = 0;
            mafat_contender contenders[MAX_BOXES];
            mafat_truth truths[MAX_LABELS];
            for (int j = 0; j < l->n_found; j++)
                if (l->found[j].image == image && l->found[j].class_number == k)
                    contenders[n++] = mafat_match_contender(j, l->found[j].probability,
                                                            l->found[j].box, W, H);
            for (int j = 0; j < l->n_labels; j++)
                if (l->labels[j].image == image && l->labels[j].class_number == k)
                    truths[n_truths++] = mafat_match_truth(l->labels[j].box, W, H);
            ck_assert_int_eq(mafat_score_add(score, k, contenders, n, truths, n_truths, &error),
                             MAFAT_OK);
        }
    ck_assert_int_eq(mafat_score_end(score, &error), MAFAT_OK);
}

static bool is_same(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) < 1e-12;
}

static void require_same(const mafat_score *a, const mafat_score *b)
{
    for (int k = 0; k < N_CLASSES; k++) {
        const mafat_class_score *x = &a->classes[k], *y = &b->classes[k];
        test_require(x->n_truths == y->n_truths && x->n_found == y->n_found);
        test_require(x->counts.n_right == y->counts.n_right);
        test_require(x->counts.n_wrong == y->counts.n_wrong);
        test_require(x->counts.n_missed == y->counts.n_missed);
        for (int r = 0; r < MAFAT_N_RULES; r++)
            test_require(is_same(x->at_50[r], y->at_50[r]) &&
                         is_same(x->at_50_95[r], y->at_50_95[r]));
    }
}

/* ----------------------------------------------------------------------------- a slow evaluation */

/* Of all boxes of a class, by falling probability, each against all labels of its image; then, for
 * each point of recall, the highest precision of all ranks that reach it. No sums, no states. */
static double slow_average(const list *l, int k, mafat_rules rules, double overlap)
{
    const found_box *sorted[MAX_BOXES];
    bool taken[MAX_LABELS] = {false};
    double precision[MAX_BOXES], recall[MAX_BOXES], sum = 0;
    int n = 0, n_truths = 0, n_hits = 0, n_points = rules == MAFAT_RULES_VOC ? 11 : 101;
    for (int j = 0; j < l->n_labels; j++)
        n_truths += l->labels[j].class_number == k;
    for (int j = 0; j < l->n_found; j++) {    /* insertion, behind equals of images before */
        const found_box *f = &l->found[j];
        if (f->class_number != k)
            continue;
        int at = n++;
        while (at > 0 && (sorted[at - 1]->probability < f->probability ||
                          (sorted[at - 1]->probability == f->probability &&
                           sorted[at - 1]->image > f->image))) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = f;
    }
    for (int i = 0; i < n; i++) {
        mafat_frame frame = mafat_frame_of_found(rules, sorted[i]->box, W, H);
        double most = rules == MAFAT_RULES_VOC ? 0 : overlap;
        int best = -1;
        for (int j = 0; j < l->n_labels; j++) {
            if (l->labels[j].image != sorted[i]->image || l->labels[j].class_number != k ||
                (rules == MAFAT_RULES_COCO && taken[j]))
                continue;
            mafat_frame truth = mafat_frame_of_label(rules, l->labels[j].box, W, H);
            double common = mafat_frame_overlap(rules, &frame, &truth);
            if (common > most || (common == most && rules == MAFAT_RULES_COCO)) {
                most = common;
                best = j;
            }
        }
        bool is_hit = best >= 0 && most >= overlap && !taken[best];
        if (is_hit)
            taken[best] = true;
        n_hits += is_hit;
        precision[i] = (double)n_hits / (i + 1);
        recall[i] = (double)n_hits / n_truths;
    }
    for (int point = 0; point < n_points; point++) {
        double highest = 0;
        for (int i = 0; i < n; i++)
            if (recall[i] >= point * (1. / (n_points - 1)) && precision[i] > highest)
                highest = precision[i];
        sum += highest;
    }
    return n_truths == 0 ? NAN : sum / n_points;
}

START_TEST(agrees_with_a_slow_evaluation)
{
    static const double overlaps[] = {.5, .55, .6, .65, .7, .75, .8, .85, .9, .95};
    test_random r = {(uint64_t)_i + 1};
    mafat_score score;
    list l;
    fill(&l, &r, _i % 2 == 0 ? 6 : 1);    /* with one digit most are equal */
    judge(&l, NULL, 1000, &score);
    for (int k = 0; k < N_CLASSES; k++)
        for (mafat_rules rules = 0; rules < MAFAT_N_RULES; rules++) {
            test_case("seed %d, class %d, rules %d", _i + 1, k, (int)rules);
            double sum = 0;
            for (int t = 0; t < MAFAT_N_OVERLAPS; t++)
                sum += slow_average(&l, k, rules, overlaps[t]);
            test_require(is_same(score.classes[k].at_50[rules], slow_average(&l, k, rules, .5)));
            test_require(is_same(score.classes[k].at_50_95[rules], sum / MAFAT_N_OVERLAPS));
        }
    mafat_score_free(&score);
}
END_TEST

/* ------------------------------------------------------------------------------- what must hold */

START_TEST(a_small_pile_gives_the_same)
{
    test_random r = {(uint64_t)_i + 1};
    mafat_score whole, parts;
    list l;
    fill(&l, &r, 1 + _i % 6);
    judge(&l, NULL, 1000, &whole);
    for (int capacity = 24; capacity < 120; capacity += 7) {
        judge(&l, NULL, capacity, &parts);
        require_same(&whole, &parts);
        mafat_score_free(&parts);
    }
    mafat_score_free(&whole);
}
END_TEST

START_TEST(the_order_of_images_is_nothing)
{
    static const int orders[][6] = {{5, 4, 3, 2, 1, 0}, {2, 0, 5, 1, 4, 3}};
    test_random r = {(uint64_t)_i + 1};
    mafat_score straight, other;
    list l;
    fill(&l, &r, 6);
    for (int i = 0; i < l.n_found; i++)    /* no two alike */
        l.found[i].probability = (float)(i * 7919 % 4001 + 1) / 4002;
    judge(&l, NULL, 50, &straight);
    for (int i = 0; i < 2; i++) {
        judge(&l, orders[i], 50, &other);
        require_same(&straight, &other);
        mafat_score_free(&other);
    }
    mafat_score_free(&straight);
}
END_TEST

START_TEST(what_is_found_as_labelled_is_worth_1)
{
    list l = {0};
    mafat_score score;
    for (int i = 0; i < 20; i++) {
        add_label(&l, i / 4, i % 2, 100 + 100 * (i % 4), 200, 80, 120);
        add_found(&l, i / 4, i % 2, .3f + (float)i / 100, 100 + 100 * (float)(i % 4), 200, 80, 120);
    }
    judge(&l, NULL, 1000, &score);
    mafat_class_score total = mafat_score_total(&score);
    for (int r = 0; r < MAFAT_N_RULES; r++) {
        ck_assert(is_same(total.at_50[r], 1));
        ck_assert(is_same(total.at_50_95[r], 1));
    }
    ck_assert_uint_eq(total.counts.n_right, 20);
    ck_assert_uint_eq(total.counts.n_wrong + total.counts.n_missed, 0);
    ck_assert(is_same(total.counts.overlap_sum, 20));
    ck_assert(isnan(score.classes[2].at_50[0]));    /* of which there are no labels */
    mafat_score_free(&score);
}
END_TEST

/* Two labels; what is found is right, wrong, right: precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1. */
START_TEST(three_boxes_add_up)
{
    list l = {0};
    mafat_score score;
    add_label(&l, 0, 0, 100, 100, 50, 50);
    add_label(&l, 1, 0, 300, 300, 50, 50);
    add_found(&l, 0, 0, .9f, 100, 100, 50, 50);
    add_found(&l, 0, 0, .8f, 100, 100, 50, 50);    /* a second one of the same */
    add_found(&l, 1, 0, .2f, 300, 300, 50, 50);
    judge(&l, NULL, 1000, &score);
    ck_assert(is_same(score.classes[0].at_50[MAFAT_RULES_VOC], (6 * 1 + 5 * (2. / 3)) / 11));
    ck_assert(is_same(score.classes[0].at_50[MAFAT_RULES_COCO], (51 * 1 + 50 * (2. / 3)) / 101));
    ck_assert_uint_eq(score.classes[0].counts.n_right, 1);    /* above .25 */
    ck_assert_uint_eq(score.classes[0].counts.n_wrong, 1);
    ck_assert_uint_eq(score.classes[0].counts.n_missed, 1);
    mafat_score_free(&score);
}
END_TEST

/* A box that overlaps a taken label most, and another one enough: false to the devkit, true to
 * pycocotools. */
START_TEST(the_two_ways_differ_in_what_is_taken)
{
    list l = {0};
    mafat_score score;
    add_label(&l, 0, 0, 200, 200, 100, 100);
    add_label(&l, 0, 0, 230, 200, 100, 100);
    add_found(&l, 0, 0, .9f, 200, 200, 100, 100);
    add_found(&l, 0, 0, .8f, 212, 200, 100, 100);
    judge(&l, NULL, 1000, &score);
    ck_assert(is_same(score.classes[0].at_50[MAFAT_RULES_VOC], 6. / 11));
    ck_assert(is_same(score.classes[0].at_50[MAFAT_RULES_COCO], 1));
    mafat_score_free(&score);
}
END_TEST

/* Of a class in an image COCO looks at the 100 most probable boxes. */
START_TEST(coco_looks_at_a_hundred)
{
    for (int n_before = 99; n_before <= 100; n_before++) {
        list l = {0};
        mafat_score score;
        add_label(&l, 0, 0, 100, 100, 50, 50);
        for (int i = 0; i < n_before; i++)
            add_found(&l, 0, 0, .9f, 500, 400, 50, 50);
        add_found(&l, 0, 0, .5f, 100, 100, 50, 50);
        judge(&l, NULL, 1000, &score);
        ck_assert(is_same(score.classes[0].at_50[MAFAT_RULES_VOC], 1. / (n_before + 1)));
        ck_assert(is_same(score.classes[0].at_50[MAFAT_RULES_COCO], n_before == 99 ? .01 : 0));
        mafat_score_free(&score);
    }
}
END_TEST

/* An overlap that is the least one counts. */
START_TEST(the_least_overlap_is_enough)
{
    list l = {0};
    mafat_score score;
    add_label(&l, 0, 0, 200, 200, 100, 100);    /* by COCO 50 of 100 rows */
    add_found(&l, 0, 0, .9f, 200, 175, 100, 50);
    add_label(&l, 0, 1, 200, 200, 99, 99);      /* by VOC, whose last row counts, too */
    add_found(&l, 0, 1, .9f, 200, 175, 99, 49);
    judge(&l, NULL, 1000, &score);
    ck_assert(is_same(score.classes[0].at_50[MAFAT_RULES_COCO], 1));
    ck_assert(is_same(score.classes[1].at_50[MAFAT_RULES_VOC], 1));
    mafat_score_free(&score);
}
END_TEST

/* Boxes of networks that have lost their way, inside out or of no numbers, are nobody's. */
START_TEST(what_is_no_box_hits_nothing)
{
    static const float boxes[][4] = {{NAN, 200, 50, 50}, {200, 200, NAN, NAN},
                                     {200, 200, INFINITY, NAN}, {-900, 200, 50, 50},
                                     {200, 900, 50, 50}, {200, 200, -50, -50}};
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        test_case("box %zu", i);
        list l = {0};
        mafat_score score;
        add_label(&l, 0, 0, 200, 200, 50, 50);
        add_found(&l, 0, 0, .9f, boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3]);
        judge(&l, NULL, 1000, &score);
        for (int r = 0; r < MAFAT_N_RULES; r++)
            ck_assert(is_same(score.classes[0].at_50[r], 0));
        mafat_score_free(&score);
    }
}
END_TEST

/* Of equals the one that comes first is first; probabilities are equal where six digits are. */
START_TEST(equals_keep_their_order)
{
    for (int right = 0; right < 2; right++) {
        list l = {0};
        mafat_score score;
        add_label(&l, 0, 0, 100, 100, 50, 50);
        add_label(&l, 1, 0, 100, 100, 50, 50);
        add_found(&l, right == 0 ? 0 : 1, 0, .5000001f, 100, 100, 50, 50);
        add_found(&l, right == 0 ? 1 : 0, 0, .5000003f, 500, 400, 50, 50);
        judge(&l, NULL, 24, &score);
        double precision = right == 0 ? 1 : 1. / 2;
        ck_assert(is_same(score.classes[0].at_50[MAFAT_RULES_VOC], 6 * precision / 11));
        mafat_score_free(&score);
    }
}
END_TEST

/* Recall that should reach a point by arithmetic and does not in doubles, as numpy has them. */
START_TEST(points_are_numpys)
{
    mafat_curve curve;
    mafat_curve_begin(&curve, MAFAT_POINTS_COCO, 100);
    for (int i = 0; i < 35; i++)
        mafat_curve_add(&curve, true);
    ck_assert(is_same(mafat_curve_average(&curve), 35. / 101));    /* 0, .01 to .34, and not .35 */
    mafat_curve_begin(&curve, MAFAT_POINTS_VOC, 10);
    for (int i = 0; i < 3; i++)
        mafat_curve_add(&curve, true);
    ck_assert(is_same(mafat_curve_average(&curve), 3. / 11));
}
END_TEST

/* ------------------------------------------------------------------------------------- the pile */

/* By memory for so many boxes: as few as there can be, whose parts are merged by two and by three, and
 * more. The first makes more parts than can be read side by side. */
static const int capacities[] = {MAFAT_PILE_LEAST, 4, 10, 64, 65, 66, 75, 135, 1000, 20000, 30000};
enum { N_CAPACITIES = sizeof capacities / sizeof capacities[0] };

START_TEST(a_pile_sorts)
{
    enum { N = 20000 };
    test_random r = {(uint64_t)_i + 1};
    mafat_error error;
    mafat_pile pile;
    mafat_judged box, before = {0};
    bool is_there = true;
    uint64_t sum = 0, taken_sum = 0;
    bool spares_cache = capacities[_i] >= 1000;    /* which waits for the disk */
    ck_assert_int_eq(mafat_pile_init(&pile, capacities[_i], spares_cache, &error), MAFAT_OK);
    for (int i = 0; i < N; i++) {
        box = (mafat_judged){.class_number = (uint32_t)test_random_int(&r, 5),
                             .probability = (float)test_random_int(&r, 50),
                             .judgement = (uint32_t)i};
        sum += (uint64_t)i * (box.class_number + 1);
        ck_assert_int_eq(mafat_pile_put(&pile, &box, &error), MAFAT_OK);
    }
    ck_assert_int_eq(mafat_pile_begin(&pile, &error), MAFAT_OK);
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(mafat_pile_take(&pile, &box, &is_there, &error), MAFAT_OK);
        test_require(is_there && box.number == box.judgement);
        test_require(i == 0 || before.class_number < box.class_number ||
                     (before.class_number == box.class_number &&
                      (before.probability > box.probability ||
                       (before.probability == box.probability && before.number < box.number))));
        taken_sum += (uint64_t)box.judgement * (box.class_number + 1);
        before = box;
    }
    ck_assert_int_eq(mafat_pile_take(&pile, &box, &is_there, &error), MAFAT_OK);
    ck_assert(!is_there);
    ck_assert_uint_eq(sum, taken_sum);
    mafat_pile_free(&pile);
}
END_TEST

START_TEST(a_pile_without_a_folder_says_so)
{
    mafat_error error;
    mafat_pile pile;
    mafat_judged box = {0};
    mafat_status status = MAFAT_OK;
    setenv("TMPDIR", "/nonexistent", 1);
    ck_assert_int_eq(mafat_pile_init(&pile, 10, false, &error), MAFAT_OK);
    for (int i = 0; i < 11 && status == MAFAT_OK; i++)
        status = mafat_pile_put(&pile, &box, &error);
    ck_assert_int_eq(status, MAFAT_FAILED);
    ck_assert_str_eq(error.file, "/nonexistent");
    mafat_pile_free(&pile);
    unsetenv("TMPDIR");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("score");
    TCase *tests = tcase_create("score");
    tcase_add_loop_test(tests, agrees_with_a_slow_evaluation, 0, test_rounds(25));
    tcase_add_loop_test(tests, a_small_pile_gives_the_same, 0, test_rounds(5));
    tcase_add_loop_test(tests, the_order_of_images_is_nothing, 0, test_rounds(5));
    tcase_add_test(tests, what_is_found_as_labelled_is_worth_1);
    tcase_add_test(tests, three_boxes_add_up);
    tcase_add_test(tests, the_two_ways_differ_in_what_is_taken);
    tcase_add_test(tests, coco_looks_at_a_hundred);
    tcase_add_test(tests, the_least_overlap_is_enough);
    tcase_add_test(tests, what_is_no_box_hits_nothing);
    tcase_add_test(tests, equals_keep_their_order);
    tcase_add_test(tests, points_are_numpys);
    tcase_add_loop_test(tests, a_pile_sorts, 0, N_CAPACITIES);
    tcase_add_test(tests, a_pile_without_a_folder_says_so);
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
