/* What is said beside results; see notice.h. */
#include "base/notice.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static _Thread_local const mafat_notice_listener *listening;
static _Thread_local bool is_silent;

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

bool mafat_notice_set_silent(bool silent)
{
    bool before = is_silent;
    is_silent = silent;
    return before;
}

bool mafat_notice_is_silent(void)
{
    return is_silent;
}

void mafat_notice_print(const char *format, ...)
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
