/* Offsets for buffers with known lifetimes in one block of memory. A pure function of sizes and
 * lifetimes: no pointers, nothing allocated for the buffers themselves. */
#ifndef MAFAT_PLAN_ARENA_H
#define MAFAT_PLAN_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { MAFAT_ARENA_ALIGN = 64 };  /* bytes: a cache line, and the widest vector */
enum { MAFAT_ARENA_TRIES = 4000 };

typedef struct {
    size_t bytes;     /* 0: takes no room and never collides */
    int first, last;  /* moments at which it is alive, both inclusive */
    size_t offset;    /* result: a multiple of its alignment */
    size_t align;     /* of its offset: a multiple of MAFAT_ARENA_ALIGN, or 0 for just that */
} mafat_arena_buffer;

/* Places the buffers so that no two that are alive at the same moment overlap, and stores the size
 * of the block in *arena_bytes.
 *
 * The largest buffer first (of equals the one that is born first), each at the lowest offset where
 * it collides with none of those that are placed and alive together with it; then in other orders,
 * in which the buffer that reached highest is placed earlier, until the block is about as small
 * as mafat_arena_live_bytes() or up to MAFAT_ARENA_TRIES orders, less of many buffers, were tried. The
 * same buffers get the same offsets every time. The best of all tries counts; that is not always
 * the smallest block possible. MAFAT_FAILED where the sizes overflow or there is no memory for the
 * work lists. */
mafat_status mafat_arena_place(mafat_arena_buffer *buffers, int n_buffers, size_t *arena_bytes,
                               mafat_error *error);

/* The most bytes alive at one moment, each buffer rounded up to MAFAT_ARENA_ALIGN: no placement can
 * take less. */
size_t mafat_arena_live_bytes(const mafat_arena_buffer *buffers, int n_buffers);

/* Whether two buffers share both a moment and a byte. */
bool mafat_arena_collide(const mafat_arena_buffer *a, const mafat_arena_buffer *b);

#endif
