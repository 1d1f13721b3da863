/* How much memory a plan takes: the plan's own sums, and beside them what the process holds, as a
 * memory cgroup charges it. There is no second formula for anything that is in the plan. */
#ifndef MAFAT_PLAN_PREDICT_H
#define MAFAT_PLAN_PREDICT_H

#include "plan/plan.h"

/* What a process holds whatever the plan; the caller measures or knows it. */
typedef struct {
    size_t base_bytes;        /* the program's own memory, as it is when the network is planned */
    size_t file_bytes;        /* page cache that it is charged for: its program, what it reads */
    size_t network_bytes;     /* descriptions of layers, and what Darknet's own layers keep */
    size_t name_bytes;        /* of classes, with trees and maps of them; times of runs that are kept */
    size_t kernel_bytes;      /* the kernel's, for the process and its first thread */
    size_t page_table_bytes;  /* of the process before it holds anything that is counted here */
    size_t image_bytes;       /* a decoded image, held while the network runs */
    size_t image_cache_bytes; /* and page cache for its file */
    size_t decode_bytes;      /* the most that decoding it takes, before the network runs */
    size_t opening_bytes;     /* of that, what it takes until its first row is there: of several
                                 images while the network runs */
    size_t waiting_bytes;     /* each of several images, while it waits for their pass and runs */
    size_t dealt_bytes;       /* with each image of a pass: results of those that other ranks run with it,
                                 which wait for their turn */
    size_t statistics_bytes;  /* biases and batch norm statistics, read once */
    size_t weight_bytes;      /* all weights, where the program loads them itself */
    size_t weight_cache_bytes;/* and page cache for their file */
    size_t thread_bytes;      /* of one more thread: its stack and what the kernel keeps for it */
    size_t ahead_bytes;       /* the most that the kernel charges ahead for one processor */
    bool repeats;             /* images follow each other: results are there when one is decoded */
    size_t text_bytes;        /* of the cfg while it is read */
    bool chooses;             /* it looks for its plan itself, which counts like all else */
    size_t choosing_bytes;    /* of all this, what it holds then, and while it reads the cfg */
    int n_threads;            /* that compute; one more reads weights */
    int n_processors;         /* that they may run on */
} mafat_process;

/* The terms add up to total_bytes. */
typedef struct {
    size_t base_bytes, file_bytes, network_bytes, name_bytes, kernel_bytes, thread_bytes;
    size_t page_table_bytes;
    size_t ahead_bytes;
    size_t plan_bytes;        /* the plan itself */
    size_t arena_bytes;       /* maps, tiles, rows, workspace, windows of weights */
    size_t pinned_bytes;      /* weights that are read once, as the plan says */
    size_t parameter_bytes;   /* biases and batch norm statistics; all parameters where the plan has
                                 no windows: Darknet loads them */
    size_t result_bytes;      /* outputs that Darknet's commands read */
    size_t image_bytes;
    size_t decode_bytes;      /* what decoding takes beyond image, arena and results, which are not
                                 there yet, or again */
    size_t choosing_bytes;    /* what reading the cfg, and choosing the plan or an earlier plan, took
                                 beyond all of the above, which was not there yet */
    size_t rounding_bytes;    /* up to the whole pages that the kernel charges: of the arena, and of
                                 what is pinned and the plan together */
    size_t total_bytes;
} mafat_prediction;

/* What a prediction needs of a plan: a search knows it before there is one. */
typedef struct {
    size_t arena_bytes;
    size_t pinned_bytes;      /* weights that are read once */
    size_t array_bytes;       /* mafat_plan_array_bytes() */
    size_t result_bytes;
    size_t kept_bytes;        /* of the arena, results of several images: they stay behind a run */
    size_t search_bytes;      /* that a search held when it chose the plan; 0: nobody searched */
    int n_layers;
    int n_images;
    bool reads_weights;       /* in windows or once; else they are in the caller's memory */
} mafat_plan_sums;

mafat_plan_sums mafat_predict_sum_up(const mafat_plan *plan);

mafat_prediction mafat_predict_of_sums(const mafat_plan_sums *sums, const mafat_process *process);

/* What the images of a pass of so many take while they wait for it, or for their turn. */
size_t mafat_predict_waiting(const mafat_process *process, int n_images);

/* What the kernel has charged ahead at most while so many threads run. */
size_t mafat_predict_ahead(const mafat_process *process, int n_threads);

/* What the process is charged for while a search holds so much: nothing where another process
 * chooses. */
size_t mafat_predict_choosing(const mafat_process *process, size_t search_bytes);

/* The most array_bytes with which so much fits within a limit, whatever `sums` has of them; false
 * where it does not fit without any. */
bool mafat_predict_max_array_bytes(const mafat_plan_sums *sums, const mafat_process *process,
                                   size_t limit_bytes, size_t *array_bytes);

/* mafat_predict_of_sums() of mafat_predict_sum_up(). */
mafat_prediction mafat_predict(const mafat_plan *plan, const mafat_process *process);

/* The terms that are there whatever the configuration: all before plan_bytes. */
size_t mafat_prediction_process_bytes(const mafat_prediction *prediction);

#endif
