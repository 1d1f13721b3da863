/* Calls of Darknet's code that always return; see caught.h. Its own exits and what it prints come
 * here too: the Makefile renames the calls (CHECKED there), and checked.c asks. */
#include "bridge/caught.h"

#include <setjmp.h>
#include <stdlib.h>

#include "base/array.h"
#include "bridge/blocks.h"
#include "doors.h"

typedef struct {
    jmp_buf place;
    mafat_status status;
    mafat_error *error;
    mafat_caught_blocks *blocks;
    int first;    /* of the blocks that are the call's own */
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

void mafat_caught_note(void *block)
{
    enum { FIRST = 64 };
    if (under_way == NULL || block == NULL)
        return;
    mafat_caught_blocks *b = under_way->blocks;
    void **blocks = mafat_array_grow(b->blocks, b->n, &b->capacity, FIRST, sizeof *b->blocks);
    if (blocks == NULL) {
        mafat_error error;
        mafat_checked_free(block);
        mafat_caught_end(mafat_error_set(&error, MAFAT_FAILED, "no memory to note %d blocks", b->n),
                         &error);
    }
    b->blocks = blocks;
    b->blocks[b->n++] = block;
}

/* What is freed was mostly allocated last. */
void mafat_caught_forget(void *block)
{
    if (under_way == NULL || block == NULL)
        return;
    mafat_caught_blocks *b = under_way->blocks;
    for (int i = b->n - 1; i >= 0; i--) {
        if (b->blocks[i] != block)
            continue;
        b->blocks[i] = NULL;
        while (b->n > under_way->first && b->blocks[b->n - 1] == NULL)
            b->n--;
        return;
    }
}

/* Frees blocks from `first` on. */
static void free_from(mafat_caught_blocks *blocks, int first)
{
    for (int i = first; i < blocks->n; i++)
        if (blocks->blocks[i] != NULL)
            mafat_checked_free(blocks->blocks[i]);
    blocks->n = first;
}

/* Closes the gaps. */
static void pack(mafat_caught_blocks *blocks)
{
    int n = 0;
    for (int i = 0; i < blocks->n; i++)
        if (blocks->blocks[i] != NULL)
            blocks->blocks[n++] = blocks->blocks[i];
    blocks->n = n;
}

mafat_status mafat_caught_run(mafat_caught_call *call, void *context, mafat_caught_blocks *blocks,
                              bool keeps, mafat_error *error)
{
    caught c = {.error = error, .blocks = blocks, .first = blocks->n};
    under_way = &c;
    if (setjmp(c.place) == 0)
        c.status = call(context, error);
    under_way = NULL;
    if (c.status != MAFAT_OK)
        free_from(blocks, c.first);
    else if (keeps)
        pack(blocks);
    else
        blocks->n = c.first;
    return c.status;
}

void mafat_caught_free(mafat_caught_blocks *blocks)
{
    free_from(blocks, 0);
    free(blocks->blocks);
    *blocks = (mafat_caught_blocks){0};
}
