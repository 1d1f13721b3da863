/* Files to sections to options to numbers; see cfg_text.h. */
#include "front/cfg_text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "front/visible.h"
#include "run/file.h"

/* The largest stock cfg has 44 kB, its longest section 30 options. Sizes are kept in int, and
 * options are looked up one by one. */
enum { MAX_FILE_BYTES = 16 << 20, MAX_SECTION_OPTIONS = 1024 };

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

/* Whether the option that begins at `line` names a file, whose name may hold any character. */
static bool names_file(const char *line)
{
    return strncmp(line, "tree=", 5) == 0 || strncmp(line, "map=", 4) == 0;
}

void mafat_cfg_text_clean(char *line, int number)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const char *from = line;
    if (number == 1 && strncmp(line, mark, strlen(mark)) == 0)
        from += strlen(mark);
    char *to = line;
    for (bool after_blank = false; *from != '\0'; from++) {
        char c = *from;
        bool is_blank = strchr(" \t\n\r", c) != NULL;
        bool is_comment = (c == '#' || c == ';') && to > line && line[0] != '#' && line[0] != ';';
        *to = '\0';
        if (is_comment && (after_blank || !names_file(line)))
            break;
        if (!is_blank)
            *to++ = c;
        after_blank = is_blank;
    }
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
                               "line %d: '%s' stands before the first section: a cfg file starts "
                               "with [net]", number, MAFAT_VISIBLE(line));
    char *equals = strchr(line, '=');
    if (equals == line)
        return mafat_error_set(error, MAFAT_FAILED,
                               "line %d: '%s' " MAFAT_CFG_TEXT_NO_OPTION, number, MAFAT_VISIBLE(line));
    if (text->sections[text->n_sections - 1].n_options == MAX_SECTION_OPTIONS)
        return mafat_error_set(error, MAFAT_FAILED,
                               "line %d: a section has more than %d options: it is no cfg file",
                               number, MAX_SECTION_OPTIONS);
    if (!grow((void **)&text->options, text->n_options, sizeof *text->options))
        return mafat_error_set(error, MAFAT_FAILED, "line %d: out of memory", number);
    if (equals != NULL)
        *equals = '\0';
    text->options[text->n_options++] = (mafat_cfg_text_option){
        .key = line, .value = equals != NULL ? equals + 1 : NULL, .line = number};
    text->sections[text->n_sections - 1].n_options++;
    return MAFAT_OK;
}

/* Lines of old, that end in a carriage return alone, are one line to Darknet. */
static bool holds_lines(const char *line)
{
    const char *first = line + strspn(line, " \t");
    const char *inside = strchr(line, '\r');
    return inside != NULL && *first != '#' && *first != ';' &&
           inside[strspn(inside, "\r \t")] != '\0';
}

static mafat_status add_line(mafat_cfg_text *text, char *line, int number, mafat_error *error)
{
    if (holds_lines(line))
        return mafat_error_set(error, MAFAT_FAILED,
                               "line %d: '%s' holds a carriage return inside: lines end in a line "
                               "feed, with a carriage return before it or without", number,
                               MAFAT_VISIBLE(line));
    mafat_cfg_text_clean(line, number);
    if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
        return MAFAT_OK;
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
                                   "holds a NUL byte after line %d: it is no cfg file, or one that "
                                   "was saved as UTF-16 and must be saved as UTF-8", number - 1);
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

/* Fills `error` with the place of the reader's section and a message. */
static mafat_status set_error(const mafat_cfg_text_reader *reader, mafat_error *error,
                              mafat_status status, const char *format, va_list args)
{
    char message[sizeof error->text];
    vsnprintf(message, sizeof message, format, args);
    if (reader->layer < 0)
        return mafat_error_set(error, status, "[net]: %s", message);
    return mafat_error_set_layer(error, status, reader->layer, reader->type, "%s", message);
}

void mafat_cfg_text_fail(mafat_cfg_text_reader *reader, mafat_status status, const char *format,
                         ...)
{
    if (reader->status != MAFAT_OK)
        return;
    va_list args;
    va_start(args, format);
    reader->status = set_error(reader, reader->error, status, format, args);
    va_end(args);
}

void mafat_cfg_text_refuse(mafat_cfg_text_reader *reader, const char *format, ...)
{
    mafat_cfg_findings *findings = reader->findings;
    if (findings->is_refused)
        return;
    va_list args;
    va_start(args, format);
    set_error(reader, &findings->refusal, MAFAT_UNSUPPORTED, format, args);
    va_end(args);
    findings->is_refused = true;
}

void mafat_cfg_text_note(mafat_cfg_text_reader *reader, mafat_note_kind kind, int line,
                         const char *format, ...)
{
    mafat_cfg_findings *findings = reader->findings;
    char *note = findings->notes[kind];
    size_t size = sizeof findings->notes[kind];
    if (findings->n_notes[kind]++ > 0)
        return;
    int n = reader->layer < 0
                ? snprintf(note, size, "[net]: line %d: ", line)
                : snprintf(note, size, "layer %d [%s]: line %d: ", reader->layer, reader->type,
                           line);
    va_list args;
    va_start(args, format);
    vsnprintf(note + n, size - (size_t)n, format, args);
    va_end(args);
}

static const mafat_cfg_text_option *find(const mafat_cfg_text_reader *reader, const char *key)
{
    const mafat_cfg_text_option *options = reader->text->options + reader->section->first_option;
    for (int i = 0; i < reader->section->n_options; i++)
        if (options[i].value != NULL && strcmp(options[i].key, key) == 0)
            return &options[i];
    return NULL;
}

const char *mafat_cfg_text_find(const mafat_cfg_text_reader *reader, const char *key)
{
    const mafat_cfg_text_option *option = find(reader, key);
    return option != NULL ? option->value : NULL;
}

int mafat_cfg_text_line(const mafat_cfg_text_reader *reader, const char *key)
{
    const mafat_cfg_text_option *option = find(reader, key);
    return option != NULL ? option->line : reader->section->line;
}

/* Steps over what Darknet's atoi() does not look at and what changes no number: ".0" behind a whole
 * one. */
static const char *skip_zeros(const char *text)
{
    return *text == '.' ? text + 1 + strspn(text + 1, "0") : text;
}

/* Reads the number at *text, steps behind it, and returns whether a separator follows. An empty
 * place is 0, as it is to Darknet. */
static bool scan_int(const char **text, int min, int max, int *value)
{
    const char *begin = *text;
    char *end = (char *)begin;
    errno = 0;
    long number = *begin == ',' || *begin == '\0' ? 0 : strtol(begin, &end, 10);
    bool is_number = end != begin || *begin == ',' || *begin == '\0';
    *text = skip_zeros(end);
    bool ok = is_number && errno == 0 && number >= min && number <= max &&
              (**text == ',' || **text == '\0');
    *value = ok ? (int)number : 0;
    return ok;
}

/* The same for a number that need not be whole. */
static bool scan_float(const char **text, double *value)
{
    const char *begin = *text;
    char *end = (char *)begin;
    *value = *begin == ',' || *begin == '\0' ? 0 : strtod(begin, &end);
    bool is_number = end != begin || *begin == ',' || *begin == '\0';
    *text = end;
    return is_number && isfinite(*value) && (*end == ',' || *end == '\0');
}

/* Whether nothing but commas is left. */
static bool ends(const char *text)
{
    return text[strspn(text, ",")] == '\0';
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
    if (scan_int(&text, min, max, &value) && ends(text))
        return value;
    mafat_cfg_text_fail(reader, MAFAT_FAILED,
                        "line %d: %s=%s: must be a whole number from %d to %d", option->line, key,
                        MAFAT_VISIBLE(option->value), min, max);
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
    if (scan_float(&text, &value) && ends(text) && isfinite((float)value))
        return (float)value;
    mafat_cfg_text_fail(reader, MAFAT_FAILED, "line %d: %s=%s: must be a number", option->line, key,
                        MAFAT_VISIBLE(option->value));
    return fallback;
}

/* How many items the first `length` characters of a list hold. */
static int count_items(const char *list, size_t length)
{
    int n = 1;
    for (size_t i = 0; i < length; i++)
        n += list[i] == ',';
    return n;
}

/* Whether an item is missing, before a comma or behind one. */
static bool has_gap(const char *list)
{
    size_t length = strlen(list);
    return list[0] == ',' || strstr(list, ",,") != NULL || (length > 0 && list[length - 1] == ',');
}

int *mafat_cfg_text_get_ints(mafat_cfg_text_reader *reader, const char *key, int min, int max,
                             int *n)
{
    *n = 0;
    const mafat_cfg_text_option *option = find(reader, key);
    if (option == NULL)
        return NULL;
    int n_items = count_items(option->value, strlen(option->value));
    if (has_gap(option->value))
        mafat_cfg_text_note(reader, MAFAT_NOTE_LIST, option->line,
                            "%s=%s: Darknet takes it for a list of %d, with a 0 where a number is "
                            "missing", key, MAFAT_VISIBLE(option->value), n_items);
    int *items = malloc((size_t)n_items * sizeof *items);
    const char *text = option->value;
    for (int i = 0; items != NULL && i < n_items; i++, text++) {
        if (!scan_int(&text, min, max, &items[i])) {
            free(items);
            mafat_cfg_text_fail(reader, MAFAT_FAILED,
                                "line %d: %s=%s: must be whole numbers from %d to %d with commas "
                                "between them", option->line, key, MAFAT_VISIBLE(option->value), min, max);
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
    size_t length = strlen(option->value);
    while (length > 0 && option->value[length - 1] == ',')
        length--;
    int n_items = count_items(option->value, length);
    const char *text = option->value;
    double value;
    for (int i = 0; i < n_items; i++, text++) {
        if (!scan_float(&text, &value)) {
            mafat_cfg_text_fail(reader, MAFAT_FAILED,
                                "line %d: %s=%s: must be numbers with commas between them",
                                option->line, key, MAFAT_VISIBLE(option->value));
            return 0;
        }
    }
    return n_items;
}
