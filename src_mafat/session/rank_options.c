/* Lists with a word for each rank; see rank_options.h. */
#include "session/rank_options.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "run/peers.h"


/* Copies word number i of a list with commas; returns how many there are. */
static int find_word(const char *list, int i, char *word, size_t size)
{
    int n = 1;
    *word = '\0';
    for (;; list++, n++) {
        size_t length = strcspn(list, ",");
        if (n - 1 == i)
            snprintf(word, size, "%.*s", (int)length, list);
        list += length;
        if (*list == '\0')
            return n;
    }
}

/* Reads "2,1,1". */
static mafat_status read_shares(mafat_ranks *ranks, const char *text, mafat_error *error)
{
    char word[32];
    int n = find_word(text, 0, word, sizeof word), sum = 0;
    mafat_status status = MAFAT_OK;
    if (n != ranks->n && ranks->n == 1)
        return mafat_error_set(error, MAFAT_USAGE, "\"%s\" has %d shares, and this is one process; "
                               "mpirun starts several of darknet-mpi, and `predict` and `plan` take "
                               "-ranks", text, n);
    if (n != ranks->n)
        return mafat_error_set(error, MAFAT_USAGE, "\"%s\" has %d share%s for %d ranks", text, n,
                               n == 1 ? "" : "s", ranks->n);
    for (int rank = 0; rank < n && status == MAFAT_OK; rank++) {
        find_word(text, rank, word, sizeof word);
        status = mafat_number_read("share of a rank", word, 0, MAFAT_MAX_SHARE, &ranks->shares[rank],
                                   error);
        sum += ranks->shares[rank];
    }
    if (status == MAFAT_OK && sum == 0)
        return mafat_error_set(error, MAFAT_USAGE, "\"%s\": nobody has a share", text);
    return status;
}

mafat_status mafat_rank_options_read(mafat_ranks *ranks, const mafat_rank_options *options,
                                     mafat_error *error)
{
    const mafat_peers *peers = mafat_peers_here();
    int n = 1;
    mafat_status status = MAFAT_OK;
    if (peers != NULL && options->n != NULL)
        status = mafat_error_set(error, MAFAT_USAGE, "ranks \"%s\": mpirun has started %d", options->n,
                                 peers->ranks.n);
    else if (options->n != NULL)
        status = mafat_number_read("ranks", options->n, 1, MAFAT_MAX_RANKS, &n, error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(error, "option -ranks");
        return status;
    }
    *ranks = peers != NULL ? peers->ranks : mafat_ranks_even(n, 0);
    if (options->rank > 0)
        ranks->rank = options->rank;
    if (options->shares != NULL)
        status = read_shares(ranks, options->shares, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, "option -shares");
    return status;
}

static const char kinds[MAFAT_N_DIVISION_KINDS + 1] = {
    [MAFAT_FOR_ITSELF] = 'i', [MAFAT_BY_ROWS] = 'r', [MAFAT_BY_FILTERS] = 'f',
};
static const char portions[MAFAT_MAX_PORTIONS + 1] = "12345678";

char *mafat_rank_options_write_ways(const mafat_division_way *ways, int n_layers)
{
    char *text = calloc(2 * (size_t)n_layers + 1, 1);
    for (int l = 0; l < n_layers && text != NULL; l++) {
        text[2 * l] = kinds[ways[l].kind];
        text[2 * l + 1] = portions[ways[l].n_portions - 1];
    }
    return text;
}

/* Where a character is in a set; -1: not there. */
static int place_in(const char *set, char c)
{
    const char *place = c != '\0' ? strchr(set, c) : NULL;
    return place != NULL ? (int)(place - set) : -1;
}

mafat_division_way *mafat_rank_options_read_ways(const char *text, int n_layers)
{
    mafat_division_way *ways = calloc((size_t)n_layers, sizeof *ways);
    bool is_text = ways != NULL && strlen(text) == 2 * (size_t)n_layers;
    for (int l = 0; l < n_layers && is_text; l++) {
        int kind = place_in(kinds, text[2 * l]), portion = place_in(portions, text[2 * l + 1]);
        is_text = kind >= 0 && portion >= 0;
        ways[l] = (mafat_division_way){(mafat_division_kind)kind, portion + 1};
    }
    if (is_text)
        return ways;
    free(ways);
    return NULL;
}

void mafat_rank_options_print_shares(const mafat_ranks *ranks, char *text)
{
    int length = 0;
    for (int rank = 0; rank < ranks->n; rank++)
        length += snprintf(text + length, (size_t)(MAFAT_SHARES_BYTES - length), "%s%d",
                           rank > 0 ? "," : "", ranks->shares[rank]);
}

mafat_status mafat_rank_options_find_memory(const mafat_ranks *ranks, const char *memory, char *own,
                                            size_t size, mafat_error *error)
{
    int n = find_word(memory, ranks->rank, own, size);
    if (n == 1)
        snprintf(own, size, "%s", memory);
    if (n == 1 || n == ranks->n)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_USAGE, "memory limits \"%s\": %d for %d rank%s; give one, which is "
                           "each rank's, or one for each", memory, n, ranks->n,
                           ranks->n == 1 ? "" : "s");
}
