/* The boxes of a detector, found and drawn as Darknet's test_detector() does behind its
 * network_predict(): get_network_boxes(), do_nms_sort(), draw_detections(), on a picture of
 * bytes. */
#ifndef MAFAT_FRONT_BOXES_H
#define MAFAT_FRONT_BOXES_H

#include "base/rounding.h"
#include "base/status.h"
#include "front/names.h"
#include "front/picture.h"

struct network;
struct detection;

typedef struct {
    int n, n_classes;
    struct detection *detections;    /* [n], owned */
} mafat_boxes;

/* What the network, which has just run, found in a picture of this size. */
void mafat_boxes_find(mafat_boxes *boxes, struct network *network, int w, int h, float threshold,
                      float hier_threshold);
void mafat_boxes_free(mafat_boxes *boxes);

/* Prints "dog: 82%" for every class of every box over the threshold. */
void mafat_boxes_print(const mafat_boxes *boxes, const mafat_names *names, float threshold);

/* Makes of a decoded picture what save_image() would write: its own bytes, and for every box that
 * has a class over the threshold a frame, a label of all those classes, and its mask if there is
 * one. The letters' pictures are read here, those that the labels need, in the one size they need.
 * MAFAT_FAILED for a letter that cannot be read, and where Darknet would run out of its arrays: a
 * label longer than MAFAT_LONGEST_LABEL, a mask of more floats than int counts, or of one row
 * (which resize_image() divides by). */
enum { MAFAT_LONGEST_LABEL = 4095 };
mafat_status mafat_boxes_draw(const mafat_boxes *boxes, const mafat_names *names, float threshold,
                              const mafat_image_rounding *rounding, mafat_picture *picture,
                              mafat_error *error);

/* In which of the sizes of data/labels, 0 to 7, a picture of so many rows is labelled. */
int mafat_boxes_letter_size(int picture_h);

#endif
