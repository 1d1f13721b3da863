/* Which command lines are MAFAT's, and what becomes of Darknet's commands that MAFAT does not run.
 *
 * MAFAT is asked for by the word "mafat", by one of its options, or by a flag in the [net] section
 * of the cfg that the command names; whichever it is, a command is checked, planned and run in the
 * same way. Nobody else's command line is touched. */
#ifndef MAFAT_COMMAND_ROUTING_H
#define MAFAT_COMMAND_ROUTING_H

#include "command/arguments.h"

/* Whether the words behind the program's name ask for MAFAT without the word "mafat": by an option,
 * or by the cfg that is where this command has it. Changes nothing. */
bool mafat_routing_is_asked_for(int n_words, char **words);

/* Judges a command that is neither MAFAT's own nor one of those that it verifies
 * (command_darknet.h). MAFAT_OK: Darknet may run it, through MAFAT if it is an inference, on a
 * network that Darknet builds for itself if it only handles weights. MAFAT_USAGE with the reason
 * for all others, and where there is a memory limit that the command would not keep. */
mafat_status mafat_routing_judge(const mafat_arguments *arguments, mafat_error *error);

/* Refuses a memory limit, on the command line or in the cfg, for a command that would not keep it;
 * MAFAT_OK where there is none. */
mafat_status mafat_routing_refuse_limit(const mafat_arguments *arguments, mafat_error *error);

#endif
