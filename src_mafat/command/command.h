/* The commands behind `darknet mafat`; one file each. All return an exit code (base/status.h). */
#ifndef MAFAT_COMMAND_COMMAND_H
#define MAFAT_COMMAND_COMMAND_H

#include "command/arguments.h"

/* The words of MAFAT's own commands, which come next. */
enum { MAFAT_N_OWN_COMMANDS = 5 };
extern const char *const mafat_command_own[MAFAT_N_OWN_COMMANDS];

/* plan CFG: prints the plan as a table. */
mafat_status mafat_command_plan(const mafat_arguments *arguments, mafat_error *error);

/* predict CFG [-image FILE]: the memory that a plan will take, term by term. */
mafat_status mafat_command_predict(const mafat_arguments *arguments, mafat_error *error);

/* search CFG [WEIGHTS] -memory LIMIT: the fastest plan that fits; -front: for every limit. */
mafat_status mafat_command_search(const mafat_arguments *arguments, mafat_error *error);

/* compare CFG WEIGHTS [IMAGE]: Darknet's own forward pass against MAFAT's, bit by bit. */
mafat_status mafat_command_compare(const mafat_arguments *arguments, mafat_error *error);

/* bench CFG WEIGHTS [IMAGE] [-n N] [-layers]: the time of whole inferences, and what it is made
 * of. */
mafat_status mafat_command_bench(const mafat_arguments *arguments, mafat_error *error);

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
