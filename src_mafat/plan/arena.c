/* Placement of buffers in the arena; see arena.h. */
#include "plan/arena.h"

#include <stdint.h>
#include <stdlib.h>

static size_t round_up_to(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

static size_t round_up(size_t bytes)
{
    return round_up_to(bytes, MAFAT_ARENA_ALIGN);
}

static size_t alignment(const mafat_arena_buffer *buffer)
{
    return buffer->align == 0 ? MAFAT_ARENA_ALIGN : buffer->align;
}

static bool alive_together(const mafat_arena_buffer *a, const mafat_arena_buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static size_t end_of(const mafat_arena_buffer *buffer)
{
    return buffer->offset + round_up(buffer->bytes);
}

bool mafat_arena_collide(const mafat_arena_buffer *a, const mafat_arena_buffer *b)
{
    return a->bytes > 0 && b->bytes > 0 && alive_together(a, b) && a->offset < end_of(b) &&
           b->offset < end_of(a);
}

size_t mafat_arena_live_bytes(const mafat_arena_buffer *buffers, int n_buffers)
{
    /* the sum can only rise at a birth */
    size_t most = 0;
    for (int i = 0; i < n_buffers; i++) {
        size_t live = 0;
        for (int j = 0; j < n_buffers; j++)
            if (buffers[j].first <= buffers[i].first && buffers[i].first <= buffers[j].last)
                live += round_up(buffers[j].bytes);
        most = live > most ? live : most;
    }
    return most;
}

static int by_size_then_birth(const void *left, const void *right)
{
    const mafat_arena_buffer *a = *(mafat_arena_buffer *const *)left;
    const mafat_arena_buffer *b = *(mafat_arena_buffer *const *)right;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? 1 : -1;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return (a > b) - (a < b);
}

/* Gives `buffer` the lowest offset that is free for its lifetime. placed[] is sorted by offset. */
static void place_one(mafat_arena_buffer *buffer, mafat_arena_buffer **placed, int n_placed)
{
    size_t need = round_up(buffer->bytes);
    buffer->offset = 0;
    for (int i = 0; i < n_placed; i++) {
        if (!alive_together(buffer, placed[i]))
            continue;
        if (placed[i]->offset >= buffer->offset && placed[i]->offset - buffer->offset >= need)
            break;
        if (end_of(placed[i]) > buffer->offset)
            buffer->offset = round_up_to(end_of(placed[i]), alignment(buffer));
    }
}

static void insert_by_offset(mafat_arena_buffer *buffer, mafat_arena_buffer **placed, int n_placed)
{
    int i = n_placed;
    for (; i > 0 && placed[i - 1]->offset > buffer->offset; i--)
        placed[i] = placed[i - 1];
    placed[i] = buffer;
}

/* Whether the sum of all sizes fits a size_t: then no offset can overflow. */
static bool sizes_add_up(const mafat_arena_buffer *buffers, int n_buffers)
{
    size_t sum = 0;
    for (int i = 0; i < n_buffers; i++)
        if (!mafat_size_add(sum, buffers[i].bytes, &sum) ||
            !mafat_size_add(sum, alignment(&buffers[i]), &sum))
            return false;
    return true;
}

/* Places buffers in the given order; returns the size of the block. */
static size_t place_all(mafat_arena_buffer **order, mafat_arena_buffer **placed, int n)
{
    size_t bytes = 0;
    for (int i = 0; i < n; i++) {
        place_one(order[i], placed, i);
        insert_by_offset(order[i], placed, i);
        if (end_of(order[i]) > bytes)
            bytes = end_of(order[i]);
    }
    return bytes;
}

/* Puts the buffer that reaches highest first. */
static void promote_highest(mafat_arena_buffer **order, int n)
{
    int highest = 0;
    for (int i = 1; i < n; i++)
        if (end_of(order[i]) > end_of(order[highest]))
            highest = i;
    mafat_arena_buffer *buffer = order[highest];
    for (int i = highest; i > 0; i--)
        order[i] = order[i - 1];
    order[0] = buffer;
}

/* Tries orders until one needs no more than what is alive at once, and keeps the best. offsets[]
 * has room for the offsets of the best so far. */
static size_t place_best(mafat_arena_buffer **order, mafat_arena_buffer **placed, int n,
                         size_t live_bytes, size_t *offsets, mafat_arena_buffer *buffers)
{
    size_t best = SIZE_MAX;
    qsort(order, (size_t)n, sizeof *order, by_size_then_birth);
    for (int try = 0; try < MAFAT_ARENA_TRIES && best > live_bytes; try++) {
        size_t bytes = place_all(order, placed, n);
        for (int i = 0; i < n && bytes < best; i++)
            offsets[order[i] - buffers] = order[i]->offset;
        best = bytes < best ? bytes : best;
        promote_highest(order, n);
    }
    for (int i = 0; i < n; i++)
        order[i]->offset = offsets[order[i] - buffers];
    return best;
}

mafat_status mafat_arena_place(mafat_arena_buffer *buffers, int n_buffers, size_t *arena_bytes,
                               mafat_error *error)
{
    *arena_bytes = 0;
    if (n_buffers <= 0)
        return MAFAT_OK;
    if (!sizes_add_up(buffers, n_buffers))
        return mafat_error_set(error, MAFAT_FAILED, "the sizes of %d buffers overflow", n_buffers);
    mafat_arena_buffer **order = calloc((size_t)n_buffers, 2 * sizeof *order);
    size_t *offsets = calloc((size_t)n_buffers, sizeof *offsets);
    int n = 0;
    for (int i = 0; i < n_buffers && order != NULL; i++) {
        buffers[i].offset = 0;
        if (buffers[i].bytes > 0)
            order[n++] = &buffers[i];
    }
    mafat_status status = MAFAT_OK;
    if (order == NULL || offsets == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory to place %d buffers", n_buffers);
    else if (n > 0)
        *arena_bytes = place_best(order, order + n_buffers, n,
                                  mafat_arena_live_bytes(buffers, n_buffers), offsets, buffers);
    free(order);
    free(offsets);
    return status;
}
