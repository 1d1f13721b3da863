/* The other ranks, as a process of several sees them: processes over a network, or threads of a
 * test. */
#ifndef MAFAT_RUN_PEERS_H
#define MAFAT_RUN_PEERS_H

#include "base/status.h"
#include "plan/plan.h"

/* A part of a map as it lies in memory: so many blocks, one for each channel. */
typedef struct {
    int peer;
    float *data;
    size_t n_blocks;
    size_t block_floats;
    size_t stride_floats;     /* from a block to the next one */
} mafat_parcel;

/* Who cannot go on without the others does not return from these. */
typedef struct {
    void *context;
    mafat_ranks ranks;        /* all of them, and which one this is */
    /* Begins to send parcels to others and to receive parcels of them, each in the order in which the other
     * one begins to receive or send them: behind those that are under way. Until finish() nothing of them
     * may be used, and of all these only start(), finish(), abandon() and give_up() be called. is_awaited:
     * finish() follows at once; else they come while the caller computes. */
    void (*start)(void *context, const mafat_parcel *sent, int n_sent, const mafat_parcel *received,
                  int n_received, bool is_awaited);
    /* Waits for all that were started: they have come, and may be used again, when it returns. */
    void (*finish)(void *context);
    /* Of a run that has failed: nothing more comes by itself of what was started. All that may be done then is
     * to end all ranks. */
    void (*abandon)(void *context);
    /* Rank 0 tells all others so many bytes; they wait for them, without end. */
    void (*tell)(void *context, void *bytes, size_t n_bytes);
    /* All ranks give rank 0 so many bytes, its own among them: all[rank]. The others' `all` is not
     * used. */
    void (*collect)(void *context, const void *bytes, size_t n_bytes, void *all);
    /* Where a rank runs, as people name machines. */
    const char *(*host)(void *context, int rank);
    /* From now on whoever is silent for longer while others wait for it is lost, which ends all ranks
     * with a message that names it; 0, as at first: everybody may take as long as it likes. */
    void (*expect)(void *context, double seconds);
    /* Ends all ranks, in the middle of whatever they do. */
    void (*give_up)(void *context, mafat_status status);
} mafat_peers;

/* The peers of this process, once somebody has said so; NULL: it is alone, as every process is at
 * first, and one that another has forked. */
const mafat_peers *mafat_peers_here(void);

/* Sends and receives parcels, and waits for them. */
void mafat_peers_exchange(const mafat_peers *peers, const mafat_parcel *sent, int n_sent,
                          const mafat_parcel *received, int n_received);

/* Has an error say which rank's it is, and where that runs. */
void mafat_peers_name_rank(const mafat_peers *peers, int rank, mafat_error *error);

/* For the start of a program; borrowed. */
void mafat_peers_set_here(const mafat_peers *peers);

#endif
