/* Tables of options; see option.h. */
#include "command/option.h"

#include <stdlib.h>
#include <string.h>

#include "base/notice.h"
#include "base/shipped.h"

enum { SCREEN_COLUMNS = 80 };

mafat_status mafat_option_read_text(const char *name, const char *value, void *to,
                                    mafat_error *error)
{
    (void)name, (void)error;
    if (to != NULL)
        *(const char **)to = value;
    return MAFAT_OK;
}

mafat_status mafat_option_read_path(const char *name, const char *value, void *to,
                                    mafat_error *error)
{
    if (*value == '\0')
        return mafat_error_set(error, MAFAT_USAGE, "%s %s \"\": expected the path of a file",
                               *name == '-' ? "option" : "argument", name);
    return mafat_option_read_text(name, value, to, error);
}

mafat_status mafat_option_read_shipped(const char *name, const char *value, void *to,
                                      mafat_error *error)
{
    char found[MAFAT_SHIPPED_PATH];
    const char *path = mafat_shipped_find(value, found);
    if (path == value || to == NULL)
        return mafat_option_read_path(name, value, to, error);
    char *kept = strdup(path);    /* as long as the command line */
    if (kept == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for the path of %.200s", value);
    mafat_notice("%s: taken from %s", value, path);
    return mafat_option_read_text(name, kept, to, error);
}

mafat_status mafat_option_read_list(const char *name, const char *value, void *to,
                                    mafat_error *error)
{
    mafat_option_list *list = to;
    if (list->n == MAFAT_OPTION_VALUES)
        return mafat_error_set(error, MAFAT_USAGE, "option %s is given more than %d times", name,
                               MAFAT_OPTION_VALUES);
    list->values[list->n++] = value;
    return MAFAT_OK;
}

const mafat_option *mafat_option_find(const mafat_option_table *table, const char *word)
{
    for (int i = 0; i < table->n; i++)
        if (strcmp(word, table->rows[i].name) == 0)
            return &table->rows[i];
    return NULL;
}

mafat_status mafat_option_take(const mafat_option_table *table, char **words, int *n_words,
                               void *target, mafat_error *error)
{
    uint64_t given = 0;    /* a bit for each row */
    int n_left = 0;
    MAFAT_CHECK(table->n <= 64);
    for (int i = 0; i < *n_words; i++) {
        const mafat_option *option = mafat_option_find(table, words[i]);
        if (option == NULL) {
            words[n_left++] = words[i];
            continue;
        }
        uint64_t bit = (uint64_t)1 << (option - table->rows);
        void *to = option->target == MAFAT_OPTION_CHECKED ? NULL : (char *)target + option->target;
        if ((given & bit) && option->read != mafat_option_read_list)
            return mafat_error_set(error, MAFAT_USAGE, "option %s is given twice", option->name);
        given |= bit;
        if (option->read == NULL) {
            if (to != NULL)
                *(bool *)to = true;
            continue;
        }
        if (++i >= *n_words || mafat_option_find(table, words[i]) != NULL)
            return mafat_error_set(error, MAFAT_USAGE, "option %s lacks its value", option->name);
        mafat_status status = option->read(option->name, words[i], to, error);
        if (status != MAFAT_OK)
            return status;
    }
    *n_words = n_left;
    return MAFAT_OK;
}

void mafat_option_append(const mafat_option *option, const char *before, const char *behind,
                         char *text, size_t size)
{
    size_t length = strlen(text);
    snprintf(text + length, size - length, "%s%s%s%s%s", before, option->name,
             option->value != NULL ? " " : "", option->value != NULL ? option->value : "", behind);
}

/* Prints a line from a column on, and what does not fit on the screen in rows of its own below its
 * first word. Returns where the next line begins. */
static const char *print_wrapped(FILE *stream, int column, const char *line)
{
    int begin = column + (int)strspn(line, " "), at = column;
    while (*line != '\0' && *line != '\n') {
        int n_blanks = (int)strspn(line, " ");
        line += n_blanks;
        int length = (int)strcspn(line, " \n");
        if (at > begin && at + n_blanks + length > SCREEN_COLUMNS) {
            fputc('\n', stream);
            n_blanks = begin;
            at = 0;
        }
        fprintf(stream, "%*s%.*s", n_blanks, "", length, line);
        at += n_blanks + length;
        line += length;
    }
    fputc('\n', stream);
    return line + (*line == '\n');
}

void mafat_option_print_line(FILE *stream, int indent, int column, const char *what,
                             const char *lines)
{
    int at = fprintf(stream, "%*s%s", indent, "", what);
    if (at >= column && at > 0) {
        fputc('\n', stream);
        at = 0;
    }
    for (const char *line = lines; *line != '\0'; at = 0) {
        fprintf(stream, "%*s", column - at, "");
        line = print_wrapped(stream, column, line);
    }
}

void mafat_option_print(FILE *stream, int indent, int column, const mafat_option_table *table)
{
    for (int i = 0; i < table->n; i++) {
        char name[40] = "";
        mafat_option_append(&table->rows[i], "", "", name, sizeof name);
        mafat_option_print_line(stream, indent, column, name, table->rows[i].help);
    }
}
