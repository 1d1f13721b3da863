/* A cfg file as text: its sections, and the options in them, by the rules of Darknet's read_cfg().
 *
 * Blanks and tabs count nowhere; a line that starts with '#' or ';' is a comment; of options with
 * the same key the first wins. What Darknet skips with a warning, or crashes on, is an error here:
 * options before the first section, lines that are no KEY=VALUE (only MAFAT's flags, in the first
 * section, may have an empty VALUE), NUL bytes, carriage returns (which Darknet takes for a part of
 * the value). */
#ifndef MAFAT_FRONT_CFG_TEXT_H
#define MAFAT_FRONT_CFG_TEXT_H

#include <stdbool.h>

#include "base/status.h"

/* No number that describes a network may be larger, so that sums of a few never overflow. */
enum { MAFAT_CFG_TEXT_LARGEST = 1 << 24 };

typedef struct {
    const char *key, *value;
    int line;
} mafat_cfg_text_option;

typedef struct {
    const char *name;   /* with its brackets: "[net]" */
    int line;
    int first_option, n_options;
} mafat_cfg_text_section;

typedef struct {
    char *bytes;                       /* the file; every string points into it; owned */
    int n_sections, n_options;
    mafat_cfg_text_section *sections;  /* [n_sections], owned */
    mafat_cfg_text_option *options;    /* [n_options], owned */
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

/* A reader of one section's options. The first fault stays in `status` and `error`; after it the
 * functions below go on with fallbacks, so that a caller reads all options and then looks once. */
typedef struct {
    const mafat_cfg_text *text;
    const mafat_cfg_text_section *section;
    int layer;            /* -1 for [net] */
    const char *type;     /* the section's full name without brackets */
    mafat_status status;
    mafat_error *error;
} mafat_cfg_text_reader;

/* Notes a fault of this section, if it is the first. */
void mafat_cfg_text_fail(mafat_cfg_text_reader *reader, mafat_status status, const char *format,
                         ...) __attribute__((format(printf, 3, 4)));

/* The value of `key`, NULL where it is absent. */
const char *mafat_cfg_text_find(const mafat_cfg_text_reader *reader, const char *key);

/* The value of `key`, or `fallback` where it is absent; a fault where it is not from min to max. */
int mafat_cfg_text_get_int(mafat_cfg_text_reader *reader, const char *key, int fallback, int min,
                           int max);

/* Whether `key` is there and is not 0. */
bool mafat_cfg_text_get_flag(mafat_cfg_text_reader *reader, const char *key);

/* A finite number. */
float mafat_cfg_text_get_float(mafat_cfg_text_reader *reader, const char *key, float fallback);

/* The numbers of a list "1,2,3", each from min to max, and how many they are; NULL and 0 where the
 * key is absent or at fault. The caller frees them. */
int *mafat_cfg_text_get_ints(mafat_cfg_text_reader *reader, const char *key, int min, int max,
                             int *n);

/* How many numbers, whole or not, the list of `key` holds; 0 where it is absent. */
int mafat_cfg_text_count_numbers(mafat_cfg_text_reader *reader, const char *key);

#endif
