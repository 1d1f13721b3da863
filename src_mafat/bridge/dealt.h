/* Images of a list that ranks run whole, as many each as share a pass of the weights: rank 0 hands out
 * their files, and takes what other ranks' networks made of them (taker.h). */
#ifndef MAFAT_BRIDGE_DEALT_H
#define MAFAT_BRIDGE_DEALT_H

#include "bridge/bridge.h"
#include "run/peers.h"

/* An image for another rank, and what came of it. */
typedef struct {
    int rank, place;        /* the rank's first image, its second, … */
    const char *path;       /* borrowed */
    uint64_t n_bytes;       /* of its file, when that was looked at; 0: it cannot be read */
    mafat_status status;    /* of reading it, with its reason; MAFAT_NO_FIT: the rank has no room for it */
    mafat_error error;
    float *results;         /* owned: outputs of result layers, one behind the other; NULL: none */
} mafat_dealt;

/* Hands images out, each rank's in the order of their places, which other ranks then begin to run. A
 * file that cannot be read is noted with its image. */
void mafat_dealt_begin(mafat_bridge *bridge, mafat_dealt *dealt, int n);

/* Takes what came of them. Errors are those of a rank that can run no image any more, with its name;
 * MAFAT_FAILED without memory. */
mafat_status mafat_dealt_end(mafat_bridge *bridge, mafat_dealt *dealt, int n, mafat_error *error);

/* Copies results to where Darknet's commands look for them, and from there, to memory of the caller's;
 * NULL: there is none. */
void mafat_dealt_show(const mafat_bridge *bridge, const float *results);
float *mafat_dealt_keep(const mafat_bridge *bridge);

/* ------------------------------------------------------------------------------ what both sides know */

/* The first layer from l on of which Darknet's commands read what it makes, by whatever name: that goes to
 * rank 0, layer by layer. n_layers: there is none. */
int mafat_dealt_result(const mafat_network *network, int l);

/* A file goes piece by piece, so that neither side holds it twice. */
enum { MAFAT_DEALT_PIECE_FLOATS = 1 << 14 };
typedef union {
    float floats[MAFAT_DEALT_PIECE_FLOATS];
    char bytes[MAFAT_DEALT_PIECE_FLOATS * sizeof(float)];
} mafat_dealt_piece;

/* So many bytes of a file of n_bytes are in the piece that begins there. */
size_t mafat_dealt_piece_bytes(uint64_t n_bytes, uint64_t at);

mafat_parcel mafat_dealt_parcel(int peer, float *floats, size_t n_floats);

#endif
