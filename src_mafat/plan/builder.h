/* What the parts of plan/ share while a plan is made: plan.c makes buffers and places them,
 * windows.c divides weights, steps.c and rows.c make the steps of a group, timing.c times them. */
#ifndef MAFAT_PLAN_BUILDER_H
#define MAFAT_PLAN_BUILDER_H

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

/* What a group came to that keeps rows. */
struct mafat_row_memo {
    int first, end, n_tiles;    /* of the group; n_tiles 0: nothing is known */
    struct {
        int capacity;           /* of its buffer, in rows */
        mafat_layer_sum sum;
    } layers[];                 /* [n_layers + 1]: the image's, then the layers' */
};

/* A step that was timed: others of its size take as long. */
typedef struct {
    int n_filters;              /* 0 where it does not compute */
    size_t n_read, n_written;   /* pixels */
    double seconds;
} mafat_timed_step;

/* What follows from the network alone, and arrays that are all zeros between two plans. */
struct mafat_plan_rooms {
    int n_layers;
    int *producers;             /* [n_layers], owned: mafat_layer_producer() of each */
    bool *are_results;          /* [n_layers], owned: the output, under its own or under another
                                   layer's name, is read after the run */
    int *ints;                  /* [5 * n_layers], owned */
    mafat_region *regions;      /* [2 * n_layers], owned */
    mafat_coverage *covered;    /* [2 * n_layers], owned */
    mafat_rows *reused;         /* [n_layers + 1], owned */
    mafat_layer_sum *sums;      /* [n_layers + 1], owned */
    mafat_timed_step *timed;    /* [n_layers + 1], owned */
};

typedef struct {
    mafat_plan *plan;
    const mafat_network *network;
    const mafat_plan_options *options;
    mafat_error *error;
    mafat_plan_rooms *rooms;    /* which all arrays below are in */
    mafat_row_memo *memo;       /* of a part; NULL: none is kept */
    const int *producers;
    int *output_buffers;        /* [n_layers]: of a part, which has none of its own */
    int *first_windows, *n_windows;   /* [n_layers]: of the layer, in plan->windows */
    int *first_moments, *last_moments;/* [n_layers] */
    mafat_region *inputs;       /* [n_layers]: input regions of the tile at hand */
    mafat_region *outputs;      /* [n_layers]: its output regions */
    mafat_coverage *rows, *cols;/* [n_layers]: of the group at hand */
    mafat_rows *reused;         /* [n_layers + 1]: the image's, then the layers' */
    mafat_layer_sum *sums;      /* [n_layers + 1]: the image's, then the layers' */
    mafat_timed_step *timed;    /* [n_layers + 1]: the image's last one, then the layers' */
    bool is_part;               /* of one group: steps are counted and forgotten */
    int n_all_steps;            /* those that a sketch does not keep among them */
    int n_rooms;                /* for steps in the plan */
} mafat_builder;

/* The tile that steps are being made for. */
typedef struct {
    int group, row, col;
} mafat_position;

/* Whether layer l and the next one of the group run band by band (plan.h). */
bool mafat_builder_is_pooled(const mafat_builder *b, const mafat_group *group, int l);

/* Bytes of a map or of a part of it. MAFAT_FAILED where they do not fit a size_t. */
mafat_status mafat_builder_bytes(const mafat_builder *b, int layer, mafat_shape shape,
                                 size_t *bytes);

/* Divides the weights of all convolutions into windows (windows.c). Needs the groups in their
 * order. */
mafat_status mafat_builder_make_windows(mafat_builder *b);

/* Gives the windows their buffers (windows.c). Needs the moments. */
void mafat_builder_place_windows(mafat_builder *b);

/* What a step takes, 0 without costs; and sets a group's time when all its steps are there
 * (timing.c). */
double mafat_builder_time_step(mafat_builder *b, const mafat_step *step);
void mafat_builder_time_group(mafat_builder *b, mafat_group *group);

/* Adds the steps of a group: by tiles (steps.c), or by rows that are kept (rows.c). */
mafat_status mafat_builder_add_tiles(mafat_builder *b, int group);
mafat_status mafat_builder_add_rows(mafat_builder *b, int group);

/* Adds a step as it is, but for its place and moment, and makes room in its output's buffer for
 * what it holds (steps.c). */
mafat_status mafat_builder_add_step(mafat_builder *b, mafat_position at, mafat_step step);

/* Makes room for what a buffer holds of the map of a layer, or of the image (-1), unless it is the
 * map's (steps.c). */
mafat_status mafat_builder_fit_buffer(mafat_builder *b, int buffer, int layer, mafat_region held);

/* The step that computes `out`, a part of the output of layer l, which lies in a buffer that holds
 * `out_held`; that of its input holds `in_held`. Where they hold maps, that goes before. */
mafat_step mafat_builder_layer_step(const mafat_builder *b, int l, mafat_region out,
                                    mafat_region in_held, mafat_region out_held);

/* mafat_layer_producer() of source number s of layer l. */
int mafat_builder_source(const mafat_builder *b, int l, int s);

/* The buffer of what layer l reads: of its source number s. */
int mafat_builder_source_buffer(const mafat_builder *b, int l, int s);

#endif
