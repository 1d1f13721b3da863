/* Boxes for two ways to judge; see frame.h. Sources: print_detector_detections() and print_cocos()
 * of Darknet's detector.c, VOC's VOCevaldet.m, pycocotools' maskApi.c. */
#include "score/frame.h"

#include <math.h>

/* The distance of two pixels that are one: VOC's last pixel is a part of the box. */
static double pixel(mafat_rules rules)
{
    return rules == MAFAT_RULES_VOC ? 1 : 0;
}

/* One side, as Darknet cuts it, in floats. */
static void cut(float middle, float length, float first, int last, double *begin, double *end)
{
    float from = (float)(middle - length / 2. + (double)first);
    float to = (float)(middle + length / 2. + (double)first);
    *begin = (double)(from < first ? first : from);
    *end = (double)(to > (float)last ? (float)last : to);
}

mafat_frame mafat_frame_of_found(mafat_rules rules, const float box[4], int w, int h)
{
    mafat_frame frame;
    float first = (float)pixel(rules);
    cut(box[0], box[2], first, w, &frame.left, &frame.right);
    cut(box[1], box[3], first, h, &frame.top, &frame.bottom);
    if (rules == MAFAT_RULES_COCO) {    /* sizes are what its file holds */
        frame.right = frame.left + (double)(float)(frame.right - frame.left);
        frame.bottom = frame.top + (double)(float)(frame.bottom - frame.top);
    }
    return frame;
}

mafat_frame mafat_frame_of_label(mafat_rules rules, const double box[4], int w, int h)
{
    double first = pixel(rules);
    return (mafat_frame){
        .left = (box[0] - box[2] / 2) * w + first, .right = (box[0] + box[2] / 2) * w + first,
        .top = (box[1] - box[3] / 2) * h + first, .bottom = (box[1] + box[3] / 2) * h + first,
    };
}

static double area(mafat_rules rules, const mafat_frame *frame)
{
    double one = pixel(rules);
    return (frame->right - frame->left + one) * (frame->bottom - frame->top + one);
}

double mafat_frame_overlap(mafat_rules rules, const mafat_frame *a, const mafat_frame *b)
{
    const mafat_frame common = {
        .left = fmax(a->left, b->left), .right = fmin(a->right, b->right),
        .top = fmax(a->top, b->top), .bottom = fmin(a->bottom, b->bottom),
    };
    if (!(common.right - common.left + pixel(rules) > 0 &&
          common.bottom - common.top + pixel(rules) > 0))
        return 0;
    double both = area(rules, &common);
    double overlap = both / (area(rules, a) + area(rules, b) - both);
    return isnan(overlap) ? 0 : overlap;
}
