/* A convolution, exchanges of two sizes, and what follows from their times; see calibrate_ranks.h. */
#include "machine/calibrate_ranks.h"

#include <math.h>
#include <stdlib.h>

#include "base/size.h"
#include "machine/measure.h"
#include "machine/probe.h"

mafat_status mafat_calibrate_ranks_speed(int n_threads, double *seconds, mafat_error *error)
{
    enum { MAX_RUNS = 4096 };
    static const mafat_probe_form usual = {MAFAT_CONVOLUTION, MAFAT_DIRECT, 256, 256, 3, 1, 13, 38};
    const double enough_s = 0.5;
    double *times = calloc(MAX_RUNS, sizeof *times), sum_s = 0;
    mafat_probes probes = {0};
    int n = 0;
    mafat_status status = MAFAT_OK;
    if (times == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory to measure how fast this rank is");
    if (status == MAFAT_OK)
        status = mafat_probes_init(&probes, &usual, 1, n_threads, error);
    for (; status == MAFAT_OK && sum_s < enough_s && n < MAX_RUNS; n++) {
        double begin = mafat_measure_now_s();
        status = mafat_probes_run(&probes, 0, NULL, error);
        times[n] = mafat_measure_now_s() - begin;
        sum_s += times[n];
    }
    if (status == MAFAT_OK)
        *seconds = mafat_measure_spread(times, n).median;
    mafat_probes_free(&probes);
    free(times);
    return status;
}

/* A small message, and one as long as all ranks' parts of a map of 1 MB: then what a switch or a bounded
 * link lets through at once is little of it. The first one finds connections that are not there yet. */
enum { SMALL_FLOATS = 1, LARGE_BYTES = 1 << 20, SMALL_ROUNDS = 20, LARGE_ROUNDS = 7,
       MAX_ROUNDS = SMALL_ROUNDS };

/* An exchange with all others of so many floats each way, of an array with room for all ranks' floats. */
static void exchange_all(const mafat_peers *peers, float *floats, size_t n_floats)
{
    mafat_parcel sent[MAFAT_MAX_RANKS], received[MAFAT_MAX_RANKS];
    int n = 0;
    for (int rank = 0; rank < peers->ranks.n; rank++) {
        if (rank == peers->ranks.rank)
            continue;
        sent[n] = received[n] = (mafat_parcel){.peer = rank, .data = floats, .n_blocks = 1,
                                               .block_floats = n_floats, .stride_floats = n_floats};
        received[n].data += n_floats * (size_t)(1 + n);
        n++;
    }
    mafat_peers_exchange(peers, sent, n, received, n);
}

/* Its seconds, where all begin together: the least of all but the first one, which a link that was idle
 * may let through sooner. Whatever else goes on there makes others take longer. */
static double time_exchanges(const mafat_peers *peers, float *floats, size_t n_floats, int n_rounds)
{
    double times[MAX_ROUNDS];
    for (int round = 0; round < n_rounds; round++) {
        exchange_all(peers, floats, SMALL_FLOATS);
        double begin = mafat_measure_now_s();
        exchange_all(peers, floats, n_floats);
        times[round] = mafat_measure_now_s() - begin;
    }
    return mafat_measure_spread(times + 1, n_rounds - 1).min;
}

mafat_status mafat_calibrate_ranks_messages(const mafat_peers *peers, mafat_rank_costs *costs,
                                            mafat_error *error)
{
    int n_others = peers->ranks.n - 1;
    size_t n_large = LARGE_BYTES / sizeof(float) / (size_t)peers->ranks.n;
    float *floats = calloc(n_large * (size_t)peers->ranks.n, sizeof *floats);
    if (floats == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to measure messages between %d ranks",
                               peers->ranks.n);
    double small_s = time_exchanges(peers, floats, SMALL_FLOATS, SMALL_ROUNDS);
    double large_s = time_exchanges(peers, floats, n_large, LARGE_ROUNDS);
    double n_bytes = (double)(n_large * sizeof *floats) * n_others;
    costs->message_s = small_s / n_others;
    costs->message_byte_s = fmax(large_s - small_s, 0) / n_bytes;
    costs->are_measured = true;
    free(floats);
    return MAFAT_OK;
}
