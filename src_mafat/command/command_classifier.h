/* Darknet's classifiers on images, with results as JSON. */
#ifndef MAFAT_COMMAND_COMMAND_CLASSIFIER_H
#define MAFAT_COMMAND_COMMAND_CLASSIFIER_H

#include "command/arguments.h"

/* Whether the words begin with `classifier predict` or `classify`, and JSON is asked for. */
bool mafat_command_classifier_is(const mafat_arguments *arguments);

/* classifier predict DATA CFG WEIGHTS [IMAGE] and classify CFG WEIGHTS [IMAGE] with -json, on the
 * library of mafat.h: an object a line (command/README.md) for the image, or for those whose paths
 * come on stdin, with the classes and probabilities that Darknet finds. */
mafat_status mafat_command_classifier(mafat_arguments *arguments, mafat_error *error);

#endif
