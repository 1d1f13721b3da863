/* Blocks of the layers that Darknet makes; see blocks.h.
 *
 * A layer asks for many large blocks and keeps few (bridge/lean.c). On the heap the others would
 * leave holes between what is kept; as mappings of their own, made and unmade some hundreds of
 * times, they leave behind what the kernel knew of each, which it frees only when no processor can
 * be looking at it any more: of 127 layers up to 350 KB, for as long as a small network runs. So the
 * blocks of all layers lie one behind the other in one stretch of addresses, and each layer begins
 * behind the last block that those before it keep. */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bridge/blocks.h"
#include "base/size.h"

/* What does not fit one is left to the heap, which gives blocks as large as that pages of their own,
 * too. */
static const size_t stretch_bytes = sizeof(void *) > 4 ? (size_t)256 << 20 : (size_t)16 << 20;

/* Stands before each block, which is aligned as malloc() aligns. */
typedef struct {
    _Alignas(max_align_t) size_t n_bytes;
    bool is_freed;             /* of a layer that is being made */
} head;

typedef struct stretch {
    struct stretch *next;
    char *at;
    size_t capacity_bytes, used_bytes;
    size_t layer_bytes;        /* where the layer that is being made begins */
    int n_blocks;              /* that are not freed */
} stretch;

/* All stretches in which there are blocks, but for those that a thread is filling, and what guards
 * them. */
static stretch *kept;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

/* What this thread, which is making layers, fills. */
static _Thread_local bool is_making;
static _Thread_local stretch *filling;

static size_t taken_bytes(size_t n_bytes)
{
    return mafat_size_in_pages(sizeof(head) + n_bytes);
}

static void unmap(stretch *s)
{
    munmap(s->at, s->capacity_bytes);
    free(s);
}

static stretch *map(void)
{
    stretch *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->capacity_bytes = stretch_bytes;
    s->at = mmap(NULL, s->capacity_bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->at != MAP_FAILED) {
        /* large pages, of 32 MB where others have 16 KB, would be there whole for any bit of them */
        madvise(s->at, s->capacity_bytes, MADV_NOHUGEPAGE);
        return s;
    }
    free(s);
    return NULL;
}

static bool holds(const stretch *s, const void *block)
{
    return (uintptr_t)block - (uintptr_t)s->at < s->capacity_bytes;
}

/* The stretch from `first` on that holds the block. */
static stretch **find(stretch **first, const void *block)
{
    while (*first != NULL && !holds(*first, block))
        first = &(*first)->next;
    return first;
}

/* ----------------------------------------------------------------------------------- one by one */

void *mafat_blocks_make(size_t n_bytes)
{
    if (!is_making || n_bytes < mafat_size_page() || n_bytes > stretch_bytes)
        return NULL;
    if (filling == NULL)
        filling = map();
    if (filling == NULL || taken_bytes(n_bytes) > filling->capacity_bytes - filling->used_bytes)
        return NULL;
    head *h = (head *)(filling->at + filling->used_bytes);
    filling->used_bytes += taken_bytes(n_bytes);
    filling->n_blocks++;
    h->n_bytes = n_bytes;
    return h + 1;
}

void *mafat_blocks_calloc(size_t n, size_t n_bytes)
{
    size_t all_bytes;
    void *block = mafat_size_mul(n, n_bytes, &all_bytes) ? mafat_blocks_make(all_bytes) : NULL;
    return block != NULL ? block : calloc(n, n_bytes);
}

bool mafat_blocks_find(const void *block, size_t *n_bytes)
{
    pthread_mutex_lock(&kept_lock);
    const stretch *s = *find(&filling, block);
    if (s == NULL)
        s = *find(&kept, block);
    pthread_mutex_unlock(&kept_lock);
    if (s != NULL)
        *n_bytes = ((const head *)block - 1)->n_bytes;
    return s != NULL;
}

/* Gives back the pages between two offsets; what is read there next is zero. In pieces of half of
 * what one page table maps: of a table's whole stretch Linux 6.14 and later gives back the table,
 * too, and it would be made anew for each layer while those before it wait to be freed. */
static void empty(stretch *s, size_t from, size_t to)
{
    size_t page = mafat_size_page(), piece = page * (page / sizeof(void *)) / 2;
    for (; from < to; from += mafat_size_min(piece, to - from))
        madvise(s->at + from, mafat_size_min(piece, to - from), MADV_DONTNEED);
}

static bool free_kept(void *block)
{
    pthread_mutex_lock(&kept_lock);
    stretch **at = find(&kept, block), *s = *at;
    if (s != NULL) {
        head *h = (head *)block - 1;
        size_t from = (size_t)((char *)h - s->at);
        empty(s, from, from + taken_bytes(h->n_bytes));
        s->n_blocks--;
    }
    if (s != NULL && s->n_blocks == 0) {
        *at = s->next;
        unmap(s);
    }
    pthread_mutex_unlock(&kept_lock);
    return s != NULL;
}

bool mafat_blocks_free(void *block)
{
    if (filling == NULL || !holds(filling, block))
        return free_kept(block);
    ((head *)block - 1)->is_freed = true;
    filling->n_blocks--;
    return true;
}

/* -------------------------------------------------------------------------------- layer by layer */

void mafat_blocks_begin(void)
{
#ifndef __SANITIZE_ADDRESS__    /* which sees where blocks of the heap end, and no others */
    is_making = true;
#endif
}

void mafat_blocks_next_layer(void)
{
    stretch *s = filling;
    if (s == NULL)
        return;
    size_t freed_from = s->layer_bytes;
    for (size_t at = freed_from; at < s->used_bytes;) {
        const head *h = (const head *)(s->at + at);
        size_t end = at + taken_bytes(h->n_bytes);
        if (!h->is_freed) {
            empty(s, freed_from, at);
            freed_from = end;
        }
        at = end;
    }
    empty(s, freed_from, s->used_bytes);
    s->layer_bytes = s->used_bytes = freed_from;
}

void mafat_blocks_end(void)
{
    mafat_blocks_next_layer();
    stretch *s = filling;
    is_making = false;
    filling = NULL;
    if (s == NULL)
        return;
    if (s->n_blocks == 0) {
        unmap(s);
        return;
    }
    munmap(s->at + s->used_bytes, s->capacity_bytes - s->used_bytes);
    s->capacity_bytes = s->used_bytes;
    pthread_mutex_lock(&kept_lock);
    s->next = kept;
    kept = s;
    pthread_mutex_unlock(&kept_lock);
}
