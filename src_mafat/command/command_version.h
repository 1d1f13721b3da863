/* `darknet mafat --version`. */
#ifndef MAFAT_COMMAND_COMMAND_VERSION_H
#define MAFAT_COMMAND_COMMAND_VERSION_H

#include "command/arguments.h"

/* Whether the words ask for it. */
bool mafat_command_version_is(const mafat_arguments *arguments);

/* Says which program this is, and how it was built. MAFAT_USAGE where anything but -json stands
 * beside. */
mafat_status mafat_command_version(const mafat_arguments *arguments, mafat_error *error);

#endif
