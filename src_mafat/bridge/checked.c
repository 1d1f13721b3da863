/* What Darknet allocates, frees and opens; see doors.h. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/notice.h"
#include "base/shipped.h"
#include "base/size.h"
#include "bridge/blocks.h"
#include "bridge/bridge.h"
#include "bridge/caught.h"
#include "doors.h"
#include "upstream/boxes.h"

/* The block, unless it is missing and something was asked for. */
static void *check(void *block, size_t n, size_t n_bytes)
{
    mafat_error error = {0};
    if (block != NULL || n == 0 || n_bytes == 0)
        return block;
    if (n == 1)
        mafat_error_set(&error, MAFAT_FAILED, "no memory for %zu bytes", n_bytes);
    else
        mafat_error_set(&error, MAFAT_FAILED, "no memory for %zu times %zu bytes", n, n_bytes);
    mafat_bridge_give_up(MAFAT_FAILED, &error);
}

/* The same, noted where somebody keeps account. */
static void *note(void *block)
{
    mafat_caught_note(block);
    return block;
}

void *mafat_checked_malloc(size_t n_bytes)
{
    return note(check(malloc(n_bytes), 1, n_bytes));
}

void *mafat_checked_calloc(size_t n, size_t n_bytes)
{
    return note(check(mafat_blocks_calloc(n, n_bytes), n, n_bytes));
}

void *mafat_checked_realloc(void *block, size_t n_bytes)
{
    size_t held_bytes;
    if (!mafat_blocks_find(block, &held_bytes)) {
        mafat_caught_forget(block);
        void *moved = realloc(block, n_bytes);
        if (moved == NULL && n_bytes > 0)
            mafat_caught_note(block);
        return note(check(moved, 1, n_bytes));
    }
    void *moved = note(check(malloc(n_bytes), 1, n_bytes));
    if (moved != NULL)
        memcpy(moved, block, held_bytes < n_bytes ? held_bytes : n_bytes);
    mafat_caught_forget(block);
    mafat_blocks_free(block);
    return moved;
}

void mafat_checked_free(void *block)
{
    mafat_caught_forget(block);
    if (!mafat_blocks_free(block))
        free(block);
}

/* Sorts pointers to elements with the comparisons of glibc's qsort(), one after the other. */
static void merge_sort(char **at, size_t n, int (*compare)(const void *, const void *),
                       char **scratch)
{
    size_t middle = n / 2, left = 0, right = middle, n_merged = 0;
    if (n < 2)
        return;
    merge_sort(at, middle, compare, scratch);
    merge_sort(at + middle, n - middle, compare, scratch);
    while (left < middle && right < n)
        scratch[n_merged++] = compare(at[left], at[right]) <= 0 ? at[left++] : at[right++];
    while (left < middle)
        scratch[n_merged++] = at[left++];
    memcpy(at, scratch, n_merged * sizeof *at);
}

void mafat_checked_qsort(void *elements, size_t n, size_t n_bytes,
                         int (*compare)(const void *, const void *))
{
    char *first = elements, **at = mafat_checked_calloc(n, 2 * sizeof *at);
    char *kept = mafat_checked_malloc(n_bytes);
    for (size_t i = 0; i < n; i++)
        at[i] = first + i * n_bytes;
    merge_sort(at, n, compare, at + n);
    for (size_t i = 0; i < n; i++) {    /* each ring of those that change places */
        char *begin = first + i * n_bytes, *to = begin;
        memcpy(kept, begin, n_bytes);
        for (char **from = &at[i]; *from != begin; from = &at[(size_t)(to - first) / n_bytes]) {
            char *moved = *from;
            memcpy(to, moved, n_bytes);
            *from = to;
            to = moved;
        }
        at[(size_t)(to - first) / n_bytes] = to;
        memcpy(to, kept, n_bytes);
    }
    mafat_checked_free(kept);
    mafat_checked_free(at);
}

/* Whether what is opened may come with the program: texts, and of pictures the letters. */
static bool may_be_shipped(const char *path, const char *mode)
{
    return strcmp(mode, "r") == 0 ||
           (mode[0] == 'r' && strncmp(path, MAFAT_LETTERS, strlen(MAFAT_LETTERS)) == 0);
}

FILE *mafat_checked_fopen(const char *path, const char *mode)
{
    mafat_error error = {0};
    char found[MAFAT_SHIPPED_PATH];
    FILE *stream = fopen(may_be_shipped(path, mode) ? mafat_shipped_find(path, found) : path, mode);
    mafat_caught_note_stream(stream);
    if (stream != NULL || mode[0] == 'r')
        return stream;
    mafat_error_set(&error, MAFAT_FAILED, "cannot be written: %s", strerror(errno));
    mafat_error_set_file(&error, path);
    mafat_bridge_give_up(MAFAT_FAILED, &error);
}

/* Gives up for a file that cannot be read or written to its end. Its path is the kernel's to tell. */
static _Noreturn void fail_stream(FILE *stream, const char *reason)
{
    mafat_error error = {0};
    char link[40], path[sizeof error.file];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fileno(stream));
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    mafat_error_set(&error, MAFAT_FAILED, "cannot be %s: %s",
                    __fwriting(stream) ? "written" : "read", reason);
    mafat_error_set_file(&error, stream == stdin ? "standard input" : n > 0 ? path : "a file");
    mafat_bridge_give_up(MAFAT_FAILED, &error);
}

/* Looks at what has just been read or written. What goes to stdout is looked at when all of it has gone
 * there (command/command.c); for stderr there is nobody to be told. */
static void check_stream(FILE *stream)
{
    if (ferror(stream) && stream != stdout && stream != stderr)
        fail_stream(stream, strerror(errno));
}

size_t mafat_checked_fread(void *elements, size_t n_bytes, size_t n, FILE *stream)
{
    size_t n_read = fread(elements, n_bytes, n, stream);
    check_stream(stream);
    return n_read;
}

char *mafat_checked_fgets(char *line, int size, FILE *stream)
{
    char *read = fgets(line, size, stream);
    check_stream(stream);
    return read;
}

/* Also what fscanf() and getc() could not read; why is not known any more. */
int mafat_checked_fclose(FILE *stream)
{
    if (__fwriting(stream) && fflush(stream) != 0)
        fail_stream(stream, strerror(errno));
    if (ferror(stream))
        fail_stream(stream, "a part is missing");
    mafat_caught_forget(stream);
    return fclose(stream);
}

/* ------------------------------------------------------------------------------- ends, and chatter */

/* The last line that was not printed for -quiet: what Darknet says before it ends is no chatter. */
static _Thread_local char unsaid[512];

void mafat_checked_exit(int code)
{
    mafat_error error;
    if (!mafat_caught_is_under_way() && code != 0)
        fputs(unsaid, stderr);
    if (!mafat_caught_is_under_way())
        exit(code);
    mafat_error_set(&error, MAFAT_FAILED, "Darknet gives up");
    mafat_caught_end(MAFAT_FAILED, &error);
}

void mafat_checked_assert_fail(const char *assertion, const char *file, unsigned line,
                               const char *function)
{
    mafat_error error;
    if (!mafat_caught_is_under_way())
        __assert_fail(assertion, file, line, function);
    mafat_error_set(&error, MAFAT_FAILED, "Darknet gives up: %s: %s", function, assertion);
    mafat_caught_end(MAFAT_FAILED, &error);
}

void mafat_checked_srand(unsigned seed)
{
    if (!mafat_caught_is_under_way())
        srand(seed);
}

/* Whether what goes there is chatter that nobody wants. */
static bool is_hushed(const FILE *stream)
{
    return mafat_notice_is_hushed() && (stream == stdout || stream == stderr);
}

/* The same where -quiet was asked for: then results are all that is wanted. */
static bool is_silent(const FILE *stream)
{
    return is_hushed(stream) || (stream == stderr && mafat_notice_is_silent());
}

/* Prints, where a bar may stand that shows progress (base/progress.h). */
static int print(FILE *stream, const char *format, va_list args)
{
    if (is_hushed(stream))
        return 0;
    if (is_silent(stream))
        return vsnprintf(unsaid, sizeof unsaid, format, args);
    if (stream == stdout || stream == stderr)
        mafat_notice_clear();
    int n = vfprintf(stream, format, args);
    check_stream(stream);
    return n;
}

int mafat_checked_fprintf(FILE *stream, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = print(stream, format, args);
    va_end(args);
    return n;
}

int mafat_checked_printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = print(stdout, format, args);
    va_end(args);
    return n;
}

size_t mafat_checked_fwrite(const void *elements, size_t n_bytes, size_t n, FILE *stream)
{
    if (is_silent(stream))
        return n;
    size_t n_written = fwrite(elements, n_bytes, n, stream);
    check_stream(stream);
    return n_written;
}

int mafat_checked_fputc(int character, FILE *stream)
{
    if (!is_silent(stream))
        fputc(character, stream);
    check_stream(stream);
    return character;
}

int mafat_checked_putchar(int character)
{
    return mafat_checked_fputc(character, stdout);
}

int mafat_checked_puts(const char *line)
{
    return is_silent(stdout) ? 0 : puts(line);
}

void mafat_checked_perror(const char *text)
{
    if (is_hushed(stderr))
        return;
    perror(text);
    unsaid[0] = '\0';    /* this is the reason; what was not said before it is chatter */
}
