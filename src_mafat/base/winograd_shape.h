/* Winograd's F(4x4, 3x3) in numbers: what plans, which count its work and its scratch, and kernels
 * (kernels/winograd.h), which do it, must agree on. */
#ifndef MAFAT_BASE_WINOGRAD_SHAPE_H
#define MAFAT_BASE_WINOGRAD_SHAPE_H

#include <stddef.h>

enum {
    MAFAT_WINOGRAD_OUT = 4,         /* rows and columns of outputs of a tile */
    MAFAT_WINOGRAD_IN = 6,          /* of inputs that they depend on; points in each direction */
    MAFAT_WINOGRAD_POINTS = MAFAT_WINOGRAD_IN * MAFAT_WINOGRAD_IN,

    /* Channels whose products are summed on their own, before they are added to the sum of the
     * channels before. It decides bits, and errors: short sums are exact ones. */
    MAFAT_WINOGRAD_CHANNELS = 32
};

/* TUNING. Scratch that a run should have: as much as a near cache holds. How many times as fast as
 * conv.h the 3x3 layers of YOLOv2-608 were, one by one, on a core of Zen 5 with 1 MB of
 * second-level cache: AVX-512 2.58 with 1280 KB, 2.54 with 1024 KB, 2.49 with 768 KB; layer by
 * layer 2.2 (32 channels at 304x304) to 2.9 (128 at 76x76). Five of them by AVX2: 2.6 with 1280 KB,
 * 2.4 with 768 KB, 2.3 with 512 KB; three by SSE2: 2.7 with 1024 KB, 2.6 with 512 KB. */
enum { MAFAT_WINOGRAD_BYTES = 1 << 20 };

/* What differs from one instruction set to the other. */
typedef struct {
    int filters;            /* that are computed together */
    size_t stage_floats;    /* of scratch, the most that a stage takes for itself */
} mafat_winograd_unit;

/* How large the pieces are that are computed from one another in the scratch. */
typedef struct {
    int tiles;              /* of the map */
    int filters;            /* whose sums wait there while channels pass */
} mafat_winograd_shape;

/* How the scratch is divided, in floats: inputs, weights, n_sums times sums, and what a stage takes.
 * Each but the last is MAFAT_WINOGRAD_POINTS planes, so many floats apart. */
typedef struct {
    size_t input_step, weight_step, sum_step;
    int n_sums;
    size_t floats;          /* in all */
} mafat_winograd_layout;

/* How many tiles an output of h by w has; they are counted along its rows. */
int mafat_winograd_shape_tiles(int h, int w);

mafat_winograd_layout mafat_winograd_shape_layout(const mafat_winograd_unit *unit,
                                                  mafat_winograd_shape shape);

/* How often a run evaluates each channel of a weight, and of a tile's inputs. Where one unit of
 * channels is all, no sums wait for others, and inputs are evaluated once. */
typedef struct {
    int of_weights, of_inputs;
} mafat_winograd_passes;

mafat_winograd_passes mafat_winograd_shape_passes(mafat_winograd_shape shape, int n_tiles,
                                                  int channels, int n_filters);

/* What that comes to, in the time that it takes to evaluate a weight, for a channel. */
double mafat_winograd_shape_work(mafat_winograd_shape shape, int n_tiles, int channels,
                                 int n_filters);

/* The shape in which a run on so many tiles for n_filters filters of so many channels has the least
 * of that work, of those whose scratch is not more than max_bytes; the smallest one where there is
 * none. */
mafat_winograd_shape mafat_winograd_shape_choose(const mafat_winograd_unit *unit, int n_tiles,
                                                 int channels, int n_filters, size_t max_bytes);

#endif
