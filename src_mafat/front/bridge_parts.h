/* What the files of the bridge share. */
#ifndef MAFAT_FRONT_BRIDGE_PARTS_H
#define MAFAT_FRONT_BRIDGE_PARTS_H

#include "front/bridge.h"

/* Makes Darknet the executor's host: its own forward() for whole layers, its activations
 * (bridge_host.c). */
void mafat_bridge_be_host(mafat_bridge *bridge, mafat_host *host);

/* Checks that Darknet's layers are what the plan was made for: both sides read the cfg for
 * themselves, and a program may change its network afterwards. MAFAT_UNSUPPORTED
 * (bridge_host.c). */
mafat_status mafat_bridge_check_agreement(const mafat_bridge *bridge, mafat_error *error);

/* Frees what an inference through MAFAT does not need of the layer that Darknet has just made, and
 * sets it to NULL (bridge_lean.c). */
void mafat_bridge_make_lean(const mafat_bridge *bridge, struct layer *layer, int index);

#endif
