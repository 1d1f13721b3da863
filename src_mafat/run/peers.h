/* What a run of one of several ranks needs of the others: processes, or threads of a test. */
#ifndef MAFAT_RUN_PEERS_H
#define MAFAT_RUN_PEERS_H

#include "plan/plan.h"

/* A part of a map as it lies in memory: so many blocks, one for each channel. */
typedef struct {
    int peer;
    float *data;
    size_t n_blocks;
    size_t block_floats;
    size_t stride_floats;     /* from a block to the next one */
} mafat_parcel;

typedef struct {
    void *context;
    /* Sends parcels to others and receives parcels of them, each in the order in which the other one
     * receives or sends them; all of them have come, and may be used again, when it returns. Who cannot
     * go on without them does not return. */
    void (*exchange)(void *context, const mafat_parcel *sent, int n_sent,
                     const mafat_parcel *received, int n_received);
} mafat_peers;

#endif
