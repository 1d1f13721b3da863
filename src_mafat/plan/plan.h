/* The plan: everything that a run will do, as data. The executor is a loop over its steps; the
 * predictor adds its buffers up; the commands print it. No pointers into memory, and no floats but
 * the seconds that the cost model (cost.h) gives it.
 *
 * Lifetimes are counted in moments. A layer that runs once, whole, has a moment of its own, or
 * one for each window of its weights. In a layer group of several tiles each layer has one
 * moment, which comes back with every tile: no tile outlives the next, so that one buffer a
 * layer serves all tiles, and the plan's size does not depend on the grid. A group that reuses
 * rows is one single moment.
 *
 * A plan may be for several images, which one pass of the weights serves. Its first groups are the
 * head: they run image by image, so that its moments come back with every image and its weights
 * stay from the first one to the last. The groups behind are the tail: they run layer by layer,
 * each window of weights for one image after the other, and what is kept there, as what the head
 * hands to it, is kept for each image. What one image does before the next one does the same is a
 * turn. Its steps are in the plan once.
 *
 * A plan may be that of one of several ranks (division.h), for one image: it has the steps of this
 * rank's parts alone, and the weights that they need, and between them steps in which ranks exchange
 * what others computed. */
#ifndef MAFAT_PLAN_PLAN_H
#define MAFAT_PLAN_PLAN_H

#include "base/layer.h"
#include "base/status.h"
#include "plan/arena.h"
#include "plan/config.h"
#include "plan/cost.h"
#include "plan/division.h"
#include "plan/group.h"
#include "plan/ranks.h"
#include "plan/region.h"

enum { MAFAT_MAX_STEPS = 1 << 20 };

/* TUNING. A convolution before a pool whose kernels do not overlap runs in bands of rows, each
 * pooled at once while it is in the cache: its tile's buffer holds a band of at most so many bytes
 * (or, if that is less, the rows of one row of kernels). Nothing is computed twice for it. */
enum { MAFAT_BAND_BYTES = 512 << 10 };

/* What direct reads from a file need: offsets, lengths and addresses that are multiples of it. That
 * suits every disk, and has nothing to do with the machine's pages (base/size.h). */
enum { MAFAT_READ_UNIT = 4096 };

/* Room for so many bytes in whole units, wherever in one they begin. */
size_t mafat_plan_unit_span(size_t bytes);

/* TUNING. Weights of up to so many bytes that are read once lie one behind the other: deep narrow
 * networks have hundreds of layers of a few hundred bytes. Larger ones are read where they stay,
 * and have mafat_plan_unit_span(). */
enum { MAFAT_PACKED_BYTES = 64 << 10 };

size_t mafat_plan_pinned_span(size_t bytes);

/* How the weights of a convolution come into memory: once for all runs, whole, or in each run, in
 * windows of so many filters. A layer that runs many times, tile after tile, has one window. */
typedef struct {
    bool pinned;
    int window_filters;       /* 1 or more; that of all filters, or more: one window */
} mafat_weight_mode;

/* Where the output of a layer is made and read, of a plan for several images; see images.h. */
typedef enum {
    MAFAT_WITHIN_HEAD,        /* while an image is in the head: one buffer serves all images */
    MAFAT_ACROSS,             /* made in the head, and read behind it, for each image */
    MAFAT_WITHIN_TAIL         /* for each image */
} mafat_image_side;

/* What a plan is built in, to be used again for the next one (scratch.h). */
typedef struct mafat_scratch mafat_scratch;

/* What a plan depends on beside the network and the configuration. */
typedef struct {
    size_t workspace_bytes;   /* that the kernels need beside their operands while they run */
    bool image_by_rows;       /* the input comes from a source of rows, not as a map */
    const mafat_ranks *ranks; /* borrowed; NULL: one. Of several, the input comes by rows whatever
                                 image_by_rows says */
    int n_images;             /* of a pass: 1 or more; 0: 1; of several ranks no more */
    int n_head_layers;        /* of several images: so many layers, in the order of execution, are the
                                 head; no interleaved group is in both parts. 0: as many as suit the
                                 memory */
    const mafat_image_side *sides;     /* [n_layers + 1], borrowed: of several images, of a part
                                          (build.h) */
    const mafat_weight_mode *weights;  /* [n_layers], borrowed, those of convolutions are read;
                                          NULL: all weights are in the caller's memory */
    const mafat_costs *costs; /* borrowed; NULL: the plan says nothing of time */
    size_t max_arena_bytes;   /* a plan with a larger arena is of no use; 0: any is */
    bool is_sketch;           /* the plan is to be looked at, and not run: of the steps of a layer
                                 only the first one of each moment is kept */
    mafat_scratch *scratch;   /* borrowed, of this network; NULL: the plan is built in its own */
} mafat_plan_options;

typedef enum {
    MAFAT_IN_IMAGE,   /* the caller's input */
    MAFAT_IN_ARENA,
    MAFAT_IN_PINNED,  /* the block of what is read once */
    MAFAT_IN_RESULT   /* the caller's memory for a result layer's output, of a plan for one image */
} mafat_storage;

typedef struct {
    mafat_storage storage;
    int layer;                  /* whose output or weights; -1 for the image and the workspace */
    bool is_map;                /* the whole map; else a tile's region or some rows at a time */
    bool is_result;             /* a map that is read after the run */
    bool is_for_each_image;     /* it has as many parts of one size as the plan has images */
    mafat_arena_buffer place;   /* bytes and lifetime; offset in the arena or the pinned block */
} mafat_buffer;

/* The two buffers that belong to no layer. */
enum { MAFAT_IMAGE_BUFFER, MAFAT_WORKSPACE_BUFFER };

/* Weights of some filters of one layer, read from the file at once, and the buffer for them, with
 * room for whole units around them, unless they are packed. Windows of one layer share two
 * buffers. */
typedef struct {
    int layer;
    int filter_begin, filter_end;
    size_t bytes;               /* of these weights */
    bool pinned;
    int first_moment;           /* from which on its buffer may be written */
    int last_moment;            /* at which it is used */
    int buffer;
} mafat_weight_window;

/* Whether its buffer holds a window's weights and nothing around them. */
bool mafat_plan_is_packed(const mafat_weight_window *window);

/* What a step reads or writes: `region` of a layer's map, in a buffer that holds the region `held`
 * of it, densely. A map's buffer holds the map, a tile's what the tile needs. Rows that are reused
 * lie in a buffer that may have room for rows behind the map's last one: `held` has them too. */
typedef struct {
    int buffer;
    mafat_region region, held;
    int first_channel;          /* in the buffer, of what a step reads: a part of a layer's channels */
} mafat_operand;

typedef enum {
    MAFAT_STEP_LAYER,
    MAFAT_STEP_INPUT,           /* rows of the network's input come in: `out` */
    MAFAT_STEP_KEEP,            /* rows needed again move up in their buffer: `in` to `out` */
    MAFAT_STEP_EXCHANGE         /* ranks send each other a portion of a map, which is `out`: see
                                   mafat_plan_messages() */
} mafat_step_kind;

/* A part of a map that goes from one rank to another. */
typedef struct {
    int layer;                  /* whose output; -1: the image */
    int portion;                /* of what its sender computes */
    int peer;                   /* the other rank */
    bool is_sent;               /* to it; else it comes from there */
    mafat_part part;
} mafat_message;

/* One layer on one tile, or on a part of its rows or filters. in.region is the receptive field of
 * out.region, cut to the map; the padding is what was cut off above and to the left (below and to
 * the right it follows from the sizes). A join has a step for each of its sources, a shortcut one for
 * each but the first: it adds that source to the first one, or to the sum of those before, which it
 * reads where it writes. A layer of kind MAFAT_WHOLE reads all its sources whole; `in` is the first. */
typedef struct {
    mafat_step_kind kind;
    int group, tile_row, tile_col;
    int layer;                  /* -1 for the image */
    int moment;
    mafat_operand in, out;
    mafat_operand also;         /* what a layer that reads two maps at once reads beside `in` */
    int pad_top, pad_left;
    int filter_begin, filter_end;  /* of a convolution, and of the exchange of one of several portions;
                                      of a join, those channels of its output that one of its sources
                                      gives */
    int window;                 /* with these filters' weights; -1: they are the caller's */
    /* together of the size of one number: there are many steps, and their memory counts */
    bool completes_map : 1;     /* the last step of the layer whose whole map the group makes */
    bool ends_turn : 1;         /* the next image, if there is one, does the same before what follows */
    bool ends_exchange : 1;     /* of a map: behind this step all of it has been sent and received. In the
                                   exchanges of portions before the last one nobody waits */
    unsigned portion : 8;       /* that is sent in an exchange */
    unsigned also_source : 16;  /* which of the layer's sources `also` is */
} mafat_step;

typedef struct {
    int n_images;               /* that a run takes at most */
    int n_groups;
    int n_head_groups;          /* the first ones, of a plan for several images; all, of one */
    mafat_group *groups;        /* [n_groups], owned: all layers, in the order of execution */
    int n_buffers;
    mafat_buffer *buffers;      /* [n_buffers], owned */
    int n_layers;
    int *output_buffers;        /* [n_layers], owned: which buffer a layer's output is in */
    int n_windows;
    mafat_weight_window *windows;      /* [n_windows], owned: in the order of use */
    int n_steps;
    mafat_step *steps;          /* [n_steps], owned: in the order of execution */
    int n_moments;
    bool image_by_rows;
    bool reads_weights;         /* in windows, some or all of them once; else they are the caller's */
    int n_messages;
    mafat_message *messages;    /* [n_messages], owned: in the order of execution, those of a layer
                                   together, and of a portion; of one rank there are none */

    size_t arena_bytes;         /* the block that holds all MAFAT_IN_ARENA buffers */
    size_t live_bytes;          /* what no placement can go below */
    size_t pinned_bytes;        /* the block that holds all MAFAT_IN_PINNED buffers */
    size_t weight_bytes_read;   /* of windows that are not pinned: in each run */
    uint64_t macs;              /* of all groups, for one image */
    uint64_t redundant_macs;
    double latency_s;           /* of all groups, for all images */
    double *layer_s;            /* [n_layers], owned: of which so much for each layer */
    size_t building_bytes;      /* what it took to build it, itself among it */
} mafat_plan;

/* Bytes of a plan's arrays that grow with its steps, windows and messages, and of those that grow with
 * layers. */
size_t mafat_plan_array_bytes(const mafat_plan *plan);
size_t mafat_plan_layer_bytes(int n_layers);

/* Frees what the plan owns and clears it; a zeroed plan may be freed. */
void mafat_plan_free(mafat_plan *plan);

/* Where a part of a buffer that each image has begins, from the buffer's own begin. */
size_t mafat_plan_image_offset(const mafat_plan *plan, const mafat_buffer *buffer, int image);

/* Where a run is: at which step, for which image, and where that image's turn began. Zeros: at the
 * first step, for the first image. */
typedef struct {
    int step, image;
    int first_step;
} mafat_turn;

/* What follows, where so many images run; behind the last step of the last turn, at n_steps. */
mafat_turn mafat_plan_next(const mafat_plan *plan, mafat_turn at, int n_images);

/* Whether the images of a plan take a step together: then what Winograd's algorithm makes of weights
 * serves all of them. So it is in the tail, where the step's input and output have a part for each
 * image, evenly apart. Such a step is a turn. */
bool mafat_plan_is_taken_together(const mafat_plan *plan, const mafat_network *network,
                                  const mafat_step *step);

/* The messages of all portions of a layer's output, or of the image (-1), and how many. */
const mafat_message *mafat_plan_messages(const mafat_plan *plan, int layer, int *n);

/* The first moment of what the step belongs to: the head's of several images, its group's where
 * that is interleaved, else its own. Nothing that was alive only before it will be used again in
 * this run. */
int mafat_plan_floor(const mafat_plan *plan, const mafat_step *step);

/* Redundant multiply-accumulates in percent of those that would do. */
double mafat_plan_redundant_percent(uint64_t macs, uint64_t redundant_macs);

#endif
