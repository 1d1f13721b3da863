/* Text files line by line; see lines.h. */
#include "base/lines.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/shipped.h"
#include "base/visible.h"

/* The longest line that is read. */
enum { MAX_LINE_BYTES = 64 << 10 };

static const char byte_order_mark[] = "\xef\xbb\xbf";

mafat_status mafat_lines_fail(mafat_error *error, const char *path, const char *format, ...)
{
    char text[sizeof error->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    mafat_error_set(error, MAFAT_FAILED, "%s", text);
    mafat_error_set_file(error, path);
    return MAFAT_FAILED;
}

/* The next line of at most MAX_LINE_BYTES bytes, and what of its end fits. Returns how many bytes
 * were read; 0: there are none. */
static size_t read_line(FILE *file, char line[MAX_LINE_BYTES + 2])
{
    size_t n = 0;
    int byte = 0;
    while (n <= MAX_LINE_BYTES && byte != '\n' && (byte = getc(file)) != EOF)
        line[n++] = (char)byte;
    line[n] = '\0';
    return n;
}

char *mafat_lines_trim(char *line, size_t n, int number)
{
    if (n > 0 && line[n - 1] == '\n')
        line[--n] = '\0';
    if (n > 0 && line[n - 1] == '\r')
        line[--n] = '\0';
    size_t mark = strlen(byte_order_mark);
    return number == 1 && strncmp(line, byte_order_mark, mark) == 0 ? line + mark : line;
}

static mafat_status check_text(const char *path, const char *what, const char *line, size_t n,
                               int number, mafat_error *error)
{
    if (number == 1 && (memcmp(line, "\xff\xfe", 2) == 0 || memcmp(line, "\xfe\xff", 2) == 0))
        return mafat_lines_fail(error, path, "is written in UTF-16, which Darknet cannot read; "
                                "save it as UTF-8");
    if (memchr(line, '\0', n) != NULL)
        return mafat_lines_fail(error, path, "line %d holds a NUL byte: it is no %s", number,
                                what);
    if (n > MAX_LINE_BYTES)
        return mafat_lines_fail(error, path, "line %d is longer than %d bytes: it is no %s", number,
                                MAX_LINE_BYTES, what);
    return MAFAT_OK;
}

mafat_status mafat_lines_each(const char *path, const char *what, int *n_lines,
                              mafat_lines_check *check, void *context, mafat_error *error)
{
    char found[MAFAT_SHIPPED_PATH];
    FILE *file;
    uint64_t unused;
    size_t n;
    *n_lines = 0;
    mafat_status status = mafat_file_open(mafat_shipped_find(path, found), what, &file, &unused,
                                          error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(error, path);
        return status;
    }
    char *line = malloc(MAX_LINE_BYTES + 2);
    if (line == NULL)
        status = mafat_lines_fail(error, path, "no memory to read it");
    while (status == MAFAT_OK && (n = read_line(file, line)) > 0) {
        status = check_text(path, what, line, n, ++*n_lines, error);
        if (status == MAFAT_OK && check != NULL)
            status = check(context, mafat_lines_trim(line, n, *n_lines), *n_lines, error);
    }
    if (status == MAFAT_OK && ferror(file))
        status = mafat_lines_fail(error, path, "cannot be read: %s", strerror(errno));
    free(line);
    fclose(file);
    return status;
}

bool mafat_lines_is_blank(const char *line)
{
    return line[strspn(line, " \t")] == '\0';
}

const char *mafat_lines_show(char *text, size_t size, const char *line)
{
    text[0] = '"';
    mafat_visible(line, text + 1, size - 2);
    size_t n = strlen(text);
    text[n] = '"';
    text[n + 1] = '\0';
    return text;
}
