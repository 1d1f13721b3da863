/* The error record; see status.h. */
#include "base/status.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/notice.h"
#include "base/utf8.h"

static void fill(mafat_error *error, int layer, const char *type, const char *format, va_list args)
{
    error->file[0] = '\0';
    error->layer = layer;
    snprintf(error->layer_type, sizeof error->layer_type, "%s", type);
    vsnprintf(error->text, sizeof error->text, format, args);
}

mafat_status mafat_error_set(mafat_error *error, mafat_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(error, -1, "", format, args);
    va_end(args);
    return status;
}

mafat_status mafat_error_set_layer(mafat_error *error, mafat_status status, int layer,
                                   const char *type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(error, layer, type, format, args);
    va_end(args);
    return status;
}

void mafat_error_set_file(mafat_error *error, const char *file)
{
    if (error->file[0] == '\0')
        snprintf(error->file, sizeof error->file, "%s", file);
}

/* What nobody sees, of Unicode: controls, blanks, what has no width, what turns directions, and what
 * is no character. */
static const struct {
    uint32_t first, last;
} unseen[] = {
    {0, 0x1f}, {0x7f, 0xa0}, {0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160},
    {0x1680, 0x1680}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x2000, 0x200f}, {0x2028, 0x202f},
    {0x205f, 0x206f}, {0x3000, 0x3000}, {0x3164, 0x3164}, {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
};

static bool is_seen(uint32_t character)
{
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++)
        if (character >= unseen[i].first && character <= unseen[i].last)
            return false;
    return true;
}

size_t mafat_error_show_character(char to[MAFAT_SHOWN_BYTES], const char **text)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    uint32_t character;
    size_t n_bytes = mafat_utf8_read(*text, &character), n_shown = 0;
    if (n_bytes > 0 && is_seen(character)) {
        memcpy(to, bytes, n_bytes);
        *text += n_bytes;
        return n_bytes;
    }
    n_bytes = n_bytes > 0 ? n_bytes : 1;
    for (size_t i = 0; i < n_bytes; i++) {
        char shown[sizeof "\\x1B"];
        int n = bytes[i] == '\r' || bytes[i] == '\t'
                    ? snprintf(shown, sizeof shown, "\\%c", bytes[i] == '\r' ? 'r' : 't')
                    : snprintf(shown, sizeof shown, "\\x%02X", bytes[i]);
        memcpy(to + n_shown, shown, (size_t)n);
        n_shown += (size_t)n;
    }
    *text += n_bytes;
    return n_shown;
}

enum { MAX_SHOWN = MAFAT_SHOWN_BYTES / 4 };    /* that a byte becomes */

/* Makes one line of a text that is not longer than a part of an error: a carriage return, say, would
 * hide what stands before it. */
static void make_visible(const char *text, char *seen)
{
    while (*text != '\0')
        seen += mafat_error_show_character(seen, &text);
    *seen = '\0';
}

int mafat_error_message(const mafat_error *error, char *to, size_t size)
{
    char file[MAX_SHOWN * sizeof error->file], layer[64] = "", text[MAX_SHOWN * sizeof error->text];
    make_visible(error->file, file);
    make_visible(error->text, text);
    if (error->layer >= 0)
        snprintf(layer, sizeof layer, "layer %d [%.32s]: ", error->layer, error->layer_type);
    return snprintf(to, size, "%s%s%s%s", file, file[0] != '\0' ? ": " : "", layer, text);
}

void mafat_error_print(const mafat_error *error, FILE *stream)
{
    char message[MAX_SHOWN * (sizeof error->file + sizeof error->text) + 128];
    mafat_error_message(error, message, sizeof message);
    if (stream == stderr)
        mafat_notice_clear();
    fprintf(stream, "mafat: %s\n", message);    /* at once: others may have one for it, too */
}

void mafat_error_notice(const mafat_error *error)
{
    if (!mafat_notice_is_silent())
        mafat_error_print(error, stderr);
}

_Noreturn void mafat_error_check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "mafat: %s:%d: broken promise: %s\n", file, line, condition);
    abort();
}
