/* What several ranks cost, measured between those that there are. */
#ifndef MAFAT_MACHINE_CALIBRATE_RANKS_H
#define MAFAT_MACHINE_CALIBRATE_RANKS_H

#include "plan/cost.h"
#include "run/peers.h"

/* Times a convolution that is usual, with so many threads, over and over for half a second. Where all
 * ranks do so at once, those that share a machine are in each other's way, as in a run. MAFAT_FAILED
 * without memory. */
mafat_status mafat_calibrate_ranks_speed(int n_threads, double *seconds, mafat_error *error);

/* Has all ranks, each of which calls this, send each other small messages and large ones, as they do
 * behind a layer that is divided by filters; less than a second at 100 Mbit. The costs of messages
 * are right on rank 0. MAFAT_FAILED without memory. */
mafat_status mafat_calibrate_ranks_messages(const mafat_peers *peers, mafat_rank_costs *costs,
                                            mafat_error *error);

#endif
