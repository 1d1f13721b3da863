/* Darknet's code called by a program that goes on whatever happens: where Darknet would end the
 * process, or the doors would (bridge.h, mafat_bridge_give_up()), the call ends, and its end is a
 * status. Nothing is printed meanwhile, the random numbers of the program stay its own, and nothing
 * that the call allocated is left behind. */
#ifndef MAFAT_BRIDGE_CAUGHT_H
#define MAFAT_BRIDGE_CAUGHT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* What Darknet's code has allocated in such calls, and not freed. */
typedef struct {
    int n, capacity;
    void **blocks;    /* [n], owned; NULL for those that are freed */
} mafat_caught_blocks;

/* Calls call(context), on this thread, and returns what it returns; or, where the code under it
 * gave up, the status and error with which it did. What the call allocated is freed where it fails;
 * else it is added to `blocks` where the caller keeps it, and not where it goes elsewhere. The call
 * may free what is in `blocks`. Not to be nested. */
typedef mafat_status mafat_caught_call(void *context, mafat_error *error);
mafat_status mafat_caught_run(mafat_caught_call *call, void *context, mafat_caught_blocks *blocks,
                              bool keeps, mafat_error *error);

/* Frees all of them that are left: what Darknet forgets. */
void mafat_caught_free(mafat_caught_blocks *blocks);

/* Whether this thread is in such a call. */
bool mafat_caught_is_under_way(void);

/* Ends it with this error. */
_Noreturn void mafat_caught_end(mafat_status status, const mafat_error *error);

/* Darknet's code has allocated or is about to free a block; without a call under way nothing
 * happens. A block that cannot be noted ends the call. */
void mafat_caught_note(void *block);
void mafat_caught_forget(void *block);

#endif
