/* Files on their way out, and results on theirs back; see dealt.h. */
#include "bridge/dealt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/size.h"
#include "bridge/limits.h"
#include "bridge/orders.h"
#include "bridge/planned.h"
#include "run/peers.h"

static bool is_result(const mafat_network *network, int l)
{
    for (int by = l; by < network->n_layers; by++)
        if (mafat_layer_producer(network, by) == l &&
            (network->layers[by].is_result || by + 1 == network->n_layers))
            return true;
    return false;
}

int mafat_dealt_result(const mafat_network *network, int l)
{
    while (l < network->n_layers && !is_result(network, l))
        l++;
    return l;
}

static size_t result_bytes(const mafat_network *network)
{
    size_t n_floats = 0;
    for (int l = mafat_dealt_result(network, 0); l < network->n_layers; l = mafat_dealt_result(network, l + 1))
        n_floats += mafat_shape_floats(network->layers[l].out);
    return n_floats * sizeof(float);
}

size_t mafat_dealt_piece_bytes(uint64_t n_bytes, uint64_t at)
{
    mafat_dealt_piece *piece;
    return n_bytes - at < sizeof piece->bytes ? (size_t)(n_bytes - at) : sizeof piece->bytes;
}

mafat_parcel mafat_dealt_parcel(int peer, float *floats, size_t n_floats)
{
    return (mafat_parcel){.peer = peer, .data = floats, .n_blocks = 1, .block_floats = n_floats,
                          .stride_floats = n_floats};
}

/* ----------------------------------------------------------------------------------------- rank 0 */

/* Looks at an image's file. */
static void look_at(mafat_dealt *d)
{
    d->status = mafat_file_size(d->path, "image", &d->n_bytes, &d->error);
    if (d->status == MAFAT_OK && d->n_bytes == 0)
        d->status = mafat_error_set(&d->error, MAFAT_FAILED, "is empty");
}

/* Sends a file as long as it was when that was told; zeros where it is not so long any more. */
static void send_file(const mafat_peers *peers, mafat_dealt *d)
{
    FILE *file = NULL;
    uint64_t n_now, n_bytes = d->n_bytes;
    mafat_dealt_piece piece;
    d->status = mafat_file_open(d->path, "image", &file, &n_now, &d->error);
    for (uint64_t at = 0; at < n_bytes; at += sizeof piece.bytes) {
        size_t n = mafat_dealt_piece_bytes(n_bytes, at), n_read = 0;
        errno = 0;
        if (d->status == MAFAT_OK && (n_read = fread(piece.bytes, 1, n, file)) != n)
            d->status = mafat_error_set(&d->error, MAFAT_FAILED, "cannot be read: %s",
                                        errno != 0 ? strerror(errno) : "it was cut short meanwhile");
        memset(piece.bytes + n_read, 0, sizeof piece.bytes - n_read);
        mafat_parcel parcel = mafat_dealt_parcel(d->rank, piece.floats, MAFAT_DEALT_PIECE_FLOATS);
        mafat_peers_exchange(peers, &parcel, 1, NULL, 0);
    }
    if (file != NULL)
        fclose(file);
}

static int count_places(const mafat_dealt *dealt, int n)
{
    int n_places = 0;
    for (int i = 0; i < n; i++)
        n_places = dealt[i].place < n_places ? n_places : dealt[i].place + 1;
    return n_places;
}

/* TUNING. All ranks wait until all images of a place are handed out. */
static double hand_out_s(const mafat_bridge *bridge, const uint64_t image_bytes[MAFAT_MAX_RANKS])
{
    enum { TIMES = 10 };
    double seconds = mafat_planned_patience_s(bridge);
    for (int rank = 0; rank < MAFAT_MAX_RANKS; rank++)
        seconds += TIMES * (double)image_bytes[rank] * bridge->session.rank_costs.message_byte_s;
    return seconds;
}

/* Hands out one image of each rank that has so many. */
static void hand_out(const mafat_bridge *bridge, mafat_dealt *dealt, int n, int place,
                     const uint64_t pass_bytes[MAFAT_MAX_RANKS])
{
    uint64_t image_bytes[MAFAT_MAX_RANKS] = {0};
    for (int i = 0; i < n; i++)
        if (dealt[i].place == place)
            image_bytes[dealt[i].rank] = dealt[i].n_bytes;
    mafat_orders_hand_out(image_bytes, pass_bytes, hand_out_s(bridge, image_bytes));
    for (int i = 0; i < n; i++) {
        if (dealt[i].place != place)
            continue;
        if (dealt[i].n_bytes > 0)
            send_file(mafat_peers_here(), &dealt[i]);
        mafat_limits_forget_file(bridge, dealt[i].path);
    }
}

void mafat_dealt_begin(mafat_bridge *bridge, mafat_dealt *dealt, int n)
{
    int n_places = count_places(dealt, n);
    uint64_t pass_bytes[MAFAT_MAX_RANKS] = {0};
    for (int i = 0; i < n; i++) {
        look_at(&dealt[i]);
        pass_bytes[dealt[i].rank] += mafat_size_in_pages((size_t)dealt[i].n_bytes);
    }
    for (int place = 0; place < n_places; place++)
        hand_out(bridge, dealt, n, place, pass_bytes);
    mafat_orders_begin_dealt(n_places, mafat_planned_patience_s(bridge));
}

static mafat_status take_results(const mafat_peers *peers, const mafat_network *network,
                                 mafat_dealt *d, mafat_error *error)
{
    float *at = d->results = malloc(result_bytes(network));
    if (at == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for results of rank %d", d->rank);
    for (int l = mafat_dealt_result(network, 0); l < network->n_layers; l = mafat_dealt_result(network, l + 1)) {
        size_t n_floats = mafat_shape_floats(network->layers[l].out);
        mafat_parcel parcel = mafat_dealt_parcel(d->rank, at, n_floats);
        mafat_peers_exchange(peers, NULL, 0, &parcel, 1);
        at += n_floats;
    }
    return MAFAT_OK;
}

/* The error of an image, which has the name here that it was given, not the one there; and of a limit
 * that is another rank's, whose. */
static void note_error(mafat_dealt *d, const mafat_order_answer *answer)
{
    d->status = answer->image_status;
    d->error = answer->error;
    if (d->status == MAFAT_NO_FIT)
        mafat_peers_name_rank(mafat_peers_here(), d->rank, &d->error);
    d->error.file[0] = '\0';
    mafat_error_set_file(&d->error, d->path);
}

/* Takes what came of each rank's image of that place. */
static mafat_status take(mafat_bridge *bridge, mafat_dealt *dealt, int n, int place,
                         mafat_order_answer *answers, mafat_error *error)
{
    mafat_status status = mafat_orders_answer_dealt(answers, error);
    for (int i = 0; i < n && status == MAFAT_OK; i++) {
        mafat_dealt *d = &dealt[i];
        const mafat_order_answer *answer = &answers[d->rank];
        if (d->place != place)
            continue;
        if (answer->has_results) {
            status = take_results(mafat_peers_here(), &bridge->session.cfg.network, d, error);
        } else if (d->status == MAFAT_OK) {
            note_error(d, answer);
        }
    }
    return status;
}

mafat_status mafat_dealt_end(mafat_bridge *bridge, mafat_dealt *dealt, int n, mafat_error *error)
{
    int n_ranks = mafat_peers_here()->ranks.n, n_places = count_places(dealt, n);
    mafat_order_answer *answers = calloc((size_t)n_ranks, sizeof *answers);
    mafat_status status = MAFAT_OK;
    if (answers == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for answers of %d ranks", n_ranks);
    for (int place = 0; place < n_places && status == MAFAT_OK; place++)
        status = take(bridge, dealt, n, place, answers, error);
    if (status == MAFAT_OK)
        mafat_orders_end_dealt();
    free(answers);
    return status;
}

void mafat_dealt_show(const mafat_bridge *bridge, const float *results)
{
    const mafat_network *network = &bridge->session.cfg.network;
    for (int l = mafat_dealt_result(network, 0); l < network->n_layers; l = mafat_dealt_result(network, l + 1)) {
        size_t n_floats = mafat_shape_floats(network->layers[l].out);
        memcpy(bridge->results[l], results, n_floats * sizeof *results);
        results += n_floats;
    }
}

float *mafat_dealt_keep(const mafat_bridge *bridge)
{
    const mafat_network *network = &bridge->session.cfg.network;
    float *results = malloc(result_bytes(network)), *to = results;
    if (results == NULL)
        return NULL;
    for (int l = mafat_dealt_result(network, 0); l < network->n_layers; l = mafat_dealt_result(network, l + 1)) {
        size_t n_floats = mafat_shape_floats(network->layers[l].out);
        memcpy(to, bridge->results[l], n_floats * sizeof *to);
        to += n_floats;
    }
    return results;
}
