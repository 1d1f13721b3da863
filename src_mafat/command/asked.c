/* Who asks for MAFAT, and for what; see asked.h. Sources: main() and the run_*() functions in
 * Darknet's examples. */
#include "command/asked.h"

#include <string.h>

#include "command/darknet_options.h"
#include "session/session.h"
#include "video/video.h"

/* Where a command has its cfg: so many words behind its own. The first line that fits counts;
 * subword NULL is for all that a word has. */
static const struct {
    const char *word, *subword;
    int cfg;
} cfg_words[] = {
    {"regressor", "test", 2},    /* without a data file */
    {"detector", NULL, 3},    {"classifier", NULL, 3}, {"segmenter", NULL, 3},
    {"isegmenter", NULL, 3},  {"regressor", NULL, 3},
    {"yolo", NULL, 2},        {"coco", NULL, 2},       {"cifar", NULL, 2},
    {"tag", NULL, 2},         {"go", NULL, 2},         {"rnn", NULL, 2},
    {"super", NULL, 2},       {"lsd", NULL, 2},        {"detect", NULL, 1},
    {"classify", NULL, 1},    {"art", NULL, 1},        {"nightmare", NULL, 1},
    {"speed", NULL, 1},       {"ops", NULL, 1},        {"average", NULL, 1},
    {"rgbgr", NULL, 1},       {"reset", NULL, 1},      {"denormalize", NULL, 1},
    {"normalize", NULL, 1},   {"statistics", NULL, 1}, {"rescale", NULL, 1},
    {"oneoff", NULL, 1},      {"oneoff2", NULL, 1},    {"print", NULL, 1},
    {"partial", NULL, 1},     {"visualize", NULL, 1},  {"mkimg", NULL, 1},
};

enum { N_CFG_WORDS = sizeof cfg_words / sizeof cfg_words[0] };

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
    for (int i = 0; i < N_CFG_WORDS; i++)
        if (strcmp(plain[0], cfg_words[i].word) == 0 &&
            (cfg_words[i].subword == NULL || strcmp(plain[1], cfg_words[i].subword) == 0))
            return plain[cfg_words[i].cfg][0] != '\0' ? plain[cfg_words[i].cfg] : NULL;
    return NULL;
}

/* Whether an option that Darknet lacks says how the results of a detector are told. Those with a
 * value, for all commands, are mafat_arguments_asks()'s. */
static bool asks_for_results(int n_words, char *const *words)
{
    const char *plain[MAX_PLAIN];
    bool asks = false;
    for (int i = 0; i < n_words; i++)
        asks |= mafat_darknet_options_is_new(words[i]) || strcmp(words[i], "-json") == 0 ||
                strcmp(words[i], "-quiet") == 0;
    find_plain(n_words, words, plain);
    return asks && (strcmp(plain[0], "detect") == 0 ||
                    (strcmp(plain[0], "detector") == 0 && strcmp(plain[1], "test") == 0));
}

/* Whether it is a command that is MAFAT's alone: `detector map`, of which pinned Darknet knows
 * nothing, and says so to nobody; and `detector demo`, where there is what shows video, for which it
 * has only a message. */
static bool is_ours(int n_words, char *const *words)
{
    const char *plain[MAX_PLAIN];
    find_plain(n_words, words, plain);
    return strcmp(plain[0], "detector") == 0 &&
           (strcmp(plain[1], "map") == 0 ||
            (strcmp(plain[1], "demo") == 0 && mafat_video_is_built()));
}

bool mafat_asked_in(int n_words, char **words)
{
    if (is_ours(n_words, words))
        return true;
    for (int i = 0; i < n_words; i++)
        if (mafat_arguments_asks(words[i]))
            return true;
    const char *cfg = find_cfg(n_words, words);
    return asks_for_results(n_words, words) || (cfg != NULL && mafat_session_is_asked_for(cfg));
}

mafat_asked mafat_asked_find(const mafat_arguments *arguments)
{
    const mafat_options *options = &arguments->options;
    const char *cfg = find_cfg(arguments->n_words, arguments->words);
    return (mafat_asked){
        .cfg = cfg,
        .has_options = options->config != NULL || options->memory != NULL ||
                       options->threads != NULL,
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
