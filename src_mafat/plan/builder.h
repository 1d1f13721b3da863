/* A plan that is being built: its state, which all parts of plan/ that build share. build.c goes
 * through them in their order: windows, buffers, then steps by tiles or by rows, and their time. */
#ifndef MAFAT_PLAN_BUILDER_H
#define MAFAT_PLAN_BUILDER_H

#include "plan/plan.h"
#include "plan/row_memo.h"
#include "plan/scratch.h"

typedef struct {
    mafat_plan *plan;
    const mafat_network *network;
    const mafat_plan_options *options;
    mafat_error *error;
    mafat_scratch *scratch;     /* which all arrays below are in */
    mafat_row_memo *memo;       /* of a part; NULL: none is kept */
    const int *producers;
    const mafat_image_side *sides;    /* [n_layers + 1]; of one image all are within the head */
    mafat_division division;    /* owned; zeros where there is one rank */
    int head_last_moment;       /* of several images */
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
    int step_capacity;          /* of plan->steps, */
    int message_capacity;       /* and plan->messages */
} mafat_builder;

/* Gets a builder ready to work in scratch memory of its own or in what is given; false without
 * memory. */
bool mafat_builder_begin(mafat_builder *b);

/* Frees what the builder owns, and leaves scratch memory as it was found, after a plan or after that of one group, `part`. */
void mafat_builder_end(mafat_builder *b, const mafat_group *part);

/* mafat_layer_producer() of source number s of layer l. */
int mafat_builder_source(const mafat_builder *b, int l, int s);

/* The buffer of what layer l reads: of its source number s. */
int mafat_builder_source_buffer(const mafat_builder *b, int l, int s);

/* Whether rows of the input are asked for as the first group needs them: of one rank, if the options say
 * so. */
bool mafat_builder_has_input_by_rows(const mafat_builder *b);

/* What this rank computes of layer l: all, where there is one. */
mafat_part mafat_builder_made(const mafat_builder *b, int l);

/* A portion of it, of mafat_division_portions(). */
mafat_part mafat_builder_portion(const mafat_builder *b, int l, int portion);

/* The rows of the output of layer l, or of the image (-1), that a buffer for the map holds on this rank:
 * those that it computes and those that it reads. */
mafat_region mafat_builder_held(const mafat_builder *b, int l);

/* Whether all of a layer's output is there on this rank in the end. */
bool mafat_builder_has_whole(const mafat_builder *b, int l);

/* Whether the plan is for several images and layer l in its head. */
bool mafat_builder_is_in_head(const mafat_builder *b, int l);

/* Whether layer l and the next one of the group run band by band (plan.h). */
bool mafat_builder_is_pooled(const mafat_builder *b, const mafat_group *group, int l);

#endif
