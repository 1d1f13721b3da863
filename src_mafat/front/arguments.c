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
        else if (strcmp(word, "-steps") == 0)
            arguments->steps = true;
        else if (strcmp(word, "-help") == 0 || strcmp(word, "--help") == 0)
            arguments->help = true;
        else
            arguments->words[arguments->n_words++] = argv[i];
        if (status != MAFAT_OK)
            return status;
    }
    return MAFAT_OK;
}

mafat_status mafat_arguments_refuse_options(const mafat_arguments *arguments, mafat_error *error)
{
    for (int i = 0; i < arguments->n_words; i++)
        if (arguments->words[i][0] == '-')
            return mafat_error_set(error, MAFAT_USAGE,
                                   "unknown option %s; allowed are -mafat CONFIG, -threads N and "
                                   "-json",
                                   arguments->words[i]);
    return MAFAT_OK;
}
