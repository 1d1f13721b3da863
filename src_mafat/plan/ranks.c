/* Shares of ranks; see ranks.h. */
#include "plan/ranks.h"

#include "base/size.h"
#include "base/status.h"

mafat_ranks mafat_ranks_even(int n, int rank)
{
    mafat_ranks ranks = {.n = n, .rank = rank};
    for (int r = 0; r < n; r++)
        ranks.shares[r] = 1;
    return ranks;
}

int mafat_ranks_begin(const mafat_ranks *ranks, int extent, int unit, int rank)
{
    long long before = 0, all = 0;
    for (int r = 0; r < ranks->n; r++) {
        before += r < rank ? ranks->shares[r] : 0;
        all += ranks->shares[r];
    }
    MAFAT_CHECK(all > 0);
    /* to the nearest unit, so that shares of few units are as even as can be */
    long long n_units = mafat_size_parts(extent, unit);
    int begin = (int)((2 * n_units * before + all) / (2 * all)) * unit;
    return mafat_size_min_int(begin, extent);
}
