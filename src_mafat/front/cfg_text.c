/* Files to sections to options to numbers; see cfg_text.h. */
#include "front/cfg_text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "run/file.h"

/* The largest stock cfg has 44 kB; sizes are kept in int. */
enum { MAX_FILE_BYTES = 16 << 20 };

/* How much of a value a message quotes. */
#define QUOTE "%.80s"

/* -- the file ---------------------------------------------------------------------------------- */

static mafat_status find_size(const char *path, size_t *n_bytes, mafat_error *error)
{
    uint64_t size;
    mafat_status status = mafat_file_size(path, "cfg file", &size, error);
    if (status != MAFAT_OK)
        return status;
    if (size == 0)
        return mafat_error_set(error, MAFAT_FAILED, "is empty: a cfg file starts with [net]");
    if (size > MAX_FILE_BYTES)
        return mafat_error_set(error, MAFAT_FAILED,
                               "holds %llu bytes: a cfg file has at most %d",
                               (unsigned long long)size, MAX_FILE_BYTES);
    *n_bytes = (size_t)size;
    return MAFAT_OK;
}

static mafat_status read_bytes(char *bytes, size_t n_bytes, const char *path, mafat_error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "cannot be read: %s", strerror(errno));
    size_t n_read = fread(bytes, 1, n_bytes, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed || n_read != n_bytes)
        return mafat_error_set(error, MAFAT_FAILED,
                               "cannot be read: it ends after %zu of %zu bytes", n_read, n_bytes);
    bytes[n_bytes] = '\0';
    return MAFAT_OK;
}

/* -- lines ------------------------------------------------------------------------------------- */

/* Makes room for element n of an array that doubles whenever n reaches a power of two. */
static bool grow(void **array, int n, size_t element_bytes)
{
    if ((n & (n - 1)) != 0)
        return true;
    void *larger = realloc(*array, (n == 0 ? 1 : 2 * (size_t)n) * element_bytes);
    if (larger != NULL)
        *array = larger;
    return larger != NULL;
}

void mafat_cfg_text_strip(char *line)
{
    char *to = line;
    for (const char *from = line; *from != '\0'; from++)
        if (*from != ' ' && *from != '\t' && *from != '\n')
            *to++ = *from;
    *to = '\0';
}

static mafat_status add_section(mafat_cfg_text *text, char *line, int number, mafat_error *error)
{
    if (!grow((void **)&text->sections, text->n_sections, sizeof *text->sections))
        return mafat_error_set(error, MAFAT_FAILED, "line %d: out of memory", number);
    text->sections[text->n_sections++] = (mafat_cfg_text_section){
        .name = line, .line = number, .first_option = text->n_options};
    return MAFAT_OK;
}

static mafat_status add_option(mafat_cfg_text *text, char *line, int number, mafat_error *error)
{
    if (text->n_sections == 0)
        return mafat_error_set(error, MAFAT_FAILED,
                               "line %d: '" QUOTE "' stands before the first section: a cfg file "
                               "starts with [net]", number, line);
    char *equals = strchr(line, '=');
    /* MAFAT's own flags are judged where they are read, by the rules of the command line */
    bool may_be_empty = text->n_sections == 1 && strncmp(line, "mafat", 5) == 0;
    if (equals == NULL || equals == line || (equals[1] == '\0' && !may_be_empty))
        return mafat_error_set(error, MAFAT_FAILED,
                               "line %d: '" QUOTE "' is neither [section] nor key=value nor a "
                               "#comment", number, line);
    if (!grow((void **)&text->options, text->n_options, sizeof *text->options))
        return mafat_error_set(error, MAFAT_FAILED, "line %d: out of memory", number);
    *equals = '\0';
    text->options[text->n_options++] =
        (mafat_cfg_text_option){.key = line, .value = equals + 1, .line = number};
    text->sections[text->n_sections - 1].n_options++;
    return MAFAT_OK;
}

static mafat_status add_line(mafat_cfg_text *text, char *line, int number, mafat_error *error)
{
    mafat_cfg_text_strip(line);
    if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
        return MAFAT_OK;
    if (strchr(line, '\r') != NULL)
        return mafat_error_set(error, MAFAT_FAILED,
                               "line %d holds a carriage return, which Darknet takes for a part of "
                               "the value: lines must end as on Unix", number);
    if (line[0] == '[')
        return add_section(text, line, number, error);
    return add_option(text, line, number, error);
}

static mafat_status split(mafat_cfg_text *text, size_t n_bytes, mafat_error *error)
{
    int number = 1;
    for (char *line = text->bytes; line < text->bytes + n_bytes; number++) {
        char *end = strchr(line, '\n');
        size_t length = end != NULL ? (size_t)(end - line) : strlen(line);
        if (end == NULL && line + length < text->bytes + n_bytes)
            return mafat_error_set(error, MAFAT_FAILED,
                                   "holds a NUL byte after line %d: it is no cfg file", number - 1);
        line[length] = '\0';
        mafat_status status = add_line(text, line, number, error);
        if (status != MAFAT_OK)
            return status;
        line += length + 1;
    }
    if (text->n_sections == 0)
        return mafat_error_set(error, MAFAT_FAILED, "has no section: a cfg file starts with [net]");
    return MAFAT_OK;
}

mafat_status mafat_cfg_text_load(const char *path, char **bytes, size_t *n_bytes,
                                 mafat_error *error)
{
    *bytes = NULL;
    mafat_status status = find_size(path, n_bytes, error);
    if (status != MAFAT_OK)
        return status;
    *bytes = malloc(*n_bytes + 1);
    if (*bytes == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "out of memory: %zu bytes", *n_bytes);
    status = read_bytes(*bytes, *n_bytes, path, error);
    if (status != MAFAT_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

mafat_status mafat_cfg_text_parse(mafat_cfg_text *text, char *bytes, size_t n_bytes,
                                  mafat_error *error)
{
    *text = (mafat_cfg_text){.bytes = bytes};
    mafat_status status = split(text, n_bytes, error);
    if (status != MAFAT_OK)
        mafat_cfg_text_free(text);
    return status;
}

mafat_status mafat_cfg_text_read(mafat_cfg_text *text, const char *path, mafat_error *error)
{
    char *bytes;
    size_t n_bytes;
    mafat_status status = mafat_cfg_text_load(path, &bytes, &n_bytes, error);
    return status == MAFAT_OK ? mafat_cfg_text_parse(text, bytes, n_bytes, error) : status;
}

void mafat_cfg_text_free(mafat_cfg_text *text)
{
    free(text->bytes);
    free(text->sections);
    free(text->options);
    *text = (mafat_cfg_text){0};
}

/* -- options ----------------------------------------------------------------------------------- */

void mafat_cfg_text_fail(mafat_cfg_text_reader *reader, mafat_status status, const char *format,
                         ...)
{
    if (reader->status != MAFAT_OK)
        return;
    char message[sizeof reader->error->text];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    reader->status =
        reader->layer < 0
            ? mafat_error_set(reader->error, status, "[net]: %s", message)
            : mafat_error_set_layer(reader->error, status, reader->layer, reader->type, "%s",
                                    message);
}

static const mafat_cfg_text_option *find(const mafat_cfg_text_reader *reader, const char *key)
{
    const mafat_cfg_text_option *options = reader->text->options + reader->section->first_option;
    for (int i = 0; i < reader->section->n_options; i++)
        if (strcmp(options[i].key, key) == 0)
            return &options[i];
    return NULL;
}

const char *mafat_cfg_text_find(const mafat_cfg_text_reader *reader, const char *key)
{
    const mafat_cfg_text_option *option = find(reader, key);
    return option != NULL ? option->value : NULL;
}

/* Reads the number at *text, steps behind it, and returns whether a separator follows. */
static bool scan_int(const char **text, int min, int max, int *value)
{
    char *end;
    errno = 0;
    long number = strtol(*text, &end, 10);
    bool ok = end != *text && errno == 0 && number >= min && number <= max &&
              (*end == ',' || *end == '\0');
    *text = end;
    *value = ok ? (int)number : 0;
    return ok;
}

static bool scan_float(const char **text, double *value)
{
    char *end;
    *value = strtod(*text, &end);
    bool ok = end != *text && isfinite(*value) && (*end == ',' || *end == '\0');
    *text = end;
    return ok;
}

int mafat_cfg_text_get_int(mafat_cfg_text_reader *reader, const char *key, int fallback, int min,
                           int max)
{
    const mafat_cfg_text_option *option = find(reader, key);
    if (option == NULL) {
        if (fallback < min || fallback > max)
            mafat_cfg_text_fail(reader, MAFAT_FAILED,
                                "%s= is absent, which means %d to Darknet: it must be a whole "
                                "number from %d to %d", key, fallback, min, max);
        return fallback;
    }
    const char *text = option->value;
    int value;
    if (scan_int(&text, min, max, &value) && *text == '\0')
        return value;
    mafat_cfg_text_fail(reader, MAFAT_FAILED,
                        "line %d: %s=" QUOTE ": must be a whole number from %d to %d",
                        option->line, key, option->value, min, max);
    return fallback;
}

bool mafat_cfg_text_get_flag(mafat_cfg_text_reader *reader, const char *key)
{
    return mafat_cfg_text_get_int(reader, key, 0, INT_MIN, INT_MAX) != 0;
}

float mafat_cfg_text_get_float(mafat_cfg_text_reader *reader, const char *key, float fallback)
{
    const mafat_cfg_text_option *option = find(reader, key);
    if (option == NULL)
        return fallback;
    const char *text = option->value;
    double value;
    if (scan_float(&text, &value) && *text == '\0' && isfinite((float)value))
        return (float)value;
    mafat_cfg_text_fail(reader, MAFAT_FAILED, "line %d: %s=" QUOTE ": must be a number",
                        option->line, key, option->value);
    return fallback;
}

static int count_items(const char *list)
{
    int n = 1;
    for (; *list != '\0'; list++)
        n += *list == ',';
    return n;
}

int *mafat_cfg_text_get_ints(mafat_cfg_text_reader *reader, const char *key, int min, int max,
                             int *n)
{
    *n = 0;
    const mafat_cfg_text_option *option = find(reader, key);
    if (option == NULL)
        return NULL;
    int n_items = count_items(option->value);
    int *items = malloc((size_t)n_items * sizeof *items);
    const char *text = option->value;
    for (int i = 0; items != NULL && i < n_items; i++, text++) {
        if (!scan_int(&text, min, max, &items[i])) {
            free(items);
            mafat_cfg_text_fail(reader, MAFAT_FAILED,
                                "line %d: %s=" QUOTE ": must be whole numbers from %d to %d with "
                                "commas between them", option->line, key, option->value, min, max);
            return NULL;
        }
    }
    if (items == NULL)
        mafat_cfg_text_fail(reader, MAFAT_FAILED, "line %d: out of memory", option->line);
    else
        *n = n_items;
    return items;
}

int mafat_cfg_text_count_numbers(mafat_cfg_text_reader *reader, const char *key)
{
    const mafat_cfg_text_option *option = find(reader, key);
    if (option == NULL)
        return 0;
    int n_items = count_items(option->value);
    const char *text = option->value;
    double value;
    for (int i = 0; i < n_items; i++, text++) {
        if (!scan_float(&text, &value)) {
            mafat_cfg_text_fail(reader, MAFAT_FAILED,
                                "line %d: %s=" QUOTE ": must be numbers with commas between them",
                                option->line, key, option->value);
            return 0;
        }
    }
    return n_items;
}
