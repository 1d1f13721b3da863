/* What Darknet allocates, frees and opens; see doors.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "bridge/blocks.h"
#include "bridge/bridge.h"
#include "doors.h"

/* The block, unless it is missing and something was asked for. */
static void *check(void *block, size_t n, size_t n_bytes)
{
    mafat_error error = {0};
    if (block != NULL || n == 0 || n_bytes == 0)
        return block;
    if (n == 1)
        mafat_error_set(&error, MAFAT_FAILED, "no memory for %zu bytes", n_bytes);
    else
        mafat_error_set(&error, MAFAT_FAILED, "no memory for %zu times %zu bytes", n, n_bytes);
    mafat_bridge_give_up(MAFAT_FAILED, &error);
}

void *mafat_checked_malloc(size_t n_bytes)
{
    return check(malloc(n_bytes), 1, n_bytes);
}

void *mafat_checked_calloc(size_t n, size_t n_bytes)
{
    size_t all_bytes;
    void *block = mafat_size_mul(n, n_bytes, &all_bytes) ? mafat_blocks_make(all_bytes) : NULL;
    return block != NULL ? block : check(calloc(n, n_bytes), n, n_bytes);
}

void *mafat_checked_realloc(void *block, size_t n_bytes)
{
    size_t held_bytes;
    if (!mafat_blocks_find(block, &held_bytes))
        return check(realloc(block, n_bytes), 1, n_bytes);
    void *moved = check(malloc(n_bytes), 1, n_bytes);
    if (moved != NULL)
        memcpy(moved, block, held_bytes < n_bytes ? held_bytes : n_bytes);
    mafat_blocks_free(block);
    return moved;
}

void mafat_checked_free(void *block)
{
    if (!mafat_blocks_free(block))
        free(block);
}

FILE *mafat_checked_fopen(const char *path, const char *mode)
{
    mafat_error error = {0};
    FILE *stream = fopen(path, mode);
    if (stream != NULL || mode[0] == 'r')
        return stream;
    mafat_error_set(&error, MAFAT_FAILED, "cannot be written: %s", strerror(errno));
    mafat_error_set_file(&error, path);
    mafat_bridge_give_up(MAFAT_FAILED, &error);
}
