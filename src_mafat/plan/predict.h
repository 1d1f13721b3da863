/* How much memory a plan takes: the plan's own sums, and beside them what the process holds.
 * There is no second formula for anything that is in the plan. */
#ifndef MAFAT_PLAN_PREDICT_H
#define MAFAT_PLAN_PREDICT_H

#include "plan/plan.h"

/* What a process holds whatever the plan; the caller measures or knows it. */
typedef struct {
    size_t base_bytes;        /* the program itself, as it is when the network is planned */
    size_t image_bytes;       /* a decoded image, held while the network runs */
    size_t decode_bytes;      /* the most that decoding it takes, before the network runs */
    size_t statistics_bytes;  /* biases and batch norm statistics, read once */
    size_t weight_bytes;      /* all weights, where the program loads them itself */
    size_t thread_bytes;      /* of one thread: its stack and what the kernel keeps for it */
    int n_threads;            /* that compute; one more reads weights */
} mafat_process;

typedef struct {
    size_t base_bytes, image_bytes, thread_bytes;
    size_t plan_bytes;        /* the plan itself */
    size_t arena_bytes;       /* maps, tiles, rows, workspace, windows of weights */
    size_t pinned_bytes;      /* weights that are read once, and statistics: all of them where
                                 the plan has no windows */
    size_t result_bytes;      /* outputs that Darknet's commands read */
    size_t decode_bytes;      /* in place of image, arena and results, before the network runs */
    size_t total_bytes;       /* the sum, with the larger of the two */
} mafat_prediction;

/* What a prediction needs of a plan: a search knows it before there is one. */
typedef struct {
    size_t arena_bytes;
    size_t pinned_bytes;      /* weights that are read once */
    size_t array_bytes;       /* mafat_plan_array_bytes() */
    size_t result_bytes;
    int n_layers;
    bool reads_weights;       /* in windows or once; else they are in the caller's memory */
} mafat_plan_sums;

mafat_plan_sums mafat_predict_sum_up(const mafat_plan *plan);

mafat_prediction mafat_predict_of_sums(const mafat_plan_sums *sums, const mafat_process *process);

/* The two above, one after the other. */
mafat_prediction mafat_predict(const mafat_plan *plan, const mafat_process *process);

#endif
