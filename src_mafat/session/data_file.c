/* Keys and values of data files; see data_file.h. */
#include "session/data_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/recognise.h"
#include "base/shipped.h"
#include "cfg/cfg_text.h"
#include "session/notes.h"

typedef struct {
    const char *path, *key;
    mafat_data_file_value *value;
    bool is_hidden;    /* a line with this key and no "=" stood before */
} search;

/* Copies what a line says behind its "=", without the blanks around it, where blanks in it are left
 * out by Darknet; else NULL. */
static char *copy_written(const char *line, const char *value)
{
    const char *written = strchr(line, '=');
    written = written == NULL ? "" : written + 1 + strspn(written + 1, " \t");
    size_t length = strlen(written);
    while (length > 0 && (written[length - 1] == ' ' || written[length - 1] == '\t'))
        length--;
    return length > strlen(value) ? strndup(written, length) : NULL;
}

static mafat_status look_for_key(void *context, char *line, int number, mafat_error *error)
{
    search *s = context;
    char *stripped = strdup(line);
    if (stripped == NULL)
        return mafat_lines_fail(error, s->path, "no memory to read it");
    mafat_cfg_text_strip(stripped);
    char *equals = strchr(stripped, '=');
    mafat_status status = MAFAT_OK;
    if (stripped[0] == '\0' || stripped[0] == '#' || stripped[0] == ';') {
        ;
    } else if (strcmp(stripped, "[net]") == 0 || strcmp(stripped, "[network]") == 0) {
        status = mafat_lines_fail(error, s->path, "is a cfg, not a data file: line %d says %s",
                                  number, stripped);
    } else if (equals == NULL) {
        mafat_notes_print_stray(s->path, number, line);
        s->is_hidden |= strcmp(stripped, s->key) == 0;
    } else if (s->value->text == NULL && !s->is_hidden && (size_t)(equals - stripped) == strlen(s->key) &&
               strncmp(stripped, s->key, strlen(s->key)) == 0 && equals[1] != '\0') {
        *s->value = (mafat_data_file_value){.text = strdup(equals + 1), .line = number,
                                         .written = copy_written(line, equals + 1)};
        if (s->value->text == NULL)
            status = mafat_lines_fail(error, s->path, "no memory to read it");
    }
    free(stripped);
    return status;
}

/* A cfg is known by its section, wherever that is. */
static mafat_status refuse_other_file(const char *path, mafat_error *error)
{
    char place[MAFAT_SHIPPED_PATH];
    mafat_recognised found = mafat_recognise_file(mafat_shipped_find(path, place));
    switch (found.kind) {
    case MAFAT_RECOGNISED_NOT:
    case MAFAT_RECOGNISED_EMPTY:
    case MAFAT_RECOGNISED_CFG:
    case MAFAT_RECOGNISED_DATA:
    case MAFAT_RECOGNISED_TEXT:
        return MAFAT_OK;
    case MAFAT_RECOGNISED_WEIGHTS:
    case MAFAT_RECOGNISED_LIST:
    case MAFAT_RECOGNISED_PICTURE:
    case MAFAT_RECOGNISED_OTHER:
        break;
    }
    mafat_recognise_fail(&found, "a data file", error);
    mafat_error_set_file(error, path);
    return MAFAT_FAILED;
}

void mafat_data_file_free_value(mafat_data_file_value *value)
{
    free(value->text);
    free(value->written);
    *value = (mafat_data_file_value){0};
}

mafat_status mafat_data_file_find(const char *path, const char *key, mafat_data_file_value *value,
                                  mafat_error *error)
{
    search s = {.path = path, .key = key, .value = value};
    int n_lines;
    *value = (mafat_data_file_value){0};
    mafat_status status = refuse_other_file(path, error);
    if (status == MAFAT_OK)
        status = mafat_lines_each(path, "data file", &n_lines, look_for_key, &s, error);
    if (status != MAFAT_OK)
        mafat_data_file_free_value(value);
    return status;
}

mafat_status mafat_data_file_find_text(const char *path, const char *key, const char *fallback,
                                       char **text, mafat_error *error)
{
    mafat_data_file_value value;
    mafat_status status = mafat_data_file_find(path, key, &value, error);
    *text = NULL;
    if (status == MAFAT_OK && (value.text != NULL || fallback != NULL)) {
        *text = strdup(value.text != NULL ? value.text : fallback);
        if (*text == NULL)
            status = mafat_lines_fail(error, path, "no memory to read it");
    }
    mafat_data_file_free_value(&value);
    return status;
}

mafat_status mafat_data_file_find_number(const char *path, const char *key, int fallback, int min,
                                         int max, const char *why, int *number,
                                         mafat_error *error)
{
    mafat_data_file_value value;
    mafat_status status = mafat_data_file_find(path, key, &value, error);
    if (status != MAFAT_OK)
        return status;
    char shown[80];
    long n = value.text != NULL ? strtol(value.text, NULL, 10) : fallback;
    if ((n < min || n > max) && value.text != NULL)
        status = mafat_lines_fail(error, path, "line %d: %s=%s must be from %d to %d, %s",
                                  value.line, key,
                                  mafat_lines_show(shown, sizeof shown, value.written != NULL
                                                   ? value.written : value.text), min, max,
                                  why);
    else if (n < min || n > max)
        status = mafat_lines_fail(error, path, "has no %s=, which means %d to Darknet; must be "
                                  "from %d to %d, %s", key, fallback, min, max, why);
    *number = (int)n;
    mafat_data_file_free_value(&value);
    return status;
}
