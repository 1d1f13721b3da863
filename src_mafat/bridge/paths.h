/* Networks whose input is the path of an image. */
#ifndef MAFAT_BRIDGE_PATHS_H
#define MAFAT_BRIDGE_PATHS_H

#include "bridge/bridge.h"

/* One inference of a network that is given the paths of images as its input
 * (mafat_request_gives_paths()). */
mafat_status mafat_paths_run(mafat_bridge *bridge, const char *path, mafat_error *error);

#endif
