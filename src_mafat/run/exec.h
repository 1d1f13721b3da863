/* Runs a plan: one loop over its steps, on one block of memory that is allocated beforehand. */
#ifndef MAFAT_RUN_EXEC_H
#define MAFAT_RUN_EXEC_H

#include "base/layer.h"
#include "base/rounding.h"
#include "base/status.h"
#include "plan/plan.h"
#include "run/team.h"

/* A convolution's parameters as Darknet holds them; all borrowed. With batch norm all five are
 * set. */
typedef struct {
    const float *weights;    /* [filters][channels/groups][size][size] */
    const float *biases;     /* [filters] */
    const float *scales, *mean, *variance;  /* [filters] */
} mafat_parameters;

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

typedef struct {
    const mafat_network *network;      /* borrowed, as all below but for the arena and maps */
    const mafat_plan *plan;
    const mafat_parameters *parameters; /* [n_layers]; only those of MAFAT_CONVOLUTION are read */
    mafat_host host;
    mafat_team team;
    char *arena;                       /* [plan->arena_bytes], owned, MAFAT_ARENA_ALIGN-aligned */
    float **maps;                      /* [n_layers], owned; NULL for outputs that are no maps */
} mafat_exec;

/* Bytes of workspace that the plan must provide for so many threads: a conv.h panel for each. */
size_t mafat_exec_workspace_bytes(int n_threads);

/* Allocates all that a run needs. Everything given must outlive the executor; `parameters` may be
 * filled in later, but before a run. n_threads >= 1. On MAFAT_FAILED nothing needs to be freed. */
mafat_status mafat_exec_init(mafat_exec *exec, const mafat_network *network, const mafat_plan *plan,
                             const mafat_parameters *parameters, const mafat_host *host,
                             int n_threads, mafat_error *error);

/* Runs one image. `image` is [c][h][w] of the network's input; results[l], [n_layers], is where the
 * output of layer l goes if the plan stores it as a result, and is not read otherwise. Nothing is
 * allocated by this call. `observer` may be NULL. */
void mafat_exec_run(mafat_exec *exec, float *image, float *const *results,
                    const mafat_observer *observer);

/* Frees what the executor owns and clears it; a zeroed executor may be freed. */
void mafat_exec_free(mafat_exec *exec);

#endif
