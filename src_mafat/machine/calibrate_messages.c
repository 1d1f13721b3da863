/* Exchanges of two sizes, and what follows from their times; see calibrate_messages.h. */
#include "machine/calibrate_messages.h"

#include <math.h>
#include <stdlib.h>

#include "base/size.h"
#include "machine/measure.h"

/* A small message, and one as long as all ranks' parts of a map of 1 MB. The first of each rounds finds
 * connections that are not there yet. */
enum { SMALL_FLOATS = 1, LARGE_BYTES = 1 << 20, SMALL_ROUNDS = 21, LARGE_ROUNDS = 4 };

/* Seconds of an exchange with all others of so many floats each way, on rank 0: the median of small ones,
 * and of large ones the mean, as where a link is bounded to a rate some go through as if it were not. */
static double time_exchanges(const mafat_peers *peers, float *floats, size_t n_floats, int n_rounds,
                             bool is_mean)
{
    mafat_parcel sent[MAFAT_MAX_RANKS], received[MAFAT_MAX_RANKS];
    double times[SMALL_ROUNDS], sum_s = 0;
    int n = 0;
    for (int rank = 0; rank < peers->ranks.n; rank++) {
        if (rank == peers->ranks.rank)
            continue;
        sent[n] = received[n] = (mafat_parcel){.peer = rank, .data = floats, .n_blocks = 1,
                                               .block_floats = n_floats, .stride_floats = n_floats};
        received[n].data += n_floats * (size_t)(1 + n);
        n++;
    }
    for (int round = 0; round < n_rounds; round++) {
        double begin = mafat_measure_now_s();
        peers->exchange(peers->context, sent, n, received, n);
        times[round] = mafat_measure_now_s() - begin;
        sum_s += round > 0 ? times[round] : 0;
    }
    return is_mean ? sum_s / (n_rounds - 1) : mafat_measure_spread(times + 1, n_rounds - 1).median;
}

mafat_status mafat_calibrate_messages(const mafat_peers *peers, mafat_rank_costs *costs,
                                      mafat_error *error)
{
    int n_others = peers->ranks.n - 1;
    size_t n_large = LARGE_BYTES / sizeof(float) / (size_t)peers->ranks.n;
    float *floats = calloc(n_large * (size_t)peers->ranks.n, sizeof *floats);
    if (floats == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to measure messages between %d ranks",
                               peers->ranks.n);
    double small_s = time_exchanges(peers, floats, SMALL_FLOATS, SMALL_ROUNDS, false);
    double large_s = time_exchanges(peers, floats, n_large, LARGE_ROUNDS, true);
    double n_bytes = (double)(n_large * sizeof *floats) * n_others;
    costs->message_s = small_s / n_others;
    costs->message_byte_s = fmax(large_s - small_s, 0) / n_bytes;
    costs->are_measured = true;
    free(floats);
    return MAFAT_OK;
}
