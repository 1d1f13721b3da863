/* The parameters of a network's convolutions, where a plan has them read from the weights file:
 * biases, statistics and what shortcuts weigh their sources with once, pinned windows of weights
 * once, all other windows in each run, by one thread, ahead of their use and in their order. */
#ifndef MAFAT_RUN_STORE_H
#define MAFAT_RUN_STORE_H

#include <pthread.h>

#include "base/layer.h"
#include "base/status.h"
#include "plan/plan.h"
#include "run/direct.h"

/* A convolution's parameters as Darknet holds them. With batch norm all five are set; `weights` is
 * NULL where they come in windows. A shortcut has weights alone. */
typedef struct {
    const float *weights;    /* [filters][channels/groups][size][size] */
    const float *biases;     /* [filters] */
    const float *scales, *mean, *variance;  /* [filters] */
} mafat_parameters;

typedef struct {
    const mafat_network *network;   /* borrowed, as is the plan */
    const mafat_plan *plan;
    mafat_direct file;
    uint64_t *offsets;              /* [n_layers], owned: of the layers' weights in the file */
    mafat_parameters *parameters;   /* [n_layers], owned */
    float *statistics;              /* owned: biases, scales, means, variances, shortcuts' weights */
    char *pinned;                   /* [plan->pinned_bytes], owned, page-aligned */

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex;          /* guards what follows */
    pthread_cond_t changed;
    char *arena;                    /* of the run under way, or of the last one */
    int floor;                      /* moment that the run has reached: plan.h */
    int n_read;                     /* windows [0, n_read) are there */
    bool reading;                   /* the thread is in a run */
    bool cancelled, ended;          /* it must leave the run; it must end */
    mafat_status status;            /* of the run's reads */
    mafat_error error;
} mafat_store;

/* Whether a network's parameters can be in a store: all of them are of convolutions and shortcuts that
 * MAFAT runs. */
bool mafat_store_can_hold(const mafat_network *network);

/* Bytes of the statistics that a store holds for a network. */
size_t mafat_store_statistics_bytes(const mafat_network *network);

/* Opens the file, whose layout must have been verified (weights.h), and reads what is read once.
 * MAFAT_FAILED for a file that cannot be read, and without memory. On error nothing needs to be
 * closed. The store must not move while it is open. */
mafat_status mafat_store_open(mafat_store *store, const char *path, const mafat_network *network,
                              const mafat_plan *plan, mafat_error *error);

/* Begins a run whose windows go to `arena`. MAFAT_FAILED where the file is not what it was. */
mafat_status mafat_store_begin(mafat_store *store, char *arena, mafat_error *error);

/* Says that the run has come to steps whose floor is `moment`: windows that wait for it are
 * read. */
void mafat_store_advance(mafat_store *store, int moment);

/* Waits until a window is there; stores where the weights of its first filter are. They stay there
 * until the floor has passed the window's moments. MAFAT_FAILED where they cannot be read. */
mafat_status mafat_store_take(mafat_store *store, int window, const float **weights,
                              mafat_error *error);

/* Ends a run, however it went: nothing writes to the arena any more. MAFAT_FAILED where the file
 * was changed meanwhile. */
mafat_status mafat_store_end(mafat_store *store, mafat_error *error);

/* Frees what the store owns and clears it, and ends a run that is under way; a zeroed one may be
 * closed. */
void mafat_store_close(mafat_store *store);

#endif
