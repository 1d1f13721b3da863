/* Steps in which ranks exchange parts of maps. */
#ifndef MAFAT_RUN_EXCHANGE_H
#define MAFAT_RUN_EXCHANGE_H

#include "run/peers.h"

/* Runs such a step: sends and receives the messages of its layer's output, whose rows step->out.held lie
 * in `map`. */
void mafat_exchange_run(const mafat_peers *peers, const mafat_plan *plan, const mafat_step *step,
                        float *map);

#endif
