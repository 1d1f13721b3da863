/* Darknet's command lines sorted; see routing.h. Sources: main() and the run_*() functions in
 * Darknet's examples. */
#include "command/routing.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/notice.h"
#include "base/program.h"
#include "bridge/bridge.h"
#include "bridge/request.h"
#include "cfg/cfg.h"
#include "command/asked.h"
#include "command/command_darknet.h"
#include "command/own_commands.h"

typedef enum {
    HOLDS_MORE,         /* inference, beside data of its own that no plan counts */
    HANDLES_WEIGHTS,    /* no inference: it needs the weights whole, as Darknet loads them */
    HANDLES_IMAGES,     /* and no network */
    TRAINS,
    LOOKS_INSIDE,       /* at outputs of hidden layers, which MAFAT does not keep */
    SHOWS_VIDEO,        /* by code of Darknet's that is not built */
    PLAYS_GO,           /* reads past the outputs of Darknet's own Go networks, and past its input */
    RECURS,             /* gives a network one letter after the other */
    IS_NOT_CALLED,      /* code in Darknet's examples that its main() leaves out */
    N_NATURES
} nature;

/* Why a command does not run through MAFAT, whatever it is given; NULL: it may. */
static const char *const refusals[N_NATURES] = {
    [TRAINS] = "trains, and MAFAT runs networks and does not train them",
    [LOOKS_INSIDE] = "needs outputs of hidden layers, which MAFAT does not keep",
    [SHOWS_VIDEO] = "shows video by code of Darknet's for OpenCV 2 and 3, which is not built here; "
                    "`detector demo` is the one that MAFAT runs",
    [PLAYS_GO] = "crashes in Darknet itself: it reads 363 outputs, of which Darknet's networks for "
                 "Go have 361, and on where standard input has ended",
    [IS_NOT_CALLED] = "is no command of this Darknet, whose code for it nothing calls",
    [RECURS] = "is for recurrent networks, which keep state between runs: MAFAT runs none",
};

/* The first line that fits counts; subword NULL is for all that a word has. */
typedef struct {
    const char *word, *subword;
    nature nature;
    const char *arguments;    /* what Darknet reads whether it is there or not; NULL: nothing, or the
                                 command is refused */
} command;

static const command commands[] = {
    {"classifier", "gun", SHOWS_VIDEO, NULL},
    {"classifier", "threat", SHOWS_VIDEO, NULL},
    {"classifier", "demo", SHOWS_VIDEO, NULL},
    {"classifier", "test", HOLDS_MORE, NULL},
    {"classifier", "try", LOOKS_INSIDE, NULL},
    {"classifier", "train", TRAINS, NULL},
    {"detector", "train", TRAINS, NULL},
    {"segmenter", "train", TRAINS, NULL},
    {"isegmenter", "train", TRAINS, NULL},
    {"regressor", "train", TRAINS, NULL},
    {"segmenter", "demo", SHOWS_VIDEO, NULL},
    {"isegmenter", "demo", SHOWS_VIDEO, NULL},
    {"regressor", "demo", SHOWS_VIDEO, NULL},
    {"yolo", "demo", SHOWS_VIDEO, NULL},
    {"coco", "demo", SHOWS_VIDEO, NULL},
    {"yolo", "train", TRAINS, NULL},
    {"coco", "train", TRAINS, NULL},
    {"tag", "train", TRAINS, NULL},
    {"cifar", "train", TRAINS, NULL},
    {"cifar", "distill", TRAINS, NULL},
    {"cifar", "multi", HOLDS_MORE, NULL},
    {"cifar", "csv", HOLDS_MORE, NULL},
    {"cifar", "csvtrain", HOLDS_MORE, NULL},
    {"cifar", "extract", HANDLES_IMAGES, NULL},
    {"cifar", "eval", HANDLES_IMAGES, NULL},
    {"go", "train", TRAINS, NULL},
    {"go", "valid", PLAYS_GO, NULL},
    {"go", "self", PLAYS_GO, NULL},
    {"go", "test", PLAYS_GO, NULL},
    {"go", "engine", PLAYS_GO, NULL},
    {"rnn", "train", TRAINS, NULL},
    {"rnn", "valid", RECURS, NULL},
    {"rnn", "validtactic", RECURS, NULL},
    {"rnn", "vec", RECURS, NULL},
    {"rnn", "generate", RECURS, NULL},
    {"rnn", "generatetactic", RECURS, NULL},
    {"super", "train", TRAINS, NULL},
    {"super", "valid", IS_NOT_CALLED, NULL},
    {"lsd", "traingan", TRAINS, NULL},
    {"lsd", "trainprog", TRAINS, NULL},
    {"lsd", "traincolor", TRAINS, NULL},
    {"lsd", "gan", LOOKS_INSIDE, NULL},
    {"lsd", "inter", LOOKS_INSIDE, NULL},
    {"lsd", "test", LOOKS_INSIDE, NULL},
    {"lsd", "color", LOOKS_INSIDE, NULL},
    {"lsd", "train", IS_NOT_CALLED, NULL},
    {"lsd", "train2", IS_NOT_CALLED, NULL},
    {"lsd", "train3", IS_NOT_CALLED, NULL},
    {"lsd", "valid", IS_NOT_CALLED, NULL},
    {"detector", "extract", IS_NOT_CALLED, NULL},
    {"detector", "censor", IS_NOT_CALLED, NULL},
    {"attention", NULL, IS_NOT_CALLED, NULL},
    {"captcha", NULL, IS_NOT_CALLED, NULL},
    {"dice", NULL, IS_NOT_CALLED, NULL},
    {"swag", NULL, IS_NOT_CALLED, NULL},
    {"vid", NULL, IS_NOT_CALLED, NULL},
    {"voxel", NULL, IS_NOT_CALLED, NULL},
    {"writing", NULL, IS_NOT_CALLED, NULL},
    {"art", NULL, SHOWS_VIDEO, NULL},
    {"nightmare", NULL, LOOKS_INSIDE, NULL},
    {"speed", NULL, HOLDS_MORE, NULL},
    {"ops", NULL, HANDLES_WEIGHTS, "CFG"},
    {"average", NULL, HANDLES_WEIGHTS, "CFG OUT WEIGHTS"},
    {"rgbgr", NULL, HANDLES_WEIGHTS, "CFG WEIGHTS OUT"},
    {"reset", NULL, HANDLES_WEIGHTS, "CFG WEIGHTS OUT"},
    {"denormalize", NULL, HANDLES_WEIGHTS, "CFG WEIGHTS OUT"},
    {"normalize", NULL, HANDLES_WEIGHTS, "CFG WEIGHTS OUT"},
    {"statistics", NULL, HANDLES_WEIGHTS, "CFG [WEIGHTS]"},
    {"rescale", NULL, HANDLES_WEIGHTS, "CFG WEIGHTS OUT"},
    {"oneoff", NULL, HANDLES_WEIGHTS, "CFG WEIGHTS OUT"},
    {"oneoff2", NULL, HANDLES_WEIGHTS, "CFG WEIGHTS OUT LAYER"},
    {"print", NULL, HANDLES_WEIGHTS, "CFG WEIGHTS LAYER"},
    {"partial", NULL, HANDLES_WEIGHTS, "CFG WEIGHTS OUT N"},
    {"visualize", NULL, HANDLES_WEIGHTS, "CFG [WEIGHTS]"},
    {"mkimg", NULL, HANDLES_WEIGHTS, "CFG WEIGHTS HEIGHT WIDTH N PREFIX"},
    {"3d", NULL, HANDLES_IMAGES, "LEFT RIGHT [OUT] [DELTA]"},
    {"test", NULL, HANDLES_IMAGES, "IMAGE"},
    {"imtest", NULL, HANDLES_IMAGES, "IMAGE"},
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

/* A network for a command that runs none is Darknet's own. */
static mafat_status leave_to_darknet(const mafat_arguments *arguments, const command *found,
                                     const mafat_asked *asked, mafat_error *error)
{
    if (found->nature == HANDLES_IMAGES && asked->has_options)
        return mafat_error_set(error, MAFAT_USAGE, "`%s%s%s` handles images, and runs no network; "
                               "leave MAFAT's options out", found->word,
                               found->subword != NULL ? " " : "",
                               found->subword != NULL ? found->subword : "");
    if (asked->has_options || asked->has_limit)
        return mafat_asked_refuse(arguments, asked, "runs no network, and needs all weights in "
                                  "memory", MAFAT_LIMIT_FLAG, error);
    mafat_request_decline();
    if (asked->has_flags)
        mafat_notice("%s: %s runs no network: MAFAT's flags mean nothing to it",
                     asked->cfg, arguments->words[0]);
    return MAFAT_OK;
}

/* Which of the commands above the words are; NULL: none. */
static const command *find_command(const mafat_arguments *arguments)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (mafat_arguments_begin_with(arguments, commands[i].word, commands[i].subword))
            return &commands[i];
    return NULL;
}

/* The words of any command that there is, by number; false: there are no more. */
static bool name_command(int i, const char **word, const char **subword)
{
    int n_darknet = 0;
    *subword = NULL;
    if (i < MAFAT_N_OWN_COMMANDS)
        return (*word = mafat_own_commands[i]->usage->command) != NULL;
    i -= MAFAT_N_OWN_COMMANDS;
    if (mafat_command_darknet_name(i, word, subword))
        return true;
    while (mafat_command_darknet_name(n_darknet, word, subword))
        n_darknet++;
    i -= n_darknet;
    *word = i < N_COMMANDS ? commands[i].word : NULL;
    *subword = i < N_COMMANDS ? commands[i].subword : NULL;
    return *word != NULL;
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

static mafat_status fail_unknown(const mafat_arguments *arguments, mafat_error *error)
{
    const char *word = arguments->words[0];
    const char *subword = arguments->n_words > 1 ? arguments->words[1] : "";
    char hint[80] = "";
    bool is_first;
    const char *nearest = find_nearest(word, subword, &is_first);
    if (nearest != NULL)
        snprintf(hint, sizeof hint, "; did you mean %s%s%s?", is_first ? "" : word,
                 is_first ? "" : " ", nearest);
    for (int i = 0; i < MAFAT_N_OWN_COMMANDS; i++)
        if (strcmp(word, mafat_own_commands[i]->usage->command) == 0)    /* without "mafat", then */
            snprintf(hint, sizeof hint, "; did you mean `%s %s`?", mafat_program_name(),
                     word);
    return mafat_error_set(error, MAFAT_USAGE, "unknown command \"%.100s%s%.200s\"; `%s --help` "
                           "lists the commands%s", word, subword[0] != '\0' ? " " : "", subword,
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

/* That a command has the words that Darknet reads whether they are there or not, and that LAYER, the
 * last one, is a layer of its network. Whether there is a network Darknet tells. */
static mafat_status check_arguments(const command *found, const mafat_arguments *arguments,
                                    mafat_error *error)
{
    int n = 0, max;
    if (found->arguments != NULL)
        mafat_arguments_count(found->arguments, &n, &max);
    const char *last = n > 0 ? find_given(arguments, n) : NULL;
    if (n > 0 && last == NULL)
        return mafat_error_set(error, MAFAT_USAGE, "`%s` has %d arguments, of which too few are "
                               "given; usage: darknet %s %s", found->word, n, found->word,
                               found->arguments);
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
    const command *found = find_command(arguments);
    mafat_asked asked = mafat_asked_find(arguments);
    mafat_status status = MAFAT_OK;
    if (found == NULL && arguments->words[0][0] == '-')
        return mafat_darknet_options_fail_unknown(arguments->words[0], error);
    if (found == NULL)
        return fail_unknown(arguments, error);
    status = check_arguments(found, arguments, error);
    if (status != MAFAT_OK)
        return status;
    if (found->nature == IS_NOT_CALLED || found->nature == SHOWS_VIDEO)    /* however it is asked for */
        asked = (mafat_asked){.cfg = asked.cfg};
    if (refusals[found->nature] != NULL)
        return mafat_asked_refuse(arguments, &asked, refusals[found->nature], MAFAT_ALL_FLAGS,
                                  error);
    if (found->nature == HANDLES_WEIGHTS || found->nature == HANDLES_IMAGES)
        return leave_to_darknet(arguments, found, &asked, error);
    status = mafat_asked_refuse_limit(arguments, error);
    if (status == MAFAT_OK && asked.has_options)
        mafat_request_begin(&(mafat_request){.options = arguments->options});
    return status;
}
