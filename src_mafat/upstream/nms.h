/* Which of a detector's boxes are dropped because a better one is too near: the network's measure. */
#ifndef MAFAT_UPSTREAM_NMS_H
#define MAFAT_UPSTREAM_NMS_H

struct detection;
struct network;

/* do_nms_sort(), by the measure of the network's last [yolo] layer. For each class, from the most
 * probable box on, each later one is none of that class whose measure with it is over the threshold:
 *
 *     default      IoU
 *     greedynms    IoU - (d*d / c*c)^0.6            d: distance of centres
 *     diounms      IoU - (d*d / c*c)^beta_nms       c: diagonal of the box around both
 */
void mafat_nms_sort(const struct network *network, struct detection *boxes, int n, int n_classes,
                    float threshold);

#endif
