/* Boxes that the library found, as lines and as JSON. */
#ifndef MAFAT_COMMAND_FOUND_H
#define MAFAT_COMMAND_FOUND_H

#include "base/json.h"
#include "base/status.h"

/* Prints "dog: 82%" for each class of a box, as Darknet does. Behind it, where `has_boxes`, a tab
 * and the box in whole pixels, as AlexeyAB's fork prints it for -ext_output:
 * "dog: 82%\t(left_x:  128   top_y:  224   width:  185   height:  314)". */
void mafat_found_print(const mafat *network, const mafat_result *result, bool has_boxes);

/* Adds the size of the image, the boxes and the seconds to an object: the keys width, height, boxes
 * (class, name, probability, left, top, width, height) and seconds. */
void mafat_found_write(const mafat *network, const mafat_result *result, mafat_json *json);

#endif
