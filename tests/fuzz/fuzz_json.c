/* Names as strangers give them, in JSON: what is written is one value of the grammar (RFC 8259), read
 * here by a reader of its own, and reads back as the text was, with U+FFFD for each byte that is no
 * UTF-8.
 *
 * The input is texts, a NUL behind each, the first of which begins with a letter for the shape that they
 * are written in. */
#define _GNU_SOURCE    /* mempcpy() */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fuzz/fuzz.h"

static const char replacement[] = "\xef\xbf\xbd";

/* How many bytes of UTF-8 the text begins with, by the table of Unicode (3-7); 0: none. */
static size_t utf8_bytes(const unsigned char *text)
{
    static const struct {
        unsigned char first, last, second_first, second_last;
        size_t n;
    } rows[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool fits = text[0] >= rows[i].first && text[0] <= rows[i].last;
        if (fits && rows[i].n > 1)
            fits = text[1] >= rows[i].second_first && text[1] <= rows[i].second_last;
        for (size_t k = 2; fits && k < rows[i].n; k++)
            fits = text[k] >= 0x80 && text[k] <= 0xbf;
        if (fits)
            return rows[i].n;
    }
    return 0;
}

/* What is to be read back; the caller frees it. */
static char *expected(const char *text)
{
    char *clean = calloc(strlen(text) + 1, sizeof replacement), *to = clean;
    for (size_t n; *text != '\0'; text += n > 0 ? n : 1) {
        n = utf8_bytes((const unsigned char *)text);
        to = n > 0 ? mempcpy(to, text, n) : stpcpy(to, replacement);
    }
    return clean;
}

/* ------------------------------------------------------------------------------------- reading */

static const char *skip(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Reads a text between quotes into to, which has room for it; returns what is behind it. */
static const char *read_text(const char *at, char *to)
{
    static const char escaped[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    fuzz_require(*at++ == '"');
    while (*at != '"') {
        fuzz_require((unsigned char)*at >= ' ' && *at != '\x7f');
        if (*at != '\\') {
            size_t n = utf8_bytes((const unsigned char *)at);
            fuzz_require(n > 0);
            to = mempcpy(to, at, n);
            at += n;
        } else if (at[1] == 'u') {
            char digits[5] = {0};
            memcpy(digits, at + 2, strnlen(at + 2, 4));
            fuzz_require(strspn(digits, "0123456789abcdefABCDEF") == 4);
            long character = strtol(digits, NULL, 16);
            fuzz_require(character > 0 && character < 0x80);
            *to++ = (char)character;
            at += 6;
        } else {
            const char *place = strchr(escaped, at[1]);
            fuzz_require(at[1] != '\0' && place != NULL);
            *to++ = meant[place - escaped];
            at += 2;
        }
    }
    *to = '\0';
    return at + 1;
}

/* ------------------------------------------------------------------------------------- writing */

typedef struct {
    int n;
    char *texts[64];    /* [n], owned */
} strings;

static strings split(const uint8_t *data, size_t size)
{
    strings s = {0};
    while (size > 0 && s.n < 64) {
        s.texts[s.n] = fuzz_text(data, size);
        size_t used = strlen(s.texts[s.n++]) + 1;
        used = used < size ? used : size;
        data += used;
        size -= used;
    }
    return s;
}

/* All as a list in an object, whose key is the first one: {TEXT: [TEXT, ...]}. */
static char *write(const strings *s, int n_broken)
{
    char *written;
    size_t unused;
    mafat_json json;
    FILE *stream = open_memstream(&written, &unused);
    mafat_json_begin(&json, stream, n_broken);
    mafat_json_begin_object(&json, NULL);
    mafat_json_begin_list(&json, s->texts[0]);
    for (int i = 0; i < s->n; i++)
        mafat_json_text(&json, NULL, s->texts[i]);
    mafat_json_end_list(&json);
    mafat_json_end_object(&json);
    mafat_json_end(&json);
    fclose(stream);
    return written;
}

static const char *expect_text(const char *at, const char *text)
{
    char *clean = expected(text), *read = malloc(strlen(at) + 1);
    at = read_text(skip(at), read);
    fuzz_require(strcmp(read, clean) == 0);
    free(clean);
    free(read);
    return skip(at);
}

static const char *expect(const char *at, char character)
{
    at = skip(at);
    fuzz_require(*at == character);
    return at + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int shapes[] = {0, 1, 2, MAFAT_JSON_LINES};
    strings s = split(data, size);
    if (s.n > 0) {
        char *written = write(&s, shapes[data[0] % 4]);
        const char *at = expect_text(expect(written, '{'), s.texts[0]);
        at = expect(expect(at, ':'), '[');
        for (int i = 0; i < s.n; i++)
            at = expect_text(i > 0 ? expect(at, ',') : at, s.texts[i]);
        at = expect(expect(at, ']'), '}');
        fuzz_require(strcmp(at, "\n") == 0);
        free(written);
    }
    while (s.n > 0)
        free(s.texts[--s.n]);
    return 0;
}
