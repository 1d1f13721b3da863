/* Mean average precision of a detector over a list of images with labels. */
#ifndef MAFAT_COMMAND_COMMAND_MAP_H
#define MAFAT_COMMAND_COMMAND_MAP_H

#include "command/arguments.h"

/* Whether the words begin with `detector map`. */
bool mafat_command_map_is(const mafat_arguments *arguments);

/* detector map DATA CFG WEIGHTS [-thresh P], which AlexeyAB's Darknet has and pjreddie's has not:
 * finds what `detector valid` finds in the images of valid=, judges it by their labels, and reports
 * it (score/README.md). Boxes above P, or .25, are counted one by one. */
mafat_status mafat_command_map(mafat_arguments *arguments, mafat_error *error);

#endif
