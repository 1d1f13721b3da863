/* Darknet's command lines sorted; see routing.h. */
#include "command/routing.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/notice.h"
#include "base/program.h"
#include "base/recognise.h"
#include "bridge/bridge.h"
#include "bridge/request.h"
#include "cfg/cfg.h"
#include "command/asked.h"
#include "command/darknet_commands.h"
#include "command/darknet_options.h"
#include "command/own_commands.h"

/* A network for a command that runs none is Darknet's own. */
static mafat_status leave_to_darknet(const mafat_arguments *arguments,
                                     const mafat_darknet_command *found, const mafat_asked *asked,
                                     mafat_error *error)
{
    char name[40];
    mafat_darknet_commands_print_name(found, name, sizeof name);
    if (found->nature == MAFAT_DARKNET_HANDLES_IMAGES && asked->has_options)
        return mafat_error_set(error, MAFAT_USAGE, "`%s` handles images, and runs no network; "
                               "leave MAFAT's options out", name);
    if (asked->has_options || asked->has_limit)
        return mafat_asked_refuse(arguments, asked, "runs no network, and needs all weights in "
                                  "memory", MAFAT_LIMIT_FLAG, error);
    mafat_request_decline();
    if (asked->has_flags)
        mafat_notice("%s: %s runs no network: MAFAT's flags mean nothing to it",
                     asked->cfg, arguments->words[0]);
    return MAFAT_OK;
}

/* The words of any command that there is, by number; false: there are no more. */
static bool name_command(int i, const char **word, const char **subword)
{
    *subword = NULL;
    if (i < MAFAT_N_OWN_COMMANDS)
        return (*word = mafat_own_commands[i]->usage->command) != NULL;
    const mafat_darknet_command *command = mafat_darknet_commands_at(i - MAFAT_N_OWN_COMMANDS);
    if (command == NULL)
        return false;
    *word = command->word;
    *subword = command->subword;
    return true;
}

/* The nearest of all first words to `word`, or, where that is one, of the second words behind it to
 * `subword`; NULL: none comes near. */
static const char *find_nearest(const char *word, const char *subword, bool *is_first)
{
    enum { MAX_WORDS = 256 };
    const char *firsts[MAX_WORDS], *seconds[MAX_WORDS], *first, *second;
    int n_firsts = 0, n_seconds = 0;
    *is_first = true;
    for (int i = 0; i < MAX_WORDS && name_command(i, &first, &second); i++) {
        firsts[n_firsts++] = first;
        if (strcmp(first, word) != 0)
            continue;
        *is_first = false;
        if (second != NULL)
            seconds[n_seconds++] = second;
    }
    return *is_first ? mafat_nearest(word, firsts, n_firsts)
                     : mafat_nearest(subword, seconds, n_seconds);
}

/* The command whose second word this is, of which there may be several; NULL: none. */
static const mafat_darknet_command *find_by_subword(const char *word)
{
    const mafat_darknet_command *command;
    for (int i = 0; (command = mafat_darknet_commands_at(i)) != NULL; i++)
        if (command->subword != NULL && strcmp(command->subword, word) == 0)
            return command;
    return NULL;
}

/* Whether a word is no command's but a file's. */
static bool is_file(const char *word)
{
    static const char *const suffixes[] = {".cfg", ".weights", ".data", ".names", ".jpg", ".png"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t length = strlen(word), n = strlen(suffixes[i]);
        if (length > n && strcmp(word + length - n, suffixes[i]) == 0)
            return true;
    }
    return false;
}

/* Writes what was meant by words that are no command; "" where nothing comes near. */
static void suggest(const char *word, const char *subword, char *hint, size_t size)
{
    bool is_first;
    const char *nearest = find_nearest(word, subword, &is_first);
    const mafat_darknet_command *of_subword = find_by_subword(word);
    *hint = '\0';
    if (strcmp(word, "mafat") == 0 || strcmp(subword, "mafat") == 0)
        snprintf(hint, size, "; the word mafat stands once, before a command: `darknet mafat "
                 "detector test`");
    else if (mafat_own_commands_find(word) != NULL)    /* without "mafat", then */
        snprintf(hint, size, "; did you mean `%s %s`?", mafat_program_name(), word);
    else if (is_file(word))
        snprintf(hint, size, "; a command comes first: `detector test DATA CFG WEIGHTS [IMAGE]`, "
                 "or `plan CFG`");
    else if (!is_first && is_file(subword))
        snprintf(hint, size, "; a second word comes before files: `%.40s test`", word);
    else if (is_first && of_subword != NULL)
        snprintf(hint, size, "; did you mean `%s %s %s`?", of_subword->word, word,
                 of_subword->arguments);
    else if (nearest != NULL)
        snprintf(hint, size, "; did you mean %s%s%s?", is_first ? "" : word, is_first ? "" : " ",
                 nearest);
}

static mafat_status fail_unknown(const mafat_arguments *arguments, mafat_error *error)
{
    const char *word = arguments->words[0];
    const char *subword = arguments->n_words > 1 ? arguments->words[1] : "";
    char hint[160];
    bool has_subword = arguments->n_words > 1;
    if (word[0] == '\0' || (has_subword && subword[0] == '\0'))
        return mafat_error_set(error, MAFAT_USAGE, "word %d is \"\": expected a command; `%s --help` "
                               "lists them", word[0] == '\0' ? 1 : 2, mafat_program_name());
    suggest(word, subword, hint, sizeof hint);
    return mafat_error_set(error, MAFAT_USAGE, "unknown command \"%.100s%s%.200s\"; `%s --help` "
                           "lists the commands%s", word, has_subword ? " " : "", subword,
                           mafat_program_name(), hint);
}

/* The word that stands so many behind the command's own, options left out; NULL: there are fewer. A
 * number may be negative. */
static const char *find_given(const mafat_arguments *arguments, int number)
{
    for (int i = 1; i < arguments->n_words; i++) {
        const char *word = arguments->words[i];
        if (word[0] == '-' && (word[1] < '0' || word[1] > '9'))
            i += mafat_darknet_options_takes_value(word);
        else if (--number == 0)
            return word;
    }
    return NULL;
}

/* Whether a file is a part of a network's, and no image. */
static bool is_network(const char *path)
{
    mafat_recognised_kind kind = mafat_recognise_file(path).kind;
    return kind == MAFAT_RECOGNISED_CFG || kind == MAFAT_RECOGNISED_WEIGHTS ||
           kind == MAFAT_RECOGNISED_DATA;
}

/* That a command has the words that Darknet reads whether they are there or not, and that LAYER, the
 * last one, is a layer of its network. Whether there is a network Darknet tells. */
static mafat_status check_arguments(const mafat_darknet_command *found,
                                    const mafat_arguments *arguments, mafat_error *error)
{
    int n = 0, max = 0;
    if (found->nature == MAFAT_DARKNET_HANDLES_WEIGHTS ||
        found->nature == MAFAT_DARKNET_HANDLES_IMAGES)
        mafat_arguments_count(found->arguments, &n, &max);
    const char *last = n > 0 ? find_given(arguments, n) : NULL;
    if (n > 0 && last == NULL)
        return mafat_error_set(error, MAFAT_USAGE, "`%s` has %d arguments, of which too few are "
                               "given; usage: darknet %s %s", found->word, n, found->word,
                               found->arguments);
    /* "test cfg weights image", without "detector" */
    const mafat_darknet_command *meant = find_by_subword(found->word);
    if (meant != NULL && (find_given(arguments, max + 1) != NULL || is_network(last)))
        return mafat_error_set(error, MAFAT_USAGE, "`%s` takes %s; did you mean `%s %s %s`?",
                               found->word, found->arguments, meant->word, meant->subword,
                               meant->arguments);
    mafat_cfg cfg;
    mafat_error unseen;
    if (n == 0 || strstr(found->arguments, "LAYER") == NULL ||
        mafat_cfg_read(&cfg, find_given(arguments, 1), 0, 0, &unseen) != MAFAT_OK)
        return MAFAT_OK;
    long layer = strtol(last, NULL, 10), n_layers = cfg.network.n_layers;
    mafat_cfg_free(&cfg);
    if (layer >= 0 && layer < n_layers)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_USAGE, "`%s`: layer %.80s must be from 0 to %ld", found->word,
                           last, n_layers - 1);
}

mafat_status mafat_routing_judge(const mafat_arguments *arguments, mafat_error *error)
{
    const char *subword = arguments->n_words > 1 ? arguments->words[1] : "";
    const mafat_darknet_command *found = mafat_darknet_commands_find(arguments->words[0], subword);
    mafat_asked asked = mafat_asked_find(arguments);
    mafat_status status = MAFAT_OK;
    if (found == NULL && arguments->words[0][0] == '-')
        return mafat_darknet_options_fail_unknown(arguments->words[0], error);
    if (found == NULL)
        return fail_unknown(arguments, error);
    status = check_arguments(found, arguments, error);
    if (status != MAFAT_OK)
        return status;
    if (found->nature == MAFAT_DARKNET_IS_NOT_CALLED ||
        found->nature == MAFAT_DARKNET_SHOWS_VIDEO)    /* however it is asked for */
        asked = (mafat_asked){.cfg = asked.cfg};
    if (found->nature >= MAFAT_DARKNET_TRAINS)
        return mafat_asked_refuse(arguments, &asked, mafat_darknet_commands_reason(found),
                                  MAFAT_ALL_FLAGS, error);
    if (found->nature == MAFAT_DARKNET_HANDLES_WEIGHTS ||
        found->nature == MAFAT_DARKNET_HANDLES_IMAGES)
        return leave_to_darknet(arguments, found, &asked, error);
    status = mafat_asked_refuse_limit(arguments, error);
    if (status == MAFAT_OK && asked.has_options)
        mafat_request_begin(&(mafat_request){.options = arguments->options});
    return status;
}
