/* Placement of buffers in the arena; see arena.h.
 *
 * Which offsets are free for a buffer depends on nothing but where those lie that are alive when it
 * is born. So time is walked through, and of all that could lie where, the layouts that leave free
 * space in the largest pieces go on. */
#include "plan/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

size_t mafat_arena_round(size_t bytes)
{
    return mafat_size_round_up(bytes, MAFAT_ARENA_ALIGN);
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
    return buffer->offset + mafat_arena_round(buffer->bytes);
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
        if (i > 0 && buffers[i].first == buffers[i - 1].first)
            continue;
        for (int j = 0; j < n_buffers; j++)
            if (buffers[j].first <= buffers[i].first && buffers[i].first <= buffers[j].last)
                live += mafat_arena_round(buffers[j].bytes);
        most = live > most ? live : most;
    }
    return most;
}

/* The most buffers that take room and are alive at once: that can only rise at a birth. */
static int count_alive(const mafat_arena_buffer *buffers, int n_buffers)
{
    int most = 0;
    for (int i = 0; i < n_buffers; i++) {
        int n = 0;
        if (buffers[i].bytes == 0 || (i > 0 && buffers[i].first == buffers[i - 1].first &&
                                      buffers[i - 1].bytes > 0))
            continue;
        for (int k = 0; k < n_buffers; k++)
            n += buffers[k].bytes > 0 && buffers[k].first <= buffers[i].first &&
                 buffers[i].first <= buffers[k].last;
        most = n > most ? n : most;
    }
    return most;
}

/* ------------------------------------------------------------------------------------- layouts */

/* A buffer in its place, and what was placed before it: back through all layouts to the first. */
typedef struct {
    int buffer, before;          /* -1: none */
    size_t offset;
} placed;

/* What is alive at the moment that has been reached, from the lowest offset up. */
typedef struct {
    int last;                    /* in the list of what has been placed */
    uint64_t mark;               /* a hash of all the space that it leaves from then on */
    int n;
    int *alive;                  /* [max_alive]: in that list too */
} layout;

/* Space that nothing takes up. */
typedef struct {
    size_t from, to;
} gap;

/* A buffer more in a layout. */
typedef struct {
    int layout, index;           /* before which of those alive */
    size_t offset;
    int64_t waste;               /* of what is left free; less is better */
} candidate;

typedef struct {
    mafat_arena_buffer *buffers;
    int n;                       /* of them that take room */
    int *order;                  /* [n], owned: by birth */
    int max_alive;
    size_t block_bytes;          /* that all must fit in */
    placed *list;                /* [n * MAFAT_ARENA_LAYOUTS + 1], owned */
    int n_placed;
    layout layouts[MAFAT_ARENA_LAYOUTS], next[MAFAT_ARENA_LAYOUTS];
    int n_layouts;
    int *alive;                  /* owned: of all layouts */
    candidate *candidates;       /* [MAFAT_ARENA_LAYOUTS * 2 * (max_alive + 1)], owned */
    int n_candidates;
    int max_placed, max_candidates;      /* that there were at once */
} walk;

static const mafat_arena_buffer *buffer_of(const walk *w, int index)
{
    return &w->buffers[w->list[index].buffer];
}

static size_t end_of_placed(const walk *w, int index)
{
    return w->list[index].offset + mafat_arena_round(buffer_of(w, index)->bytes);
}

/* What a buffer in its place adds to a layout's mark: whose marks are equal leave the same room. */
static uint64_t mark_of(const mafat_arena_buffer *buffer, size_t offset)
{
    uint64_t mark = (uint64_t)offset * 0x9e3779b97f4a7c15u + buffer->bytes;
    mark = (mark ^ mark >> 29) * 0xbf58476d1ce4e5b9u + (uint64_t)buffer->last;
    return (mark ^ mark >> 32) * 0x94d049bb133111ebu;
}

static void drop_dead(const walk *w, layout *l, int moment)
{
    int n = 0;
    for (int i = 0; i < l->n; i++) {
        const mafat_arena_buffer *buffer = buffer_of(w, l->alive[i]);
        if (buffer->last >= moment)
            l->alive[n++] = l->alive[i];
        else
            l->mark -= mark_of(buffer, w->list[l->alive[i]].offset);
    }
    l->n = n;
}

/* TUNING. How little one gap is worth: a large one is worth more than its parts, and alignment
 * makes some that are worth nothing. */
static int64_t gap_waste(const walk *w, size_t bytes)
{
    enum { PARTS = 1024, A_GAP = 1000, NO_GAP_BYTES = 4096 };
    int64_t part = (int64_t)((uint64_t)bytes / (w->block_bytes / PARTS + 1));
    return bytes <= NO_GAP_BYTES ? 0 : A_GAP - part * part;
}

/* The gap below number `index` of those alive, or the one above all of them. */
static gap gap_of(const walk *w, const layout *l, int index)
{
    return (gap){.from = index == 0 ? 0 : end_of_placed(w, l->alive[index - 1]),
                 .to = index < l->n ? w->list[l->alive[index]].offset : w->block_bytes};
}

/* Adds the lowest and the highest place for a buffer in each gap of a layout. */
static void add_candidates(walk *w, int index, const mafat_arena_buffer *buffer)
{
    const layout *l = &w->layouts[index];
    size_t need = mafat_arena_round(buffer->bytes);
    int64_t waste = 0;    /* of all gaps */
    for (int i = 0; i <= l->n; i++) {
        gap g = gap_of(w, l, i);
        waste += gap_waste(w, g.to - g.from);
    }
    for (int i = 0; i <= l->n; i++) {
        gap g = gap_of(w, l, i);
        size_t lowest = mafat_size_round_up(g.from, alignment(buffer));
        if (g.to < need || lowest > g.to - need)
            continue;
        size_t highest = (g.to - need) / alignment(buffer) * alignment(buffer);
        for (int side = 0; side < (highest > lowest ? 2 : 1); side++) {
            size_t offset = side == 0 ? lowest : highest;
            w->candidates[w->n_candidates++] = (candidate){
                .layout = index, .index = i, .offset = offset,
                .waste = waste - gap_waste(w, g.to - g.from) + gap_waste(w, offset - g.from) +
                         gap_waste(w, g.to - offset - need),
            };
        }
    }
}

static int compare_candidates(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    if (a->waste != b->waste)
        return a->waste < b->waste ? -1 : 1;
    if (a->layout != b->layout)
        return a->layout - b->layout;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

/* ------------------------------------------------------------------------------------- the walk */

/* Makes the layout of a candidate, in next[n]. */
static void make_layout(walk *w, const candidate *c, int buffer, uint64_t mark, int n)
{
    const layout *from = &w->layouts[c->layout];
    layout *to = &w->next[n];
    w->list[w->n_placed] = (placed){buffer, from->last, c->offset};
    to->last = w->n_placed;
    to->mark = mark;
    to->n = from->n + 1;
    memcpy(to->alive, from->alive, (size_t)c->index * sizeof *to->alive);
    to->alive[c->index] = w->n_placed++;
    memcpy(to->alive + c->index + 1, from->alive + c->index,
           (size_t)(from->n - c->index) * sizeof *to->alive);
}

static bool has_mark(const layout *layouts, int n, uint64_t mark)
{
    for (int i = 0; i < n; i++)
        if (layouts[i].mark == mark)
            return true;
    return false;
}

/* Goes on with the best candidates; of those that leave the same room, with the first one. */
static void choose_layouts(walk *w, int buffer)
{
    int n = 0;
    qsort(w->candidates, (size_t)w->n_candidates, sizeof *w->candidates, compare_candidates);
    for (int i = 0; i < w->n_candidates && n < MAFAT_ARENA_LAYOUTS; i++) {
        const candidate *c = &w->candidates[i];
        uint64_t mark = w->layouts[c->layout].mark + mark_of(&w->buffers[buffer], c->offset);
        if (!has_mark(w->next, n, mark))
            make_layout(w, c, buffer, mark, n++);
    }
    for (int i = 0; i < n; i++) {
        layout swapped = w->layouts[i];
        w->layouts[i] = w->next[i];
        w->next[i] = swapped;
    }
    w->n_layouts = n;
}

/* Places all buffers in a block of so many bytes; false where no layout is left. */
static bool place_in(walk *w, size_t block_bytes)
{
    w->block_bytes = block_bytes;
    w->n_placed = 0;
    w->n_layouts = 1;
    w->layouts[0].n = 0;
    w->layouts[0].last = -1;
    w->layouts[0].mark = 0;
    for (int i = 0; i < w->n && w->n_layouts > 0; i++) {
        const mafat_arena_buffer *buffer = &w->buffers[w->order[i]];
        w->n_candidates = 0;
        for (int k = 0; k < w->n_layouts; k++) {
            drop_dead(w, &w->layouts[k], buffer->first);
            add_candidates(w, k, buffer);
        }
        w->max_candidates = w->n_candidates > w->max_candidates ? w->n_candidates
                                                                : w->max_candidates;
        choose_layouts(w, w->order[i]);
    }
    w->max_placed = w->n_placed > w->max_placed ? w->n_placed : w->max_placed;
    return w->n_layouts > 0;
}

/* One behind the other: what always works. */
static size_t stack_all(const walk *w)
{
    size_t end = 0;
    for (int i = 0; i < w->n; i++) {
        mafat_arena_buffer *buffer = &w->buffers[w->order[i]];
        buffer->offset = mafat_size_round_up(end, alignment(buffer));
        end = end_of(buffer);
    }
    return end;
}

/* The smallest block found to hold all: what is alive at once, or so many steps. Where the most
 * that are of use are enough, tries one step more than is alive, twice as many, and so on, and
 * then between the last two. Steps are not the machine's pages, so that all machines make the same
 * plan. */
static bool find_block(walk *w, size_t live_bytes, size_t max_bytes)
{
    enum { STEP = 4096 };
    size_t too_few = live_bytes / STEP, most = max_bytes / STEP, enough = most;
    if (place_in(w, live_bytes))
        return true;
    if (most <= too_few || !place_in(w, most * STEP))
        return false;
    bool is_placed = true;    /* in the block of the last try */
    for (size_t step = 1; enough == most && too_few + step < most; step *= 2) {
        size_t more = too_few + step;
        is_placed = place_in(w, more * STEP);
        *(is_placed ? &enough : &too_few) = more;
    }
    while (enough - too_few > 1) {
        size_t middle = too_few + (enough - too_few) / 2;
        is_placed = place_in(w, middle * STEP);
        *(is_placed ? &enough : &too_few) = middle;
    }
    return is_placed || place_in(w, enough * STEP);
}

static size_t place_all(walk *w, size_t live_bytes, size_t max_bytes)
{
    size_t used = 0;
    if (!find_block(w, live_bytes, max_bytes))
        return stack_all(w);
    for (int i = w->layouts[0].last; i >= 0; i = w->list[i].before) {
        w->buffers[w->list[i].buffer].offset = w->list[i].offset;
        used = end_of_placed(w, i) > used ? end_of_placed(w, i) : used;
    }
    return used;
}

/* --------------------------------------------------------------------------------------- public */

/* By birth; of equals first those that live longest, then the largest. */
static bool comes_before(const mafat_arena_buffer *a, const mafat_arena_buffer *b)
{
    if (a->first != b->first)
        return a->first < b->first;
    if (a->last != b->last)
        return a->last > b->last;
    return a->bytes > b->bytes;
}

static void sort_buffers(walk *w, int n_buffers)
{
    for (int i = 0; i < n_buffers; i++) {
        w->buffers[i].offset = 0;
        if (w->buffers[i].bytes == 0)
            continue;
        int to = w->n++;
        for (; to > 0 && comes_before(&w->buffers[i], &w->buffers[w->order[to - 1]]); to--)
            w->order[to] = w->order[to - 1];
        w->order[to] = i;
    }
}

static bool allocate(walk *w)
{
    size_t n_layouts = MAFAT_ARENA_LAYOUTS, alive = (size_t)w->max_alive + 1;
    w->list = calloc((size_t)w->n * n_layouts + 1, sizeof *w->list);
    w->alive = calloc(2 * n_layouts * alive, sizeof *w->alive);
    w->candidates = calloc(2 * n_layouts * alive, sizeof *w->candidates);
    if (w->list == NULL || w->alive == NULL || w->candidates == NULL)
        return false;
    for (size_t i = 0; i < n_layouts; i++) {
        w->layouts[i].alive = w->alive + 2 * i * alive;
        w->next[i].alive = w->alive + (2 * i + 1) * alive;
    }
    return true;
}

/* Candidates are sorted by qsort(), which needs as many again. */
static size_t bytes_of(size_t n_buffers, size_t n_placed, size_t n_alive, size_t n_candidates)
{
    return n_buffers * sizeof(int) + n_placed * sizeof(placed) +
           2 * MAFAT_ARENA_LAYOUTS * (n_alive + 1) * sizeof(int) +
           2 * n_candidates * sizeof(candidate);
}

size_t mafat_arena_max_placing_bytes(int n_buffers, int n_alive)
{
    size_t n = (size_t)n_buffers, alive = (size_t)n_alive;
    return bytes_of(n, MAFAT_ARENA_LAYOUTS * n, alive, 2 * MAFAT_ARENA_LAYOUTS * (alive + 1));
}

/* Adds all sizes up, with room for their alignment; false where that does not fit a size_t: if it
 * does, no offset can overflow. */
static bool add_sizes(const mafat_arena_buffer *buffers, int n_buffers, size_t *sum)
{
    *sum = 0;
    for (int i = 0; i < n_buffers; i++)
        if (!mafat_size_add(*sum, buffers[i].bytes, sum) ||
            !mafat_size_add(*sum, 2 * alignment(&buffers[i]), sum))
            return false;
    return true;
}

mafat_status mafat_arena_place(mafat_arena_buffer *buffers, int n_buffers, size_t max_bytes,
                               size_t *arena_bytes, mafat_error *error)
{
    size_t unused;
    return mafat_arena_place_counted(buffers, n_buffers, max_bytes, arena_bytes, &unused, error);
}

mafat_status mafat_arena_place_counted(mafat_arena_buffer *buffers, int n_buffers,
                                       size_t max_bytes, size_t *arena_bytes,
                                       size_t *placing_bytes, mafat_error *error)
{
    size_t sum_bytes;
    *arena_bytes = *placing_bytes = 0;
    if (n_buffers <= 0)
        return MAFAT_OK;
    if (!add_sizes(buffers, n_buffers, &sum_bytes))
        return mafat_error_set(error, MAFAT_FAILED, "the sizes of %d buffers overflow", n_buffers);
    walk w = {.buffers = buffers, .order = calloc((size_t)n_buffers, sizeof *w.order)};
    mafat_status status = MAFAT_OK;
    if (w.order != NULL) {
        sort_buffers(&w, n_buffers);
        w.max_alive = count_alive(buffers, n_buffers);
    }
    if (w.order == NULL || !allocate(&w))
        status = mafat_error_set(error, MAFAT_FAILED, "no memory to place %d buffers", n_buffers);
    else
        *arena_bytes = place_all(&w, mafat_arena_live_bytes(buffers, n_buffers),
                                 max_bytes < sum_bytes ? max_bytes : sum_bytes);
    *placing_bytes = bytes_of((size_t)n_buffers, (size_t)w.max_placed, (size_t)w.max_alive,
                              (size_t)w.max_candidates);
    free(w.order);
    free(w.list);
    free(w.alive);
    free(w.candidates);
    return status;
}
