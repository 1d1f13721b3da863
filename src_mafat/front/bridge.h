/* The bridge to Darknet: the only place that knows Darknet's own structures.
 *
 * Darknet calls mafat_attach() for every network that it makes from a cfg (patches/0007). Where
 * MAFAT is asked for, by a flag in [net] or by mafat_bridge_ask(), it plans the network and sets
 * the network's hooks (patches/0006): from then on every inference of that network runs through
 * MAFAT. */
#ifndef MAFAT_FRONT_BRIDGE_H
#define MAFAT_FRONT_BRIDGE_H

#include "base/rounding.h"
#include "base/status.h"
#include "front/session.h"
#include "run/exec.h"

struct network;
struct layer;

/* A Darknet network and MAFAT's side of it. Owned by the network, as its hook_data. */
typedef struct {
    struct network *network;        /* borrowed */
    char *cfg_path;                 /* owned */
    int width, height;              /* of the network when it was planned */
    mafat_session session;
    mafat_exec exec;
    mafat_parameters *parameters;   /* [n_layers], owned */
    float **results;                /* [n_layers], owned: where commands look for outputs */
    struct layer *layers;           /* [n_layers], owned: copies of Darknet's, on our buffers */
} mafat_bridge;

/* What mafat_bridge_ask() was told lives for the whole process. From the next network on, MAFAT is
 * asked for with these options, as if they stood in its cfg; and its weights, which a verified file
 * will overwrite, are not filled with random numbers first. */
void mafat_bridge_ask(const mafat_options *options);

/* Called by parse_network_cfg(). Returns at once where nobody asks for MAFAT; prints what is wrong
 * and exits with the documented code where it cannot do what it is asked. */
void mafat_attach(struct network *network, const char *cfg_path);

/* Makes a network with MAFAT attached, loads its weights and sets its batch to one image. The files
 * must have been verified. The caller frees it with mafat_bridge_free_network(). */
mafat_bridge *mafat_bridge_load_network(const char *cfg_path, const char *weights_path,
                                        const mafat_options *options);
void mafat_bridge_free_network(mafat_bridge *bridge);

/* Darknet's own forward pass, as network_predict() runs it without MAFAT, and where it leaves the
 * output of a layer, one float after the other. */
void mafat_bridge_forward_darknet(mafat_bridge *bridge, float *input);
const float *mafat_bridge_darknet_output(const mafat_bridge *bridge, int index);

/* The same through MAFAT, with result layers' outputs going to results[] as in mafat_exec_run(). */
void mafat_bridge_forward(mafat_bridge *bridge, float *input, float *const *results,
                          const mafat_observer *observer);

/* Decodes an image file and letterboxes it to the network's input with Darknet's own functions. The
 * caller frees the floats, [c][h][w]. MAFAT_FAILED where the file does not decode. */
mafat_status mafat_bridge_read_image(const char *path, mafat_shape input, float **floats,
                                     mafat_error *error);

/* Checks that an image file decodes, so that Darknet, which exits with 0 where one does not, never
 * sees one that does not. */
mafat_status mafat_bridge_verify_image(const char *path, mafat_error *error);

/* Whether a file begins as an image does: quick, for long lists. */
bool mafat_bridge_is_image(const char *path);

/* Measures how this build of Darknet rounds (bridge_probe.c). MAFAT_UNSUPPORTED where it does so in
 * a pattern that base/rounding.h has no words for. */
mafat_status mafat_bridge_probe(mafat_rounding *rounding, mafat_error *error);

#endif
