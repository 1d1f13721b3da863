/* Darknet's code called by a program that goes on whatever happens: where Darknet would end the
 * process, or the doors would (bridge.h, mafat_bridge_give_up()), the call ends, and its end is a
 * status. The random numbers of the program stay its own, and nothing that the call allocated is left
 * behind. Whether Darknet's code prints meanwhile is another matter (base/notice.h). */
#ifndef MAFAT_BRIDGE_CAUGHT_H
#define MAFAT_BRIDGE_CAUGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/status.h"

/* What Darknet's code has in hand: a block of memory, or an open file. */
typedef struct {
    void *at;          /* NULL: freed, or closed */
    bool is_stream;    /* a FILE * */
} mafat_caught_thing;

/* What it has allocated and opened in such calls, and neither freed nor closed. */
typedef struct {
    int n, capacity;
    mafat_caught_thing *things;    /* [n], owned */
} mafat_caught_things;

/* Calls call(context), on this thread, and returns what it returns; or, where the code under it
 * gave up, the status and error with which it did. What the call allocated and opened is freed and
 * closed where it fails; else it is added to `things` where the caller keeps it, and not where it
 * goes elsewhere. The call may free what is in `things`. Not to be nested. */
typedef mafat_status mafat_caught_call(void *context, mafat_error *error);
mafat_status mafat_caught_run(mafat_caught_call *call, void *context, mafat_caught_things *things,
                              bool keeps, mafat_error *error);

/* Frees all of them that are left: what Darknet forgets. */
void mafat_caught_free(mafat_caught_things *things);

/* Whether this thread is in such a call. */
bool mafat_caught_is_under_way(void);

/* Ends it with this error. */
_Noreturn void mafat_caught_end(mafat_status status, const mafat_error *error);

/* Darknet's code has a block or an open file, or is about to free or close it; without a call under
 * way nothing happens. What cannot be noted is freed, and ends the call. */
void mafat_caught_note(void *block);
void mafat_caught_note_stream(FILE *stream);
void mafat_caught_forget(const void *thing);

#endif
