/* Boxes by the rules of the two ways to judge a detector, as `detector valid` writes them for each:
 * the PASCAL VOC devkit, whose pixels count from 1 and whose corners lie inside the box, and COCO's
 * pycocotools, for which coordinates are real numbers from 0 on. */
#ifndef MAFAT_SCORE_FRAME_H
#define MAFAT_SCORE_FRAME_H

typedef enum { MAFAT_RULES_VOC, MAFAT_RULES_COCO, MAFAT_N_RULES } mafat_rules;

typedef struct {
    double left, top, right, bottom;
} mafat_frame;

/* Of a box that was found, centre and size in pixels, in an image of w x h, at whose edges it is
 * cut. */
mafat_frame mafat_frame_of_found(mafat_rules rules, const float box[4], int w, int h);

/* Of a label, centre and size as parts of the image's; it is taken as it is. */
mafat_frame mafat_frame_of_label(mafat_rules rules, const double box[4], int w, int h);

/* What two have in common, as a part of what they cover together; 0 where coordinates are no
 * numbers. */
double mafat_frame_overlap(mafat_rules rules, const mafat_frame *a, const mafat_frame *b);

#endif
