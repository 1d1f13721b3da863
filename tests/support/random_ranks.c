/* Shares and ways at random; see random_ranks.h. */
#include "support/random_ranks.h"

#include <stddef.h>

#include "support/weight_modes.h"

mafat_ranks test_random_ranks(test_random *r, int max_ranks)
{
    static mafat_division_way ways[TEST_MAX_LAYERS];
    for (int l = 0; l < TEST_MAX_LAYERS; l++)
        ways[l] = (mafat_division_way){
            (mafat_division_kind)test_random_int(r, MAFAT_N_DIVISION_KINDS),
            1 + test_random_int(r, MAFAT_MAX_PORTIONS)};
    mafat_ranks ranks = mafat_ranks_even(2 + test_random_int(r, max_ranks - 1), 0);
    for (int rank = 0; rank < ranks.n; rank++)
        ranks.shares[rank] = test_random_int(r, 4);
    ranks.shares[test_random_int(r, ranks.n)]++;
    ranks.ways = test_random_int(r, 2) == 0 ? ways : NULL;
    return ranks;
}
