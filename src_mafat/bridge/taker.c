/* A file received, run and answered; see taker.h. */
#define _GNU_SOURCE    /* memfd_create() */
#include "bridge/taker.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/size.h"
#include "bridge/dealt.h"
#include "bridge/limits.h"
#include "machine/auto_memory.h"
#include "machine/measure.h"
#include "upstream/picture_probe.h"

mafat_status mafat_taker_prepare(mafat_error *error)
{
    return mafat_picture_probe_measure(error);
}

/* ------------------------------------------------------------------------------------------ a file */

/* Whether this machine has as much memory as a file takes beside the plan: no disk has it, so that its
 * pages cannot be given back. */
static mafat_status check_room(const mafat_bridge *bridge, size_t file_bytes, mafat_error *error)
{
    char what[640];
    size_t own_bytes = 0;
    mafat_status status = mafat_measure_anonymous(&own_bytes, error);
    size_t plan_bytes = mafat_size_max(own_bytes, bridge->session.prediction.total_bytes);
    if (status != MAFAT_OK || !mafat_auto_memory_exceeds("", mafat_size_sum(plan_bytes, file_bytes),
                                                         own_bytes, what, sizeof what))
        return status;
    return mafat_error_set(error, MAFAT_NO_FIT, "there is less here: %s", what);
}

/* Has the limit leave room for files that are held, with images as large as before. */
static mafat_status keep_limit(mafat_bridge *bridge, size_t held_bytes, mafat_error *error)
{
    size_t limit_bytes = bridge->session.limit_bytes;
    mafat_workload_image image = bridge->workload.image;
    image.file_bytes = mafat_size_max(image.file_bytes, held_bytes);
    if (held_bytes > limit_bytes)    /* else there is nothing to plan */
        return mafat_error_set(error, MAFAT_NO_FIT, "with those that wait %zu bytes, in a limit of %zu",
                               held_bytes, limit_bytes);
    return mafat_limits_make_space(bridge, &image, error);
}

/* Makes room for a file beside those that are held, and if it can for all that come, so that it plans
 * once: before they come, as then it is too late. */
static mafat_status make_room(mafat_taker *t, mafat_bridge *bridge, size_t file_bytes,
                              size_t all_bytes, mafat_error *error)
{
    char reason[sizeof error->text];
    size_t held_bytes = mafat_size_sum(t->queue.held_bytes, mafat_size_in_pages(file_bytes));
    mafat_status status = MAFAT_NO_FIT;
    if (bridge->session.limit_bytes == 0) {
        status = check_room(bridge, file_bytes, error);
    } else {
        if (all_bytes > held_bytes && all_bytes != t->too_much_bytes)
            status = keep_limit(bridge, all_bytes, error);
        if (status == MAFAT_NO_FIT && mafat_bridge_has_plan(bridge)) {
            t->too_much_bytes = all_bytes;
            status = keep_limit(bridge, held_bytes, error);
        }
    }
    if (status == MAFAT_NO_FIT) {
        memcpy(reason, error->text, sizeof reason);
        snprintf(error->text, sizeof error->text, "a file of %zu bytes, held in memory: %.700s",
                 file_bytes, reason);
    }
    return status;
}

/* Receives a file to its end, and writes it to this one; -1: nowhere. False, with errno, if that
 * fails. */
static bool receive(uint64_t n_bytes, int file)
{
    const mafat_peers *peers = mafat_peers_here();
    mafat_dealt_piece piece;
    mafat_parcel parcel = mafat_dealt_parcel(0, piece.floats, MAFAT_DEALT_PIECE_FLOATS);
    int reason = 0;
    for (uint64_t at = 0; at < n_bytes; at += sizeof piece.bytes) {
        mafat_peers_exchange(peers, NULL, 0, &parcel, 1);
        if (file >= 0 && reason == 0 &&
            !mafat_file_write_all(file, piece.bytes, mafat_dealt_piece_bytes(n_bytes, at)))
            reason = errno;
    }
    errno = reason;
    return reason == 0;
}

/* Receives a file that there is room for. */
static mafat_status take_file(mafat_taken_file *taken, uint64_t n_bytes, mafat_error *error)
{
    taken->file = memfd_create("image", MFD_CLOEXEC);
    if (taken->file >= 0 && receive(n_bytes, taken->file))
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED, "no memory for an image of %llu bytes: %s",
                           (unsigned long long)n_bytes, strerror(errno));
}

/* Receives one that there is none for. */
static mafat_status refuse_file(mafat_taken_file *taken, uint64_t n_bytes, const mafat_error *why,
                                mafat_error *error)
{
    receive(n_bytes, -1);
    taken->refusal = malloc(sizeof *taken->refusal);
    if (taken->refusal == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to say what is refused");
    *taken->refusal = *why;
    return MAFAT_OK;
}

static mafat_status take_or_refuse(mafat_taker *t, mafat_bridge *bridge, mafat_taken_file *taken,
                                   uint64_t n_bytes, uint64_t all_bytes, mafat_error *error)
{
    mafat_error why = {.layer = -1};
    size_t file_bytes = n_bytes < SIZE_MAX ? (size_t)n_bytes : SIZE_MAX;
    mafat_status status = make_room(t, bridge, file_bytes,
                                    all_bytes < SIZE_MAX ? (size_t)all_bytes : SIZE_MAX, &why);
    if (status == MAFAT_OK)
        return take_file(taken, n_bytes, error);
    if (status == MAFAT_NO_FIT && mafat_bridge_has_plan(bridge))
        return refuse_file(taken, n_bytes, &why, error);
    *error = why;
    return status;
}

static void free_file(mafat_taken_file *taken)
{
    if (taken->file >= 0)
        close(taken->file);
    free(taken->refusal);
}

/* --------------------------------------------------------------------------------------- the queue */

mafat_status mafat_taker_receive(mafat_taker *t, mafat_bridge *bridge, uint64_t n_bytes,
                                 uint64_t all_bytes, mafat_error *error)
{
    char path[40] = "";
    int n = t->queue.n;
    mafat_taken_file *files = realloc(t->files, ((size_t)n + 1) * sizeof *files);
    mafat_status status = MAFAT_OK;
    if (files == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d images that wait", n + 1);
    t->files = files;
    files[n] = (mafat_taken_file){.file = -1};
    if (n_bytes > 0)
        status = take_or_refuse(t, bridge, &files[n], n_bytes, all_bytes, error);
    if (status != MAFAT_OK)
        return status;
    if (files[n].file >= 0) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", files[n].file);
        t->queue.held_bytes += mafat_size_in_pages((size_t)n_bytes);
    }
    return mafat_queue_add(&t->queue, &(mafat_image){.path = path}, error);
}

mafat_status mafat_taker_run(mafat_taker *t, mafat_bridge *bridge, mafat_error *error)
{
    if (t->queue.n_run > 0)
        return MAFAT_OK;
    mafat_pass_free(&t->pass);
    mafat_status status = mafat_pass_run(&t->pass, bridge, &t->queue, error);
    if (bridge->session.limit_bytes > 0)
        mafat_bridge_release(bridge);
    return status;
}

static void drop_first(mafat_taker *t)
{
    free_file(&t->files[0]);
    mafat_queue_drop(&t->queue);
    memmove(t->files, t->files + 1, (size_t)t->queue.n * sizeof *t->files);
    if (t->queue.n == 0)
        t->queue.held_bytes = 0;
}

mafat_status mafat_taker_take(mafat_taker *t, mafat_error *error)
{
    mafat_status status = mafat_pass_take(&t->pass, &t->pass.images[t->pass.next], error);
    if (t->files[0].refusal != NULL) {
        *error = *t->files[0].refusal;
        status = MAFAT_NO_FIT;
    }
    drop_first(t);
    return status;
}

void mafat_taker_give(const mafat_bridge *bridge)
{
    const mafat_peers *peers = mafat_peers_here();
    const mafat_network *network = &bridge->session.cfg.network;
    for (int l = mafat_dealt_result(network, 0); l < network->n_layers; l = mafat_dealt_result(network, l + 1)) {
        mafat_parcel parcel = mafat_dealt_parcel(0, bridge->results[l],
                                                 mafat_shape_floats(network->layers[l].out));
        mafat_peers_exchange(peers, &parcel, 1, NULL, 0);
    }
}

void mafat_taker_free(mafat_taker *t)
{
    mafat_pass_free(&t->pass);
    while (t->queue.n > 0)
        drop_first(t);
    mafat_queue_free(&t->queue);
    free(t->files);
    t->files = NULL;
    t->too_much_bytes = 0;
}
