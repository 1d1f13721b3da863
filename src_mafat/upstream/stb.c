/* The guard around stb_image; see upstream/stb.h. */
#include "upstream/stb.h"

#include <stdlib.h>

#include "base/size.h"

const char mafat_stb_takes_more[] = "it takes more memory than its header says";

static _Thread_local mafat_stb_guard *now;

bool mafat_stb_run(mafat_stb_guard *guard, void (*work)(void *context), void *context)
{
    MAFAT_CHECK(now == NULL);
    guard->reason = NULL;
    now = guard;
    if (setjmp(guard->leave) == 0)
        work(context);
    now = NULL;
    return guard->reason == NULL;
}

void mafat_stb_free_all(mafat_stb_guard *guard)
{
    for (int i = 0; i < MAFAT_STB_BLOCKS; i++) {
        free(guard->blocks[i].at);
        guard->blocks[i].at = NULL;
    }
    guard->held_bytes = 0;
}

/* The block's index among the guard's; of NULL, a free one. It leaves where there is none. */
static int find(const mafat_stb_guard *guard, const void *block)
{
    for (int i = 0; i < MAFAT_STB_BLOCKS; i++)
        if (guard->blocks[i].at == block)
            return i;
    mafat_stb_leave("out of places for memory");
}

void mafat_stb_release(mafat_stb_guard *guard, const void *block)
{
    int i = find(guard, block);
    guard->held_bytes -= guard->blocks[i].bytes;
    guard->blocks[i].at = NULL;
}

_Noreturn void mafat_stb_leave(const char *reason)
{
    mafat_stb_guard *guard = now;
    MAFAT_CHECK(guard != NULL);
    guard->reason = reason != NULL ? reason : "corrupt";
    mafat_stb_free_all(guard);
    longjmp(guard->leave, 1);
}

void *mafat_stb_allocate(size_t n_bytes)
{
    int i = find(now, NULL);
    if (n_bytes > now->may_hold_bytes - now->held_bytes)
        mafat_stb_leave(mafat_stb_takes_more);
    void *block = calloc(1, n_bytes > 0 ? n_bytes : 1);
    if (block == NULL)
        mafat_stb_leave("out of memory");
    now->blocks[i].at = block;
    now->blocks[i].bytes = n_bytes;
    now->held_bytes += n_bytes;
    now->max_bytes = mafat_size_max(now->max_bytes, now->held_bytes);
    return block;
}

/* For a moment both are there: the block, and where it is copied to. */
void *mafat_stb_reallocate(void *block, size_t n_bytes)
{
    if (block == NULL)
        return mafat_stb_allocate(n_bytes);
    int i = find(now, block);
    if (n_bytes > now->may_hold_bytes - now->held_bytes)
        mafat_stb_leave(mafat_stb_takes_more);
    now->max_bytes = mafat_size_max(now->max_bytes, now->held_bytes + n_bytes);
    void *moved = realloc(block, n_bytes > 0 ? n_bytes : 1);
    if (moved == NULL)
        mafat_stb_leave("out of memory");
    now->held_bytes += n_bytes - now->blocks[i].bytes;
    now->blocks[i].at = moved;
    now->blocks[i].bytes = n_bytes;
    return moved;
}

void mafat_stb_free(void *block)
{
    if (block == NULL)
        return;
    mafat_stb_release(now, block);
    free(block);
}

const char mafat_stb_ends_early[] = "it ends before the image does";

int mafat_stb_read(void *file, char *to, int n_bytes)
{
    mafat_picture_file *f = file;
    int n_read = n_bytes > 0 ? (int)mafat_picture_file_read(f, to, (size_t)n_bytes) : 0;
    if (n_read == 0 && f->must_not_end)
        mafat_stb_leave(mafat_stb_ends_early);
    return n_read;
}

void mafat_stb_skip(void *file, int n_bytes)
{
    mafat_picture_file_skip(file, (uint64_t)n_bytes);
}

/* stb_image's loops that look for the end of a file would look for ever where one has skipped
 * beyond it: then it reads no more, and only a read finds the end. */
int mafat_stb_eof(void *file)
{
    enum { MAX_ASKED = 1 << 16 };
    mafat_picture_file *f = file;
    if (f->n_asked > MAX_ASKED)
        mafat_stb_leave(mafat_stb_ends_early);
    return mafat_picture_file_has_ended(f);
}
