/* A cfg file as text: its sections, and the options in them, by the rules of Darknet's read_cfg().
 *
 * Blanks and tabs count nowhere; a line that starts with '#' or ';' is a comment; of options with
 * the same key the first wins. People's files have more that is no part of a value: a byte order
 * mark, carriage returns, comments behind values. mafat_cfg_text_clean() (doors.h) takes all of it out, for
 * this reader and for Darknet's (patches/0010), so that both read the same.
 *
 * A number is what Darknet's atoi() or atof() finds at the beginning of a value: what else follows
 * ("64px", "3x3", "1.5" where a whole number is meant) is passed over, with a warning. Where no number
 * stands there the value is at fault. A line that says nothing to Darknet is passed over, too: one
 * that ends in its only '=', and one without any, which hides options of its name behind it. Messages
 * quote lines as they stand in the file.
 *
 * What Darknet crashes on is an error here: options before the first section, NUL bytes. */
#ifndef MAFAT_CFG_CFG_TEXT_H
#define MAFAT_CFG_CFG_TEXT_H

#include <stdbool.h>

#include "base/status.h"

/* No number that describes a network may be larger, so that sums of a few never overflow. */
enum { MAFAT_CFG_TEXT_MAX_VALUE = 1 << 24 };

typedef struct {
    const char *key;
    const char *value;      /* NULL where the line has no '=', "" where nothing follows it */
    const char *written;    /* the line with its blanks, but for those around it, and no comment */
    bool had_more;          /* behind it is what unpatched Darknet takes for a part of it */
    int line;
} mafat_cfg_text_option;

typedef struct {
    const char *name;      /* with its brackets: "[net]" */
    const char *written;   /* and as above */
    bool had_more;
    int line;
    int first_option, n_options;
} mafat_cfg_text_section;

typedef struct {
    size_t n_bytes, n_written;
    char *bytes;                       /* [n_bytes + 1], owned: the file, cleaned, in strings */
    char *written;                     /* [n_written], owned: what is quoted */
    int n_sections, n_options;
    int section_capacity, option_capacity;
    mafat_cfg_text_section *sections;  /* [section_capacity], owned: n_sections of them */
    mafat_cfg_text_option *options;    /* [option_capacity], owned: n_options of them */
} mafat_cfg_text;

/* Takes blanks, tabs and line ends out of a line, in place: Darknet's strip(). */
void mafat_cfg_text_strip(char *line);

/* Reads the file; on error nothing needs to be freed. */
mafat_status mafat_cfg_text_read(mafat_cfg_text *text, const char *path, mafat_error *error);

/* The same in two parts. _load reads the file into (*bytes)[*n_bytes + 1], the last of them NUL,
 * which the caller frees; NULL on error. _parse takes such bytes over, on error too, and changes
 * them. */
mafat_status mafat_cfg_text_load(const char *path, char **bytes, size_t *n_bytes,
                                 mafat_error *error);
mafat_status mafat_cfg_text_parse(mafat_cfg_text *text, char *bytes, size_t n_bytes,
                                  mafat_error *error);
void mafat_cfg_text_free(mafat_cfg_text *text);

/* What the text takes as long as it is there. */
size_t mafat_cfg_text_bytes(const mafat_cfg_text *text);

/* What a cfg says beside what is at fault in it. */
typedef enum {
    MAFAT_NOTE_STRAY,     /* lines that are no options */
    MAFAT_NOTE_TWICE,     /* options that another one of the section hides */
    MAFAT_NOTE_JUNK,      /* what stands behind a number */
    MAFAT_NOTE_MEANT,     /* words that unpatched Darknet takes for others */
    MAFAT_NOTE_UNKNOWN,   /* keys that nobody reads */
    MAFAT_NOTE_FOREIGN,   /* of another Darknet, of little effect, in a cfg that is none of its own */
    MAFAT_NOTE_LIST,      /* a list that is longer or shorter than it seems, or than it should be */
    MAFAT_N_NOTES
} mafat_note_kind;

typedef struct {
    bool is_foreign;                   /* something that only other Darknets read changes results */
    bool is_refused;
    mafat_error refusal;               /* of the first thing that MAFAT cannot run */
    int n_notes[MAFAT_N_NOTES];
    int last_lines[MAFAT_N_NOTES];     /* where each kind was noted last; an option may be read twice */
    char notes[MAFAT_N_NOTES][320];    /* the first of each kind */
} mafat_cfg_findings;

/* A reader of one section's options. The first fault stays in `status` and `error`; after it the
 * functions below go on with fallbacks, so that a caller reads all options and then looks once. */
typedef struct {
    const mafat_cfg_text *text;
    const mafat_cfg_text_section *section;
    int layer;            /* -1 for [net] */
    const char *type;     /* the section's full name without brackets */
    mafat_status status;
    mafat_error *error;
    mafat_cfg_findings *findings;
} mafat_cfg_text_reader;

/* Notes a fault of this section, if it is the first. */
void mafat_cfg_text_fail(mafat_cfg_text_reader *reader, mafat_status status, const char *format,
                         ...) __attribute__((format(printf, 3, 4)));

/* Notes what MAFAT cannot run, if it is the first such thing in the file; reading goes on. */
void mafat_cfg_text_refuse(mafat_cfg_text_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Notes what is worth a warning of a line; the first of each kind stays, others are counted. */
void mafat_cfg_text_note(mafat_cfg_text_reader *reader, mafat_note_kind kind, int line,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The first line with `key` that counts to Darknet, which may have no value; NULL: there is none. */
const mafat_cfg_text_option *mafat_cfg_text_find_first(const mafat_cfg_text_reader *reader,
                                                       const char *key);

/* The value of `key`, NULL where it is absent; and its line, the section's where it is absent. */
const char *mafat_cfg_text_find(const mafat_cfg_text_reader *reader, const char *key);
int mafat_cfg_text_line(const mafat_cfg_text_reader *reader, const char *key);

/* The number of `key`, or `fallback` where it is absent; a fault where it is none from min to max.
 * Commas behind it, and ".0", are not warned of. */
int mafat_cfg_text_get_int(mafat_cfg_text_reader *reader, const char *key, int fallback, int min,
                           int max);

/* Whether `key` is there and is not 0. */
bool mafat_cfg_text_get_flag(mafat_cfg_text_reader *reader, const char *key);

/* A finite number. */
float mafat_cfg_text_get_float(mafat_cfg_text_reader *reader, const char *key, float fallback);

/* The numbers of a list "1,2,3", each from min to max, and how many they are; NULL and 0 where the
 * key is absent or at fault. Where nothing stands before or behind a comma is a 0, as it is to
 * Darknet, which is noted. The caller frees them. */
int *mafat_cfg_text_get_ints(mafat_cfg_text_reader *reader, const char *key, int min, int max,
                             int *n);

/* Whether more than commas stands behind the first of a value. */
bool mafat_cfg_text_is_list(const char *value);

/* How many numbers, whole or not, the list of `key` holds, without what commas at its end leave
 * open; 0 where it is absent. */
int mafat_cfg_text_count_numbers(mafat_cfg_text_reader *reader, const char *key);

#endif
