/* Calls of Darknet's code that always return; see caught.h. Its own exits come here too: the Makefile
 * renames the calls (CHECKED there), and checked.c asks. */
#include "bridge/caught.h"

#include <setjmp.h>
#include <stdlib.h>

#include "base/array.h"
#include "bridge/blocks.h"
#include "doors.h"

typedef struct {
    jmp_buf place;
    volatile mafat_status status;    /* set between setjmp() and longjmp() */
    mafat_error *error;
    mafat_caught_things *things;
    int first;    /* of the things that are the call's own */
} caught;

static _Thread_local caught *under_way;

bool mafat_caught_is_under_way(void)
{
    return under_way != NULL;
}

_Noreturn void mafat_caught_end(mafat_status status, const mafat_error *error)
{
    caught *c = under_way;
    c->status = status;
    *c->error = *error;
    longjmp(c->place, 1);
}

static void dispose(mafat_caught_thing thing)
{
    if (thing.is_stream)
        fclose(thing.at);
    else if (thing.at != NULL)
        mafat_checked_free(thing.at);
}

static void note(mafat_caught_thing thing)
{
    enum { FIRST = 64 };
    if (under_way == NULL || thing.at == NULL)
        return;
    mafat_caught_things *t = under_way->things;
    mafat_caught_thing *things = mafat_array_grow(t->things, t->n, &t->capacity, FIRST,
                                                  sizeof *t->things);
    if (things == NULL) {
        mafat_error error;
        dispose(thing);
        mafat_caught_end(mafat_error_set(&error, MAFAT_FAILED, "no memory to note what Darknet "
                                         "allocates"), &error);
    }
    t->things = things;
    t->things[t->n++] = thing;
}

void mafat_caught_note(void *block)
{
    note((mafat_caught_thing){block, false});
}

void mafat_caught_note_stream(FILE *stream)
{
    note((mafat_caught_thing){stream, true});
}

/* What is freed was mostly allocated last. */
void mafat_caught_forget(const void *thing)
{
    if (under_way == NULL || thing == NULL)
        return;
    mafat_caught_things *t = under_way->things;
    int i = t->n - 1;
    while (i >= 0 && t->things[i].at != thing)
        i--;
    if (i < 0)
        return;
    t->things[i] = (mafat_caught_thing){0};
    while (t->n > under_way->first && t->things[t->n - 1].at == NULL)
        t->n--;
}

/* Disposes of what is there from `first` on. */
static void dispose_from(mafat_caught_things *t, int first)
{
    for (int i = first; i < t->n; i++)
        dispose(t->things[i]);
    t->n = first;
}

/* Closes the gaps. */
static void pack(mafat_caught_things *t)
{
    int n = 0;
    for (int i = 0; i < t->n; i++)
        if (t->things[i].at != NULL)
            t->things[n++] = t->things[i];
    t->n = n;
}

mafat_status mafat_caught_run(mafat_caught_call *call, void *context, mafat_caught_things *things,
                              bool keeps, mafat_error *error)
{
    caught c = {.error = error, .things = things, .first = things->n};
    under_way = &c;
    if (setjmp(c.place) == 0)
        c.status = call(context, error);
    under_way = NULL;
    if (c.status != MAFAT_OK)
        dispose_from(things, c.first);
    else if (keeps)
        pack(things);
    else
        things->n = c.first;
    return c.status;
}

void mafat_caught_free(mafat_caught_things *things)
{
    dispose_from(things, 0);
    free(things->things);
    *things = (mafat_caught_things){0};
}
