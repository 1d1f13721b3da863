/* A plain description of a network: what each layer is, its shapes, what it reads, and how its
 * weights lie in the file. No pointers into Darknet, no floats of the network itself.
 *
 * The cfg reader (cfg/cfg.h) makes it; plans, predictions and weights checks are made from it. */
#ifndef MAFAT_BASE_LAYER_H
#define MAFAT_BASE_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How MAFAT runs a layer. All kinds but MAFAT_WHOLE can be inside a layer group. */
typedef enum {
    MAFAT_CONVOLUTION,
    MAFAT_MAXPOOL,
    MAFAT_UPSAMPLE,
    MAFAT_ACTIVATION,  /* element by element */
    MAFAT_SHORTCUT,    /* the sum of several maps of one size, weighted where it has weights:
                          sources[0] is the layer before, which has the output's shape; each of the
                          others adds the channels that it has, at most as many */
    MAFAT_PRODUCT,     /* of the layer before and of sources[1], which has the output's shape; the first
                          may have one pixel for all, or one channel */
    MAFAT_JOIN,        /* the channels of several maps of one size: a route of several layers */
    MAFAT_IDENTITY,    /* dropout, a route of one layer: its output is its source's, or a part of its
                          channels */
    MAFAT_WHOLE        /* everything else: Darknet's own forward(), on whole maps */
} mafat_layer_kind;

/* How a convolution's sums are computed. Only the first one's bits are Darknet's. */
typedef enum {
    MAFAT_DIRECT,
    MAFAT_WINOGRAD     /* kernels/winograd.h */
} mafat_algorithm;

/* Darknet's activations, under the names that its cfg files use; from MAFAT_MISH on those that pinned
 * Darknet lacks, which are ours (kernels/activation.h). */
typedef enum {
    MAFAT_LOGISTIC, MAFAT_RELU, MAFAT_RELIE, MAFAT_LINEAR, MAFAT_RAMP, MAFAT_TANH, MAFAT_PLSE,
    MAFAT_LEAKY, MAFAT_ELU, MAFAT_LOGGY, MAFAT_STAIR, MAFAT_HARDTAN, MAFAT_LHTAN, MAFAT_SELU,
    MAFAT_MISH, MAFAT_SWISH, MAFAT_RELU6, MAFAT_HARD_MISH, MAFAT_GELU,
    MAFAT_N_ACTIVATIONS
} mafat_activation;

/* The name of an activation in a cfg ("leaky"). */
const char *mafat_activation_name(mafat_activation activation);

/* Finds an activation by its name; false where there is none of that name. */
bool mafat_activation_find(const char *name, mafat_activation *activation);

/* Floats of one image: [c][h][w]. A vector, and an output that Darknet gives no shape, is c x 1 x
 * 1. */
typedef struct {
    int c, h, w;
} mafat_shape;

/* c*h*w. The cfg reader has made sure that it does not overflow. */
size_t mafat_shape_floats(mafat_shape shape);

/* Arrays that stand together in a weights file: biases, then scales, rolling means and rolling
 * variances (n_norms floats each), then weights; norms_last puts the three behind the weights. */
typedef struct {
    size_t n_biases;
    size_t n_norms;    /* 0 without batch norm */
    size_t n_weights;
    bool norms_last;   /* as Darknet writes connected layers */
} mafat_weight_set;

/* Of one network: ResNet-1202 has 1,800, and to place the maps of n of them takes up to n * n
 * steps, some seconds for as many as this. */
enum { MAFAT_MAX_LAYERS = 2048 };

enum { MAFAT_MAX_WEIGHT_SETS = 8 };    /* an LSTM has eight */

typedef struct {
    mafat_layer_kind kind;
    const char *type;          /* Darknet's section name, without brackets; static storage */
    const char *unsupported;   /* why MAFAT cannot run this layer, NULL where it can; static */
    mafat_shape in;            /* what it reads of its first source */
    mafat_shape out;
    int n_sources;
    int *sources;              /* [n_sources] layers whose output it reads, -1: the image; owned */
    bool is_foreign;           /* what it does upstream's code does not: upstream/foreign_layers.h */
    bool is_result;            /* Darknet's commands read its output after the run */

    int size, stride;          /* convolution, maxpool; upsample: stride only; else 1 */
    int stride_x;              /* convolution: along its rows; `stride` is down its columns */
    int dilation;              /* convolution: its taps are so many pixels apart */
    int pad;                   /* zeros (convolution) or nothing (maxpool) above and to the left */
    int groups;                /* convolution */
    bool batch_normalize;      /* convolution */
    mafat_algorithm algorithm; /* convolution: direct, unless somebody chooses (plan/algorithm.h) */
    mafat_activation activation; /* convolution, activation, shortcut, product; else MAFAT_LINEAR */
    float scale;               /* upsample */
    int first_channel;         /* identity: of its source's channels, where its own begin */

    int n_weight_sets;         /* of weights in the file; 0 where it has or loads none */
    mafat_weight_set weight_sets[MAFAT_MAX_WEIGHT_SETS];
} mafat_layer;

typedef struct {
    mafat_shape input;         /* the image that the network reads */
    int n_layers;
    mafat_layer *layers;       /* [n_layers], owned */
} mafat_network;

/* Frees what the network owns and clears it; a zeroed network may be freed. */
void mafat_network_free(mafat_network *network);

/* The layer that computes what layer l hands on: l itself, or what stands before identities; -1 for
 * the image. */
int mafat_layer_producer(const mafat_network *network, int l);

/* Where in that layer's channels those of l begin. */
int mafat_layer_first_channel(const mafat_network *network, int l);

/* Channels of what layer l reads of its source number s. */
int mafat_layer_source_channels(const mafat_network *network, int l, int s);

/* Whether its steps read two maps at once: a shortcut's, a product's. */
bool mafat_layer_reads_two(const mafat_layer *layer);

/* Multiply-accumulates that a layer needs for `n_pixels` of its output map (all channels of them);
 * 0 for layers that are not convolutions. */
uint64_t mafat_layer_macs(const mafat_layer *layer, size_t n_pixels);

/* Bytes of the weights of one of a convolution's filters. */
size_t mafat_layer_filter_bytes(const mafat_layer *layer);

/* Floats of one set, and of all sets of a layer, in the weights file. */
size_t mafat_weight_set_floats(const mafat_weight_set *set);
size_t mafat_layer_weight_floats(const mafat_layer *layer);

#endif
