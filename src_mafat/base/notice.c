/* What is said beside results; see notice.h. */
#include "base/notice.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static bool is_silent, has_line;
static _Thread_local const mafat_notice_listener *listening;
static _Thread_local bool is_hushed;

void mafat_notice(const char *format, ...)
{
    enum { MAX_LENGTH = 4096 };
    char line[MAX_LENGTH];
    va_list args;
    if (listening == NULL ? is_silent : listening->notice == NULL)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (listening != NULL) {
        listening->notice(listening->context, line);
        return;
    }
    mafat_notice_clear();
    fprintf(stderr, "mafat: %s\n", line);    /* at once: others may have a message for it */
}

void mafat_notice_silence(void)
{
    is_silent = true;
}

bool mafat_notice_is_silent(void)
{
    return is_silent || listening != NULL;
}

const mafat_notice_listener *mafat_notice_set_listener(const mafat_notice_listener *listener)
{
    const mafat_notice_listener *before = listening;
    listening = listener;
    return before;
}

bool mafat_notice_set_hushed(bool hushed)
{
    bool before = is_hushed;
    is_hushed = hushed;
    return before;
}

bool mafat_notice_is_hushed(void)
{
    return is_hushed;
}

/* To the left, and away with what stands there. */
#define CLEAR "\r\033[K"

void mafat_notice_draw(const char *text)
{
    fprintf(stderr, CLEAR "%s", text);
    has_line = true;
}

void mafat_notice_clear(void)
{
    if (!has_line)
        return;
    fputs(CLEAR, stderr);
    has_line = false;
}
