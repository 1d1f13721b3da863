/* Costs of ranks in a file of "key: value" lines; see rank_cache.h. */
#include "machine/rank_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "machine/cache_folder.h"

/* More than that no network takes, and no rank is so much faster or slower than another one. */
#define MAX_MESSAGE_S 10.0
#define MAX_BYTE_S 1e-3
#define MAX_SLOWNESS 1e3

/* The same machines in the same order have the same file. */
enum { NAME_BYTES = 64 };

static void write_name(const mafat_peers *peers, char *name)
{
    uint64_t sum = MAFAT_HASH_OF_NOTHING;
    for (int rank = 0; rank < peers->ranks.n; rank++) {
        const char *host = peers->host(peers->context, rank);
        sum = mafat_hash_add(sum, host, strlen(host) + 1);
    }
    snprintf(name, NAME_BYTES, "ranks-%016" PRIx64, sum);
}

static void read_line(void *context, const char *line)
{
    mafat_rank_costs *costs = context;
    int rank;
    double slowness;
    sscanf(line, "message_s: %lf", &costs->message_s);
    sscanf(line, "message_byte_s: %lf", &costs->message_byte_s);
    if (sscanf(line, "slowness of rank %d: %lf", &rank, &slowness) == 2 && rank >= 0 &&
        rank < MAFAT_MAX_RANKS)
        costs->slowness[rank] = slowness;
}

/* Whether all costs are there, and are such that there may be. */
static bool are_credible(const mafat_rank_costs *costs, int n_ranks)
{
    bool are_costs = costs->message_s >= 0 && costs->message_s <= MAX_MESSAGE_S &&
                     costs->message_byte_s >= 0 && costs->message_byte_s <= MAX_BYTE_S;
    for (int rank = 0; rank < n_ranks; rank++)
        are_costs &= costs->slowness[rank] * MAX_SLOWNESS >= 1 && costs->slowness[rank] <= MAX_SLOWNESS;
    return are_costs;
}

mafat_status mafat_rank_cache_find(const mafat_peers *peers, mafat_rank_costs *costs,
                                   mafat_error *error)
{
    char name[NAME_BYTES];
    mafat_rank_costs read = {.message_s = -1, .message_byte_s = -1, .are_measured = true};
    bool is_there;
    *costs = mafat_cost_rank_defaults();
    if (peers == NULL)
        return MAFAT_OK;
    write_name(peers, name);
    mafat_status status = mafat_cache_folder_read(name, read_line, &read, &is_there, error);
    if (status == MAFAT_OK && is_there && are_credible(&read, peers->ranks.n))
        *costs = read;
    return status;
}

static mafat_status keep(const mafat_peers *peers, const mafat_rank_costs *costs, mafat_error *error)
{
    char name[NAME_BYTES];
    mafat_new_file file;
    write_name(peers, name);
    mafat_status status = mafat_cache_folder_begin(name, &file, error);
    if (status != MAFAT_OK)
        return status;
    for (int rank = 0; rank < peers->ranks.n; rank++)
        fprintf(file.stream, "rank %d: on %s\nslowness of rank %d: %.17g\n", rank,
                peers->host(peers->context, rank), rank, costs->slowness[rank]);
    fprintf(file.stream, "message_s: %.17g\nmessage_byte_s: %.17g\n", costs->message_s,
            costs->message_byte_s);
    return mafat_new_file_end(&file, error);
}

void mafat_rank_cache_keep(const mafat_peers *peers, const mafat_rank_costs *costs)
{
    mafat_error fault = {0};
    if (keep(peers, costs, &fault) != MAFAT_OK)
        mafat_error_notice(&fault);
}
