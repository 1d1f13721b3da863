/* Values of a data file ("cfg/coco.data") by the rules of Darknet's read_data_cfg(): lines
 * KEY=VALUE, without the blanks in them; of lines with the same key the first counts, and one with
 * an empty value does not. A line without "=" says nothing, and hides later ones of its name; it is
 * warned of. */
#ifndef MAFAT_SESSION_DATA_FILE_H
#define MAFAT_SESSION_DATA_FILE_H

#include "base/status.h"

/* What the file says for a key. */
typedef struct {
    char *text;       /* owned; NULL: nothing */
    char *written;    /* owned: as it stands there, with the blanks in it; NULL: it has none */
    int line;
} mafat_data_file_value;

/* Finds a key's value. MAFAT_FAILED, here and below, names the file. On error nothing needs to be
 * freed. */
mafat_status mafat_data_file_find(const char *path, const char *key, mafat_data_file_value *value,
                                  mafat_error *error);
void mafat_data_file_free_value(mafat_data_file_value *value);

/* The value alone, or a copy of `fallback` where there is none, NULL where that is NULL; the caller
 * frees it. */
mafat_status mafat_data_file_find_text(const char *path, const char *key, const char *fallback,
                                       char **text, mafat_error *error);

/* The value as atoi() reads it; a fault where it is not from `min` to `max`, which `why`
 * explains. */
mafat_status mafat_data_file_find_number(const char *path, const char *key, int fallback, int min,
                                         int max, const char *why, int *number,
                                         mafat_error *error);

#endif
