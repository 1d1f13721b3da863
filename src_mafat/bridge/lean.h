/* A network without what inference does not need. */
#ifndef MAFAT_BRIDGE_LEAN_H
#define MAFAT_BRIDGE_LEAN_H

#include "bridge/bridge.h"

/* Frees what an inference through MAFAT does not need of the layer that Darknet has just made, and
 * sets it to NULL. */
void mafat_lean_make(const mafat_bridge *bridge, struct layer *layer, int index);

#endif
