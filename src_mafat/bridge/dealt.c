/* Files on their way out, and results on theirs back; see dealt.h. */
#include "bridge/dealt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "bridge/limits.h"
#include "bridge/orders.h"
#include "bridge/planned.h"
#include "run/peers.h"

bool mafat_dealt_is_result(const mafat_network *network, int l)
{
    for (int by = l; by < network->n_layers; by++)
        if (mafat_layer_producer(network, by) == l &&
            (network->layers[by].is_result || by + 1 == network->n_layers))
            return true;
    return false;
}

static size_t result_bytes(const mafat_network *network)
{
    size_t n_floats = 0;
    for (int l = 0; l < network->n_layers; l++)
        n_floats += mafat_dealt_is_result(network, l) ? mafat_shape_floats(network->layers[l].out) : 0;
    return n_floats * sizeof(float);
}

size_t mafat_dealt_floats(size_t n_bytes)
{
    return (n_bytes + sizeof(float) - 1) / sizeof(float);
}

mafat_parcel mafat_dealt_parcel(int peer, float *floats, size_t n_floats)
{
    return (mafat_parcel){.peer = peer, .data = floats, .n_blocks = 1, .block_floats = n_floats,
                          .stride_floats = n_floats};
}

/* ----------------------------------------------------------------------------------------- rank 0 */

/* Sends a file as long as it was when that was told; zeros where it is not so long any more. */
static void send_file(const mafat_peers *peers, mafat_dealt *d, size_t n_bytes)
{
    FILE *file = NULL;
    uint64_t n_now;
    float *bytes = calloc(mafat_dealt_floats(n_bytes), sizeof *bytes);
    if (bytes == NULL) {
        d->status = mafat_error_set(&d->error, MAFAT_FAILED, "no memory to hand out an image of %zu "
                                    "bytes", n_bytes);
        mafat_error_print(&d->error, stderr);
        peers->give_up(peers->context, d->status);
        return;
    }
    d->status = mafat_file_open(d->path, "image", &file, &n_now, &d->error);
    errno = 0;
    if (d->status == MAFAT_OK && fread(bytes, 1, n_bytes, file) != n_bytes)
        d->status = mafat_error_set(&d->error, MAFAT_FAILED, "cannot be read: %s",
                                    errno != 0 ? strerror(errno) : "it was cut short meanwhile");
    if (file != NULL)
        fclose(file);
    mafat_parcel parcel = mafat_dealt_parcel(d->rank, bytes, mafat_dealt_floats(n_bytes));
    peers->exchange(peers->context, &parcel, 1, NULL, 0);
    free(bytes);
}

void mafat_dealt_begin(mafat_bridge *bridge, mafat_dealt *dealt, int n)
{
    const mafat_peers *peers = mafat_peers_here();
    uint64_t image_bytes[MAFAT_MAX_RANKS] = {0};
    for (int i = 0; i < n; i++) {
        mafat_dealt *d = &dealt[i];
        d->status = mafat_file_size(d->path, "image", &image_bytes[d->rank], &d->error);
        if (d->status == MAFAT_OK && image_bytes[d->rank] == 0)
            d->status = mafat_error_set(&d->error, MAFAT_FAILED, "is empty");
    }
    mafat_orders_begin_deal(image_bytes, mafat_planned_patience_s(bridge));
    for (int i = 0; i < n; i++) {
        if (image_bytes[dealt[i].rank] > 0)
            send_file(peers, &dealt[i], (size_t)image_bytes[dealt[i].rank]);
        mafat_limits_forget_file(bridge, dealt[i].path);
    }
}

static mafat_status take_results(const mafat_peers *peers, const mafat_network *network,
                                 mafat_dealt *d, mafat_error *error)
{
    float *at = d->results = malloc(result_bytes(network));
    if (at == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for results of rank %d", d->rank);
    for (int l = 0; l < network->n_layers; l++) {
        if (!mafat_dealt_is_result(network, l))
            continue;
        size_t n_floats = mafat_shape_floats(network->layers[l].out);
        mafat_parcel parcel = mafat_dealt_parcel(d->rank, at, n_floats);
        peers->exchange(peers->context, NULL, 0, &parcel, 1);
        at += n_floats;
    }
    return MAFAT_OK;
}

mafat_status mafat_dealt_end(mafat_bridge *bridge, mafat_dealt *dealt, int n, mafat_error *error)
{
    const mafat_peers *peers = mafat_peers_here();
    mafat_order_answer *answers = calloc((size_t)peers->ranks.n, sizeof *answers);
    if (answers == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for answers of %d ranks", peers->ranks.n);
    mafat_status status = mafat_orders_end_deal(answers, error);
    for (int i = 0; i < n && status == MAFAT_OK; i++) {
        const mafat_order_answer *answer = &answers[dealt[i].rank];
        if (answer->has_results)
            status = take_results(peers, &bridge->session.cfg.network, &dealt[i], error);
        else if (dealt[i].status == MAFAT_OK) {
            dealt[i].status = answer->image_status;
            dealt[i].error = answer->error;
            dealt[i].error.file[0] = '\0';
            mafat_error_set_file(&dealt[i].error, dealt[i].path);
        }
    }
    if (status == MAFAT_OK)
        mafat_orders_end_run(bridge);
    free(answers);
    return status;
}

void mafat_dealt_show(const mafat_bridge *bridge, const float *results)
{
    const mafat_network *network = &bridge->session.cfg.network;
    for (int l = 0; l < network->n_layers; l++) {
        if (!mafat_dealt_is_result(network, l))
            continue;
        size_t n_floats = mafat_shape_floats(network->layers[l].out);
        memcpy(bridge->results[l], results, n_floats * sizeof *results);
        results += n_floats;
    }
}
