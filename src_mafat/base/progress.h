/* How far something has come that may take long, on stderr: a bar on a terminal, in a log a line
 * after two seconds and then ever more rarely. A program says that it wants that; a library is
 * silent. */
#ifndef MAFAT_BASE_PROGRESS_H
#define MAFAT_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *what;    /* is counted: "images" */
    size_t n, done;      /* of so many; n 0: nobody knows how many */
    double begin_s;
    double next_s;       /* when it is shown next */
    bool is_shown;
} mafat_progress;

/* Has progress shown from now on, unless nothing is to be said (notice.h). */
void mafat_progress_allow(void);
bool mafat_progress_is_allowed(void);

/* Begins to count, tells how many are done, and ends: what a terminal shows is gone then, and a
 * log has a last line if it has any. */
void mafat_progress_begin(mafat_progress *progress, const char *what, size_t n);
void mafat_progress_reach(mafat_progress *progress, size_t done);
void mafat_progress_end(mafat_progress *progress);

/* The line after so many seconds, shorter than MAFAT_PROGRESS_TEXT: "images: 37 of 120, 4.2 a
 * second, 20 s left", with a bar between for a terminal; "images: 37 of 120" where numbers are so
 * large that there is no room for all. */
enum { MAFAT_PROGRESS_TEXT = 80 };
void mafat_progress_text(const mafat_progress *progress, double seconds, bool is_terminal,
                         char text[MAFAT_PROGRESS_TEXT]);

/* When a line that comes at `seconds` is followed by the next, at the earliest; 0 is for the
 * first. */
double mafat_progress_next(double seconds, bool is_terminal);

#endif
