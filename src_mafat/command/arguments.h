/* The words of a command line: MAFAT's options taken out, the others left in order. */
#ifndef MAFAT_COMMAND_ARGUMENTS_H
#define MAFAT_COMMAND_ARGUMENTS_H

#include <stdbool.h>

#include "base/status.h"
#include "session/session.h"

typedef struct {
    mafat_options options;
    bool json;
    bool help;
    int n_words;
    char **words;    /* [n_words], borrowed: what is left of argv */
} mafat_arguments;

/* Takes -mafat, -memory, -threads (with a value each), -json, -help and --help out of argv, which
 * it compacts in place. MAFAT_USAGE for an option without its value or given twice. */
mafat_status mafat_arguments_parse(mafat_arguments *arguments, int argc, char **argv,
                                   mafat_error *error);

/* Whether a word asks for MAFAT: as -mafat, -memory or -threads, or as what was meant for one of them
 * ("--memory", "-Memory=8M", "-thread", "mafat_memory=8M"), which is refused when it is read, with the
 * right spelling: a limit must not be passed over. */
bool mafat_arguments_asks(const char *word);

/* Takes an option of one command out of the words: a flag, and one with a value, which is NULL
 * where the option is absent. MAFAT_USAGE as above. */
mafat_status mafat_arguments_take_flag(mafat_arguments *arguments, const char *option, bool *given,
                                       mafat_error *error);
mafat_status mafat_arguments_take_value(mafat_arguments *arguments, const char *option,
                                        const char **value, mafat_error *error);

/* MAFAT's options, which all commands know. */
enum { MAFAT_N_ARGUMENTS_OPTIONS = 5 };
extern const char *const mafat_arguments_options[MAFAT_N_ARGUMENTS_OPTIONS];

/* Sets the error of an option that is not among known[n_known], with the nearest one that is:
 * "-memory 8M" for "--memory=8M". `allowed` says which there are. */
mafat_status mafat_arguments_fail_unknown(const char *option, const char *const *known, int n_known,
                                          const char *allowed, mafat_error *error);

/* Refuses words that still look like options. `own` lists the command's own, each followed by ",
 * ". */
mafat_status mafat_arguments_refuse_options(const mafat_arguments *arguments, const char *own,
                                            mafat_error *error);

/* Whether the words, of which there is one, begin with these two; `subword` NULL: with `word`. */
bool mafat_arguments_begin_with(const mafat_arguments *arguments, const char *word,
                                const char *subword);

#endif
