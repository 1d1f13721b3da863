/* Steps in which ranks exchange parts of maps. */
#ifndef MAFAT_RUN_EXCHANGE_H
#define MAFAT_RUN_EXCHANGE_H

#include "run/peers.h"

/* Runs such a step: begins to send a portion of its layer's output, whose rows step->out.held lie in `map`,
 * and to receive all portions of it with the first one; with the last one it waits for all of them. */
void mafat_exchange_run(const mafat_peers *peers, const mafat_plan *plan, const mafat_step *step,
                        float *map);

#endif
