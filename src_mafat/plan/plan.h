/* The plan: everything that a run will do, as data. The executor is a loop over its steps; the
 * predictor adds its buffers up; the commands print it. No floats, no pointers into memory.
 *
 * Time is counted in layers. All tiles of a layer group run the same layers in the same order and
 * no tile outlives the next, so that one buffer per layer serves all tiles of the group, and "alive
 * while layer l runs" says everything about lifetimes: the plan's size does not depend on the
 * grid. */
#ifndef MAFAT_PLAN_PLAN_H
#define MAFAT_PLAN_PLAN_H

#include "base/layer.h"
#include "base/status.h"
#include "plan/arena.h"
#include "plan/config.h"
#include "plan/group.h"
#include "plan/region.h"

enum { MAFAT_MAX_STEPS = 1 << 20 };

/* A convolution before a pool whose windows do not overlap runs in bands of rows, each pooled at
 * once while it is in the cache: its tile's buffer holds a band of at most so many bytes (or, if
 * that is less, the rows of one row of windows). Nothing is computed twice for it. */
enum { MAFAT_BAND_BYTES = 512 << 10 };

typedef enum {
    MAFAT_IN_IMAGE,   /* the caller's input */
    MAFAT_IN_ARENA,
    MAFAT_IN_RESULT   /* the caller's memory for a result layer's output */
} mafat_storage;

typedef struct {
    mafat_storage storage;
    int layer;                  /* whose output it holds; -1 for the image and the workspace */
    bool is_map;                /* the whole map; else one tile's region at a time, densely */
    mafat_arena_buffer place;   /* bytes and lifetime in layers; offset only for MAFAT_IN_ARENA */
} mafat_buffer;

/* The two buffers that belong to no layer. */
enum { MAFAT_IMAGE_BUFFER, MAFAT_WORKSPACE_BUFFER };

/* What a step reads or writes: `region` of a layer's map, in a buffer that holds the region `held`
 * of it, densely. A map's buffer holds the map, a tile's what the tile needs. */
typedef struct {
    int buffer;
    mafat_region region, held;
} mafat_operand;

/* One layer on one tile, or on a band of its rows. in.region is the receptive field of out.region,
 * cut to the map; the padding is what was cut off above and to the left (below and to the right it
 * follows from the sizes). A layer of kind MAFAT_WHOLE reads all its sources whole; `in` is the
 * first. */
typedef struct {
    int group, tile_row, tile_col, layer;
    mafat_operand in, out;
    int pad_top, pad_left;
    bool completes_map;         /* the last tile of the layer whose whole map the group makes */
} mafat_step;

typedef struct {
    int n_groups;
    mafat_group *groups;        /* [n_groups], owned: all layers, in order */
    int n_buffers;
    mafat_buffer *buffers;      /* [n_buffers], owned */
    int n_layers;
    int *output_buffers;        /* [n_layers], owned: which buffer a layer's output is in */
    int n_steps;
    mafat_step *steps;          /* [n_steps], owned: in the order of execution */

    size_t arena_bytes;         /* the block that holds all MAFAT_IN_ARENA buffers */
    size_t live_bytes;          /* what no placement can go below */
    size_t macs;                /* of all groups */
    size_t redundant_macs;
} mafat_plan;

/* Makes the plan of a network and a configuration; `workspace_bytes` is what the kernels need
 * beside their operands while they run.
 *
 * Errors: those of mafat_group_resolve(), MAFAT_USAGE for more than MAFAT_MAX_STEPS steps,
 * MAFAT_FAILED where memory for the plan is lacking or a size overflows. On error nothing needs to
 * be freed. */
mafat_status mafat_plan_build(mafat_plan *plan, const mafat_network *network,
                              const mafat_config *config, size_t workspace_bytes,
                              mafat_error *error);

/* Frees what the plan owns and clears it; a zeroed plan may be freed. */
void mafat_plan_free(mafat_plan *plan);

/* Redundant multiply-accumulates in percent of those that would do. */
double mafat_plan_redundant_percent(size_t macs, size_t redundant_macs);

#endif
