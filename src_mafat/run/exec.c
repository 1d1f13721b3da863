/* The executor; see exec.h. */
#define _GNU_SOURCE    /* MAP_ANONYMOUS, MADV_DONTNEED */
#include "run/exec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
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
 * something else: that would stay charged when the arena's memory is given back. It begins where a
 * large page may begin, and in it with the workspace, which is used most. */
static char *map_arena(size_t bytes)
{
    enum { LARGE_PAGE = 2 << 20 };
    size_t page = mafat_size_page(), block_bytes = mapped_bytes(bytes);
    if (bytes > SIZE_MAX - LARGE_PAGE - 3 * page)    /* with 32 bits */
        return NULL;
    char *space = mmap(NULL, block_bytes + LARGE_PAGE, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED)
        return NULL;
    size_t before = LARGE_PAGE - ((uintptr_t)space + page) % LARGE_PAGE;
    char *block = space + before;
    munmap(space, before);
    munmap(block + block_bytes, LARGE_PAGE - before);
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

/* Finds the results that several images have in the arena from a place on: the pages of the first
 * ones. */
static bool next_kept(const mafat_plan *plan, size_t from, size_t *begin, size_t *end)
{
    size_t page = mafat_size_page(), next = SIZE_MAX;
    for (int i = 0; i < plan->n_buffers; i++) {
        const mafat_buffer *buffer = &plan->buffers[i];
        size_t last = mafat_size_in_pages(buffer->place.offset + buffer->place.bytes);
        if (!buffer->is_result || buffer->storage != MAFAT_IN_ARENA || last <= from ||
            buffer->place.offset >= next)
            continue;
        next = buffer->place.offset;
        *begin = mafat_size_max(next / page * page, from);
        *end = last;
    }
    return next != SIZE_MAX;
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
    for (size_t begin, end = 0; next_kept(exec->plan, end, &begin, &end);)
        madvise(exec->arena + begin, end - begin, MADV_NOHUGEPAGE);    /* kept to the page */
#ifdef MADV_POPULATE_WRITE
    if (madvise(exec->arena, exec->plan->arena_bytes, MADV_POPULATE_WRITE) == 0)
        return;
#endif
    madvise(exec->arena, exec->plan->arena_bytes, MADV_NOHUGEPAGE);
}

void mafat_exec_release(mafat_exec *exec)
{
    size_t begin = 0, end = 0, at = 0;
    exec->is_populated = false;
    exec->kept_bytes = 0;
    for (; next_kept(exec->plan, end, &begin, &end); at = end) {
        madvise(exec->arena + at, begin - at, MADV_DONTNEED);
        exec->kept_bytes += end - begin;
    }
    madvise(exec->arena + at, mafat_size_in_pages(exec->plan->arena_bytes) - at, MADV_DONTNEED);
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

/* Finds where each layer's whole output will be, for one of the images: of an identity among its
 * producer's channels. */
static void find_maps(mafat_exec *exec, int image, const mafat_input *input,
                      float *const *results)
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
            exec->maps[l] = (float *)(exec->arena + buffer->place.offset +
                                      mafat_plan_image_offset(plan, buffer, image));
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

void mafat_exec_copy_results(const mafat_exec *exec, int image, float *const *results)
{
    const mafat_plan *plan = exec->plan;
    for (int i = 0; i < plan->n_buffers; i++) {
        const mafat_buffer *buffer = &plan->buffers[i];
        if (!buffer->is_result || buffer->storage != MAFAT_IN_ARENA)
            continue;
        mafat_shape shape = exec->network->layers[buffer->layer].out;
        memcpy(results[buffer->layer],
               exec->arena + buffer->place.offset + mafat_plan_image_offset(plan, buffer, image),
               mafat_shape_floats(shape) * sizeof **results);
    }
}

/* Reports the map that the step completed, also under the names of the layers that hand it on. */
static void report_map(const mafat_exec *exec, int image, const mafat_step *step,
                       const mafat_observer *observer)
{
    const mafat_network *network = exec->network;
    for (int l = step->layer; l < network->n_layers; l++)
        if (mafat_layer_producer(network, l) == step->layer)
            observer->map_done(observer->context, image, l, exec->maps[l]);
}

/* Steps that follow one another, for the team's leader. */
typedef struct {
    mafat_exec *exec;
    mafat_step_context context;
    const mafat_input *inputs;      /* [n_inputs] */
    int n_inputs;
    float *const *results;
    const mafat_observer *observer;
    mafat_error *error;
    int image;                      /* that the context is of; -1: none's yet */
    mafat_turn at;
} span;

/* Finds the weights that the step uses, and waits for them where they are read meanwhile. */
static mafat_status find_weights(mafat_exec *exec, const mafat_step *step, const float **weights,
                                 mafat_error *error)
{
    *weights = NULL;
    if (exec->store != NULL)
        mafat_store_advance(exec->store, mafat_plan_floor(exec->plan, step));
    if (step->kind != MAFAT_STEP_LAYER)
        return MAFAT_OK;
    const mafat_layer *layer = &exec->network->layers[step->layer];
    mafat_status status = MAFAT_OK;
    int first = 0;    /* filter of what is there */
    *weights = exec->parameters[step->layer].weights;
    if (step->window >= 0) {
        first = exec->plan->windows[step->window].filter_begin;
        status = mafat_store_take(exec->store, step->window, weights, error);
    }
    if (status == MAFAT_OK && layer->kind == MAFAT_CONVOLUTION)
        *weights += (size_t)(step->filter_begin - first) * mafat_layer_filter_bytes(layer) /
                    sizeof **weights;
    return status;
}

/* Has the steps that follow work on another image. */
static void turn_to(span *steps, int image)
{
    if (steps->image == image)
        return;
    steps->image = image;
    steps->context.image = image;
    steps->context.input = &steps->inputs[image];
    find_maps(steps->exec, image, &steps->inputs[image], steps->results);
}

/* Tells that a step has been run for an image. */
static void report(span *steps, int image, const mafat_step *step)
{
    const mafat_observer *observer = steps->observer;
    if (observer == NULL)
        return;
    turn_to(steps, image);
    if (observer->step_done != NULL)
        observer->step_done(observer->context, step);
    if (observer->map_done != NULL && step->completes_map)
        report_map(steps->exec, image, step, observer);
}

static const mafat_step *next_step(const span *steps)
{
    const mafat_plan *plan = steps->exec->plan;
    return steps->at.step < plan->n_steps ? &plan->steps[steps->at.step] : NULL;
}

static bool is_whole(const mafat_exec *exec, const mafat_step *step)
{
    return step->kind == MAFAT_STEP_LAYER && exec->network->layers[step->layer].kind == MAFAT_WHOLE;
}

/* Runs the step at hand for the image whose turn it is, or for all that take it together. */
static void run_step(span *steps, const mafat_step *step)
{
    mafat_exec *exec = steps->exec;
    int first = steps->at.image;
    bool together = mafat_plan_is_taken_together(exec->plan, exec->network, step);
    const float *weights;
    turn_to(steps, first);
    mafat_guard_enter(exec->arena, exec->plan, exec->moment, step->moment);
    exec->moment = step->moment;
    exec->status = find_weights(exec, step, &weights, steps->error);
    if (exec->status != MAFAT_OK)
        return;
    steps->at.image = together ? steps->n_inputs - 1 : first;
    mafat_step_run(&steps->context, step, steps->at.image - first + 1, weights);
    for (int image = first; image <= steps->at.image; image++)
        report(steps, image, step);
    steps->at = mafat_plan_next(exec->plan, steps->at, steps->n_inputs);
}

/* Runs what follows up to a layer that runs whole. */
static void run_span(void *context)
{
    span *steps = context;
    mafat_exec *exec = steps->exec;
    for (const mafat_step *step; exec->status == MAFAT_OK && (step = next_step(steps)) != NULL &&
                                 !is_whole(exec, step);)
        run_step(steps, step);
}

static mafat_step_context context_of(mafat_exec *exec)
{
    return (mafat_step_context){
        .network = exec->network, .plan = exec->plan, .parameters = exec->parameters,
        .host = &exec->host, .peers = exec->peers, .shape = exec->shape, .team = &exec->team,
        .arena = exec->arena, .maps = exec->maps,
    };
}

static void run_steps(span *steps)
{
    mafat_exec *exec = steps->exec;
    for (const mafat_step *step; exec->status == MAFAT_OK && (step = next_step(steps)) != NULL;) {
        if (is_whole(exec, step))
            run_step(steps, step);    /* Darknet's own loops have OpenMP's threads to themselves */
        else
            mafat_team_run(&exec->team, run_span, steps);
    }
}

mafat_status mafat_exec_run(mafat_exec *exec, const mafat_input *inputs, int n_inputs,
                            float *const *results, const mafat_observer *observer,
                            mafat_error *error)
{
    span steps = {.exec = exec, .context = context_of(exec), .inputs = inputs,
                  .n_inputs = n_inputs, .results = results, .observer = observer, .error = error,
                  .image = -1};
    MAFAT_CHECK(n_inputs >= 1 && n_inputs <= exec->plan->n_images);
    exec->moment = 0;
    exec->status = MAFAT_OK;
    populate(exec);
    mafat_guard_begin(exec->arena, exec->plan);
    if (exec->store != NULL)
        exec->status = mafat_store_begin(exec->store, exec->arena, error);
    if (exec->status != MAFAT_OK)
        return exec->status;
    run_steps(&steps);
    if (exec->status != MAFAT_OK && exec->peers != NULL)
        exec->peers->abandon(exec->peers->context);
    mafat_error late;
    if (exec->store != NULL && mafat_store_end(exec->store, &late) != MAFAT_OK &&
        exec->status == MAFAT_OK) {
        exec->status = MAFAT_FAILED;
        *error = late;
    }
    return exec->status;
}
