/* Options as data: one table a command, of which come what is read, what usage and help say, and
 * what a message says is allowed. */
#ifndef MAFAT_COMMAND_OPTION_H
#define MAFAT_COMMAND_OPTION_H

#include "base/status.h"

/* Reads the value of the option `name` into *to; only checks it where `to` is NULL. MAFAT_USAGE
 * where it is none. */
typedef mafat_status mafat_option_reader(const char *name, const char *value, void *to,
                                         mafat_error *error);

#define MAFAT_OPTION_CHECKED SIZE_MAX

typedef struct {
    const char *name;              /* with its dash */
    const char *value;             /* what help calls its value; NULL: it has none, and is a flag */
    mafat_option_reader *read;     /* NULL for a flag, which is a bool */
    size_t target;                 /* offset of what is read, in the structure of all that is; or
                                      MAFAT_OPTION_CHECKED, of which that is all */
    const char *help;              /* lines; NULL: no help lists it */
} mafat_option;

typedef struct {
    const mafat_option *rows;    /* [n] */
    int n;
} mafat_option_table;

#define MAFAT_OPTION_TABLE(rows) {rows, sizeof rows / sizeof *rows}

/* A reader of text, a `const char *`, as it is written. */
mafat_option_reader mafat_option_read_text;

/* A reader of the path of a file, or of how it begins; for a command's words, too, whose name is what
 * usage calls them, "CFG" or "[IMAGE]". MAFAT_USAGE where it is empty. */
mafat_option_reader mafat_option_read_path;

/* The same of a file that may be of the share directory (base/shipped.h): that is told on stderr, and
 * it becomes its path there. */
mafat_option_reader mafat_option_read_shipped;

/* A reader of what may be given again and again, a mafat_option_list, which must be there.
 * MAFAT_USAGE where that is too often. */
enum { MAFAT_OPTION_VALUES = 64 };
typedef struct {
    int n;
    const char *values[MAFAT_OPTION_VALUES];
} mafat_option_list;
mafat_option_reader mafat_option_read_list;

/* The row of an option; NULL: the word is none of the table's. */
const mafat_option *mafat_option_find(const mafat_option_table *table, const char *word);

/* Takes the table's options out of words[*n_words], which it compacts, and reads them into *target.
 * MAFAT_USAGE for an option that is given twice but is no list, or without its value: none of the
 * table's own names is one. On error the words are lost. */
mafat_status mafat_option_take(const mafat_option_table *table, char **words, int *n_words,
                               void *target, mafat_error *error);

/* Appends "-svg FILE" to text[size], between `before` and `behind`. */
void mafat_option_append(const mafat_option *option, const char *before, const char *behind,
                         char *text, size_t size);

/* Prints what stands in a list, `indent` blanks from the left, and lines that explain it in a
 * column of their own, in rows that fit on a screen of 80 columns. */
void mafat_option_print_line(FILE *stream, int indent, int column, const char *what,
                             const char *lines);

/* Prints the table in this way. */
void mafat_option_print(FILE *stream, int indent, int column, const mafat_option_table *table);

#endif
