/* Orders of rank 0; see orders.h. */
#include "bridge/orders.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "kernels/simd.h"
#include "machine/calibrate_ranks.h"
#include "machine/rank_cache.h"
#include "run/peers.h"

/* ------------------------------------------------------------------------------- what is in common */

static uint64_t add_layer(uint64_t sum, const mafat_layer *l)
{
    const int numbers[] = {
        (int)l->kind, l->in.c, l->in.h, l->in.w, l->out.c, l->out.h, l->out.w, l->n_sources,
        l->is_result, l->size, l->stride, l->stride_x, l->dilation, l->pad, l->groups,
        l->batch_normalize, (int)l->algorithm, (int)l->activation, l->first_channel,
    };
    sum = mafat_hash_add(sum, numbers, sizeof numbers);
    sum = mafat_hash_add(sum, l->sources, (size_t)l->n_sources * sizeof *l->sources);
    sum = mafat_hash_add(sum, l->type, strlen(l->type));
    return mafat_hash_add(sum, &l->scale, sizeof l->scale);
}

/* Whether the kernels' multiply-adds round once: the square of this number, which ends beyond a float's
 * last bit, is then more than its float. */
static bool fuses(void)
{
    volatile float number = 0x1.001p+0f, square = 0x1.002p+0f;
    mafat_simd sum = {0}, x = {0};
    sum = mafat_simd_add_product(sum - square, number, x + number);
    return sum[0] != 0;
}

mafat_orders_common mafat_orders_common_of(const mafat_network *network,
                                           const mafat_rounding *rounding)
{
    mafat_orders_common c = {.fuses = fuses(), .rounding = *rounding, .network = MAFAT_HASH_OF_NOTHING};
    for (int l = 0; l < network->n_layers; l++)
        c.network = add_layer(c.network, &network->layers[l]);
    return c;
}

/* Some units of the file, evenly apart. */
mafat_status mafat_orders_weights_of(mafat_store *store, mafat_orders_weights *weights,
                                     mafat_error *error)
{
    enum { N_SAMPLES = 64 };
    mafat_direct *file = &store->file;
    char *units = aligned_alloc(MAFAT_READ_UNIT, mafat_plan_unit_span(MAFAT_READ_UNIT));
    mafat_status status = MAFAT_OK;
    if (units == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to look at the weights");
    *weights = (mafat_orders_weights){file->version.n_bytes, MAFAT_HASH_OF_NOTHING};
    for (uint64_t i = 0; i < N_SAMPLES && status == MAFAT_OK; i++) {
        uint64_t begin = file->version.n_bytes / N_SAMPLES * i / MAFAT_READ_UNIT * MAFAT_READ_UNIT;
        uint64_t rest = file->version.n_bytes - begin;
        size_t n = rest < MAFAT_READ_UNIT ? (size_t)rest : MAFAT_READ_UNIT;
        status = mafat_direct_read(file, begin, n, units, error);
        if (status == MAFAT_OK)
            weights->sum = mafat_hash_add(weights->sum, units, n);
    }
    free(units);
    return status;
}

/* ----------------------------------------------------------------------------------------- rank 0 */

/* Whose network the others have; NULL: they have none. */
static const void *planned;
static bool deals;         /* whole images, so that it is theirs whatever becomes of this rank's plan, */
static bool takes[MAFAT_MAX_RANKS];    /* to these ranks, */
static bool has_loaded;    /* when it has weights */
static bool is_running;

/* The peers, where there are some and this is rank 0. */
static const mafat_peers *others(void)
{
    const mafat_peers *peers = mafat_peers_here();
    return peers != NULL && peers->ranks.rank == 0 ? peers : NULL;
}

/* Images are dealt out where there are some. */
static const mafat_peers *takers(void)
{
    const mafat_peers *peers = others();
    MAFAT_CHECK(peers != NULL);
    return peers;
}

static void give(const mafat_peers *peers, mafat_order order, char *words)
{
    peers->tell(peers->context, &order, sizeof order);
    if (order.n_bytes > 0)
        peers->tell(peers->context, words, order.n_bytes);
}

/* Waits for the answers of all, all[n], and takes the first one that is an error. */
static mafat_status collect_answers(const mafat_peers *peers, mafat_order_answer *all,
                                    mafat_error *error)
{
    mafat_order_answer own = {0};
    mafat_status status = MAFAT_OK;
    peers->collect(peers->context, &own, sizeof own, all);
    for (int rank = 1; rank < peers->ranks.n && status == MAFAT_OK; rank++) {
        status = all[rank].status;
        if (status == MAFAT_OK)
            continue;
        *error = all[rank].error;
        mafat_peers_name_rank(peers, rank, error);
    }
    return status;
}

/* The same, and usual_s[n] of them where it is not NULL. */
static mafat_status take_answers(const mafat_peers *peers, double *usual_s, mafat_error *error)
{
    mafat_order_answer *all = calloc((size_t)peers->ranks.n, sizeof *all);
    if (all == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for the answers of %d ranks",
                               peers->ranks.n);
    peers->expect(peers->context, MAFAT_ORDER_PATIENCE_S);
    mafat_status status = collect_answers(peers, all, error);
    for (int rank = 1; rank < peers->ranks.n && usual_s != NULL; rank++)
        usual_s[rank] = all[rank].usual_s;
    free(all);
    return status;
}

/* Puts words one behind the other, each with its NUL, where `to` is not NULL; returns their bytes. */
static size_t put_words(char *to, const char *const *words, int n_words)
{
    size_t n_bytes = 0;
    for (int i = 0; i < n_words; i++) {
        const char *word = words[i] != NULL ? words[i] : "";
        size_t word_bytes = strlen(word) + 1;
        if (to != NULL)
            memcpy(to + n_bytes, word, word_bytes);
        n_bytes += word_bytes;
    }
    return n_bytes;
}

/* Has all ranks measure their speed at once. */
static mafat_status measure_speeds(const mafat_peers *peers, const char *const *words, int n_threads,
                                   mafat_rank_costs *costs, mafat_error *error)
{
    double usual_s[MAFAT_MAX_RANKS], alone_s;
    size_t n_bytes = put_words(NULL, words, 2);
    char *bytes = malloc(n_bytes);
    if (bytes == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for an order to other ranks");
    put_words(bytes, words, 2);
    mafat_status status = mafat_calibrate_ranks_speed(n_threads, &alone_s, error);
    if (status == MAFAT_OK) {
        give(peers, (mafat_order){.kind = MAFAT_ORDER_SPEED, .n_bytes = n_bytes}, bytes);
        mafat_status own = mafat_calibrate_ranks_speed(n_threads, &usual_s[0], error);
        status = take_answers(peers, usual_s, error);
        status = own != MAFAT_OK ? own : status;
    }
    free(bytes);
    for (int rank = 0; rank < peers->ranks.n && status == MAFAT_OK; rank++)
        costs->slowness[rank] = usual_s[rank] / alone_s;
    return status;
}

mafat_status mafat_orders_measure(const char *cfg_path, const char *threads, int n_threads,
                                  mafat_rank_costs *costs, mafat_error *error)
{
    const mafat_peers *peers = others();
    const char *words[] = {cfg_path, threads};
    mafat_error others_error;
    if (peers == NULL)
        return MAFAT_OK;
    mafat_status status = measure_speeds(peers, words, n_threads, costs, error);
    if (status != MAFAT_OK)
        return status;
    give(peers, (mafat_order){.kind = MAFAT_ORDER_MESSAGES}, NULL);
    status = mafat_calibrate_ranks_messages(peers, costs, error);
    mafat_status answered = take_answers(peers, NULL, &others_error);
    if (status == MAFAT_OK && answered != MAFAT_OK)
        *error = others_error;
    status = status == MAFAT_OK ? answered : status;
    if (status == MAFAT_OK)
        mafat_rank_cache_keep(peers, costs);
    return status;
}

static mafat_status check_order(const mafat_peers *peers, const void *whose,
                                const mafat_session *session, mafat_error *error)
{
    if (planned != NULL && planned != whose)
        return mafat_error_set(error, MAFAT_UNSUPPORTED, "is a second network while the first is "
                               "there, and %d ranks have one at a time", peers->ranks.n);
    if (session->is_resized)
        return mafat_error_set(error, MAFAT_UNSUPPORTED, "its input was resized, and %d ranks keep to "
                               "what the cfg says", peers->ranks.n);
    return MAFAT_OK;
}

mafat_status mafat_orders_plan(const void *whose, const char *cfg_path, const mafat_options *options,
                               const mafat_session *session, const mafat_rounding *rounding,
                               mafat_error *error)
{
    enum { N_WORDS = 7 };
    const mafat_peers *peers = others();
    bool is_ordered = planned == whose && deals && session->n_dealing > 0 &&
                      memcmp(takes, session->takes, sizeof takes) == 0;
    if (peers == NULL || is_ordered)
        return MAFAT_OK;
    mafat_status status = check_order(peers, whose, session, error);
    if (status != MAFAT_OK)
        return status;
    bool is_divided = session->n_dealing == 0;
    char *config = is_divided ? mafat_config_text(&session->config) : NULL;
    char *ways = is_divided ? mafat_rank_options_write_ways(session->ways, session->cfg.network.n_layers)
                            : NULL;
    char shares[MAFAT_SHARES_BYTES], *bytes = NULL;
    const char *words[N_WORDS] = {cfg_path, is_divided ? config : options->config, options->memory,
                                  options->threads, is_divided ? shares : NULL, ways,
                                  is_divided ? NULL : options->batch};
    mafat_rank_options_print_shares(&session->ranks, shares);
    if (!is_divided || (config != NULL && ways != NULL))
        bytes = malloc(put_words(NULL, words, N_WORDS));
    if (bytes != NULL) {
        planned = whose;
        deals = has_loaded = false;
        mafat_order order = {
            .kind = MAFAT_ORDER_PLAN, .n_bytes = put_words(bytes, words, N_WORDS),
            .common = mafat_orders_common_of(&session->cfg.network, rounding),
            .fast = session->is_fast, .deals = !is_divided, .n_listed = session->n_listed,
            .stretch = options->stretch, .letter_box = options->letter_box,
            .crops = session->crops,
        };
        memcpy(takes, session->takes, sizeof takes);
        memcpy(order.takes, session->takes, sizeof order.takes);
        give(peers, order, bytes);
        status = take_answers(peers, NULL, error);
        deals = status == MAFAT_OK && !is_divided;
    } else {
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for an order to other ranks");
    }
    free(config);
    free(ways);
    free(bytes);
    return status;
}

mafat_status mafat_orders_load(mafat_store *store, mafat_error *error)
{
    const mafat_peers *peers = others();
    mafat_orders_weights weights;
    if (peers == NULL || (deals && has_loaded))
        return MAFAT_OK;
    mafat_status status = mafat_orders_weights_of(store, &weights, error);
    if (status != MAFAT_OK)
        return status;
    give(peers, (mafat_order){.kind = MAFAT_ORDER_LOAD, .n_bytes = strlen(store->file.path) + 1,
                              .weights = weights}, store->file.path);
    status = take_answers(peers, NULL, error);
    has_loaded = status == MAFAT_OK;
    return status;
}

void mafat_orders_begin_run(const void *whose, double patience_s)
{
    const mafat_peers *peers = others();
    if (peers == NULL || planned != whose || deals)
        return;
    is_running = true;
    peers->expect(peers->context, patience_s);
    give(peers, (mafat_order){.kind = MAFAT_ORDER_RUN, .patience_s = patience_s}, NULL);
}

void mafat_orders_hand_out(const uint64_t image_bytes[MAFAT_MAX_RANKS],
                           const uint64_t pass_bytes[MAFAT_MAX_RANKS], double patience_s)
{
    const mafat_peers *peers = takers();
    mafat_order order = {.kind = MAFAT_ORDER_HAND_OUT, .patience_s = patience_s};
    memcpy(order.image_bytes, image_bytes, sizeof order.image_bytes);
    memcpy(order.pass_bytes, pass_bytes, sizeof order.pass_bytes);
    is_running = true;
    peers->expect(peers->context, patience_s);
    give(peers, order, NULL);
}

void mafat_orders_begin_dealt(int n_places, double patience_s)
{
    const mafat_peers *peers = takers();
    peers->expect(peers->context, patience_s);
    give(peers, (mafat_order){.kind = MAFAT_ORDER_DEALT, .n_places = n_places,
                              .patience_s = patience_s}, NULL);
}

mafat_status mafat_orders_answer_dealt(mafat_order_answer *all, mafat_error *error)
{
    return collect_answers(takers(), all, error);
}

void mafat_orders_end_dealt(void)
{
    is_running = false;
}

void mafat_orders_end_run(const void *whose)
{
    if (planned == whose && !deals)
        is_running = false;
}

void mafat_orders_free(const void *whose)
{
    const mafat_peers *peers = others();
    if (peers == NULL || planned != whose || is_running)
        return;
    planned = NULL;
    give(peers, (mafat_order){.kind = MAFAT_ORDER_FREE}, NULL);
}

bool mafat_orders_end(void)
{
    const mafat_peers *peers = others();
    mafat_error unseen;
    if (peers == NULL || is_running)
        return !is_running;
    peers->expect(peers->context, MAFAT_ORDER_PATIENCE_S);
    give(peers, (mafat_order){.kind = MAFAT_ORDER_END}, NULL);
    take_answers(peers, NULL, &unseen);
    return true;
}
