/* Weights read as a plan says; see store.h. */
#define _GNU_SOURCE    /* MAP_ANONYMOUS */
#include "run/store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/size.h"
#include "base/thread.h"
#include "run/weights.h"

/* ------------------------------------------------------------------------- what is read once */

/* Whole pages, which go when they are unmapped: the heap might keep them. NULL where there are none. */
static void *map_pages(size_t n_bytes)
{
    void *block = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return block == MAP_FAILED ? NULL : block;
}

/* Floats of a layer that are read once whatever the plan: those that stand before the weights of a
 * convolution in the file, and a shortcut's weights. */
static size_t n_statistics(const mafat_layer *layer)
{
    const mafat_weight_set *set = &layer->weight_sets[0];
    if (layer->n_weight_sets == 0)
        return 0;
    return layer->kind == MAFAT_CONVOLUTION ? set->n_biases + 3 * set->n_norms
           : layer->kind == MAFAT_SHORTCUT  ? set->n_weights
                                            : 0;
}

size_t mafat_store_statistics_bytes(const mafat_network *network)
{
    size_t n = 0;
    for (int l = 0; l < network->n_layers; l++)
        n += n_statistics(&network->layers[l]);
    return n * sizeof(float);
}

bool mafat_store_can_hold(const mafat_network *network)
{
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        int n = layer->n_weight_sets;
        if (layer->kind == MAFAT_CONVOLUTION ? n != 1 : n != 0 && layer->kind != MAFAT_SHORTCUT)
            return false;
    }
    return true;
}

/* The order of the file: biases, scales, means, variances. */
static void point_to(mafat_parameters *parameters, const mafat_layer *layer, const float *at)
{
    size_t n = (size_t)layer->out.c;
    if (layer->kind == MAFAT_SHORTCUT) {
        parameters->weights = at;
        return;
    }
    parameters->biases = at;
    MAFAT_CHECK(layer->weight_sets[0].n_biases == n &&
                layer->weight_sets[0].n_norms == (layer->batch_normalize ? n : 0));
    if (layer->batch_normalize) {
        parameters->scales = at + n;
        parameters->mean = at + 2 * n;
        parameters->variance = at + 3 * n;
    }
}

static mafat_status read_statistics(mafat_store *store, char *units, mafat_error *error)
{
    float *to = store->statistics;
    mafat_status status = MAFAT_OK;
    for (int l = 0; l < store->network->n_layers && status == MAFAT_OK; l++) {
        const mafat_layer *layer = &store->network->layers[l];
        size_t n_bytes = n_statistics(layer) * sizeof(float);
        if (n_bytes == 0)
            continue;
        uint64_t offset = store->offsets[l] - (layer->kind == MAFAT_CONVOLUTION ? n_bytes : 0);
        status = mafat_direct_read(&store->file, offset, n_bytes, units, error);
        if (status == MAFAT_OK)
            memcpy(to, units + offset % MAFAT_READ_UNIT, n_bytes);
        point_to(&store->parameters[l], layer, to);
        to += n_statistics(layer);
    }
    return status;
}

static uint64_t offset_of(const mafat_store *store, const mafat_weight_window *window)
{
    const mafat_layer *layer = &store->network->layers[window->layer];
    size_t filter_floats = layer->weight_sets[0].n_weights / (size_t)layer->out.c;
    return store->offsets[window->layer] +
           (uint64_t)window->filter_begin * filter_floats * sizeof(float);
}

static char *bytes_of_window(const mafat_store *store, const mafat_weight_window *window)
{
    const mafat_buffer *buffer = &store->plan->buffers[window->buffer];
    return (window->pinned ? store->pinned : store->arena) + buffer->place.offset;
}

static mafat_status read_window(mafat_store *store, const mafat_weight_window *window,
                                mafat_error *error)
{
    return mafat_direct_read(&store->file, offset_of(store, window), window->bytes,
                             bytes_of_window(store, window), error);
}

/* Where the weights of a window are in its buffer. */
static const char *weights_of(const mafat_store *store, const mafat_weight_window *window)
{
    size_t before = mafat_plan_is_packed(window) ? 0 : offset_of(store, window) % MAFAT_READ_UNIT;
    return bytes_of_window(store, window) + before;
}

/* Reads a window to where there is room for the units around it, and keeps its weights alone. */
static mafat_status read_packed(mafat_store *store, const mafat_weight_window *window, char *units,
                                mafat_error *error)
{
    uint64_t offset = offset_of(store, window);
    mafat_status status = mafat_direct_read(&store->file, offset, window->bytes, units, error);
    if (status == MAFAT_OK)
        memcpy(bytes_of_window(store, window), units + offset % MAFAT_READ_UNIT, window->bytes);
    return status;
}

static mafat_status read_pinned(mafat_store *store, char *units, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    for (int i = 0; i < store->plan->n_windows && status == MAFAT_OK; i++) {
        const mafat_weight_window *window = &store->plan->windows[i];
        if (mafat_plan_is_packed(window))
            status = read_packed(store, window, units, error);
        else if (window->pinned)
            status = read_window(store, window, error);
    }
    return status;
}

/* The most that is read at once and kept without the units around it. */
static size_t max_packed_bytes(const mafat_store *store)
{
    size_t most = 0;
    for (int l = 0; l < store->network->n_layers; l++)
        most = mafat_size_max(most, n_statistics(&store->network->layers[l]) * sizeof(float));
    for (int i = 0; i < store->plan->n_windows; i++)
        if (mafat_plan_is_packed(&store->plan->windows[i]))
            most = mafat_size_max(most, store->plan->windows[i].bytes);
    return most;
}

static mafat_status read_once(mafat_store *store, mafat_error *error)
{
    size_t most = max_packed_bytes(store);
    char *units = map_pages(mafat_plan_unit_span(most));
    if (units == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to read %zu bytes", most);
    mafat_status status = mafat_weights_find(store->file.path, store->network, store->offsets,
                                             error);
    if (status == MAFAT_OK)
        status = read_statistics(store, units, error);
    if (status == MAFAT_OK)
        status = read_pinned(store, units, error);
    munmap(units, mafat_plan_unit_span(most));
    return status;
}

/* ----------------------------------------------------------------------------- the thread */

/* Reads the windows of one run; called and left with the mutex held. */
static void read_run(mafat_store *store)
{
    const mafat_plan *plan = store->plan;
    while (store->n_read < plan->n_windows && !store->cancelled) {
        const mafat_weight_window *window = &plan->windows[store->n_read];
        if (!window->pinned) {
            if (store->floor < window->first_moment) {
                pthread_cond_wait(&store->changed, &store->mutex);
                continue;
            }
            pthread_mutex_unlock(&store->mutex);
            mafat_error error = {0};
            mafat_status status = read_window(store, window, &error);
            pthread_mutex_lock(&store->mutex);
            if (status != MAFAT_OK) {
                store->status = status;
                store->error = error;
                return;
            }
        }
        store->n_read++;
        pthread_cond_broadcast(&store->changed);
    }
}

static void *read_runs(void *context)
{
    mafat_store *store = context;
    pthread_mutex_lock(&store->mutex);
    while (!store->ended) {
        if (store->reading) {
            read_run(store);
            store->reading = false;
            pthread_cond_broadcast(&store->changed);
        } else {
            pthread_cond_wait(&store->changed, &store->mutex);
        }
    }
    pthread_mutex_unlock(&store->mutex);
    return NULL;
}

static mafat_status start_thread(mafat_store *store, mafat_error *error)
{
    int reason = mafat_thread_start(&store->thread, read_runs, store);
    store->has_thread = reason == 0;
    if (reason == 0)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED, "no thread to read weights: %s", strerror(reason));
}

/* ----------------------------------------------------------------------------------- public */

static mafat_status allocate(mafat_store *store, mafat_error *error)
{
    size_t n = (size_t)store->network->n_layers;
    size_t statistics_bytes = mafat_store_statistics_bytes(store->network);
    size_t pinned_bytes = store->plan->pinned_bytes;
    store->offsets = calloc(n, sizeof *store->offsets);
    store->parameters = calloc(n, sizeof *store->parameters);
    store->statistics = malloc(statistics_bytes + sizeof(float));
    if (pinned_bytes > 0)
        store->pinned = map_pages(pinned_bytes);
    /* all of it will be used: large pages are had faster, and found faster */
    if (store->pinned != NULL)
        madvise(store->pinned, pinned_bytes, MADV_HUGEPAGE);
    if (store->offsets != NULL && store->parameters != NULL && store->statistics != NULL &&
        (store->pinned != NULL || pinned_bytes == 0))
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED, "no memory for %zu bytes of weights", pinned_bytes);
}

mafat_status mafat_store_open(mafat_store *store, const char *path, const mafat_network *network,
                              const mafat_plan *plan, mafat_error *error)
{
    *store = (mafat_store){.network = network, .plan = plan, .file = {.file = -1}};
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->changed, NULL);
    mafat_status status = mafat_direct_open(&store->file, path, error);
    if (status == MAFAT_OK)
        status = allocate(store, error);
    if (status == MAFAT_OK)
        status = read_once(store, error);
    if (status == MAFAT_OK)
        status = start_thread(store, error);
    if (status != MAFAT_OK)
        mafat_store_close(store);
    return status;
}

mafat_status mafat_store_begin(mafat_store *store, char *arena, mafat_error *error)
{
    mafat_status status = mafat_direct_check(&store->file, error);
    if (status != MAFAT_OK)
        return status;
    pthread_mutex_lock(&store->mutex);
    store->arena = arena;
    store->floor = store->n_read = 0;
    store->status = MAFAT_OK;
    store->cancelled = false;
    store->reading = true;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->mutex);
    return MAFAT_OK;
}

void mafat_store_advance(mafat_store *store, int moment)
{
    pthread_mutex_lock(&store->mutex);
    if (moment > store->floor) {
        store->floor = moment;
        pthread_cond_broadcast(&store->changed);
    }
    pthread_mutex_unlock(&store->mutex);
}

mafat_status mafat_store_take(mafat_store *store, int index, const float **weights,
                              mafat_error *error)
{
    const mafat_weight_window *window = &store->plan->windows[index];
    mafat_status status = MAFAT_OK;
    pthread_mutex_lock(&store->mutex);
    while (!window->pinned && store->n_read <= index && store->status == MAFAT_OK)
        pthread_cond_wait(&store->changed, &store->mutex);
    if (!window->pinned && store->n_read <= index) {
        status = store->status;
        *error = store->error;
    }
    pthread_mutex_unlock(&store->mutex);
    *weights = (const float *)weights_of(store, window);
    return status;
}

mafat_status mafat_store_end(mafat_store *store, mafat_error *error)
{
    pthread_mutex_lock(&store->mutex);
    store->cancelled = true;
    pthread_cond_broadcast(&store->changed);
    while (store->reading)
        pthread_cond_wait(&store->changed, &store->mutex);
    pthread_mutex_unlock(&store->mutex);
    return mafat_direct_check(&store->file, error);
}

void mafat_store_close(mafat_store *store)
{
    if (store->has_thread) {
        pthread_mutex_lock(&store->mutex);
        store->cancelled = store->ended = true;
        pthread_cond_broadcast(&store->changed);
        pthread_mutex_unlock(&store->mutex);
        pthread_join(store->thread, NULL);
    }
    if (store->network != NULL) {
        pthread_cond_destroy(&store->changed);
        pthread_mutex_destroy(&store->mutex);
    }
    if (store->pinned != NULL)
        munmap(store->pinned, store->plan->pinned_bytes);
    mafat_direct_close(&store->file);
    free(store->offsets);
    free(store->parameters);
    free(store->statistics);
    *store = (mafat_store){.file = {.file = -1}};
}
