/* Steps in which ranks exchange parts of maps. */
#ifndef MAFAT_RUN_EXCHANGE_H
#define MAFAT_RUN_EXCHANGE_H

#include "run/peers.h"

/* Sends and receives the messages of a layer's output, which lies in `map`, whole: rows of so many
 * floats, so many in a channel. */
void mafat_exchange_run(const mafat_peers *peers, const mafat_plan *plan, int layer, float *map,
                        mafat_shape shape);

#endif
