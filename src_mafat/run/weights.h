/* The layout of a .weights file (load_weights_upto, save_weights_upto in Darknet's parser.c).
 *
 *     int32 major, minor, revision;  seen;  floats
 *
 * seen is an int64 where major*10+minor >= 2 and both are below 1000, else an int32. All are
 * little-endian, the floats layer by layer in the sets of parameters that base/layer.h
 * describes. */
#ifndef MAFAT_RUN_WEIGHTS_H
#define MAFAT_RUN_WEIGHTS_H

#include <stdint.h>

#include "base/layer.h"
#include "base/status.h"

/* Bytes of a weights file for this network with an 8-byte `seen`. */
uint64_t mafat_weights_file_bytes(const mafat_network *network);

/* Checks that the file can be read and holds exactly what the network needs. A file that is shorter
 * or longer is refused with both byte counts and, where it is short, the layer at which it ends;
 * what is known to lie in weights' place, such as web pages, by its name: MAFAT_FAILED. */
mafat_status mafat_weights_verify(const char *path, const mafat_network *network,
                                  mafat_error *error);

/* Finds where in the file the weights of each layer's first set begin; offsets[n_layers] of layers
 * without one are not set. MAFAT_FAILED where the header cannot be read. */
mafat_status mafat_weights_find(const char *path, const mafat_network *network, uint64_t *offsets,
                                mafat_error *error);

#endif
