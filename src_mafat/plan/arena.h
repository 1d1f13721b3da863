/* Offsets for buffers with known lifetimes in one block of memory. A pure function of sizes and
 * lifetimes: no pointers, nothing allocated for the buffers themselves. */
#ifndef MAFAT_PLAN_ARENA_H
#define MAFAT_PLAN_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { MAFAT_ARENA_ALIGN = 64 };  /* bytes: a cache line, and the widest vector */
enum { MAFAT_ARENA_LAYOUTS = 64 };    /* TUNING: followed side by side, below */

typedef struct {
    size_t bytes;     /* 0: takes no space and never collides */
    int first, last;  /* moments at which it is alive, both inclusive */
    size_t offset;    /* result: a multiple of its alignment */
    size_t align;     /* of its offset: a multiple of MAFAT_ARENA_ALIGN, or 0 for just that */
} mafat_arena_buffer;

/* What a buffer of so many bytes takes up: whole units of MAFAT_ARENA_ALIGN. */
size_t mafat_arena_round(size_t bytes);

/* Places the buffers so that no two that are alive at the same moment overlap, and stores the size
 * of the block in *arena_bytes.
 *
 * Buffers are placed in the order of their births, each at the lowest or the highest place in any
 * gap between those that are alive then; up to MAFAT_ARENA_LAYOUTS ways to do so are followed side
 * by side. They have to fit a block of mafat_arena_live_bytes(); where none does, a larger one is
 * found, in steps of 4096 bytes, by halving. The same buffers get the same offsets every time. That
 * is not always the smallest block possible. A block of more than max_bytes is of no use to the
 * caller (SIZE_MAX: any is): where they are not placed in that, smaller ones are not tried, and
 * they are laid one behind the other. MAFAT_FAILED where the sizes overflow or there is no memory
 * for the work lists. */
mafat_status mafat_arena_place(mafat_arena_buffer *buffers, int n_buffers, size_t max_bytes,
                               size_t *arena_bytes, mafat_error *error);

/* The same, and stores what placing them took beside them; and the most that placing n of them
 * takes where no more than so many are alive at once. */
mafat_status mafat_arena_place_counted(mafat_arena_buffer *buffers, int n_buffers,
                                       size_t max_bytes, size_t *arena_bytes,
                                       size_t *placing_bytes, mafat_error *error);
size_t mafat_arena_max_placing_bytes(int n_buffers, int n_alive);

/* The most bytes alive at one moment, each buffer rounded up to MAFAT_ARENA_ALIGN: no placement can
 * take less. */
size_t mafat_arena_live_bytes(const mafat_arena_buffer *buffers, int n_buffers);

/* Whether two buffers share both a moment and a byte. */
bool mafat_arena_collide(const mafat_arena_buffer *a, const mafat_arena_buffer *b);

#endif
