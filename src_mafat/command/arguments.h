/* The words of a command line: MAFAT's options taken out, the others left in order. */
#ifndef MAFAT_COMMAND_ARGUMENTS_H
#define MAFAT_COMMAND_ARGUMENTS_H

#include "command/option.h"
#include "session/session.h"

typedef struct {
    mafat_options options;        /* its config is the first one */
    mafat_option_list configs;
    bool json;
    bool quiet;
    bool help;
    int n_words;
    char **words;    /* [n_words], borrowed: what is left of argv */
} mafat_arguments;

/* What one of MAFAT's own commands takes, and what it is for. */
typedef struct {
    const char *command;
    const char *words;              /* "CFG WEIGHTS [IMAGE]": those in brackets may lack */
    const char *help;               /* lines */
    mafat_option_table options;     /* its own */
    bool takes_configs;             /* any number of them; else one */
} mafat_usage;

/* The options that all commands know. */
extern const mafat_option_table mafat_arguments_common;

/* Takes these out of argv, which it compacts in place. MAFAT_USAGE for one without its value or
 * given twice. Where -help, --help, or -h without a number is among the words, they are left as
 * they are. */
mafat_status mafat_arguments_parse(mafat_arguments *arguments, int argc, char **argv,
                                   mafat_error *error);

/* Whether a word asks for MAFAT: as -mafat, -memory, -threads, -fast, -json, -quiet, -stretch or -letter_box, or as what was meant for one of
 * them ("--memory", "-Memory=8M", "-thread", "mafat_memory=8M"), which is refused when it is
 * read, with the right spelling: a limit must not be passed over. */
bool mafat_arguments_asks(const char *word);

/* Takes the command's own options out of the words and reads them into *target. MAFAT_USAGE as
 * above, for an option that it does not know, and for words that are too few or too many. */
mafat_status mafat_arguments_read(mafat_arguments *arguments, const mafat_usage *usage,
                                  void *target, mafat_error *error);

/* Sets the error of an option that is neither common nor among `own`, with the nearest one that is:
 * "-memory 8M" for "--memory=8M". `allowed` says which there are. */
mafat_status mafat_arguments_fail_unknown(const char *option, const mafat_option_table *own,
                                          const char *allowed, mafat_error *error);

/* How many words "CFG WEIGHTS [IMAGE]" names, without those in brackets and with them. */
void mafat_arguments_count(const char *words, int *min, int *max);

/* Copies the i-th of these, with its brackets; false: there are fewer. */
enum { MAFAT_ARGUMENT_NAME = 16 };
bool mafat_arguments_name(const char *words, int i, char name[MAFAT_ARGUMENT_NAME]);

/* Whether the words, of which there is one, begin with these two; `subword` NULL: with `word`. */
bool mafat_arguments_begin_with(const mafat_arguments *arguments, const char *word,
                                const char *subword);

#endif
