/* The executor; see exec.h. */
#define _GNU_SOURCE    /* MAP_ANONYMOUS, MADV_DONTNEED */
#include "run/exec.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/size.h"
#include "run/guard.h"
#include "run/step.h"

/* -------------------------------------------------------------------------------- memory */

/* Of an arena of so many bytes and the two pages around it. */
static size_t mapped_bytes(size_t arena_bytes)
{
    return mafat_size_in_pages(arena_bytes) + 2 * mafat_size_page();
}

/* The arena between two pages that are not there, so that no large page holds a part of it and of
 * something else: that would stay charged when the arena's memory is given back. */
static char *map_arena(size_t bytes)
{
    size_t page = mafat_size_page(), block_bytes = mapped_bytes(bytes);
    char *block = mmap(NULL, block_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                       -1, 0);
    if (block == MAP_FAILED)
        return NULL;
    if (mprotect(block + page, block_bytes - 2 * page, PROT_READ | PROT_WRITE) == 0)
        return block + page;
    munmap(block, block_bytes);
    return NULL;
}

mafat_status mafat_exec_init(mafat_exec *exec, const mafat_network *network, const mafat_plan *plan,
                             const mafat_parameters *parameters, mafat_store *store,
                             const mafat_host *host, int n_threads, mafat_error *error)
{
    *exec = (mafat_exec){
        .network = network, .plan = plan, .parameters = parameters, .store = store, .host = *host,
        .shape = mafat_step_kernel_shape(n_threads),
        .maps = calloc((size_t)plan->n_layers, sizeof *exec->maps),
    };
    mafat_team_init(&exec->team, n_threads);
    exec->arena = map_arena(plan->arena_bytes);
    if (exec->arena != NULL && exec->maps != NULL)
        return MAFAT_OK;
    mafat_exec_free(exec);
    return mafat_error_set(error, MAFAT_FAILED, "no memory for an arena of %zu bytes",
                           plan->arena_bytes);
}

/* Has the arena's memory there before threads need it, in large pages: all of it will be used, and
 * they are had faster, and found faster. Threads that come upon one at the same time would each be
 * given a whole one for a moment, and charged for it. Kernels before 5.14 cannot do that; there
 * pages stay small. */
static void populate(mafat_exec *exec)
{
    if (exec->is_populated)
        return;
    exec->is_populated = true;
    madvise(exec->arena, exec->plan->arena_bytes, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
    if (madvise(exec->arena, exec->plan->arena_bytes, MADV_POPULATE_WRITE) == 0)
        return;
#endif
    madvise(exec->arena, exec->plan->arena_bytes, MADV_NOHUGEPAGE);
}

void mafat_exec_release(mafat_exec *exec)
{
    exec->is_populated = false;
    madvise(exec->arena, exec->plan->arena_bytes, MADV_DONTNEED);
}

void mafat_exec_free(mafat_exec *exec)
{
    if (exec->arena != NULL) {
        mafat_guard_end(exec->arena, exec->plan);
        munmap(exec->arena - mafat_size_page(), mapped_bytes(exec->plan->arena_bytes));
    }
    free(exec->maps);
    *exec = (mafat_exec){0};
}

/* Finds where each layer's whole output will be: of an identity among its producer's channels. */
static void find_maps(mafat_exec *exec, const mafat_input *input, float *const *results)
{
    const mafat_plan *plan = exec->plan;
    for (int l = 0; l < plan->n_layers; l++) {
        const mafat_buffer *buffer = &plan->buffers[plan->output_buffers[l]];
        exec->maps[l] = NULL;
        if (!buffer->is_map)
            continue;
        switch (buffer->storage) {
        case MAFAT_IN_IMAGE:
            exec->maps[l] = input->map;
            break;
        case MAFAT_IN_ARENA:
            exec->maps[l] = (float *)(exec->arena + buffer->place.offset);
            break;
        case MAFAT_IN_RESULT:
            exec->maps[l] = results[buffer->layer];
            break;
        case MAFAT_IN_PINNED:
            mafat_error_check_failed("an output among pinned weights", __FILE__, __LINE__);
        }
        mafat_shape shape = exec->network->layers[l].out;
        if (exec->maps[l] != NULL)
            exec->maps[l] += (size_t)mafat_layer_first_channel(exec->network, l) *
                             (size_t)shape.h * (size_t)shape.w;
    }
}

/* ------------------------------------------------------------------------------------- run */

/* Reports the map that the step completed, also under the names of the layers that hand it on. */
static void report_map(const mafat_exec *exec, const mafat_step *step,
                       const mafat_observer *observer)
{
    const mafat_network *network = exec->network;
    for (int l = step->layer; l < network->n_layers; l++)
        if (mafat_layer_producer(network, l) == step->layer)
            observer->map_done(observer->context, l, exec->maps[l]);
}

/* Steps that follow one another, for the team's leader. */
typedef struct {
    mafat_exec *exec;
    mafat_step_context context;
    const mafat_observer *observer;
    mafat_error *error;
    int first, end;
} span;

/* Finds the weights that the step uses, and waits for them where they are read meanwhile. */
static mafat_status find_weights(mafat_exec *exec, const mafat_step *step, const float **weights,
                                 mafat_error *error)
{
    *weights = NULL;
    if (exec->store != NULL)
        mafat_store_advance(exec->store, mafat_plan_floor(exec->plan, step));
    if (step->window >= 0)
        return mafat_store_take(exec->store, step->window, weights, error);
    if (step->kind == MAFAT_STEP_LAYER)
        *weights = exec->parameters[step->layer].weights;
    return MAFAT_OK;
}

static void run_span(void *context)
{
    const span *steps = context;
    mafat_exec *exec = steps->exec;
    const mafat_observer *observer = steps->observer;
    for (int i = steps->first; i < steps->end && exec->status == MAFAT_OK; i++) {
        const mafat_step *step = &exec->plan->steps[i];
        const float *weights;
        mafat_guard_enter(exec->arena, exec->plan, exec->moment, step->moment);
        exec->moment = step->moment;
        exec->status = find_weights(exec, step, &weights, steps->error);
        if (exec->status != MAFAT_OK)
            return;
        mafat_step_run(&steps->context, step, weights);
        if (observer != NULL && observer->step_done != NULL)
            observer->step_done(observer->context, step);
        if (observer != NULL && observer->map_done != NULL && step->completes_map)
            report_map(exec, step, observer);
    }
}

static bool is_whole(const mafat_exec *exec, int i)
{
    const mafat_step *step = &exec->plan->steps[i];
    return step->layer >= 0 && exec->network->layers[step->layer].kind == MAFAT_WHOLE;
}

static mafat_step_context context_of(mafat_exec *exec, const mafat_input *input)
{
    return (mafat_step_context){
        .network = exec->network, .buffers = exec->plan->buffers, .parameters = exec->parameters,
        .host = &exec->host, .shape = exec->shape, .team = &exec->team, .arena = exec->arena,
        .maps = exec->maps, .input = input,
    };
}

static void run_steps(mafat_exec *exec, const mafat_input *input, const mafat_observer *observer,
                      mafat_error *error)
{
    span steps = {exec, context_of(exec, input), observer, error, 0, 0};
    while (steps.end < exec->plan->n_steps) {
        steps.first = steps.end++;
        if (is_whole(exec, steps.first)) {
            run_span(&steps);    /* Darknet's own loops have OpenMP's threads to themselves */
            continue;
        }
        while (steps.end < exec->plan->n_steps && !is_whole(exec, steps.end))
            steps.end++;
        mafat_team_run(&exec->team, run_span, &steps);
    }
}

mafat_status mafat_exec_run(mafat_exec *exec, const mafat_input *input, float *const *results,
                            const mafat_observer *observer, mafat_error *error)
{
    exec->moment = 0;
    exec->status = MAFAT_OK;
    find_maps(exec, input, results);
    populate(exec);
    mafat_guard_begin(exec->arena, exec->plan);
    if (exec->store != NULL)
        exec->status = mafat_store_begin(exec->store, exec->arena, error);
    if (exec->status != MAFAT_OK)
        return exec->status;
    run_steps(exec, input, observer, error);
    mafat_error late;
    if (exec->store != NULL && mafat_store_end(exec->store, &late) != MAFAT_OK &&
        exec->status == MAFAT_OK) {
        exec->status = MAFAT_FAILED;
        *error = late;
    }
    return exec->status;
}
