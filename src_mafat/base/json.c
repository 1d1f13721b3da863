/* A writer of JSON; see json.h. No stack of what is open: what has been ended was a value of
 * what it stands in, which so has one. */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>

#include "base/status.h"
#include "base/utf8.h"

void mafat_json_begin(mafat_json *json, FILE *stream, int n_broken)
{
    *json = (mafat_json){.stream = stream, .n_broken = n_broken};
}

void mafat_json_end(mafat_json *json)
{
    MAFAT_CHECK(json->depth == 0);
    putc('\n', json->stream);
}

/* A new line, as far in as the values of this depth stand. */
static void break_line(const mafat_json *json)
{
    fprintf(json->stream, "\n%*s", 2 * json->depth, "");
}

static void add_quoted(mafat_json *json, const char *text)
{
    static const char replacement[] = "\xEF\xBF\xBD";    /* U+FFFD */
    while (*text != '\0') {
        uint32_t character;
        size_t n_bytes = mafat_utf8_read(text, &character);
        if (n_bytes == 0)
            fputs(replacement, json->stream);
        else if (character == '"' || character == '\\')
            fprintf(json->stream, "\\%c", *text);
        else if (character < ' ' || character == 0x7f)
            fprintf(json->stream, "\\u%04" PRIx32, character);
        else
            fwrite(text, 1, n_bytes, json->stream);
        text += n_bytes > 0 ? n_bytes : 1;
    }
}

static void begin_value(mafat_json *json, const char *key)
{
    bool is_broken = json->depth <= json->n_broken;
    if (json->has_values)
        fputs(is_broken ? "," : ", ", json->stream);
    if (is_broken && json->depth > 0)
        break_line(json);
    if (key != NULL) {
        putc('"', json->stream);
        add_quoted(json, key);
        fputs("\": ", json->stream);
    }
    json->has_values = true;
}

static void begin_nest(mafat_json *json, const char *key, char bracket)
{
    begin_value(json, key);
    putc(bracket, json->stream);
    json->depth++;
    json->has_values = false;
}

static void end_nest(mafat_json *json, char bracket)
{
    bool is_broken = json->has_values && json->depth <= json->n_broken;
    MAFAT_CHECK(json->depth > 0);
    json->depth--;
    if (is_broken)
        break_line(json);
    putc(bracket, json->stream);
    json->has_values = true;
}

void mafat_json_begin_object(mafat_json *json, const char *key)
{
    begin_nest(json, key, '{');
}

void mafat_json_end_object(mafat_json *json)
{
    end_nest(json, '}');
}

void mafat_json_begin_list(mafat_json *json, const char *key)
{
    begin_nest(json, key, '[');
}

void mafat_json_end_list(mafat_json *json)
{
    end_nest(json, ']');
}

void mafat_json_begin_text(mafat_json *json, const char *key)
{
    begin_value(json, key);
    putc('"', json->stream);
}

void mafat_json_add_text(mafat_json *json, const char *text)
{
    add_quoted(json, text);
}

void mafat_json_end_text(mafat_json *json)
{
    putc('"', json->stream);
}

void mafat_json_text(mafat_json *json, const char *key, const char *text)
{
    mafat_json_begin_text(json, key);
    mafat_json_add_text(json, text);
    mafat_json_end_text(json);
}

void mafat_json_whole(mafat_json *json, const char *key, uint64_t number)
{
    begin_value(json, key);
    fprintf(json->stream, "%" PRIu64, number);
}

void mafat_json_real(mafat_json *json, const char *key, double number)
{
    begin_value(json, key);
    if (isfinite(number))
        fprintf(json->stream, "%.9g", number);
    else
        fputs("null", json->stream);
}

void mafat_json_null(mafat_json *json, const char *key)
{
    begin_value(json, key);
    fputs("null", json->stream);
}
