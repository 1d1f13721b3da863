/* Command-line words; see arguments.h. */
#include "front/arguments.h"

#include <string.h>

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

mafat_status mafat_arguments_refuse_options(const mafat_arguments *arguments, const char *own,
                                            mafat_error *error)
{
    for (int i = 0; i < arguments->n_words; i++)
        if (arguments->words[i][0] == '-')
            return mafat_error_set(error, MAFAT_USAGE,
                                   "unknown option %s; allowed are %s-mafat CONFIG, -threads N "
                                   "and -json",
                                   arguments->words[i], own);
    return MAFAT_OK;
}
