/* From one section of a cfg file to one layer's description: what Darknet's parse_*() and
 * make_*_layer() make of it, or why they should not be asked. */
#ifndef MAFAT_CFG_CFG_LAYERS_H
#define MAFAT_CFG_CFG_LAYERS_H

#include "base/layer.h"
#include "cfg/cfg_text.h"

typedef enum {
    MAFAT_CFG_HIDDEN,    /* read by later layers only */
    MAFAT_CFG_COST,      /* never the network's output layer */
    MAFAT_CFG_DETECTOR   /* Darknet's commands read boxes or segments from it */
} mafat_cfg_role;

/* A route that gives no map because these two layers, the first that do, differ in size. */
typedef struct {
    bool is_one;
    int first, other;
} mafat_cfg_join;

/* An output as Darknet knows it while it parses. */
typedef struct {
    mafat_shape map;     /* Darknet's out_c, out_h, out_w: 0 where it gives no shape */
    int n_floats;        /* Darknet's outputs */
    int n_classes;       /* Darknet's classes; 0 where the layer has none */
    int n_coords;        /* Darknet's coords, of a region or detection layer; else 0 */
    mafat_cfg_role role;
    mafat_cfg_join join;
    long long workspace_bytes;         /* Darknet allots the largest of these, */
    long long needed_workspace_bytes;  /* and of these a forward pass uses the layer's own */
} mafat_cfg_output;

/* What is known before a layer is described. */
typedef struct {
    bool is_foreign;           /* the cfg is one of AlexeyAB's (cfg.h) */
    bool resized;              /* resize_network() will run on it */
    mafat_cfg_output image;
    mafat_cfg_output *outputs; /* [n_layers], filled up to the layer at hand */
    const mafat_layer *layers; /* the same */
    mafat_cfg_findings *findings;
} mafat_cfg_context;

/* Describes layer number `index` and its output in context->outputs[index]. */
mafat_status mafat_cfg_layers_describe(const mafat_cfg_text *text, int index,
                                       const mafat_cfg_context *context, mafat_layer *layer,
                                       mafat_error *error);

/* Whether the cfg is one of AlexeyAB's (cfg.h). */
bool mafat_cfg_layers_are_foreign(const mafat_cfg_text *text);

#endif
