/* Which command lines are MAFAT's. MAFAT is asked for by the word "mafat", by one of its options,
 * or by a flag in the [net] section of the cfg that the command names; whichever it is, a command
 * is checked, planned and run in the same way. `detector demo` is MAFAT's wherever it can show video.
 * Nobody else's command line is touched. */
#ifndef MAFAT_COMMAND_ASKED_H
#define MAFAT_COMMAND_ASKED_H

#include "command/arguments.h"

/* The flags of [net] that ask for a limit, and for anything, as messages name them. */
#define MAFAT_LIMIT_FLAG "mafat_memory="
#define MAFAT_ALL_FLAGS "mafat=, mafat_memory=, mafat_threads= and mafat_fast="

/* What a command line asks for, and where. */
typedef struct {
    const char *cfg;    /* borrowed from it; NULL: none is named */
    bool has_options, has_flags, has_limit;
} mafat_asked;

/* Whether the words behind the program's name ask for MAFAT without the word "mafat". */
bool mafat_asked_in(int n_words, char **words);

mafat_asked mafat_asked_find(const mafat_arguments *arguments);

/* Refuses a command for what it does, and says which flags would have to go: MAFAT_USAGE. */
mafat_status mafat_asked_refuse(const mafat_arguments *arguments, const mafat_asked *asked,
                                const char *reason, const char *flags, mafat_error *error);

/* Refuses a memory limit, on the command line or in the cfg, for a command that would not keep it;
 * MAFAT_OK where there is none. */
mafat_status mafat_asked_refuse_limit(const mafat_arguments *arguments, mafat_error *error);

#endif
