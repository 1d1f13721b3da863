/* The commands that are MAFAT's own, behind `darknet mafat`: each is a file, command_NAME.c. */
#ifndef MAFAT_COMMAND_OWN_COMMANDS_H
#define MAFAT_COMMAND_OWN_COMMANDS_H

#include "command/arguments.h"

typedef struct {
    const mafat_usage *usage;
    mafat_status (*run)(mafat_arguments *arguments, mafat_error *error);
} mafat_command;

extern const mafat_command mafat_command_plan, mafat_command_predict, mafat_command_search,
    mafat_command_compare, mafat_command_bench;

/* All of them, in the order of the help text. */
enum { MAFAT_N_OWN_COMMANDS = 5 };
extern const mafat_command *const mafat_own_commands[MAFAT_N_OWN_COMMANDS];

/* The one of that name; NULL: none. */
const mafat_command *mafat_own_commands_find(const char *word);

#endif
