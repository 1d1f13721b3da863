/* What messages between ranks cost, measured between those that there are. */
#ifndef MAFAT_MACHINE_CALIBRATE_MESSAGES_H
#define MAFAT_MACHINE_CALIBRATE_MESSAGES_H

#include "plan/cost.h"
#include "run/peers.h"

/* Has all ranks, each of which calls this, send each other small messages and large ones, as they do
 * behind a layer that is divided by filters; less than a second at 100 Mbit. The costs of messages
 * are right on rank 0. MAFAT_FAILED without memory. */
mafat_status mafat_calibrate_messages(const mafat_peers *peers, mafat_rank_costs *costs,
                                      mafat_error *error);

#endif
