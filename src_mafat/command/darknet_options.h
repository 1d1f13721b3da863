/* The options of Darknet's own commands. Darknet takes them out wherever they stand before it
 * counts words, any other word for an argument, any text for a number, and the second of two
 * options for two arguments: so they are checked here first. */
#ifndef MAFAT_COMMAND_DARKNET_OPTIONS_H
#define MAFAT_COMMAND_DARKNET_OPTIONS_H

#include "command/arguments.h"

/* Those that MAFAT looks at, too; the values of all are checked. Texts are borrowed from the
 * command line; NULL where it has none. */
typedef struct {
    const char *out, *gpus, *threshold, *hier_threshold, *top;
    bool boxes, no_picture, dont_show;    /* of detectors that MAFAT runs itself */
} mafat_darknet_options;

/* Takes the options out of n_words words, which it compacts. MAFAT_USAGE for one that is given
 * twice, lacks its value, or whose number is none. */
mafat_status mafat_darknet_options_take(char **words, int *n_words, mafat_darknet_options *options,
                                        mafat_error *error);

/* Whether a word is one that Darknet lacks: of those, for `detector test` and `detect`, that
 * others of its kin have, or that are new. */
bool mafat_darknet_options_is_new(const char *word);

/* The name of the i-th from 0, with its dash; NULL: there are fewer. */
const char *mafat_darknet_options_name(int i);

/* Prints one as mafat_option_print() does, with what it means to a command; `help` NULL is for one
 * that means the same to all. */
void mafat_darknet_options_print(FILE *stream, int indent, int column, const char *name,
                                 const char *help);

/* Whether a word is one of them with a value behind it. */
bool mafat_darknet_options_takes_value(const char *option);

/* Moves those that stand before a command's word, or between its two words, behind all others, and
 * makes -t, which Darknet knows, of -top. MAFAT_USAGE where both are given, or -top twice. */
mafat_status mafat_darknet_options_order(mafat_arguments *arguments, mafat_error *error);

/* Readers that only check: a number from 0 to 1, and a whole one from 0 on, are kept as text. */
mafat_option_reader mafat_darknet_options_share, mafat_darknet_options_whole;

/* Says that a word is no option of Darknet's or MAFAT's, and which one is nearest: MAFAT_USAGE. */
mafat_status mafat_darknet_options_fail_unknown(const char *word, mafat_error *error);

#endif
