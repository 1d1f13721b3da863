/* The boxes of a detector, found and drawn as Darknet's test_detector() does behind its
 * network_predict(): get_network_boxes(), do_nms_sort(), draw_detections(), on a picture of
 * bytes. */
#ifndef MAFAT_UPSTREAM_BOXES_H
#define MAFAT_UPSTREAM_BOXES_H

#include "base/rounding.h"
#include "base/shipped.h"
#include "base/status.h"
#include "upstream/canvas.h"
#include "upstream/names.h"
#include "upstream/picture.h"

struct network;
struct detection;

typedef struct {
    int w, h;                        /* of the picture */
    int n, n_classes;
    struct detection *detections;    /* [n], owned */
} mafat_boxes;

/* What the network, which has just run, found in a picture of this size, which was stretched to its
 * input or letterboxed. */
void mafat_boxes_find(mafat_boxes *boxes, struct network *network, int w, int h, bool stretched,
                      float threshold, float hier_threshold);
void mafat_boxes_free(mafat_boxes *boxes);

/* Finds the next class of a box that is over the threshold (mafat.h), from *at on, which is 0 at first,
 * in the order in which Darknet prints them; false: there are no more. */
bool mafat_boxes_next(const mafat_boxes *boxes, float threshold, size_t *at, mafat_box *found);

/* What `detector valid` would write, with its thresholds, in pixels. `map`: for which class of the
 * network each of 200 stands, read by Darknet's read_map(); NULL: each for itself. */
void mafat_boxes_find_valid(mafat_boxes *boxes, struct network *network, int w, int h,
                            bool stretched, const int *map);
int *mafat_boxes_read_map(const char *path);    /* the caller frees it */

/* Box i, centre and size, as one of a class; false where it is none of that class. */
bool mafat_boxes_get(const mafat_boxes *boxes, int i, int class_number, float *probability,
                     float box[4]);

/* What save_image() would write, drawn strip by strip: the picture's own bytes, and for every box
 * that has a class over the threshold a frame, a label of all those classes, and its mask if there
 * is one. All that it is given must stay. */
typedef struct mafat_drawing mafat_drawing;

/* Looks at all boxes, and reads the letters' pictures that their labels need, in the one size that
 * they need. MAFAT_FAILED for a letter that cannot be read, and where
 * Darknet would run out of its arrays: a label longer than MAFAT_MAX_LABEL_LENGTH or of no width, a
 * mask of more floats than int counts, or of one row (which resize_image() divides by). Where it
 * spares the page cache, the letters' files leave it again. On error nothing needs to be ended. */
enum { MAFAT_MAX_LABEL_LENGTH = 4095 };
mafat_status mafat_boxes_begin_drawing(mafat_drawing **drawing, const mafat_boxes *boxes,
                                       const mafat_names *names, float threshold,
                                       const mafat_image_rounding *rounding, bool spares_cache,
                                       mafat_error *error);

/* Settles a strip and draws on it: the draw() of a mafat_canvas, whose context is the drawing. */
mafat_status mafat_boxes_draw(void *drawing, mafat_strip *strip, mafat_error *error);

/* Frees it; NULL may be ended. */
void mafat_boxes_end_drawing(mafat_drawing *drawing);

/* The most that is held while boxes are drawn on an image and the picture is written, the image's
 * rows included, without the boxes. */
size_t mafat_boxes_drawing_bytes(const mafat_picture_memory *memory, mafat_canvas_format format);

/* The most boxes that a detector has for so many outputs, in floats, and what they take. */
size_t mafat_boxes_most(size_t n_outputs, int n_classes);
size_t mafat_boxes_bytes(size_t n_outputs, int n_classes);

/* Channel 0 to 2 of the colour in which draw_detections() draws class number `x` of `max`, as it
 * has shuffled them: get_color(), rounded as where it is inlined there. */
float mafat_boxes_colour(const mafat_image_rounding *rounding, int channel, int x, int max);

/* In which of the sizes of data/labels, 0 to 7, a picture of so many rows is labelled. */
int mafat_boxes_letter_size(int picture_h);

/* Darknet's pictures of letters, in each of so many sizes. */
enum { MAFAT_FIRST_LETTER = 32, MAFAT_LAST_LETTER = 126, MAFAT_LETTER_SIZES = 8 };
#define MAFAT_LETTERS "data/labels/"

/* Where the picture of a letter in a size is, looked up (base/shipped.h). */
const char *mafat_boxes_letter_path(int letter, int size, char path[MAFAT_SHIPPED_PATH]);

#endif
