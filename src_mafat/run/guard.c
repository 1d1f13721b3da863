/* Poison and NaN for dead buffers; see guard.h. */
#include "run/guard.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define POISONS
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define POISONS
#endif

#ifdef POISONS
#include <sanitizer/asan_interface.h>

static void kill(char *at, size_t n_bytes)
{
    __asan_poison_memory_region(at, n_bytes);
}

static void revive(char *at, size_t n_bytes)
{
    __asan_unpoison_memory_region(at, n_bytes);
}

#elif defined(MAFAT_DEBUG)
#include <math.h>

static void kill(char *at, size_t n_bytes)
{
    float *x = (float *)at;
    for (size_t i = 0; i < n_bytes / sizeof *x; i++)
        x[i] = NAN;
}

static void revive(char *at, size_t n_bytes)
{
    (void)at;
    (void)n_bytes;
}
#endif

#if defined(POISONS) || defined(MAFAT_DEBUG)

static bool is_alive(const mafat_buffer *buffer, int moment)
{
    return buffer->place.first <= moment && moment <= buffer->place.last;
}

/* What dies goes first: what is born may take its place. The thread that reads weights is told of a
 * moment only after this, and writes to nothing that is not alive. */
void mafat_guard_enter(char *arena, const mafat_plan *plan, int from, int to)
{
    for (int dies = 1; dies >= 0 && from != to; dies--) {
        for (int i = 0; i < plan->n_buffers; i++) {
            const mafat_buffer *buffer = &plan->buffers[i];
            char *at = arena + buffer->place.offset;
            bool was_alive = is_alive(buffer, from), will_be = is_alive(buffer, to);
            if (buffer->storage != MAFAT_IN_ARENA || was_alive == will_be || was_alive != dies)
                continue;
            if (dies)
                kill(at, buffer->place.bytes);
            else
                revive(at, buffer->place.bytes);
        }
    }
}

void mafat_guard_begin(char *arena, const mafat_plan *plan)
{
    revive(arena, plan->arena_bytes);
    kill(arena, plan->arena_bytes);
    for (int i = 0; i < plan->n_buffers; i++)
        if (plan->buffers[i].storage == MAFAT_IN_ARENA && is_alive(&plan->buffers[i], 0))
            revive(arena + plan->buffers[i].place.offset, plan->buffers[i].place.bytes);
}

void mafat_guard_end(char *arena, const mafat_plan *plan)
{
    revive(arena, plan->arena_bytes);
}

#else

void mafat_guard_begin(char *arena, const mafat_plan *plan)
{
    (void)arena;
    (void)plan;
}

void mafat_guard_enter(char *arena, const mafat_plan *plan, int from, int to)
{
    (void)arena;
    (void)plan;
    (void)from;
    (void)to;
}

void mafat_guard_end(char *arena, const mafat_plan *plan)
{
    (void)arena;
    (void)plan;
}

#endif
