/* What is said beside results; see notice.h. */
#include "base/notice.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static _Thread_local const mafat_notice_listener *listening;
static _Thread_local bool is_hushed;

const mafat_notice_listener *mafat_notice_set_listener(const mafat_notice_listener *listener)
{
    const mafat_notice_listener *before = listening;
    listening = listener;
    return before;
}

bool mafat_notice_has_listener(void)
{
    return listening != NULL;
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

void mafat_notice(const char *format, ...)
{
    enum { MAX_LENGTH = 4096 };
    char line[MAX_LENGTH];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (listening == NULL)
        fprintf(stderr, "mafat: %s\n", line);    /* at once: others write to it, too */
    else if (listening->notice != NULL)
        listening->notice(listening->context, line);
}
