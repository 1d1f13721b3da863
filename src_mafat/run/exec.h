/* Runs a plan: one loop over its steps, on one block of memory that is allocated beforehand. */
#ifndef MAFAT_RUN_EXEC_H
#define MAFAT_RUN_EXEC_H

#include "base/layer.h"
#include "base/status.h"
#include "plan/plan.h"
#include "plan/share.h"
#include "run/host.h"
#include "run/peers.h"
#include "run/source.h"
#include "run/store.h"
#include "run/team.h"

/* Who wants to know how a run goes on; what is NULL is not called. */
typedef struct {
    void *context;
    /* The whole output of `layer` is there, for one of the images; it is valid during the call
     * only. */
    void (*map_done)(void *context, int image, int layer, const float *map);
    /* A step has been run, all its shares. */
    void (*step_done)(void *context, const mafat_step *step);
} mafat_observer;

typedef struct {
    const mafat_network *network;      /* borrowed, as all below but for the arena and maps */
    const mafat_plan *plan;
    const mafat_parameters *parameters; /* [n_layers]; of convolutions and shortcuts */
    mafat_store *store;                /* NULL where the plan has no windows */
    mafat_host host;
    const mafat_peers *peers;          /* NULL where the plan exchanges nothing */
    mafat_kernel_shape shape;          /* how convolutions are shared out */
    mafat_team team;
    char *arena;                       /* [plan->arena_bytes], owned, of whole pages */
    bool is_populated;                 /* the arena's memory is there; */
    size_t kept_bytes;                 /* else so much of it: results of several images */
    float **maps;                      /* [n_layers], owned: of the image whose turn it is; NULL for
                                          outputs that are no maps */
    int moment;                        /* that the run has come to */
    mafat_status status;
} mafat_exec;

/* Allocates all that a run needs. Everything given must outlive the executor; `parameters` may
 * be filled in later, but before a run, and so may exec->peers. The store is for plans that read weights in windows,
 * else NULL. n_threads >= 1. On MAFAT_FAILED nothing needs to be freed. */
mafat_status mafat_exec_init(mafat_exec *exec, const mafat_network *network, const mafat_plan *plan,
                             const mafat_parameters *parameters, mafat_store *store,
                             const mafat_host *host, int n_threads, mafat_error *error);

/* Runs images, as many as the plan is for at the most; rows of the next one are asked for when all
 * of one have been. results[l], [n_layers], is where the output of layer l goes if the plan stores
 * it as a result, and is not read otherwise: of a plan for several images they stay in the arena,
 * see mafat_exec_copy_results(). Nothing is allocated by this call. `observer` may be NULL.
 * MAFAT_FAILED where weights could not be read, and the results mean nothing. */
mafat_status mafat_exec_run(mafat_exec *exec, const mafat_input *inputs, int n_inputs,
                            float *const *results, const mafat_observer *observer,
                            mafat_error *error);

/* Copies the outputs that a plan for one image stores as results to results[l], [n_layers], for one
 * of the images of the last run of a plan for several. */
void mafat_exec_copy_results(const mafat_exec *exec, int image, float *const *results);

/* Gives the arena's memory back until the next run, but for the results of several images. */
void mafat_exec_release(mafat_exec *exec);

/* Frees what the executor owns and clears it; a zeroed executor may be freed. */
void mafat_exec_free(mafat_exec *exec);

#endif
