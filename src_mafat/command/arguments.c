/* Command-line words; see arguments.h. */
#include "command/arguments.h"

#include <string.h>
#include <strings.h>

#include "base/nearest.h"
#include "base/program.h"
#include "command/foreign_options.h"

static const mafat_option common[] = {
    {"-mafat", "CONFIG", mafat_option_read_list, offsetof(mafat_arguments, configs),
     "layer groups and their tiles (default " MAFAT_DEFAULT_CONFIG "):\n"
     "  5x5/8/2x2: layers from 0 on in 5x5 tiles, from 8 on in 2x2\n"
     "  3x3/NoCut: one tiling for all layers that can be fused from 0 on\n"
     "  38x1r/12/1x1: layers 0-11 row by row, rows kept where they are needed again; layers from "
     "12 on whole\n"
     "  layers: Darknet's own forward pass without training buffers"},
    {"-memory", "LIMIT", mafat_option_read_text, offsetof(mafat_arguments, options.memory),
     "the most memory that the process may take, as a cgroup counts it: bytes, or with K, M or G; "
     "auto: what the cgroup and the machine have left. Chooses the configuration where none is "
     "given, and how many weights stay in memory"},
    {"-threads", "N", mafat_option_read_text, offsetof(mafat_arguments, options.threads),
     "threads (default: OMP_NUM_THREADS, or one for each core, of big.LITTLE's the fast ones, and no "
     "more than a container's CPU quota allows; `version` says what is here)"},
    {"-batch", "N", mafat_option_read_text, offsetof(mafat_arguments, options.batch),
     "images that share one pass of the weights, with the same results: of lists and films, and of the "
     "commands that plan. auto: so many as take least time an image in -memory, the default for lists "
     "and films from files; else 1"},
    {"-shares", "LIST", mafat_option_read_text, offsetof(mafat_arguments, options.ranks.shares),
     "of several ranks, as mpirun starts them of darknet-mpi, or `predict` and `plan` with -ranks look at "
     "them: the parts of each image's work, as 2,1,1 (default: as they are fast, and only those that "
     "make it sooner). -memory may be a list, too, with a limit for each"},
    {"-fast", NULL, NULL, offsetof(mafat_arguments, options.fast),
     "sums of 3x3 convolutions by Winograd's algorithm, where that suits: in half the time, with other "
     "bits than Darknet's, the same whatever the plan, threads and limit. mafat_fast=1 in [net] says so, "
     "too"},
    {"-stretch", NULL, NULL, offsetof(mafat_arguments, options.stretch),
     "the cfg is read as AlexeyAB's Darknet reads it, with images stretched to the input. Default is that "
     "for cfgs which unmodified Darknet cannot run, or which say letter_box= in [net]"},
    {"-letter_box", NULL, NULL, offsetof(mafat_arguments, options.letter_box),
     "so it is, but images keep their proportions, between grey edges, as letter_box=1 says"},
    {"-json", NULL, NULL, offsetof(mafat_arguments, json),
     "results as JSON in place of lines \"key: value\": one object, or, of commands that tell what "
     "is in images, one for each of them on a line of its own. For commands that MAFAT runs "
     "itself"},
    {"-quiet", NULL, NULL, offsetof(mafat_arguments, quiet),
     "nothing on stderr but errors; for the same commands as -json, whoever runs them, `detector "
     "valid` and `classifier valid`"},
    {"-help", NULL, NULL, offsetof(mafat_arguments, help),
     "this text; behind a command, what that one does and takes. Also -h"},
};

enum { N_COMMON = sizeof common / sizeof common[0] };

const mafat_option_table mafat_arguments_common = {common, N_COMMON};

/* One of a command's own options, or of those behind them, which all know. */
static const mafat_option *option_at(const mafat_option_table *own, int i)
{
    return i < own->n ? &own->rows[i] : &common[i - own->n];
}

/* Darknet has an option -h with a number behind it. */
static bool asks_for_help(const char *word, const char *next)
{
    return strcmp(word, "-help") == 0 || strcmp(word, "--help") == 0 ||
           (strcmp(word, "-h") == 0 && (next[0] == '\0' || strchr("-0123456789", next[0]) == NULL));
}

mafat_status mafat_arguments_parse(mafat_arguments *arguments, int argc, char **argv,
                                   mafat_error *error)
{
    *arguments = (mafat_arguments){.words = argv, .n_words = argc};
    for (int i = 0; i < argc; i++)
        if (asks_for_help(argv[i], i + 1 < argc ? argv[i + 1] : ""))
            arguments->help = true;
    if (arguments->help)
        return MAFAT_OK;
    mafat_status status = mafat_option_take(&mafat_arguments_common, argv, &arguments->n_words,
                                            arguments, error);
    const mafat_options *options = &arguments->options;
    if (status == MAFAT_OK && options->stretch && options->letter_box)
        status = mafat_error_set(error, MAFAT_USAGE, "-stretch and -letter_box: give one of them");
    arguments->options.config = arguments->configs.values[0];
    arguments->options.are_typed = true;
    return status;
}

/* Whether two words of n and more letters begin alike, whatever their case. */
static bool begin_alike(const char *a, const char *b, size_t n)
{
    size_t shorter = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
    return shorter >= n && strncasecmp(a, b, shorter) == 0;
}

bool mafat_arguments_asks(const char *word)
{
    enum { ALIKE = 3, MAX_CHANGES = 2 };
    static const char *const flags[] = {"fast", "json", "quiet", "stretch", "letter_box"};
    char name[16];
    if (word[0] != '-')
        return strncmp(word, "mafat", 5) == 0 && strchr(word, '=') != NULL;
    word += strspn(word, "-");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    if (strcmp(name, "thresh") == 0)    /* Darknet's */
        return false;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)    /* Darknet's -fps comes near */
        if (strcmp(name, flags[i]) == 0)
            return true;
    for (int i = 0; i < N_COMMON; i++) {
        const char *asking = common[i].name + 1;
        if (common[i].value != NULL && (begin_alike(name, asking, ALIKE) ||
                                        mafat_nearest_distance(name, asking) <= MAX_CHANGES))
            return true;
    }
    return false;
}

/* Writes "; did you mean -memory 8M?" where an option comes near one that is known. People write
 * two dashes, and a value behind a "=". */
static void suggest(const char *option, const mafat_option_table *own, char *hint, size_t size)
{
    enum { MAX_NAMES = 64 };
    const char *known[MAX_NAMES];
    int n = own->n + N_COMMON;
    MAFAT_CHECK(n <= MAX_NAMES);
    for (int i = 0; i < n; i++)
        known[i] = option_at(own, i)->name;
    char name[64];
    const char *begin = option + (strncmp(option, "--", 2) == 0);
    const char *equals = strchr(begin, '=');
    snprintf(name, sizeof name, "%.*s", (int)strcspn(begin, "="), begin);
    const char *nearest = mafat_nearest(name, known, n);
    *hint = '\0';
    if (nearest != NULL)
        snprintf(hint, size, "; did you mean %s%s%.100s?", nearest, equals != NULL ? " " : "",
                 equals != NULL ? equals + 1 : "");
}

mafat_status mafat_arguments_fail_unknown(const char *option, const mafat_option_table *own,
                                          const char *allowed, mafat_error *error)
{
    char hint[200];
    const char *advice = mafat_foreign_options_find(option);
    if (advice != NULL)
        return mafat_error_set(error, MAFAT_USAGE, "option %s is of AlexeyAB's Darknet: %s", option,
                               advice);
    suggest(option, own, hint, sizeof hint);
    return mafat_error_set(error, MAFAT_USAGE, "unknown option %.200s; %s%s", option, allowed,
                           hint);
}

void mafat_arguments_count(const char *words, int *min, int *max)
{
    *min = *max = 0;
    for (const char *at = words; *at != '\0'; at += strcspn(at, " "), at += strspn(at, " ")) {
        *min += *at != '[';
        ++*max;
    }
}

bool mafat_arguments_name(const char *words, int i, char name[MAFAT_ARGUMENT_NAME])
{
    for (; i > 0 && *words != '\0'; i--) {
        words += strcspn(words, " ");
        words += strspn(words, " ");
    }
    snprintf(name, MAFAT_ARGUMENT_NAME, "%.*s", (int)strcspn(words, " "), words);
    return *words != '\0';
}

static mafat_status fail_words(const mafat_usage *usage, mafat_error *error)
{
    char text[500];
    snprintf(text, sizeof text, "usage: %s %s %s", mafat_program_name(), usage->command,
             usage->words);
    for (int i = 0; i < usage->options.n + N_COMMON; i++)
        mafat_option_append(option_at(&usage->options, i), " [", "]", text, sizeof text);
    return mafat_error_set(error, MAFAT_USAGE, "%s", text);
}

static mafat_status fail_option(const char *word, const mafat_option_table *own,
                                mafat_error *error)
{
    char text[500] = "";
    int last = own->n + N_COMMON - 1;
    for (int i = 0; i <= last; i++)
        mafat_option_append(option_at(own, i), i == 0 ? "allowed are " : i < last ? ", " : " and ",
                            "", text, sizeof text);
    return mafat_arguments_fail_unknown(word, own, text, error);
}

/* Looks up the files that come with the program, or may (base/shipped.h): those of a usage's words,
 * but for images. */
static mafat_status find_files(mafat_arguments *arguments, const char *names, mafat_error *error)
{
    char name[MAFAT_ARGUMENT_NAME];
    mafat_status status = MAFAT_OK;
    for (int i = 1; i < arguments->n_words && status == MAFAT_OK; i++) {
        char **word = &arguments->words[i];
        mafat_arguments_name(names, i - 1, name);
        mafat_option_reader *read = strcmp(name, "[IMAGE]") == 0 ? mafat_option_read_path
                                                                 : mafat_option_read_shipped;
        status = read(name, *word, word, error);
    }
    return status;
}

mafat_status mafat_arguments_read(mafat_arguments *arguments, const mafat_usage *usage,
                                  void *target, mafat_error *error)
{
    int min, max;
    mafat_status status = mafat_option_take(&usage->options, arguments->words,
                                            &arguments->n_words, target, error);
    if (status != MAFAT_OK)
        return status;
    for (int i = 0; i < arguments->n_words; i++)
        if (arguments->words[i][0] == '-')
            return fail_option(arguments->words[i], &usage->options, error);
    mafat_arguments_count(usage->words, &min, &max);
    if (arguments->n_words <= min || arguments->n_words > 1 + max)
        return fail_words(usage, error);
    return find_files(arguments, usage->words, error);
}

bool mafat_arguments_begin_with(const mafat_arguments *arguments, const char *word,
                                const char *subword)
{
    return strcmp(arguments->words[0], word) == 0 &&
           (subword == NULL ||
            (arguments->n_words > 1 && strcmp(arguments->words[1], subword) == 0));
}
