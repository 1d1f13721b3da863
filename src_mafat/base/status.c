/* The error record and overflow-checked sizes; see status.h. */
#include "base/status.h"

#include <stdarg.h>
#include <stdlib.h>

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

size_t mafat_escape_byte(char *to, unsigned char byte)
{
    int n = byte == '\r' ? snprintf(to, MAFAT_ESCAPE_BYTES, "\\r")
                         : snprintf(to, MAFAT_ESCAPE_BYTES, "\\x%02X", byte);
    return (size_t)n;
}

/* Makes one line of a text that is not longer than a part of an error: a carriage return, say, would
 * hide what stands before it. */
static void make_visible(const char *text, char *seen)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < ' ' || byte == 127)
            seen += mafat_escape_byte(seen, byte);
        else
            *seen++ = (char)byte;
    }
    *seen = '\0';
}

void mafat_error_print(const mafat_error *error, FILE *stream)
{
    char file[MAFAT_ESCAPE_BYTES * sizeof error->file], layer[64] = "";
    char text[MAFAT_ESCAPE_BYTES * sizeof error->text];
    make_visible(error->file, file);
    make_visible(error->text, text);
    if (error->layer >= 0)
        snprintf(layer, sizeof layer, "layer %d [%.32s]: ", error->layer, error->layer_type);
    /* at once: another process may have a message for the same stream */
    fprintf(stream, "mafat: %s%s%s%s\n", file, file[0] != '\0' ? ": " : "", layer, text);
}

bool mafat_size_mul(size_t a, size_t b, size_t *result)
{
    return !__builtin_mul_overflow(a, b, result);
}

bool mafat_size_add(size_t a, size_t b, size_t *result)
{
    return !__builtin_add_overflow(a, b, result);
}

_Noreturn void mafat_check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "mafat: %s:%d: broken promise: %s\n", file, line, condition);
    abort();
}
