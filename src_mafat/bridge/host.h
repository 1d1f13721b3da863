/* Darknet as the executor's host. */
#ifndef MAFAT_BRIDGE_HOST_H
#define MAFAT_BRIDGE_HOST_H

#include "bridge/bridge.h"

/* Makes Darknet the executor's host: its own forward() for whole layers, its activations. */
void mafat_host_provide(mafat_bridge *bridge, mafat_host *host);

/* Checks that Darknet's layers are what the plan was made for: both sides read the cfg for
 * themselves, and a program may change its network afterwards. MAFAT_UNSUPPORTED. */
mafat_status mafat_host_check_agreement(const mafat_bridge *bridge, mafat_error *error);

#endif
