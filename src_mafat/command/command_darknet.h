/* The command lines of Darknet's own inference commands: which commands there are, what they read,
 * what they write. */
#ifndef MAFAT_COMMAND_COMMAND_DARKNET_H
#define MAFAT_COMMAND_COMMAND_DARKNET_H

#include "command/arguments.h"
#include "command/darknet_options.h"
#include "session/session.h"
#include "upstream/picture.h"

/* A command line sorted out. Texts are borrowed from it; NULL where it has none. */
typedef struct {
    const char *data, *cfg, *weights, *image, *video;
    mafat_darknet_options options;
    mafat_picture_memory memory;    /* of the image, where one is named */
    mafat_workload workload;    /* that the network is planned for */
    mafat_session session;    /* how it was; for the bridge to take over, or to be closed */
} mafat_operands;

/* The words of command `i` from 0, the second of them NULL where it has none; false: there are no
 * more. */
bool mafat_command_darknet_name(int i, const char **word, const char **subword);

/* Whether the words begin with one of those commands. */
bool mafat_command_darknet_is(const mafat_arguments *arguments);

/* Finds the command and sorts its words, then checks the cfg, the weights, and every other file
 * that it will read or write. MAFAT_USAGE for an option that Darknet does not have, is given twice
 * or lacks its value, and words that are too few or too many. For `detector test` and `detect`,
 * which MAFAT runs itself, it is the caller who reads the image and then knows which letters are
 * needed. On error nothing needs to be closed. */
mafat_status mafat_command_darknet_verify(const mafat_arguments *arguments,
                                          mafat_operands *operands, mafat_error *error);

/* Runs one: verifies its arguments, as above. MAFAT_OK says that Darknet may run it; MAFAT has been
 * asked for then. */
mafat_status mafat_command_darknet(const mafat_arguments *arguments, mafat_error *error);

/* The lines of the help text that list these commands. */
void mafat_command_darknet_print_help(FILE *stream);

#endif
