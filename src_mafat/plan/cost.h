/* What a plan costs in time: a linear model. The work of a step is counted in a few kinds of units,
 * on the thread that has most of it; a unit of each kind costs so many seconds on this machine
 * (machine/calibrate.h measures them). Weights that are read meanwhile cost what reading takes longer
 * than computing.
 *
 * Seconds are the only floats in plan/, and decide nothing but which plan is better. */
#ifndef MAFAT_PLAN_COST_H
#define MAFAT_PLAN_COST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/layer.h"
#include "plan/ranks.h"
#include "plan/share.h"

typedef enum {
    MAFAT_COST_STEP,        /* a step handed out to the threads */
    MAFAT_COST_MAC,         /* a multiply-add in a full register tile; what pads it counts too */
    MAFAT_COST_THIN_MAC,    /* a multiply-add in register tiles that are one vector wide */
    MAFAT_COST_PACK,        /* a tap packed for kernels of more than one pixel */
    MAFAT_COST_PACK_POINT,  /* a tap packed for kernels of one pixel */
    MAFAT_COST_SUM,         /* a sum that goes to memory and back: once for each slice of taps */
    MAFAT_COST_WEIGHT,      /* a weight fetched for a panel, of more than fit a near cache */
    MAFAT_COST_MOVE,        /* a float read or written by layers that are not convolutions */
    /* by Winograd's algorithm alone: */
    MAFAT_COST_WINOGRAD_MAC,    /* a multiply-add at one of Winograd's points */
    MAFAT_COST_WINOGRAD_INPUT,  /* a channel of a tile's inputs evaluated at the points */
    MAFAT_COST_WINOGRAD_WEIGHT, /* a channel of a filter's weights evaluated */
    MAFAT_COST_WINOGRAD_OUTPUT, /* a tile of a filter interpolated, with its epilogue */
    MAFAT_N_COSTS
} mafat_cost_kind;

/* TUNING. Weights of a step that are more bytes than this come from further away each time. */
enum { MAFAT_COST_NEAR_BYTES = 256 << 10 };

/* Units of each kind. */
typedef struct {
    double units[MAFAT_N_COSTS];
} mafat_work;

typedef struct {
    mafat_kernel_shape shape;
    double unit_s[MAFAT_N_COSTS];   /* seconds a unit */
    double read_s;                  /* of one read of weights, whatever its size */
    double read_byte_s;             /* and for each byte of it */
    double lost_byte_s;             /* computing loses so much for each byte that is read meanwhile */
    bool read_is_measured;          /* these three are; else they are defaults */
    uint64_t read_device;           /* where they were measured, as stat() numbers file systems */
} mafat_costs;

/* What several ranks cost beside that. */
typedef struct {
    double message_s;               /* of a message to another rank, or from it, whatever its size */
    double message_byte_s;          /* and for each byte of it */
    double slowness[MAFAT_MAX_RANKS];    /* each takes so many times what rank 0 takes to compute when it
                                            is alone: they may share a machine */
    bool are_measured;              /* between these ranks; else they are defaults */
} mafat_rank_costs;

/* The work of a convolution's step: `n_filters` of all its filters, for `n_pixels` of its
 * output. */
mafat_work mafat_cost_conv(const mafat_kernel_shape *shape, const mafat_layer *layer, int n_filters,
                           size_t n_pixels);

/* The same by Winograd's algorithm, for `n_tiles` of its tiles, with so much workspace. */
mafat_work mafat_cost_winograd(const mafat_kernel_shape *shape, size_t workspace_bytes,
                               const mafat_layer *layer, int n_filters, int n_tiles);

/* The work of a step that only reads and writes floats, so many in all, shared by the threads. */
mafat_work mafat_cost_move(const mafat_kernel_shape *shape, size_t n_floats);

/* Costs where nobody measured them, for a kernel of this shape: a core of
 * AVX-512 (Zen 5, 200 GFLOP/s), whatever the threads, and a disk that reads
 * 1 GB/s. What matters for a search is how they compare with each other. */
mafat_costs mafat_cost_defaults(const mafat_kernel_shape *shape);

/* Ranks that are alike, in a network of 1 Gbit, where nobody measured: TCP carries 1448 bytes in each
 * 1538 that go over the wire, 118 MB/s; and a message takes some 100 us from one program to the
 * other, through two kernels and a switch. */
mafat_rank_costs mafat_cost_rank_defaults(void);

/* The slowness of a rank where these share the work: where it does all, there is none. */
double mafat_cost_rank_slowness(const mafat_rank_costs *costs, const mafat_ranks *ranks, int rank);

/* Seconds of the work. */
double mafat_cost_seconds(const mafat_costs *costs, const mafat_work *work);

/* Seconds that `n_reads` reads of weights take, of n_bytes in all; and what computing loses to
 * them. */
double mafat_cost_read_seconds(const mafat_costs *costs, int n_reads, size_t n_bytes);
double mafat_cost_lost_seconds(const mafat_costs *costs, size_t n_bytes);

#endif
