/* Darknet's command lines sorted; see routing.h. Sources: main() and the run_*() functions in
 * Darknet's examples. */
#include "front/routing.h"

#include <string.h>

#include "front/bridge.h"
#include "front/command_darknet.h"
#include "front/session.h"

/* Where a command has its cfg: so many words behind its own. All commands of a word have it in the
 * same place. */
static const struct {
    const char *word;
    int cfg;
} places[] = {
    {"detector", 3}, {"classifier", 3}, {"segmenter", 3},   {"isegmenter", 3}, {"regressor", 3},
    {"yolo", 2},     {"coco", 2},       {"cifar", 2},       {"tag", 2},        {"go", 2},
    {"rnn", 2},      {"super", 2},      {"lsd", 2},         {"detect", 1},     {"classify", 1},
    {"art", 1},      {"nightmare", 1},  {"speed", 1},       {"ops", 1},        {"average", 1},
    {"rgbgr", 1},    {"reset", 1},      {"denormalize", 1}, {"normalize", 1},  {"statistics", 1},
    {"rescale", 1},  {"oneoff", 1},     {"oneoff2", 1},     {"print", 1},      {"partial", 1},
    {"visualize", 1}, {"mkimg", 1},
};

typedef enum {
    RUNS,               /* inference on images, which it loads one at a time, and lists */
    HOLDS_MORE,         /* inference, beside data of its own that no plan counts */
    HANDLES_WEIGHTS,    /* no inference: it needs the weights whole, as Darknet loads them */
    TRAINS,
    LOOKS_INSIDE        /* at outputs of hidden layers, which MAFAT does not keep */
} nature;

/* The first line that fits counts; subword NULL is for all that a word has. */
static const struct {
    const char *word, *subword;
    nature nature;
} commands[] = {
    {"classifier", "fout", RUNS},
    {"classifier", "csv", RUNS},
    {"classifier", "label", RUNS},
    {"classifier", "gun", RUNS},
    {"classifier", "threat", RUNS},
    {"classifier", "test", HOLDS_MORE},
    {"classifier", "try", LOOKS_INSIDE},
    {"classifier", "train", TRAINS},
    {"detector", "train", TRAINS},
    {"segmenter", "train", TRAINS},
    {"isegmenter", "train", TRAINS},
    {"regressor", "train", TRAINS},
    {"regressor", "demo", RUNS},
    {"isegmenter", "demo", RUNS},
    {"yolo", "train", TRAINS},
    {"coco", "train", TRAINS},
    {"tag", "train", TRAINS},
    {"cifar", "train", TRAINS},
    {"cifar", "distill", TRAINS},
    {"cifar", NULL, HOLDS_MORE},
    {"go", "train", TRAINS},
    {"go", NULL, HOLDS_MORE},
    {"rnn", "train", TRAINS},
    {"rnn", NULL, HOLDS_MORE},
    {"super", "train", TRAINS},
    {"super", NULL, LOOKS_INSIDE},
    {"lsd", NULL, LOOKS_INSIDE},
    {"art", NULL, HOLDS_MORE},
    {"nightmare", NULL, LOOKS_INSIDE},
    {"speed", NULL, HOLDS_MORE},
    {"ops", NULL, HANDLES_WEIGHTS},
    {"average", NULL, HANDLES_WEIGHTS},
    {"rgbgr", NULL, HANDLES_WEIGHTS},
    {"reset", NULL, HANDLES_WEIGHTS},
    {"denormalize", NULL, HANDLES_WEIGHTS},
    {"normalize", NULL, HANDLES_WEIGHTS},
    {"statistics", NULL, HANDLES_WEIGHTS},
    {"rescale", NULL, HANDLES_WEIGHTS},
    {"oneoff", NULL, HANDLES_WEIGHTS},
    {"oneoff2", NULL, HANDLES_WEIGHTS},
    {"print", NULL, HANDLES_WEIGHTS},
    {"partial", NULL, HANDLES_WEIGHTS},
    {"visualize", NULL, HANDLES_WEIGHTS},
    {"mkimg", NULL, HANDLES_WEIGHTS},
};

enum { N_PLACES = sizeof places / sizeof places[0],
       N_COMMANDS = sizeof commands / sizeof commands[0] };

/* The word where the command has its cfg; NULL where there is none. Options and their values stand
 * anywhere: Darknet takes them out before it counts. */
static const char *find_cfg(int n_words, char *const *words)
{
    int place = -1;
    for (int i = 0; i < N_PLACES && n_words > 0; i++)
        if (strcmp(words[0], places[i].word) == 0)
            place = places[i].cfg;
    for (int i = 0; i < n_words && place >= 0; i++) {
        if (words[i][0] == '-')
            i += mafat_command_darknet_takes_value(words[i]);
        else if (place-- == 0)
            return words[i];
    }
    return NULL;
}

bool mafat_routing_is_asked_for(int n_words, char **words)
{
    for (int i = 0; i < n_words; i++)
        if (mafat_arguments_asks(words[i]))
            return true;
    const char *cfg = find_cfg(n_words, words);
    return cfg != NULL && mafat_session_is_asked_for(cfg);
}

/* Whoever asked for something that the command cannot do: on the command line, or in the cfg. */
typedef struct {
    const char *cfg;    /* NULL: none is named */
    bool has_options, has_flags, has_limit;
} request;

static request find_request(const mafat_arguments *arguments)
{
    const mafat_options *options = &arguments->options;
    const char *cfg = find_cfg(arguments->n_words, arguments->words);
    return (request){
        .cfg = cfg,
        .has_options = options->config != NULL || options->memory != NULL ||
                       options->threads != NULL,
        .has_flags = cfg != NULL && mafat_session_is_asked_for(cfg),
        .has_limit = options->memory != NULL || (cfg != NULL && mafat_session_has_limit(cfg)),
    };
}

/* Refuses a command for what it does, and says which flags would have to go. */
static mafat_status refuse(const mafat_arguments *arguments, const request *r, const char *reason,
                           const char *flags, mafat_error *error)
{
    char advice[80] = "";
    if (r->has_options)
        snprintf(advice, sizeof advice, "; leave MAFAT's options out");
    else if (r->has_flags)
        snprintf(advice, sizeof advice, "; take %s out of [net]", flags);
    bool has_subword = arguments->n_words > 1 && arguments->words[1] != r->cfg;
    mafat_status status = mafat_error_set(error, MAFAT_USAGE, "`%s%s%s` %s%s", arguments->words[0],
                                          has_subword ? " " : "",
                                          has_subword ? arguments->words[1] : "", reason, advice);
    if (r->has_flags)
        mafat_error_set_file(error, r->cfg);
    return status;
}

#define LIMIT_FLAG "mafat_memory="
#define ALL_FLAGS "mafat=, mafat_memory= and mafat_threads="

/* A network for a command that runs none is Darknet's own. */
static mafat_status leave_to_darknet(const mafat_arguments *arguments, const request *r,
                                     mafat_error *error)
{
    if (r->has_options || r->has_limit)
        return refuse(arguments, r, "runs no network, and needs all weights in memory", LIMIT_FLAG,
                      error);
    mafat_bridge_decline();
    if (r->has_flags)
        fprintf(stderr, "mafat: %s: %s runs no network: MAFAT's flags mean nothing to it\n", r->cfg,
                arguments->words[0]);
    return MAFAT_OK;
}

/* Which of the commands above the words are; NULL: none. */
static const nature *find_nature(const mafat_arguments *arguments)
{
    const char *subword = arguments->n_words > 1 ? arguments->words[1] : "";
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(arguments->words[0], commands[i].word) == 0 &&
            (commands[i].subword == NULL || strcmp(subword, commands[i].subword) == 0))
            return &commands[i].nature;
    return NULL;
}

mafat_status mafat_routing_refuse_limit(const mafat_arguments *arguments, mafat_error *error)
{
    request r = find_request(arguments);
    return !r.has_limit ? MAFAT_OK
                        : refuse(arguments, &r, "holds more beside the network than a memory limit "
                                 "counts", LIMIT_FLAG, error);
}

mafat_status mafat_routing_judge(const mafat_arguments *arguments, mafat_error *error)
{
    const nature *found = find_nature(arguments);
    request r = find_request(arguments);
    mafat_status status = MAFAT_OK;
    if (found == NULL && arguments->words[0][0] == '-')
        return mafat_command_darknet_fail_unknown(arguments->words[0], error);
    if (found == NULL)
        return mafat_error_set(
            error, MAFAT_USAGE,
            "unknown command \"%s%s%s\"; `darknet mafat --help` lists the commands",
            arguments->words[0], arguments->n_words > 1 ? " " : "",
            arguments->n_words > 1 ? arguments->words[1] : "");
    switch (*found) {
    case HANDLES_WEIGHTS:
        return leave_to_darknet(arguments, &r, error);
    case TRAINS:
        return refuse(arguments, &r, "trains, and MAFAT runs networks and does not train them",
                      ALL_FLAGS, error);
    case LOOKS_INSIDE:
        return refuse(arguments, &r, "needs outputs of hidden layers, which MAFAT does not keep",
                      ALL_FLAGS, error);
    case HOLDS_MORE:
        status = mafat_routing_refuse_limit(arguments, error);
        break;
    case RUNS:
        break;
    }
    if (status == MAFAT_OK && r.has_options)
        mafat_bridge_ask(&(mafat_request){.options = arguments->options, .use.repeats = true});
    return status;
}
