/* Which boxes are dropped for a better one: by the measure that the network's last [yolo] says. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "darknet.h"
#include "support/random.h"
#include "support/suite.h"
#include "upstream/foreign_layers.h"
#include "upstream/nms.h"

enum { N_BOXES = 40, N_CLASSES = 3 };

static float probabilities[N_BOXES][N_CLASSES];
static detection boxes[N_BOXES];

static void fill(uint64_t seed)
{
    test_random r = {seed};
    for (int i = 0; i < N_BOXES; i++) {
        boxes[i] = (detection){.bbox = {test_random_float(&r, .3f, .7f), test_random_float(&r, .3f, .7f),
                                        test_random_float(&r, .2f, .5f), test_random_float(&r, .2f, .5f)},
                               .classes = N_CLASSES, .prob = probabilities[i], .objectness = 1};
        for (int k = 0; k < N_CLASSES; k++)
            probabilities[i][k] = test_random_float(&r, .3f, 1);
    }
}

static int count(void)
{
    int n = 0;
    for (int i = 0; i < N_BOXES; i++)
        for (int k = 0; k < N_CLASSES; k++)
            n += boxes[i].prob[k] > 0;
    return n;
}

/* A network of two heads, whose first one says otherwise. */
static int count_left(uint64_t seed, mafat_nms_kind kind, float beta)
{
    layer layers[] = {
        {.type = YOLO, .nms_kind = MAFAT_NMS_DIOU, .beta_nms = .01f}, {.type = CONVOLUTIONAL},
        {.type = YOLO, .nms_kind = kind, .beta_nms = beta}, {.type = ROUTE, .nms_kind = MAFAT_NMS_DIOU},
    };
    network net = {.n = 4, .layers = layers};
    fill(seed);
    mafat_nms_sort(&net, boxes, N_BOXES, N_CLASSES, .45f);
    return count();
}

START_TEST(the_last_head_decides_by_its_kind_and_beta)
{
    int n_differ = 0;
    for (uint64_t seed = 1; seed < 20; seed++) {
        test_case("seed %d", (int)seed);
        fill(seed);
        do_nms_sort(boxes, N_BOXES, N_CLASSES, .45f);
        int plain = count(), greedy = count_left(seed, MAFAT_NMS_GREEDY, .2f);
        ck_assert_int_eq(count_left(seed, MAFAT_NMS_DEFAULT, .2f), plain);
        ck_assert_int_eq(count_left(seed, MAFAT_NMS_DIOU, .6f), greedy);    /* whose beta is .6 */
        /* the smaller the exponent, the more is taken off, and the fewer are dropped */
        ck_assert_int_ge(greedy, plain);
        ck_assert_int_ge(count_left(seed, MAFAT_NMS_DIOU, .2f), greedy);
        n_differ += greedy > plain;
    }
    ck_assert_int_gt(n_differ, 3);
}
END_TEST

/* Two boxes of one size, side by side: IoU is (1-s)/(1+s), the square of distance s against that of a
 * diagonal of (1+s) by 1. */
START_TEST(a_box_is_dropped_where_the_measure_says)
{
    float pair[2][1];
    layer last = {.type = YOLO, .nms_kind = MAFAT_NMS_GREEDY};
    network net = {.n = 1, .layers = &last};
    for (float s = 0; s < 1; s += .01f) {
        double iou = (1 - s) / (1 + s), d = s * s / ((1 + s) * (1 + s) + 1);
        double measure = iou - pow(d, .6);
        if (fabs(measure - .45) < 1e-4)
            continue;
        detection two[2] = {{.bbox = {.5f, .5f, 1, 1}, .prob = pair[0], .objectness = 1},
                            {.bbox = {.5f + s, .5f, 1, 1}, .prob = pair[1], .objectness = 1}};
        pair[0][0] = .9f;
        pair[1][0] = .8f;
        mafat_nms_sort(&net, two, 2, 1, .45f);
        test_require(two[0].prob[0] == .9f);
        test_require((two[1].prob[0] == 0) == (measure > .45));
    }
}
END_TEST

START_TEST(two_boxes_that_are_one_point_are_no_division_by_zero)
{
    float pair[2][1] = {{.9f}, {.8f}};
    layer last = {.type = YOLO, .nms_kind = MAFAT_NMS_DIOU, .beta_nms = .6f};
    network net = {.n = 1, .layers = &last};
    detection two[2] = {{.bbox = {.5f, .5f, 0, 0}, .prob = pair[0], .objectness = 1},
                        {.bbox = {.5f, .5f, 0, 0}, .prob = pair[1], .objectness = 1}};
    mafat_nms_sort(&net, two, 2, 1, .45f);
    ck_assert(two[0].prob[0] == .9f);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("nms");
    tcase_add_test(tcase, the_last_head_decides_by_its_kind_and_beta);
    tcase_add_test(tcase, a_box_is_dropped_where_the_measure_says);
    tcase_add_test(tcase, two_boxes_that_are_one_point_are_no_division_by_zero);
    Suite *suite = suite_create("nms");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
