/* Who asks for MAFAT, and for what; see asked.h. */
#include "command/asked.h"

#include <string.h>

#include "command/darknet_commands.h"
#include "command/darknet_options.h"
#include "session/session.h"
#include "video/video.h"

/* The first words that are no options; "" where there are fewer. Options and their values stand
 * anywhere: Darknet takes them out before it counts. */
enum { MAX_PLAIN = 4 };
static void find_plain(int n_words, char *const *words, const char *plain[MAX_PLAIN])
{
    int n = 0;
    for (int i = 0; i < n_words && n < MAX_PLAIN; i++) {
        if (words[i][0] == '-')
            i += mafat_darknet_options_takes_value(words[i]);
        else
            plain[n++] = words[i];
    }
    while (n < MAX_PLAIN)
        plain[n++] = "";
}

/* The word where the command has its cfg; NULL where there is none. */
static const char *find_cfg(int n_words, char *const *words)
{
    const char *plain[MAX_PLAIN];
    find_plain(n_words, words, plain);
    int place = mafat_darknet_commands_cfg_place(plain[0], plain[1]);
    MAFAT_CHECK(place < MAX_PLAIN);
    return place > 0 && plain[place][0] != '\0' ? plain[place] : NULL;
}

/* Whether an option that Darknet lacks says how results are told, of a command that MAFAT runs
 * itself. Those of all commands are mafat_arguments_asks()'s. */
static bool asks_for_results(mafat_darknet_command_nature nature, int n_words, char *const *words)
{
    bool asks = false;
    for (int i = 0; i < n_words; i++)
        asks |= mafat_darknet_options_is_new(words[i]);
    return nature == MAFAT_DARKNET_TAKEN_OVER && asks;
}

/* Whether it is for MAFAT without being asked for in another way: a command of which pinned Darknet
 * knows nothing, and says so to nobody, or has only a message. */
static bool is_ours(const mafat_darknet_command *command, int n_words, char *const *words)
{
    return command->nature == MAFAT_DARKNET_ADDED ||
           (command->nature == MAFAT_DARKNET_FILMS && mafat_video_is_built()) ||
           asks_for_results(command->nature, n_words, words);
}

bool mafat_asked_in(int n_words, char **words)
{
    const char *plain[MAX_PLAIN];
    find_plain(n_words, words, plain);
    const mafat_darknet_command *command = mafat_darknet_commands_find(plain[0], plain[1]);
    if (command != NULL && is_ours(command, n_words, words))
        return true;
    if (command == NULL && strcmp(plain[1], "mafat") == 0)    /* "detector mafat test", refused */
        return true;
    for (int i = 0; i < n_words; i++)
        if (mafat_arguments_asks(words[i]))
            return true;
    const char *cfg = find_cfg(n_words, words);
    return cfg != NULL && mafat_session_is_asked_for(cfg);
}

mafat_asked mafat_asked_find(const mafat_arguments *arguments)
{
    const mafat_options *options = &arguments->options;
    const char *cfg = find_cfg(arguments->n_words, arguments->words);
    return (mafat_asked){
        .cfg = cfg,
        .has_options = options->config != NULL || options->memory != NULL ||
                       options->threads != NULL || options->batch != NULL || options->fast ||
                       options->stretch || options->letter_box,
        .has_flags = cfg != NULL && mafat_session_is_asked_for(cfg),
        .has_limit = options->memory != NULL || (cfg != NULL && mafat_session_has_limit(cfg)),
    };
}

mafat_status mafat_asked_refuse(const mafat_arguments *arguments, const mafat_asked *asked,
                                const char *reason, const char *flags, mafat_error *error)
{
    char advice[80] = "";
    if (asked->has_options)
        snprintf(advice, sizeof advice, "; leave MAFAT's options out");
    else if (asked->has_flags)
        snprintf(advice, sizeof advice, "; take %s out of [net]", flags);
    bool has_subword = arguments->n_words > 1 && arguments->words[1] != asked->cfg;
    mafat_status status = mafat_error_set(error, MAFAT_USAGE, "`%s%s%s` %s%s", arguments->words[0],
                                          has_subword ? " " : "",
                                          has_subword ? arguments->words[1] : "", reason, advice);
    if (asked->has_flags)
        mafat_error_set_file(error, asked->cfg);
    return status;
}

mafat_status mafat_asked_refuse_limit(const mafat_arguments *arguments, mafat_error *error)
{
    mafat_asked asked = mafat_asked_find(arguments);
    if (!asked.has_limit)
        return MAFAT_OK;
    return mafat_asked_refuse(arguments, &asked, "holds more beside the network than a memory "
                              "limit counts", MAFAT_LIMIT_FLAG, error);
}
