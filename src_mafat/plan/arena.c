/* Placement of buffers in the arena; see arena.h. */
#include "plan/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

/* ------------------------------------------------------------------------------ one placement */

typedef struct {
    mafat_arena_buffer *buffers;
    int n;                       /* buffers that take room */
    int *order, *best;           /* [n], owned: the order at hand, and the best so far */
    int *first_neighbours;       /* [n_buffers + 1], owned: of each buffer, in neighbours[] */
    int *neighbours;             /* owned: the buffers that are alive together with it */
    bool *is_placed;             /* [n_buffers], owned */
    int *below;                  /* [n_buffers], owned: room to sort neighbours by offset */
    uint64_t random;
} placement;

/* Sorts those neighbours of a buffer that have been placed by offset; returns how many. */
static int sort_neighbours(const placement *p, int buffer)
{
    int n = 0;
    for (int k = p->first_neighbours[buffer]; k < p->first_neighbours[buffer + 1]; k++) {
        int other = p->neighbours[k], i = n;
        if (!p->is_placed[other])
            continue;
        for (; i > 0 && p->buffers[p->below[i - 1]].offset > p->buffers[other].offset; i--)
            p->below[i] = p->below[i - 1];
        p->below[i] = other;
        n++;
    }
    return n;
}

/* Gives a buffer the lowest offset that is free for its lifetime; returns where it ends. */
static size_t place_one(const placement *p, int index)
{
    mafat_arena_buffer *buffer = &p->buffers[index];
    size_t need = round_up(buffer->bytes);
    int n = sort_neighbours(p, index);
    buffer->offset = 0;
    for (int i = 0; i < n; i++) {
        const mafat_arena_buffer *other = &p->buffers[p->below[i]];
        if (other->offset >= buffer->offset && other->offset - buffer->offset >= need)
            break;
        if (end_of(other) > buffer->offset)
            buffer->offset = round_up_to(end_of(other), alignment(buffer));
    }
    p->is_placed[index] = true;
    return end_of(buffer);
}

/* Places all buffers in their order, and stores the place in it of the one that reaches highest;
 * returns the size of the block, or something larger than `most` as soon as it is that. */
static size_t place_all(const placement *p, size_t most, int *highest)
{
    size_t bytes = 0;
    for (int i = 0; i < p->n; i++)
        p->is_placed[p->order[i]] = false;
    for (int i = 0; i < p->n && bytes <= most; i++) {
        size_t end = place_one(p, p->order[i]);
        if (end > bytes) {
            bytes = end;
            *highest = i;
        }
    }
    return bytes;
}

/* ---------------------------------------------------------------------------- many placements */

/* A number from 0 to n - 1: xorshift, the same numbers every time. */
static int pick(placement *p, int n)
{
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return (int)(p->random % (uint64_t)n);
}

/* Takes one buffer out of its place in the order and puts it into another. */
static void move(int *order, int from, int to)
{
    int buffer = order[from];
    if (to < from)
        memmove(&order[to + 1], &order[to], (size_t)(from - to) * sizeof *order);
    else
        memmove(&order[from], &order[from + 1], (size_t)(to - from) * sizeof *order);
    order[to] = buffer;
}

/* By size, of equals by birth. */
static void sort_by_size(placement *p)
{
    for (int i = 1; i < p->n; i++) {
        const mafat_arena_buffer *buffer = &p->buffers[p->order[i]];
        int to = i;
        for (; to > 0; to--) {
            const mafat_arena_buffer *before = &p->buffers[p->order[to - 1]];
            if (before->bytes > buffer->bytes ||
                (before->bytes == buffer->bytes && before->first <= buffer->first))
                break;
        }
        move(p->order, i, to);
    }
}

/* How many orders are worth a try: fewer where each costs more. */
static int count_tries(const placement *p, int n_buffers)
{
    enum { MOST_VISITS = 10000000 };
    int n_visits = p->first_neighbours[n_buffers] + 1;
    int tries = MOST_VISITS / n_visits;
    return tries < MAFAT_ARENA_TRIES ? tries : MAFAT_ARENA_TRIES;
}

/* Tries orders until one needs no more than what is alive at once, or a page more, as alignment may
 * need: the buffer that reaches highest goes to an earlier place, and in every second try another
 * one somewhere. An order that is no worse than the best becomes the best. Leaves the buffers where
 * the best one puts them. */
static size_t place_best(placement *p, int n_buffers, size_t live_bytes)
{
    enum { SLACK_BYTES = 4096 };
    int highest = 0, n_tries = count_tries(p, n_buffers);
    sort_by_size(p);
    size_t bytes = place_all(p, SIZE_MAX, &highest), best = bytes;
    int best_highest = highest;
    memcpy(p->best, p->order, (size_t)p->n * sizeof *p->order);
    for (int try = 0; try < n_tries && best > live_bytes + SLACK_BYTES; try++) {
        memcpy(p->order, p->best, (size_t)p->n * sizeof *p->order);
        if (best_highest > 0)
            move(p->order, best_highest, pick(p, best_highest));
        if (try % 2 == 1)
            move(p->order, pick(p, p->n), pick(p, p->n));
        bytes = place_all(p, best, &highest);
        if (bytes > best)
            continue;
        best = bytes;
        best_highest = highest;
        memcpy(p->best, p->order, (size_t)p->n * sizeof *p->order);
    }
    memcpy(p->order, p->best, (size_t)p->n * sizeof *p->order);
    return place_all(p, SIZE_MAX, &highest);
}

/* ------------------------------------------------------------------------------------- public */

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

/* Finds out who is alive together: counts it first, then writes it down; false without memory. */
static bool find_neighbours(placement *p, int n_buffers)
{
    size_t n_neighbours = 0;
    for (int pass = 0; pass < 2; pass++) {
        n_neighbours = 0;
        for (int i = 0; i < n_buffers; i++) {
            p->first_neighbours[i] = (int)n_neighbours;
            for (int k = 0; k < n_buffers && p->buffers[i].bytes > 0; k++) {
                if (k == i || p->buffers[k].bytes == 0 ||
                    !alive_together(&p->buffers[i], &p->buffers[k]))
                    continue;
                if (pass == 1)
                    p->neighbours[n_neighbours] = k;
                n_neighbours++;
            }
        }
        if (pass == 0)
            p->neighbours = calloc(n_neighbours + 1, sizeof *p->neighbours);
        if (p->neighbours == NULL)
            return false;
    }
    p->first_neighbours[n_buffers] = (int)n_neighbours;
    return true;
}

static mafat_status allocate(placement *p, int n_buffers, mafat_error *error)
{
    size_t n = (size_t)n_buffers;
    p->order = calloc(3 * n, sizeof *p->order);
    p->first_neighbours = calloc(n + 1, sizeof *p->first_neighbours);
    p->is_placed = calloc(n, sizeof *p->is_placed);
    if (p->order != NULL && p->first_neighbours != NULL && p->is_placed != NULL &&
        find_neighbours(p, n_buffers)) {
        p->best = p->order + n;
        p->below = p->best + n;
        return MAFAT_OK;
    }
    return mafat_error_set(error, MAFAT_FAILED, "no memory to place %d buffers", n_buffers);
}

mafat_status mafat_arena_place(mafat_arena_buffer *buffers, int n_buffers, size_t *arena_bytes,
                               mafat_error *error)
{
    placement p = {.buffers = buffers, .random = 88172645463325252u};
    *arena_bytes = 0;
    if (n_buffers <= 0)
        return MAFAT_OK;
    if (!sizes_add_up(buffers, n_buffers))
        return mafat_error_set(error, MAFAT_FAILED, "the sizes of %d buffers overflow", n_buffers);
    mafat_status status = allocate(&p, n_buffers, error);
    for (int i = 0; i < n_buffers && status == MAFAT_OK; i++) {
        buffers[i].offset = 0;
        if (buffers[i].bytes > 0)
            p.order[p.n++] = i;
    }
    if (status == MAFAT_OK && p.n > 0)
        *arena_bytes = place_best(&p, n_buffers, mafat_arena_live_bytes(buffers, n_buffers));
    free(p.order);
    free(p.first_neighbours);
    free(p.neighbours);
    free(p.is_placed);
    return status;
}
