/* What `--help` prints: of all commands, of those of one word, or of one command. */
#ifndef MAFAT_COMMAND_HELP_H
#define MAFAT_COMMAND_HELP_H

#include "command/arguments.h"

/* Prints the help for all. */
void mafat_help_print(FILE *stream);

/* Prints on stdout the help for the command among the words, before any option was taken out of
 * them: what it does, and what it takes or why it is not run; for all where there is none. */
void mafat_help_answer(const mafat_arguments *arguments);

#endif
