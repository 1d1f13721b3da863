/* The commands behind `darknet mafat`; one file each. All return an exit code (base/status.h). */
#ifndef MAFAT_COMMAND_COMMAND_H
#define MAFAT_COMMAND_COMMAND_H

#include "command/arguments.h"

/* One of MAFAT's own. */
typedef struct {
    const mafat_usage *usage;
    mafat_status (*run)(mafat_arguments *arguments, mafat_error *error);
} mafat_command;

extern const mafat_command mafat_command_plan, mafat_command_predict, mafat_command_search,
    mafat_command_compare, mafat_command_bench;

enum { MAFAT_N_OWN_COMMANDS = 5 };
extern const mafat_command *const mafat_command_own[MAFAT_N_OWN_COMMANDS];

/* detector test DATA CFG WEIGHTS [IMAGE] and detect CFG WEIGHTS [IMAGE], as Darknet runs them: the
 * same lines on stdout but for the seconds, the same picture byte for byte, paths from stdin where
 * no IMAGE is named. The picture stays bytes, and is written whole or not at all. */
mafat_status mafat_command_detector(const mafat_arguments *arguments, mafat_error *error);

/* Any other word: one of Darknet's own inference commands, whose arguments it verifies. MAFAT_OK
 * says that Darknet may run it; MAFAT has been asked for then. */
mafat_status mafat_command_darknet(const mafat_arguments *arguments, mafat_error *error);

/* The lines of the help text that list Darknet's inference commands. */
void mafat_command_print_darknet_help(FILE *stream);

#endif
