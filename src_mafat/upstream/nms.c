/* Non-maximum suppression by other measures than IoU alone; see nms.h. */
#include "upstream/nms.h"

#include <math.h>

#include "box.h"
#include "darknet.h"
#include "doors.h"
#include "upstream/foreign_layers.h"

/* box.c does not declare it: by falling probability of sort_class. */
int nms_comparator(const void *a, const void *b);

static float smaller(float a, float b)
{
    return a < b ? a : b;
}

static float larger(float a, float b)
{
    return a > b ? a : b;
}

/* The square of the centres' distance, in parts of the square of the diagonal around both. */
static float distance(box a, box b)
{
    float left = smaller(a.x - a.w / 2, b.x - b.w / 2), right = larger(a.x + a.w / 2, b.x + b.w / 2);
    float top = smaller(a.y - a.h / 2, b.y - b.h / 2), bottom = larger(a.y + a.h / 2, b.y + b.h / 2);
    float w = right - left, h = bottom - top, dx = a.x - b.x, dy = a.y - b.y;
    float diagonal = w * w + h * h;
    return diagonal > 0 ? (dx * dx + dy * dy) / diagonal : 0;
}

static void suppress(detection *boxes, int n, int k, float threshold, float exponent)
{
    for (int i = 0; i < n; i++)
        boxes[i].sort_class = k;
    mafat_checked_qsort(boxes, (size_t)n, sizeof *boxes, nms_comparator);
    for (int i = 0; i < n; i++) {
        for (int other = i + 1; other < n && boxes[i].prob[k] != 0; other++) {
            box a = boxes[i].bbox, b = boxes[other].bbox;
            if (box_iou(a, b) - powf(distance(a, b), exponent) > threshold)
                boxes[other].prob[k] = 0;
        }
    }
}

void mafat_nms_sort(const network *net, detection *boxes, int n, int n_classes, float threshold)
{
    const layer *last = NULL;
    for (int i = 0; i < net->n; i++)
        if (net->layers[i].type == YOLO)
            last = &net->layers[i];
    if (last == NULL || last->nms_kind == MAFAT_NMS_DEFAULT) {
        do_nms_sort(boxes, n, n_classes, threshold);
        return;
    }
    float exponent = last->nms_kind == MAFAT_NMS_DIOU ? last->beta_nms : .6f;
    for (int k = 0; k < n_classes; k++)
        suppress(boxes, n, k, threshold, exponent);
}
