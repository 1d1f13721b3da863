/* `darknet mafat detector demo`: a detector on the frames of a film or a camera. */
#ifndef MAFAT_COMMAND_COMMAND_DEMO_H
#define MAFAT_COMMAND_COMMAND_DEMO_H

#include "command/own_commands.h"

/* Whether the words begin with `detector demo`. */
bool mafat_command_demo_is(const mafat_arguments *arguments);

/* detector demo DATA CFG WEIGHTS [FILM], on the library of mafat.h: each frame's boxes are those
 * that `detector test` finds in it. Darknet's demo shows means of the last three frames' outputs
 * instead, which show what moves where it is not. */
extern const mafat_command mafat_command_demo;

#endif
