/* What the program comes to hold for a network beside what its plan counts: Darknet's structures
 * and ours for each layer, and what layers that Darknet's own code runs keep for themselves. */
#ifndef MAFAT_UPSTREAM_FOOTPRINT_H
#define MAFAT_UPSTREAM_FOOTPRINT_H

#include <stddef.h>

#include "base/layer.h"

/* Once the cfg has been read, before Darknet makes anything of it. */
size_t mafat_footprint_cfg_bytes(const mafat_network *network);

/* Once Darknet has made the network and the bridge has made it lean (bridge/lean.c). */
size_t mafat_footprint_network_bytes(const mafat_network *network);

/* All parameters, in the blocks that Darknet allocates for them. */
size_t mafat_footprint_parameter_bytes(const mafat_network *network);

#endif
