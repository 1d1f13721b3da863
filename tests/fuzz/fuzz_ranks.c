/* The file of what several ranks were measured to cost: whatever is in it, the costs are either those of ranks
 * and messages that there may be, by which layers can be divided, or the default ones. */
#include <math.h>

#include "fuzz/fuzz.h"
#include "machine/rank_cache.h"

enum { N_RANKS = 3 };

static const char *host(void *context, int rank)
{
    static const char *const hosts[N_RANKS] = {"pi1", "pi2", "pi3"};
    (void)context;
    return hosts[rank];
}

static const mafat_peers peers = {.ranks = {.n = N_RANKS, .shares = {1, 1, 1}}, .host = host};
static char path[PATH_MAX];    /* of the file */

static mafat_rank_costs find_costs(void)
{
    mafat_rank_costs costs;
    mafat_error error;
    fuzz_require(mafat_rank_cache_find(&peers, &costs, &error) == MAFAT_OK);
    return costs;
}

/* Has a file made, and finds it. */
static void begin(void)
{
    mafat_rank_costs costs = mafat_cost_rank_defaults();
    fuzz_begin_cache();
    mafat_rank_cache_keep(&peers, &costs);
    fuzz_find_cached(path);
    fuzz_require(find_costs().are_measured);
}

static bool is_between(double value, double least, double most)
{
    return isfinite(value) && value >= least && value <= most;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const mafat_rank_costs defaults = mafat_cost_rank_defaults();
    if (path[0] == '\0')
        begin();
    fuzz_write(path, data, size);
    mafat_rank_costs costs = find_costs();
    fuzz_require(is_between(costs.message_s, 0, 10) && is_between(costs.message_byte_s, 0, 1e-3));
    for (int rank = 0; rank < N_RANKS; rank++)
        fuzz_require(is_between(costs.slowness[rank], 1e-3, 1e3));
    if (costs.are_measured)
        return 0;
    fuzz_require(costs.message_s == defaults.message_s && costs.message_byte_s == defaults.message_byte_s);
    for (int rank = 0; rank < N_RANKS; rank++)
        fuzz_require(costs.slowness[rank] == defaults.slowness[rank]);
    return 0;
}
