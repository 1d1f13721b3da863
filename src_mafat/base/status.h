/* Status codes and the error record.
 *
 * Every function of MAFAT that can fail returns a mafat_status and fills the caller's error record;
 * only the program's entry points print it and exit. Programs that use the library see both, so they
 * stand in mafat.h. */
#ifndef MAFAT_BASE_STATUS_H
#define MAFAT_BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mafat.h"

/* Fills `error` with no file and no layer and returns `status`, so that a caller can write
 * `return mafat_error_set(error, MAFAT_USAGE, "...")`. */
mafat_status mafat_error_set(mafat_error *error, mafat_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a fault of one layer; `type` is its section name in the cfg. */
mafat_status mafat_error_set_layer(mafat_error *error, mafat_status status, int layer,
                                   const char *type, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Names the file of an error that does not name one yet. */
void mafat_error_set_file(mafat_error *error, const char *file);

/* Writes the character at *text, which must not be at its end, as a message shows it into
 * to[MAFAT_SHOWN_BYTES], without a NUL, moves *text behind it and returns how many bytes that took.
 * UTF-8 that can be seen stays as it is. All else is shown byte by byte as \t, \r or \xNN: control
 * characters, bytes that are no UTF-8, blanks that are not the space, and what has no width or turns
 * the direction of a line, such as a byte order mark. */
enum { MAFAT_SHOWN_BYTES = 4 * 4 };
size_t mafat_error_show_character(char to[MAFAT_SHOWN_BYTES], const char **text);

/* Prints one line: "mafat: FILE: layer N [TYPE]: TEXT". */
void mafat_error_print(const mafat_error *error, FILE *stream);

/* Prints it to stderr where it ends nothing, as what failed is done without; nothing where notices are
 * silent. */
void mafat_error_notice(const mafat_error *error);

/* An always-on check of what only a programming error can break: prints and aborts. */
#define MAFAT_CHECK(condition) \
    ((condition) ? (void)0 : mafat_error_check_failed(#condition, __FILE__, __LINE__))
_Noreturn void mafat_error_check_failed(const char *condition, const char *file, int line);

#endif
