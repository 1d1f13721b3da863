/* Command-line words; see arguments.h. */
#include "command/arguments.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/nearest.h"

/* Takes an option's value; *i moves on to it. */
static mafat_status take_value(const char **value, int *i, int argc, char **argv,
                               mafat_error *error)
{
    const char *option = argv[*i];
    if (*value != NULL)
        return mafat_error_set(error, MAFAT_USAGE, "option %s is given twice", option);
    if (*i + 1 >= argc)
        return mafat_error_set(error, MAFAT_USAGE, "option %s lacks its value", option);
    *value = argv[++*i];
    return MAFAT_OK;
}

mafat_status mafat_arguments_parse(mafat_arguments *arguments, int argc, char **argv,
                                   mafat_error *error)
{
    *arguments = (mafat_arguments){.words = argv};
    for (int i = 0; i < argc; i++) {
        mafat_status status = MAFAT_OK;
        const char *word = argv[i];
        if (strcmp(word, "-mafat") == 0)
            status = take_value(&arguments->options.config, &i, argc, argv, error);
        else if (strcmp(word, "-memory") == 0)
            status = take_value(&arguments->options.memory, &i, argc, argv, error);
        else if (strcmp(word, "-threads") == 0)
            status = take_value(&arguments->options.threads, &i, argc, argv, error);
        else if (strcmp(word, "-json") == 0)
            arguments->json = true;
        else if (strcmp(word, "-help") == 0 || strcmp(word, "--help") == 0)
            arguments->help = true;
        else
            arguments->words[arguments->n_words++] = argv[i];
        if (status != MAFAT_OK)
            return status;
    }
    return MAFAT_OK;
}

/* Whether two words of n and more letters begin alike, whatever their case. */
static bool begin_alike(const char *a, const char *b, size_t n)
{
    size_t shorter = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
    return shorter >= n && strncasecmp(a, b, shorter) == 0;
}

bool mafat_arguments_asks(const char *word)
{
    static const char *const asking[] = {"mafat", "memory", "threads"};
    enum { ALIKE = 3, MOST_CHANGES = 2 };
    char name[16];
    if (word[0] != '-')
        return strncmp(word, "mafat", 5) == 0 && strchr(word, '=') != NULL;
    word += strspn(word, "-");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    if (strcmp(name, "thresh") == 0)    /* Darknet's */
        return false;
    for (size_t i = 0; i < sizeof asking / sizeof asking[0]; i++)
        if (begin_alike(name, asking[i], ALIKE) ||
            mafat_nearest_distance(name, asking[i]) <= MOST_CHANGES)
            return true;
    return false;
}

/* Takes n words out, from the one at i on. */
static void remove_words(mafat_arguments *arguments, int i, int n)
{
    arguments->n_words -= n;
    memmove(arguments->words + i, arguments->words + i + n,
            (size_t)(arguments->n_words - i) * sizeof *arguments->words);
}

mafat_status mafat_arguments_take_flag(mafat_arguments *arguments, const char *option, bool *given,
                                       mafat_error *error)
{
    *given = false;
    for (int i = 0; i < arguments->n_words; i++) {
        if (strcmp(arguments->words[i], option) != 0)
            continue;
        if (*given)
            return mafat_error_set(error, MAFAT_USAGE, "option %s is given twice", option);
        *given = true;
        remove_words(arguments, i--, 1);
    }
    return MAFAT_OK;
}

mafat_status mafat_arguments_take_value(mafat_arguments *arguments, const char *option,
                                        const char **value, mafat_error *error)
{
    *value = NULL;
    for (int i = 0; i < arguments->n_words; i++) {
        if (strcmp(arguments->words[i], option) != 0)
            continue;
        int last = i;
        mafat_status status = take_value(value, &last, arguments->n_words, arguments->words, error);
        if (status != MAFAT_OK)
            return status;
        remove_words(arguments, i--, 2);
    }
    return MAFAT_OK;
}

const char *const mafat_arguments_options[MAFAT_N_ARGUMENTS_OPTIONS] = {
    "-mafat", "-memory", "-threads", "-json", "-help",
};

/* Writes "; did you mean -memory 8M?" where an option comes near one that is known. People write
 * two dashes, and a value behind a "=". */
static void suggest(const char *option, const char *const *known, int n_known, char *hint,
                    size_t size)
{
    char name[64];
    const char *begin = option + (strncmp(option, "--", 2) == 0);
    const char *equals = strchr(begin, '=');
    snprintf(name, sizeof name, "%.*s", (int)strcspn(begin, "="), begin);
    const char *nearest = mafat_nearest(name, known, n_known);
    *hint = '\0';
    if (nearest != NULL)
        snprintf(hint, size, "; did you mean %s%s%.100s?", nearest, equals != NULL ? " " : "",
                 equals != NULL ? equals + 1 : "");
}

mafat_status mafat_arguments_fail_unknown(const char *option, const char *const *known, int n_known,
                                          const char *allowed, mafat_error *error)
{
    char hint[200];
    suggest(option, known, n_known, hint, sizeof hint);
    return mafat_error_set(error, MAFAT_USAGE, "unknown option %.200s; %s%s", option, allowed,
                           hint);
}

/* Finds the options in a list such as "-n N, -layers, ": words that begin with a dash. */
static int find_names(const char *list, char names[][24], const char **known, int most)
{
    int n = 0;
    for (const char *at = strchr(list, '-'); at != NULL && n < most; at = strchr(at + 1, '-')) {
        snprintf(names[n], sizeof names[n], "%.*s", (int)strcspn(at, " ,"), at);
        known[n] = names[n];
        n++;
    }
    return n;
}

mafat_status mafat_arguments_refuse_options(const mafat_arguments *arguments, const char *own,
                                            mafat_error *error)
{
    enum { MOST = 16 };
    char names[MOST][24], allowed[400];
    const char *known[MOST + MAFAT_N_ARGUMENTS_OPTIONS];
    int n = find_names(own, names, known, MOST);
    for (int i = 0; i < MAFAT_N_ARGUMENTS_OPTIONS; i++)
        known[n++] = mafat_arguments_options[i];
    snprintf(allowed, sizeof allowed, "allowed are %s-mafat CONFIG, -threads N and -json", own);
    for (int i = 0; i < arguments->n_words; i++)
        if (arguments->words[i][0] == '-')
            return mafat_arguments_fail_unknown(arguments->words[i], known, n, allowed, error);
    return MAFAT_OK;
}

bool mafat_arguments_begin_with(const mafat_arguments *arguments, const char *word,
                                const char *subword)
{
    return strcmp(arguments->words[0], word) == 0 &&
           (subword == NULL ||
            (arguments->n_words > 1 && strcmp(arguments->words[1], subword) == 0));
}
