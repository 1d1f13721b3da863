/* What options say of ranks: how many there are where nobody has started them, and what each of them
 * takes. */
#ifndef MAFAT_SESSION_RANK_OPTIONS_H
#define MAFAT_SESSION_RANK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "plan/ranks.h"

/* What is given of them; NULL where nothing is. */
typedef struct {
    const char *n;         /* to plan for, where none have been started */
    int rank;              /* whose plan it is; 0: this one's */
    const char *shares;    /* of the work, of each rank: "2,1,1" */
    const char *ways;      /* of layers, as mafat_rank_options_write_ways() writes them: what rank 0 has
                              chosen, with these shares */
    bool deals;            /* each takes whole images: what it plans is one rank's */
} mafat_rank_options;

/* The ranks of this process's peers, or those that are asked for where it is alone, and their shares.
 * MAFAT_USAGE where the shares do not fit them; errors name the option. */
mafat_status mafat_rank_options_read(mafat_ranks *ranks, const mafat_rank_options *options,
                                     mafat_error *error);

/* Finds a rank's own memory limit in "64M,64M,32M", or in one for all, and copies it to `own`.
 * MAFAT_USAGE where there are not as many as ranks. */
mafat_status mafat_rank_options_find_memory(const mafat_ranks *ranks, const char *memory, char *own,
                                            size_t size, mafat_error *error);

/* How layers are divided, as text: a letter for each of them, and its portions; NULL without memory. The
 * caller frees it. And back again: NULL without memory, or where it is no such text for so many layers. */
char *mafat_rank_options_write_ways(const mafat_division_way *ways, int n_layers);
mafat_division_way *mafat_rank_options_read_ways(const char *text, int n_layers);

/* Shares as -shares takes them, into a text of MAFAT_SHARES_BYTES. */
enum { MAFAT_MAX_SHARE = 1000, MAFAT_SHARES_BYTES = MAFAT_MAX_RANKS * (int)sizeof "1000" };
void mafat_rank_options_print_shares(const mafat_ranks *ranks, char *text);

#endif
