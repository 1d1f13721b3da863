/* See progress.h. */
#include "base/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/notice.h"

static bool is_allowed;

void mafat_progress_allow(void)
{
    is_allowed = true;
}

bool mafat_progress_is_allowed(void)
{
    return is_allowed;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ----------------------------------------------------------------------------------------- words */

static void add_bar(const mafat_progress *p, char *text, size_t size)
{
    enum { WIDTH = 20 };
    char bar[WIDTH + 1] = "";
    size_t n_full = p->done < p->n ? p->done * WIDTH / p->n : WIDTH;
    for (size_t i = 0; i < WIDTH; i++)
        bar[i] = i < n_full ? '#' : '.';
    snprintf(text, size, "[%s] ", bar);
}

/* How fast: so many a second, or so many seconds each. */
static void add_rate(double rate, char *text, size_t size)
{
    if (rate >= .1)
        snprintf(text, size, ", %.*f a second", rate < 10, rate);
    else if (rate > 0)
        snprintf(text, size, ", %.0f s each", 1 / rate);
}

static void add_time_left(double seconds, char *text, size_t size)
{
    enum { MINUTE = 60, HOUR = 60 * MINUTE };
    if (seconds < 2 * MINUTE)
        snprintf(text, size, ", %.0f s left", seconds);
    else if (seconds < 2 * HOUR)
        snprintf(text, size, ", %.0f min left", seconds / MINUTE);
    else
        snprintf(text, size, ", %.0f h left", seconds / HOUR);
}

void mafat_progress_text(const mafat_progress *progress, double seconds, bool is_terminal,
                         char text[MAFAT_PROGRESS_TEXT])
{
    const mafat_progress *p = progress;
    char bar[32] = "", of[32] = "", rate_text[32] = "", left[32] = "";
    double rate = seconds > 0 ? (double)p->done / seconds : 0;
    if (p->n > 0 && is_terminal)
        add_bar(p, bar, sizeof bar);
    if (p->n > 0)
        snprintf(of, sizeof of, " of %zu", p->n);
    add_rate(rate, rate_text, sizeof rate_text);
    if (rate > 0 && p->done < p->n)
        add_time_left((double)(p->n - p->done) / rate, left, sizeof left);
    int length = snprintf(text, MAFAT_PROGRESS_TEXT, "%s: %s%zu%s%s%s", p->what, bar, p->done, of,
                          rate_text, left);
    if (length >= MAFAT_PROGRESS_TEXT)    /* a number that is cut would be another one */
        snprintf(text, MAFAT_PROGRESS_TEXT, "%s: %zu%s", p->what, p->done, of);
}

double mafat_progress_next(double seconds, bool is_terminal)
{
    static const double first_s = 2, then_s = 10, share = .1, redraw_s = .1;
    if (is_terminal)
        return seconds > 0 ? seconds + redraw_s : first_s / 4;
    if (seconds <= 0)
        return first_s;
    return seconds + (seconds * share > then_s ? seconds * share : then_s);
}

/* --------------------------------------------------------------------------------------- showing */

static bool is_terminal(void)
{
    return isatty(STDERR_FILENO) == 1;
}

static void show(mafat_progress *p, double seconds)
{
    char text[MAFAT_PROGRESS_TEXT];
    mafat_progress_text(p, seconds, is_terminal(), text);
    if (is_terminal())
        mafat_notice_draw(text);
    else
        mafat_notice("%s", text);
    p->is_shown = true;
}

void mafat_progress_begin(mafat_progress *progress, const char *what, size_t n)
{
    *progress = (mafat_progress){.what = what, .n = n, .begin_s = now_s(),
                                 .next_s = mafat_progress_next(0, is_terminal())};
}

void mafat_progress_reach(mafat_progress *progress, size_t done)
{
    double seconds = now_s() - progress->begin_s;
    progress->done = done;
    if (!is_allowed || mafat_notice_is_silent() || seconds < progress->next_s)
        return;
    show(progress, seconds);
    progress->next_s = mafat_progress_next(seconds, is_terminal());
}

void mafat_progress_end(mafat_progress *progress)
{
    if (progress->is_shown && !is_terminal())
        show(progress, now_s() - progress->begin_s);
    mafat_notice_clear();
}
