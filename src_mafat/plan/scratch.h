/* What follows from a network alone, and arrays that plans of it are built in, one after the other:
 * a search builds thousands. */
#ifndef MAFAT_PLAN_SCRATCH_H
#define MAFAT_PLAN_SCRATCH_H

#include "plan/plan.h"

/* Which rows (or columns) of a layer's output the tiles of a group compute, counted once however
 * often they are computed; tiles come in ascending order. */
typedef struct {
    int n_covered, end;
} mafat_coverage;

/* The rows of a layer in a group that reuses them. */
typedef struct {
    int n_made;                 /* rows [0, n_made) have been computed */
    int top;                    /* the first row that its buffer holds */
    int capacity;               /* rows that its buffer has room for */
    int each;                   /* rows that it computes at once */
    int last_reader;            /* the last layer of the group that reads it */
} mafat_rows;

/* What the steps of a layer in its group come to. */
typedef struct {
    int n_steps;
    int last_moment;            /* of the last one that was kept */
    uint64_t macs;
    double seconds;             /* of computing; 0 without costs */
} mafat_layer_sum;

/* What a step's time depends on, but for its layer: filters, 0 where it does not compute, and the sizes
 * of its regions. So many pixels alone are not enough: 4x4 are one tile of Winograd's, 8x2 are two. */
typedef struct {
    int n_filters;
    int in_height, in_width, also_height, also_width, out_height, out_width;
} mafat_step_extent;

/* A step that was timed: others of its extent take as long. */
typedef struct {
    mafat_step_extent extent;
    double seconds;
} mafat_timed_step;

/* All but producers, are_results and sides is zero between two plans. */
struct mafat_scratch {
    int n_layers;
    int *producers;             /* [n_layers], owned: mafat_layer_producer() of each */
    bool *are_results;          /* [n_layers], owned: the output, under its own or under another
                                   layer's name, is read after the run */
    mafat_image_side *sides;    /* [n_layers + 1], owned: the image's, then the layers' */
    int *ints;                  /* [5 * n_layers], owned */
    mafat_region *regions;      /* [2 * n_layers], owned */
    mafat_coverage *covered;    /* [2 * n_layers], owned */
    mafat_rows *reused;         /* [n_layers + 1], owned */
    mafat_layer_sum *sums;      /* [n_layers + 1], owned */
    mafat_timed_step *timed;    /* [n_layers + 1], owned */
};

/* The scratch memory for plans of a network; NULL without memory. */
mafat_scratch *mafat_scratch_new(const mafat_network *network);
void mafat_scratch_free(mafat_scratch *scratch);

/* What it takes. */
size_t mafat_scratch_bytes(int n_layers);

/* Makes what a builder touched of layers [first, end) zeros again. */
void mafat_scratch_clear(mafat_scratch *scratch, int first, int end);

#endif
