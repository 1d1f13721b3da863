/* A file received, run and answered; see taker.h. */
#define _GNU_SOURCE    /* memfd_create() */
#include "bridge/taker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/size.h"
#include "bridge/dealt.h"
#include "upstream/picture_probe.h"

mafat_status mafat_taker_prepare(mafat_taker *t, mafat_error *error)
{
    return mafat_picture_probe_measure(&t->rounding, error);
}

/* Receives a file into memory; -1: there is no more, as errno says. */
static int receive_file(uint64_t n_bytes)
{
    const mafat_peers *peers = mafat_peers_here();
    mafat_dealt_piece piece;
    mafat_parcel parcel = mafat_dealt_parcel(0, piece.floats, MAFAT_DEALT_PIECE_FLOATS);
    int file = memfd_create("image", MFD_CLOEXEC);
    for (uint64_t at = 0; at < n_bytes && file >= 0; at += sizeof piece.bytes) {
        peers->exchange(peers->context, NULL, 0, &parcel, 1);
        if (mafat_file_write_all(file, piece.bytes, mafat_dealt_piece_bytes(n_bytes, at)))
            continue;
        int reason = errno;
        close(file);
        errno = reason;
        file = -1;
    }
    return file;
}

mafat_status mafat_taker_receive(mafat_taker *t, uint64_t n_bytes, mafat_error *error)
{
    char path[40] = "";
    int n = t->queue.n, *files = realloc(t->files, ((size_t)n + 1) * sizeof *files);
    if (files == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d images that wait", n + 1);
    t->files = files;
    files[n] = -1;
    if (n_bytes > 0 && (files[n] = receive_file(n_bytes)) < 0)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for an image of %llu bytes: %s",
                               (unsigned long long)n_bytes, strerror(errno));
    if (n_bytes > 0)
        snprintf(path, sizeof path, "/proc/self/fd/%d", files[n]);
    t->queue.held_bytes += mafat_size_in_pages((size_t)n_bytes);
    return mafat_queue_add(&t->queue, &(mafat_image){.path = path}, error);
}

mafat_status mafat_taker_run(mafat_taker *t, mafat_bridge *bridge, mafat_error *error)
{
    if (t->queue.n_run > 0)
        return MAFAT_OK;
    mafat_pass_free(&t->pass);
    mafat_status status = mafat_pass_run(&t->pass, bridge, &t->queue, &t->rounding, error);
    if (bridge->session.limit_bytes > 0)
        mafat_bridge_release(bridge);
    return status;
}

static void drop_first(mafat_taker *t)
{
    if (t->files[0] >= 0)
        close(t->files[0]);
    mafat_queue_drop(&t->queue);
    memmove(t->files, t->files + 1, (size_t)t->queue.n * sizeof *t->files);
    if (t->queue.n == 0)
        t->queue.held_bytes = 0;
}

mafat_status mafat_taker_take(mafat_taker *t, mafat_error *error)
{
    mafat_status status = mafat_pass_take(&t->pass, &t->pass.images[t->pass.next], error);
    drop_first(t);
    return status;
}

void mafat_taker_give(const mafat_bridge *bridge)
{
    const mafat_peers *peers = mafat_peers_here();
    const mafat_network *network = &bridge->session.cfg.network;
    for (int l = 0; l < network->n_layers; l++) {
        if (!mafat_dealt_is_result(network, l))
            continue;
        mafat_parcel parcel = mafat_dealt_parcel(0, bridge->results[l],
                                                 mafat_shape_floats(network->layers[l].out));
        peers->exchange(peers->context, &parcel, 1, NULL, 0);
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
}
