/* The lines of a text file as Darknet's fgetl() hands them to the readers of data files, names,
 * lists, trees and maps: without their ends, LF or CR LF, and the first without the byte order mark
 * that Windows' editors put before it (patches/0014). */
#ifndef MAFAT_BASE_LINES_H
#define MAFAT_BASE_LINES_H

#include "base/status.h"

/* Looks at a line, which it may change and whose number counts from 1. */
typedef mafat_status mafat_lines_check(void *context, char *line, int number, mafat_error *error);

/* Calls `check`, if there is one, for each line of the file, which is looked up (shipped.h), and
 * counts the lines. `what` it should be goes into messages. MAFAT_FAILED, with the file named: what
 * is no regular file, which is never waited for; what cannot be read; a NUL byte, at which Darknet
 * takes two lines for one; a line that nobody would write. */
mafat_status mafat_lines_each(const char *path, const char *what, int *n_lines,
                              mafat_lines_check *check, void *context, mafat_error *error);

/* Takes the end off line `number`, of n bytes, in place, and the mark before the first one. */
char *mafat_lines_trim(char *line, size_t n, int number);

/* Whether there is nothing but blanks in a line. */
bool mafat_lines_is_blank(const char *line);

/* Writes `line` between quotes into text[size], its beginning where it is long, so that what cannot
 * be seen is (visible.h). Returns `text`. */
const char *mafat_lines_show(char *text, size_t size, const char *line);

/* Sets an error with this file. */
mafat_status mafat_lines_fail(mafat_error *error, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
