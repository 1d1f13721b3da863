/* What is said beside results and errors: what was chosen, what is odd, how far something has come. It
 * goes to stderr, each line with "mafat: " before it, or to who listens. One place, so that -quiet
 * silences all of it, and a line that changes is gone before another one comes. */
#ifndef MAFAT_BASE_NOTICE_H
#define MAFAT_BASE_NOTICE_H

#include <stdbool.h>

/* Says a line, without its end. */
void mafat_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From now on nothing is said to stderr; for the start of a program. */
void mafat_notice_silence(void);
bool mafat_notice_is_silent(void);    /* nor on this thread, to a listener */

typedef struct {
    void (*notice)(void *context, const char *line);    /* NULL: nobody is told */
    void *context;
} mafat_notice_listener;

/* From now on what this thread has to say goes to the listener, which is borrowed; NULL: to stderr,
 * as at first. Returns the one of before. */
const mafat_notice_listener *mafat_notice_set_listener(const mafat_notice_listener *listener);

/* Whether what Darknet's code prints on this thread, to stdout and stderr, goes nowhere
 * (bridge/checked.c). Returns what it was. */
bool mafat_notice_set_hushed(bool is_hushed);
bool mafat_notice_is_hushed(void);

/* Draws `text`, shorter than a terminal is wide, as a line on stderr that the next one replaces; and
 * takes the line away, if there is one, for whoever prints another. For one thread. */
void mafat_notice_draw(const char *text);
void mafat_notice_clear(void);

#endif
