/* Darknet's detectors on images, which MAFAT runs itself. */
#ifndef MAFAT_COMMAND_COMMAND_DETECTOR_H
#define MAFAT_COMMAND_COMMAND_DETECTOR_H

#include "command/arguments.h"

/* Whether the words begin with `detector test` or `detect`. */
bool mafat_command_detector_is(const mafat_arguments *arguments);

/* detector test DATA CFG WEIGHTS [IMAGE] and detect CFG WEIGHTS [IMAGE], as Darknet runs them: the
 * same lines on stdout but for the seconds, the same picture byte for byte, paths from stdin where
 * no IMAGE is named. The picture stays bytes, and is written whole or not at all. */
mafat_status mafat_command_detector(mafat_arguments *arguments, mafat_error *error);

#endif
