/* Darknet's own options; see darknet_options.h. Sources: find_arg() and its kin, and the run_*()
 * functions in Darknet's examples. */
#include "command/darknet_options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/program.h"
#include "command/option.h"

/* The readers check what Darknet would read with atof() or atoi(), whatever stands there. */
mafat_status mafat_darknet_options_share(const char *name, const char *text, void *to,
                                         mafat_error *error)
{
    char *end, hint[64] = "";
    double number = strtod(text, &end);
    if (end == text || (*end != '\0' && strcmp(end, "%") != 0))
        return mafat_error_set(error, MAFAT_USAGE, "option %s: \"%.80s\" is no number", name, text);
    if (*end == '\0' && number >= 0 && number <= 1)
        return mafat_option_read_text(name, text, to, error);
    if (number >= 1 && number <= 100)
        snprintf(hint, sizeof hint, "; did you mean %g?", number / 100);
    return mafat_error_set(error, MAFAT_USAGE, "option %s: \"%.80s\" must be from 0 to 1%s", name,
                           text, hint);
}

static mafat_status read_from(int min, const char *name, const char *text, void *to,
                              mafat_error *error)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (end != text && *end == '\0' && errno == 0 && number >= min && number <= INT_MAX)
        return mafat_option_read_text(name, text, to, error);
    return mafat_error_set(error, MAFAT_USAGE, "option %s: \"%.80s\" must be a whole number from "
                           "%d to %d", name, text, min, INT_MAX);
}

mafat_status mafat_darknet_options_whole(const char *name, const char *text, void *to,
                                         mafat_error *error)
{
    return read_from(0, name, text, to, error);
}

static mafat_status read_count(const char *name, const char *text, void *to, mafat_error *error)
{
    return read_from(1, name, text, to, error);
}

/* -1: none of them. */
static mafat_status read_gpu(const char *name, const char *text, void *to, mafat_error *error)
{
    return read_from(-1, name, text, to, error);
}

/* What Darknet's own mean differs from command to command, which tell it (darknet_commands.h). */
static const mafat_option rows[] = {
    {"-thresh", "P", mafat_darknet_options_share, offsetof(mafat_darknet_options, threshold), NULL},
    {"-hier", "P", mafat_darknet_options_share, offsetof(mafat_darknet_options, hier_threshold),
     NULL},
    {"-t", "N", mafat_darknet_options_whole, offsetof(mafat_darknet_options, top), NULL},
    {"-top", "N", mafat_darknet_options_whole, offsetof(mafat_darknet_options, top), NULL},
    {"-out", "NAME", mafat_option_read_text, offsetof(mafat_darknet_options, out), NULL},
    {"-gpus", "LIST", mafat_option_read_text, offsetof(mafat_darknet_options, gpus), NULL},
    {"-avg", "N", read_count, MAFAT_OPTION_CHECKED, NULL},
    {"-c", "N", mafat_darknet_options_whole, MAFAT_OPTION_CHECKED, NULL},
    {"-s", "N", mafat_darknet_options_whole, MAFAT_OPTION_CHECKED, NULL},
    {"-w", "N", mafat_darknet_options_whole, MAFAT_OPTION_CHECKED, NULL},
    {"-h", "N", mafat_darknet_options_whole, MAFAT_OPTION_CHECKED, NULL},
    {"-fps", "N", mafat_darknet_options_whole, MAFAT_OPTION_CHECKED, NULL},
    {"-i", "N", read_gpu, MAFAT_OPTION_CHECKED, NULL},
    {"-out_filename", "FILE", mafat_option_read_text, MAFAT_OPTION_CHECKED, NULL},
    {"-prefix", "NAME", mafat_option_read_text, MAFAT_OPTION_CHECKED, NULL},
    {"-clear", NULL, NULL, MAFAT_OPTION_CHECKED, NULL},
    {"-nogpu", NULL, NULL, MAFAT_OPTION_CHECKED, NULL},
    {"-fullscreen", NULL, NULL, MAFAT_OPTION_CHECKED, NULL},
    {"-ext_output", NULL, NULL, offsetof(mafat_darknet_options, boxes),
     "left, top, width and height of each box, too, in pixels"},
    {"-no_picture", NULL, NULL, offsetof(mafat_darknet_options, no_picture), "draw none"},
    {"-dont_show", NULL, NULL, offsetof(mafat_darknet_options, dont_show),
     "taken, and changes nothing: no window is opened anyway"},
};

static const mafat_option_table table = MAFAT_OPTION_TABLE(rows);

static const char *const new_ones[] = {"-ext_output", "-no_picture", "-dont_show"};

bool mafat_darknet_options_is_new(const char *word)
{
    for (size_t i = 0; i < sizeof new_ones / sizeof new_ones[0]; i++)
        if (strcmp(word, new_ones[i]) == 0)
            return true;
    return false;
}

const char *mafat_darknet_options_name(int i)
{
    return i < table.n ? rows[i].name : NULL;
}

void mafat_darknet_options_print(FILE *stream, int indent, int column, const char *name,
                                 const char *help)
{
    const mafat_option *option = mafat_option_find(&table, name);
    MAFAT_CHECK(option != NULL);
    mafat_option row = *option;
    if (help != NULL)
        row.help = help;
    mafat_option_print(stream, indent, column, &(mafat_option_table){&row, 1});
}

mafat_status mafat_darknet_options_take(char **words, int *n_words, mafat_darknet_options *options,
                                        mafat_error *error)
{
    return mafat_option_take(&table, words, n_words, options, error);
}

mafat_status mafat_darknet_options_fail_unknown(const char *word, mafat_error *error)
{
    char allowed[80];
    snprintf(allowed, sizeof allowed, "`%s --help` lists MAFAT's", mafat_program_name());
    return mafat_arguments_fail_unknown(word, &table, allowed, error);
}

/* How many words an option of Darknet's takes, its value among them; 0 for any other word. */
static int option_size(const char *word)
{
    const mafat_option *option = mafat_option_find(&table, word);
    return option == NULL ? 0 : option->value == NULL ? 1 : 2;
}

bool mafat_darknet_options_takes_value(const char *option)
{
    return option_size(option) == 2;
}

mafat_status mafat_darknet_options_order(mafat_arguments *arguments, mafat_error *error)
{
    static char top[] = "-t";
    char **words = arguments->words, *moved[2];
    int n = arguments->n_words, n_left = n;
    bool is_short = false, is_long = false;
    for (int i = 0; i < n; i++) {
        is_short |= strcmp(words[i], "-t") == 0;
        if (strcmp(words[i], "-top") != 0)
            continue;
        if (is_long)
            return mafat_error_set(error, MAFAT_USAGE, "option -top is given twice");
        is_long = true;
        words[i] = top;
    }
    if (is_short && is_long)
        return mafat_error_set(error, MAFAT_USAGE, "-t and -top are one option: give one of them");
    for (int at = 0; at < 2 && at < n_left;) {
        int size = option_size(words[at]);
        if (size == 0 || at + size > n_left) {
            at++;
            continue;
        }
        memcpy(moved, words + at, (size_t)size * sizeof *words);
        memmove(words + at, words + at + size, (size_t)(n - at - size) * sizeof *words);
        memcpy(words + n - size, moved, (size_t)size * sizeof *words);
        n_left -= size;
    }
    return MAFAT_OK;
}
