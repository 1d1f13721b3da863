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

/* Prints a text on one line: a carriage return, say, would hide what stands before it. */
static void print_visibly(const char *text, FILE *stream)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '\r')
            fputs("\\r", stream);
        else if (byte < ' ' || byte == 127)
            fprintf(stream, "\\x%02X", byte);
        else
            fputc(byte, stream);
    }
}

void mafat_error_print(const mafat_error *error, FILE *stream)
{
    fprintf(stream, "mafat: ");
    if (error->file[0] != '\0') {
        print_visibly(error->file, stream);
        fputs(": ", stream);
    }
    if (error->layer >= 0)
        fprintf(stream, "layer %d [%s]: ", error->layer, error->layer_type);
    print_visibly(error->text, stream);
    fputc('\n', stream);
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
