/* What is worth knowing and no error, a line at a time: to stderr as "mafat: LINE", or to who
 * listens. */
#ifndef MAFAT_BASE_NOTICE_H
#define MAFAT_BASE_NOTICE_H

#include <stdbool.h>

typedef struct {
    void (*notice)(void *context, const char *line);    /* NULL: nobody is told */
    void *context;
} mafat_notice_listener;

/* From now on what this thread has to say goes to the listener, which is borrowed; NULL: to stderr,
 * as at first. Returns the one of before. */
const mafat_notice_listener *mafat_notice_set_listener(const mafat_notice_listener *listener);

/* Whether this thread's notices go to a listener. */
bool mafat_notice_has_listener(void);

/* Whether what Darknet's code prints on this thread goes nowhere; returns what it was. */
bool mafat_notice_set_hushed(bool is_hushed);
bool mafat_notice_is_hushed(void);

/* Says a line, without its end. */
void mafat_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
