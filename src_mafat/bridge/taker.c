/* A file received, run and answered; see taker.h. */
#define _GNU_SOURCE    /* memfd_create() */
#include "bridge/taker.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bridge/dealt.h"
#include "upstream/picture_probe.h"

mafat_status mafat_taker_prepare(mafat_taker *t, mafat_error *error)
{
    return mafat_picture_probe_measure(&t->rounding, error);
}

mafat_status mafat_taker_receive(mafat_taker *t, size_t n_bytes, mafat_error *error)
{
    const mafat_peers *peers = mafat_peers_here();
    size_t n_floats = mafat_dealt_floats(n_bytes), held_bytes = n_floats * sizeof(float);
    float *floats = MAP_FAILED;
    t->file = memfd_create("image", MFD_CLOEXEC);
    if (t->file >= 0 && ftruncate(t->file, (off_t)held_bytes) == 0)
        floats = mmap(NULL, held_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, t->file, 0);
    if (floats == MAP_FAILED)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for an image of %zu bytes: %s", n_bytes,
                               strerror(errno));
    mafat_parcel parcel = mafat_dealt_parcel(0, floats, n_floats);
    peers->exchange(peers->context, NULL, 0, &parcel, 1);
    munmap(floats, held_bytes);
    snprintf(t->path, sizeof t->path, "/proc/self/fd/%d", t->file);
    if (ftruncate(t->file, (off_t)n_bytes) != 0)
        return mafat_error_set(error, MAFAT_FAILED, "cannot cut an image to %zu bytes: %s", n_bytes,
                               strerror(errno));
    return mafat_queue_add(&t->queue, &(mafat_image){.path = t->path}, error);
}

mafat_status mafat_taker_run(mafat_taker *t, mafat_bridge *bridge, mafat_error *error)
{
    return mafat_pass_run(&t->pass, bridge, &t->queue, &t->rounding, error);
}

mafat_status mafat_taker_take(mafat_taker *t, mafat_error *error)
{
    return mafat_pass_take(&t->pass, &t->pass.images[0], error);
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
    mafat_queue_free(&t->queue);
    close(t->file);
}
