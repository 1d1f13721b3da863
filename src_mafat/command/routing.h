/* What becomes of command lines that ask for MAFAT (asked.h) and whose command neither is MAFAT's
 * own nor one of those that it verifies (command_darknet.h). */
#ifndef MAFAT_COMMAND_ROUTING_H
#define MAFAT_COMMAND_ROUTING_H

#include "command/arguments.h"

/* Judges one. MAFAT_OK: Darknet may run it, through MAFAT if it is an inference, on a
 * network that Darknet builds for itself if it only handles weights. MAFAT_USAGE with the reason
 * for all others, and where there is a memory limit that the command would not keep. */
mafat_status mafat_routing_judge(const mafat_arguments *arguments, mafat_error *error);

#endif
