/* Files to sections to options to numbers; see cfg_text.h. */
#include "cfg/cfg_text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/visible.h"
#include "doors.h"

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
    FILE *file;
    uint64_t unused;
    mafat_status status = mafat_file_open(path, "cfg file", &file, &unused, error);
    if (status != MAFAT_OK)
        return status;
    size_t n_read = fread(bytes, 1, n_bytes, file);
    bool failed = ferror(file) != 0;
    int reason = errno;
    fclose(file);
    if (failed)
        return mafat_error_set(error, MAFAT_FAILED, "cannot be read: %s", strerror(reason));
    if (n_read != n_bytes)
        return mafat_error_set(error, MAFAT_FAILED,
                               "cannot be read: it ends after %zu of %zu bytes", n_read, n_bytes);
    bytes[n_bytes] = '\0';
    return MAFAT_OK;
}

/* -- lines ------------------------------------------------------------------------------------- */

void mafat_cfg_text_strip(char *line)
{
    char *to = line;
    for (const char *from = line; *from != '\0'; from++)
        if (*from != ' ' && *from != '\t' && *from != '\n')
            *to++ = *from;
    *to = '\0';
}

static const char blanks[] = " \t\n\r";

static bool is_blank(char c)
{
    return c != '\0' && strchr(blanks, c) != NULL;
}

/* Whether a line begins with `word`, whatever blanks are between its letters. */
static bool begins(const char *line, const char *word)
{
    for (; *word != '\0'; word++, line++) {
        line += strspn(line, blanks);
        if (*line != *word)
            return false;
    }
    return true;
}

/* A part of a line. */
typedef struct {
    const char *begin, *end;
} part;

/* What a line says, without blanks around it and without a comment behind it. */
static part find_content(const char *line, int number)
{
    static const char mark[] = "\xEF\xBB\xBF";
    if (number == 1 && strncmp(line, mark, strlen(mark)) == 0)
        line += strlen(mark);
    const char *begin = line + strspn(line, blanks), *end = begin, *c = begin;
    bool is_comment = *begin == '#' || *begin == ';';
    bool is_file = begins(begin, "tree=") || begins(begin, "map=");    /* any name is allowed */
    for (char last = '='; *c != '\0'; c++) {
        bool after_blank = c > begin && is_blank(c[-1]);
        if (c > begin && !is_comment && (*c == '#' || *c == ';') && (after_blank || !is_file))
            break;
        if (after_blank && !is_comment && c[0] == '/' && c[1] == '/' && last != '=')
            break;
        if (!is_blank(*c)) {
            last = *c;
            end = c + 1;
        }
    }
    return (part){begin, end};
}

void mafat_cfg_text_clean(char *line, int number)
{
    part content = find_content(line, number);
    char *to = line;
    for (const char *from = content.begin; from < content.end; from++)
        if (!is_blank(*from))
            *to++ = *from;
    *to = '\0';
}

/* Keeps what a line says as it stands, before it is cleaned. All of them together are no more than
 * the file. */
static const char *keep_written(mafat_cfg_text *text, part content)
{
    size_t length = (size_t)(content.end - content.begin);
    char *written = memcpy(text->written + text->n_written, content.begin, length);
    written[length] = '\0';
    text->n_written += length + 1;
    return written;
}

/* Whether unpatched Darknet, which takes out blanks and tabs alone, reads more than a line says. */
static bool has_more(const char *line, int number)
{
    const char *end = find_content(line, number).end;
    return end[strspn(end, " \t")] != '\0';
}

static mafat_status add_section(mafat_cfg_text *text, const char *line, const char *written,
                                bool had_more, int number, mafat_error *error)
{
    mafat_cfg_text_section *sections = mafat_array_grow(
        text->sections, text->n_sections, &text->section_capacity, 1, sizeof *sections);
    if (sections == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "line %d: out of memory", number);
    text->sections = sections;
    text->sections[text->n_sections++] = (mafat_cfg_text_section){
        .name = line, .written = written, .had_more = had_more, .line = number,
        .first_option = text->n_options};
    return MAFAT_OK;
}

static mafat_status add_option(mafat_cfg_text *text, char *line, const char *written, bool had_more,
                               int number, mafat_error *error)
{
    if (text->n_sections == 0)
        return mafat_error_set(error, MAFAT_FAILED,
                               "line %d: '%s' stands before the first section: a cfg file starts "
                               "with [net]", number, MAFAT_VISIBLE(written));
    char *equals = strchr(line, '=');
    if (text->sections[text->n_sections - 1].n_options == MAX_SECTION_OPTIONS)
        return mafat_error_set(error, MAFAT_FAILED,
                               "line %d: a section has more than %d options: it is no cfg file",
                               number, MAX_SECTION_OPTIONS);
    mafat_cfg_text_option *options = mafat_array_grow(
        text->options, text->n_options, &text->option_capacity, 1, sizeof *options);
    if (options == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "line %d: out of memory", number);
    text->options = options;
    if (equals != NULL)
        *equals = '\0';
    text->options[text->n_options++] = (mafat_cfg_text_option){
        .key = line, .value = equals != NULL ? equals + 1 : NULL, .written = written,
        .had_more = had_more, .line = number};
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
    part content = find_content(line, number);
    if (content.begin == content.end || *content.begin == '#' || *content.begin == ';')
        return MAFAT_OK;
    const char *written = keep_written(text, content);
    bool had_more = has_more(line, number);
    mafat_cfg_text_clean(line, number);
    if (line[0] == '[')
        return add_section(text, line, written, had_more, number, error);
    return add_option(text, line, written, had_more, number, error);
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
    *text = (mafat_cfg_text){.n_bytes = n_bytes, .bytes = bytes, .written = malloc(n_bytes + 1)};
    mafat_status status = text->written != NULL
                              ? split(text, n_bytes, error)
                              : mafat_error_set(error, MAFAT_FAILED, "out of memory: %zu bytes",
                                                n_bytes);
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
    free(text->written);
    free(text->sections);
    free(text->options);
    *text = (mafat_cfg_text){0};
}

size_t mafat_cfg_text_bytes(const mafat_cfg_text *text)
{
    return text->n_bytes + 1 + text->n_written +
           (size_t)text->n_sections * sizeof *text->sections +
           (size_t)text->n_options * sizeof *text->options;
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
    if (findings->n_notes[kind] > 0 && findings->last_lines[kind] == line)
        return;
    findings->last_lines[kind] = line;
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

const mafat_cfg_text_option *mafat_cfg_text_find_first(const mafat_cfg_text_reader *reader,
                                                       const char *key)
{
    const mafat_cfg_text_section *section = reader->section;
    for (int i = 0; i < section->n_options; i++) {
        const mafat_cfg_text_option *option = &reader->text->options[section->first_option + i];
        /* a flag of MAFAT's is judged by who reads it */
        bool is_dropped = option->value != NULL && option->value[0] == '\0' &&
                          strncmp(option->key, "mafat", 5) != 0;
        if (!is_dropped && strcmp(option->key, key) == 0)
            return option;
    }
    return NULL;
}

static const mafat_cfg_text_option *find(const mafat_cfg_text_reader *reader, const char *key)
{
    const mafat_cfg_text_option *option = mafat_cfg_text_find_first(reader, key);
    return option != NULL && option->value != NULL ? option : NULL;
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

/* A number as atoi() or atof() finds it at *text, which then stands at the comma behind it or at the
 * end. An empty place is 0. */
typedef struct {
    bool is_one;
    part digits;
    bool has_junk;    /* more stands behind it, before the comma */
} number;

static bool is_empty(const char *text)
{
    return *text == ',' || *text == '\0';
}

static number find_number(const char **text, const char *end, const char *end_of_zeros)
{
    number found = {.is_one = end != *text || is_empty(*text), .digits = {*text, end},
                    .has_junk = !is_empty(end_of_zeros)};
    *text = end_of_zeros + strcspn(end_of_zeros, ",");
    return found;
}

static bool scan_int(const char **text, int min, int max, int *value, number *found)
{
    char *end = (char *)*text;
    errno = 0;
    long n = is_empty(*text) ? 0 : strtol(*text, &end, 10);
    *found = find_number(text, end, skip_zeros(end));
    bool ok = found->is_one && errno == 0 && n >= min && n <= max;
    *value = ok ? (int)n : 0;
    return ok;
}

/* The same for a number that need not be whole. */
static bool scan_float(const char **text, double *value, number *found)
{
    char *end = (char *)*text;
    *value = is_empty(*text) ? 0 : strtod(*text, &end);
    *found = find_number(text, end, end);
    return found->is_one && isfinite(*value);
}

/* Whether nothing but commas is left. */
static bool ends(const char *text)
{
    return text[strspn(text, ",")] == '\0';
}

/* Notes what Darknet passes over behind a number. */
static void note_junk(mafat_cfg_text_reader *reader, const mafat_cfg_text_option *option,
                      const number *found)
{
    int n = (int)(found->digits.end - found->digits.begin);
    mafat_cfg_text_note(reader, MAFAT_NOTE_JUNK, option->line,
                        "%s: Darknet takes %.*s and passes over what follows",
                        MAFAT_VISIBLE(option->written), n > 0 ? n : 1,
                        n > 0 ? found->digits.begin : "0");
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
    number found;
    int value;
    if (scan_int(&text, min, max, &value, &found)) {
        if (found.has_junk || !ends(text))
            note_junk(reader, option, &found);
        return value;
    }
    mafat_cfg_text_fail(reader, MAFAT_FAILED, "line %d: %s: must be a whole number from %d to %d",
                        option->line, MAFAT_VISIBLE(option->written), min, max);
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
    number found;
    double value;
    if (scan_float(&text, &value, &found) && isfinite((float)value)) {
        if (found.has_junk || !ends(text))
            note_junk(reader, option, &found);
        return (float)value;
    }
    mafat_cfg_text_fail(reader, MAFAT_FAILED, "line %d: %s: must be a number", option->line,
                        MAFAT_VISIBLE(option->written));
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
                            "%s: Darknet takes it for a list of %d, with a 0 where a number is "
                            "missing", MAFAT_VISIBLE(option->written), n_items);
    int *items = malloc((size_t)n_items * sizeof *items);
    const char *text = option->value;
    for (int i = 0; items != NULL && i < n_items; i++, text++) {
        number found;
        if (!scan_int(&text, min, max, &items[i], &found)) {
            free(items);
            mafat_cfg_text_fail(reader, MAFAT_FAILED,
                                "line %d: %s: must be whole numbers from %d to %d with commas "
                                "between them", option->line, MAFAT_VISIBLE(option->written), min,
                                max);
            return NULL;
        }
        if (found.has_junk)
            note_junk(reader, option, &found);
    }
    if (items == NULL)
        mafat_cfg_text_fail(reader, MAFAT_FAILED, "line %d: out of memory", option->line);
    else
        *n = n_items;
    return items;
}

bool mafat_cfg_text_is_list(const char *value)
{
    value += strcspn(value, ",");
    return value[strspn(value, ",")] != '\0';
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
        number found;
        if (!scan_float(&text, &value, &found)) {
            mafat_cfg_text_fail(reader, MAFAT_FAILED,
                                "line %d: %s: must be numbers with commas between them",
                                option->line, MAFAT_VISIBLE(option->written));
            return 0;
        }
        if (found.has_junk)
            note_junk(reader, option, &found);
    }
    return n_items;
}
