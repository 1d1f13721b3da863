/* The command lines of Darknet's own inference commands: which commands there are, what they read,
 * what they write. */
#ifndef MAFAT_COMMAND_COMMAND_DARKNET_H
#define MAFAT_COMMAND_COMMAND_DARKNET_H

#include "base/layer.h"
#include "command/arguments.h"
#include "session/session.h"
#include "upstream/picture.h"

/* A command line sorted out. Texts are borrowed from it; NULL where it has none. */
typedef struct {
    const char *data, *cfg, *weights, *image, *video;
    const char *out, *gpus, *threshold, *hier_threshold, *top;    /* options; numbers are checked */
    const char *other;        /* of options that only Darknet looks at, the last */
    bool other_flag;
    mafat_picture_memory memory;    /* of the image, where one is named */
    mafat_workload workload;    /* that the network is planned for */
    mafat_session session;    /* how it was; for the bridge to take over, or to be closed */
} mafat_operands;

/* The words of command `i` from 0, the second of them NULL where it has none; false: there are no
 * more. */
bool mafat_command_darknet_name(int i, const char **word, const char **subword);

/* Whether the words begin with one of those commands. */
bool mafat_command_darknet_is(const mafat_arguments *arguments);

/* Whether a word is an option of Darknet's with a value behind it. */
bool mafat_command_darknet_takes_value(const char *option);

/* Moves Darknet's options that stand before a command's word, or between its two words, behind all
 * others: it takes them out before it looks for a word. */
void mafat_command_darknet_order(mafat_arguments *arguments);

/* Says that a word is no option of Darknet's or MAFAT's, and which one is nearest: MAFAT_USAGE. */
mafat_status mafat_command_darknet_fail_unknown(const char *word, mafat_error *error);

/* Finds the command and sorts its words, then checks the cfg, the weights, and every other file
 * that it will read or write. MAFAT_USAGE for an option that Darknet does not have, is given twice
 * or lacks its value, and words that are too few or too many. For `detector test` and `detect`, which MAFAT runs itself, it is the
 * caller who reads the image and then knows which letters are needed. On error nothing needs to be
 * closed. */
mafat_status mafat_command_darknet_verify(const mafat_arguments *arguments,
                                          mafat_operands *operands, mafat_error *error);

#endif
