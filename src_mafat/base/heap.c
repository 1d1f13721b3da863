/* Empties glibc's per-thread cache (tcache): nothing in its interface does, but a thread that ends gives
 * its own back. So the blocks are taken out, and freed by a thread that does nothing else. */
#include "base/heap.h"

#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

/* Of glibc's source, 2.26 to 2.41 (later ones keep more): so many blocks of each of so many sizes are kept,
 * from the least in such steps. */
enum { N_KEPT = 7, N_SIZES = 64, MIN_BYTES = 3 * sizeof(size_t), STEP_BYTES = _Alignof(max_align_t) };

/* A block that is free, but for whom to free next. */
typedef struct kept {
    struct kept *next;
} kept;

static void *free_all(void *blocks)
{
    for (kept *block = blocks, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    return NULL;
}

/* All blocks that are kept. Where fewer are, new ones come with them, for a moment. */
static kept *take_all(void)
{
    kept *blocks = NULL;
    for (int i = 0; i < N_SIZES * N_KEPT; i++) {
        kept *block = malloc((size_t)(MIN_BYTES + i / N_KEPT * STEP_BYTES));
        if (block == NULL)
            break;
        block->next = blocks;
        blocks = block;
    }
    return blocks;
}

void mafat_heap_give_back(void)
{
    pthread_t thread;
    kept *blocks = take_all();
    if (pthread_create(&thread, NULL, free_all, blocks) == 0)
        pthread_join(thread, NULL);
    else
        free_all(blocks);
    malloc_trim(0);
}
