/* What several ranks cost, between runs: a file for each list of machines, in the user's cache directory
 * (machine/cache_folder.h) on the machine of rank 0. */
#ifndef MAFAT_MACHINE_RANK_CACHE_H
#define MAFAT_MACHINE_RANK_CACHE_H

#include "plan/cost.h"
#include "run/peers.h"

/* Finds what was measured between these ranks; mafat_cost_rank_defaults() where nothing was, where what
 * is there is nothing that can be measured, or where there are no peers (NULL). Errors: those of
 * mafat_cache_folder_read(). */
mafat_status mafat_rank_cache_find(const mafat_peers *peers, mafat_rank_costs *costs,
                                   mafat_error *error);

/* Keeps it; where that fails it is said on stderr, and nothing else happens. */
void mafat_rank_cache_keep(const mafat_peers *peers, const mafat_rank_costs *costs);

#endif
