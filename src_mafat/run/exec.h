/* Runs a plan: one loop over its steps, on one block of memory that is allocated beforehand. */
#ifndef MAFAT_RUN_EXEC_H
#define MAFAT_RUN_EXEC_H

#include "base/layer.h"
#include "base/rounding.h"
#include "base/status.h"
#include "plan/plan.h"
#include "plan/share.h"
#include "run/source.h"
#include "run/store.h"
#include "run/team.h"

/* What the executor needs of the program that it lives in: Darknet, or a test. */
typedef struct {
    void *context;
    /* Runs a layer of kind MAFAT_WHOLE from `input` to maps[layer]; maps[i] is the whole output of
     * layer i, [n_layers], for those that the plan makes whole and that are alive. */
    void (*forward)(void *context, int layer, float *input, float *const *maps);
    /* Applies an activation to n floats: for those that have no kernel of ours. */
    void (*activate)(float *x, int n, int activation);
    mafat_rounding rounding;
} mafat_host;

/* Who wants to know how a run goes on; what is NULL is not called. */
typedef struct {
    void *context;
    /* The whole output of `layer` is there; it is valid during the call only. */
    void (*map_done)(void *context, int layer, const float *map);
    /* A step has been run, all its shares. */
    void (*step_done)(void *context, const mafat_step *step);
} mafat_observer;

/* The network's input: rows where the plan takes it by rows, else the whole map, [c][h][w]. */
typedef struct {
    mafat_source source;
    float *map;
} mafat_input;

typedef struct {
    const mafat_network *network;      /* borrowed, as all below but for the arena and maps */
    const mafat_plan *plan;
    const mafat_parameters *parameters; /* [n_layers]; only those of MAFAT_CONVOLUTION are read */
    mafat_store *store;                /* NULL where the plan has no windows */
    mafat_host host;
    mafat_kernel_shape shape;          /* how convolutions are shared out */
    mafat_team team;
    char *arena;                       /* [plan->arena_bytes], owned, aligned to MAFAT_PAGE */
    bool is_populated;                 /* the arena's memory is there */
    float **maps;                      /* [n_layers], owned; NULL for outputs that are no maps */
    mafat_input input;                 /* of the run under way */
    int moment;                        /* that the run has come to */
    mafat_status status;
} mafat_exec;

/* What the convolution kernel of this build computes at once, for so many threads. */
mafat_kernel_shape mafat_exec_kernel_shape(int n_threads);

/* Bytes of workspace that the plan must provide for so many threads: a conv.h panel for each. */
size_t mafat_exec_workspace_bytes(int n_threads);

/* Allocates all that a run needs. Everything given must outlive the executor; `parameters` may
 * be filled in later, but before a run. The store is for plans that read weights in windows,
 * else NULL. n_threads >= 1. On MAFAT_FAILED nothing needs to be freed. */
mafat_status mafat_exec_init(mafat_exec *exec, const mafat_network *network, const mafat_plan *plan,
                             const mafat_parameters *parameters, mafat_store *store,
                             const mafat_host *host, int n_threads, mafat_error *error);

/* Runs one image. results[l], [n_layers], is where the output of layer l goes if the plan stores
 * it as a result, and is not read otherwise. Nothing is allocated by this call. `observer` may
 * be NULL. MAFAT_FAILED where weights could not be read, and the results mean nothing. */
mafat_status mafat_exec_run(mafat_exec *exec, const mafat_input *input, float *const *results,
                            const mafat_observer *observer, mafat_error *error);

/* Gives the arena's memory back until the next run. */
void mafat_exec_release(mafat_exec *exec);

/* Where a buffer is; during a run. */
float *mafat_exec_buffer(const mafat_exec *exec, const mafat_buffer *buffer);

/* Frees what the executor owns and clears it; a zeroed executor may be freed. */
void mafat_exec_free(mafat_exec *exec);

#endif
