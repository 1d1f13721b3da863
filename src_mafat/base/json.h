/* JSON written as it comes: nothing is kept of what has been written, so that it takes no memory
 * however much there is. */
#ifndef MAFAT_BASE_JSON_H
#define MAFAT_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct {
    FILE *stream;       /* borrowed; its errors are the caller's to look for */
    int n_broken;       /* levels of objects and lists whose values stand on lines of their own */
    int depth;          /* of objects and lists that are not ended yet */
    bool has_values;    /* the innermost of them, so far */
} mafat_json;

/* Begins one value, in one line where n_broken is 0, and in any number of lines where it is
 * MAFAT_JSON_LINES. */
enum { MAFAT_JSON_LINES = 1 << 20 };
void mafat_json_begin(mafat_json *json, FILE *stream, int n_broken);

/* Ends its last line. Whatever was begun must have been ended. */
void mafat_json_end(mafat_json *json);

/* Objects and lists, within each other to any depth. Here and below: in an object a value has a
 * key, in a list, or by itself, it has none, NULL. */
void mafat_json_begin_object(mafat_json *json, const char *key);
void mafat_json_end_object(mafat_json *json);
void mafat_json_begin_list(mafat_json *json, const char *key);
void mafat_json_end_list(mafat_json *json);

/* Any bytes. Those that are no UTF-8, as names of files may have, become U+FFFD, each of them. */
void mafat_json_text(mafat_json *json, const char *key, const char *text);

/* The same in pieces, none of which ends within a character. */
void mafat_json_begin_text(mafat_json *json, const char *key);
void mafat_json_add_text(mafat_json *json, const char *text);
void mafat_json_end_text(mafat_json *json);

void mafat_json_whole(mafat_json *json, const char *key, uint64_t number);

/* In nine digits, of which a float is read back as it was. JSON has no word for infinities and what
 * is no number: null. */
void mafat_json_real(mafat_json *json, const char *key, double number);

void mafat_json_null(mafat_json *json, const char *key);

#endif
