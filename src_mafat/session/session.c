/* Options and a cfg file made into a plan; see session.h. */
#include "session/session.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/nearest.h"
#include "base/notice.h"
#include "base/number.h"
#include "base/size.h"
#include "cfg/cfg_keys.h"
#include "machine/allowance.h"
#include "doors.h"
#include "machine/auto_memory.h"
#include "machine/cost_cache.h"
#include "machine/processors.h"
#include "machine/rank_cache.h"
#include "plan/algorithm.h"
#include "plan/build.h"
#include "run/peers.h"
#include "run/step.h"
#include "run/team.h"
#include "search/divide.h"
#include "search/search.h"
#include "session/notes.h"
#include "session/process.h"
#include "session/rank_options.h"

/* Checks a variable of OpenMP's, which takes what it cannot read for nothing and starts as many
 * threads as it is told: one number for each level of threads within threads, of which the first
 * is ours. */
static mafat_status check_variable(const char *name, int most, mafat_error *error)
{
    const char *text = getenv(name);
    mafat_status status = MAFAT_OK;
    if (text == NULL || *text == '\0')
        return MAFAT_OK;
    for (int max_here = most; status == MAFAT_OK; max_here = INT_MAX) {
        char number[32];
        int unused, length = (int)strcspn(text, ",");
        int begin = (int)strspn(text, " \t"), end = length;
        while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t'))
            end--;
        snprintf(number, sizeof number, "%.*s", end > begin ? end - begin : 0, text + begin);
        status = mafat_number_read(name, number, 1, max_here, &unused, error);
        if (text[length] == '\0')
            break;
        text += length + 1;
    }
    return status;
}

/* Of so many threads that OpenMP would take, as many as suit the machine; told where they are fewer. */
static int suit_threads(int n)
{
    static atomic_flag is_said = ATOMIC_FLAG_INIT;
    char what[MAFAT_PROCESSORS_TEXT];
    mafat_processors processors = mafat_processors_find();
    int n_suited = mafat_processors_threads(&processors);
    if (n != processors.n_allowed || n <= n_suited)    /* somebody has said so by OpenMP's functions */
        return n;
    if (!atomic_flag_test_and_set(&is_said))
        mafat_notice("processors: %s; threads: %d (-threads takes another number)",
                     mafat_processors_describe(&processors, what, sizeof what), n_suited);
    return n_suited;
}

/* The number of threads where nobody says one. */
static mafat_status find_threads(int *n_threads, mafat_error *error)
{
    const char *variable = getenv("OMP_NUM_THREADS");
    mafat_status status = check_variable("OMP_NUM_THREADS", MAFAT_MAX_THREADS, error);
    if (status == MAFAT_OK)
        status = check_variable("OMP_THREAD_LIMIT", INT_MAX, error);
    int n = mafat_team_default_size(), limit = mafat_team_limit();
    if (variable == NULL || *variable == '\0')
        n = suit_threads(n);
    n = n < MAFAT_MAX_THREADS ? n : MAFAT_MAX_THREADS;    /* a machine may have more cores */
    *n_threads = n < limit ? n : limit;
    return status;
}

/* Has the error of an option name that one in place of the cfg, where it is typed. */
static mafat_status name_option(mafat_status status, const mafat_options *options, const char *name,
                                const char *given, mafat_error *error)
{
    char option[32];
    snprintf(option, sizeof option, "option %s", name);
    if (status != MAFAT_OK && options->are_typed && given != NULL)
        mafat_error_set_file(error, option);
    return status;
}

/* Refuses what does not go with Darknet's own forward pass: `what` and its value. */
static mafat_status fail_by_layers(const mafat_options *options, const char *reason, const char *what,
                                   const char *value, mafat_error *error)
{
    mafat_error_set(error, MAFAT_USAGE, MAFAT_LAYERS_ARE ", which %s; given %s%s", reason, what, value);
    return name_option(MAFAT_USAGE, options, "-mafat", options->config, error);
}

static mafat_status read_threads(const char *text, int *n_threads, mafat_error *error)
{
    *n_threads = 1;
    mafat_status status = MAFAT_OK;
    if (text == NULL && mafat_team_available())
        status = find_threads(n_threads, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, "environment");
    if (text == NULL)
        return status;
    status = mafat_number_read("threads", text, 1, MAFAT_MAX_THREADS, n_threads,
                                            error);
    if (status == MAFAT_OK && *n_threads > 1 && !mafat_team_available()) {
        mafat_notice("built without OpenMP: 1 thread instead of %d", *n_threads);
        *n_threads = 1;
    }
    if (status == MAFAT_OK && *n_threads > 1 && *n_threads > mafat_team_limit())
        return mafat_error_set(error, MAFAT_USAGE, "threads \"%s\": OMP_THREAD_LIMIT allows %d",
                               text, mafat_team_limit());
    return status;
}

/* Whether other bits than Darknet's will do. Darknet's own forward pass has no others: where the command
 * line asks for it, what the cfg says does not count. */
static mafat_status read_fast(mafat_session *session, const mafat_options *options,
                              mafat_error *error)
{
    bool wins_over_cfg = session->by_layers && options->config != NULL;
    const char *flag = wins_over_cfg ? NULL : session->cfg.fast;
    int is_flagged = 0;
    mafat_status status = MAFAT_OK;
    if (flag != NULL)
        status = mafat_number_read("mafat_fast", flag, 0, 1, &is_flagged, error);
    session->is_fast = options->fast || is_flagged;
    session->scratch_bytes = MAFAT_WINOGRAD_BYTES;
    if (status == MAFAT_OK && session->by_layers && session->is_fast)
        return fail_by_layers(options, "knows no other algorithm than its own",
                              options->fast ? "-fast" : "mafat_fast=", options->fast ? "" : "1", error);
    if (status == MAFAT_OK && session->is_fast)
        mafat_algorithm_choose(&session->cfg.network);
    return status;
}

/* How many images a pass of the weights serves: as many as the workload knows of, unless somebody
 * says. Without a limit all weights stay, and there is nothing to share. */
static mafat_status read_batch(mafat_session *session, const mafat_options *options,
                               const mafat_workload *workload, mafat_error *error)
{
    const char *text = options->batch;
    bool is_named = text != NULL && strcmp(text, MAFAT_BATCH_AUTO) != 0;
    int most = workload->n_images;
    mafat_status status = MAFAT_OK;
    if (is_named)
        status = mafat_number_read("batch", text, 1, MAFAT_MAX_BATCH, &session->n_images, error);
    else if (text != NULL && most == 0)    /* of a command that has no list */
        session->n_images = MAFAT_MAX_BATCH;
    else
        session->n_images = most < 1 ? 1 : most < MAFAT_MAX_BATCH ? most : MAFAT_MAX_BATCH;
    if (status != MAFAT_OK)
        return name_option(status, options, "-batch", text, error);
    if (session->by_layers && is_named && session->n_images > 1)
        return fail_by_layers(options, "takes one image at a time", "batch ", text, error);
    if (!is_named && (session->by_layers || session->limit_bytes == 0))
        session->n_images = 1;
    session->seeks_images = !is_named && session->n_images > 1;
    session->n_listed = workload->n_listed;
    session->has_list = workload->is_list;
    return status;
}

/* Several ranks that divide each image take one at a time. */
static mafat_status take_one_image(mafat_session *session, mafat_error *error)
{
    if (session->n_images > 1 && !session->seeks_images)
        return mafat_error_set(error, MAFAT_USAGE, "%d ranks divide each image, and take one at a time; "
                               "given batch %d", session->ranks.n, session->n_images);
    session->n_images = 1;
    session->seeks_images = false;
    return MAFAT_OK;
}

/* Several ranks read their own parts of the weights. */
static mafat_status suit_ranks(mafat_session *session, const mafat_options *options,
                               mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    if (session->ranks.n == 1 || session->by_layers)
        return MAFAT_OK;
    if (!session->has_list || options->ranks.shares != NULL)
        status = take_one_image(session, error);
    if (status != MAFAT_OK)
        return status;
    if (mafat_store_can_hold(&session->cfg.network))
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_UNSUPPORTED, "%d ranks read their own parts of the weights, "
                           "and this network has layers whose weights Darknet's own code alone reads; "
                           "run it on one", session->ranks.n);
}

static mafat_status check_layers(const mafat_cfg *cfg, mafat_error *error)
{
    const mafat_network *network = &cfg->network;
    if (cfg->findings.is_refused) {
        *error = cfg->findings.refusal;
        return MAFAT_UNSUPPORTED;
    }
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        if (layer->unsupported != NULL)
            return mafat_error_set_layer(error, MAFAT_UNSUPPORTED, l, layer->type, "%s",
                                         layer->unsupported);
    }
    return MAFAT_OK;
}

/* Of one of the ranks. */
static mafat_status read_limit(mafat_ranks ranks, int rank, const char *list, size_t *bytes,
                               mafat_error *error)
{
    char text[64];
    ranks.rank = rank;
    mafat_status found = mafat_rank_options_find_memory(&ranks, list, text, sizeof text, error);
    if (found != MAFAT_OK)
        return found;
    if (strcmp(text, "auto") == 0)
        return mafat_auto_memory_limit(bytes, error);
    const char *or_else = strcasecmp(text, "auto") == 0 ? ", or auto; did you mean auto?"
                                                        : ", or auto";
    return mafat_number_read_bytes("memory limit", text, or_else, bytes, error);
}

/* Of all of them, and this one's own. */
static mafat_status read_limits(mafat_session *session, const char *list, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    for (int rank = 0; rank < session->ranks.n && status == MAFAT_OK; rank++)
        status = read_limit(session->ranks, rank, list, &session->rank_limits[rank], error);
    session->limit_bytes = session->rank_limits[session->ranks.rank];
    if (status == MAFAT_OK && strcmp(list, "auto") != 0)
        mafat_auto_memory_warn(session->limit_bytes);
    return status;
}

static const char *first_of(const char *option, const char *flag)
{
    return option != NULL ? option : flag;
}

/* The modes of a network's weights where all are read once; NULL without memory. */
static mafat_weight_mode *pin_all(int n_layers)
{
    mafat_weight_mode *weights = calloc((size_t)n_layers, sizeof *weights);
    for (int l = 0; l < n_layers && weights != NULL; l++)
        weights[l].pinned = true;
    return weights;
}

mafat_plan_options mafat_session_plan_options(const mafat_session *session)
{
    return (mafat_plan_options){
        .workspace_bytes = mafat_step_workspace_bytes(&session->cfg.network,
                                                      session->n_threads,
                                                      session->scratch_bytes),
        .image_by_rows = session->image_by_rows,
        .weights = session->reads_weights ? session->weights : NULL,
        .costs = &session->costs,
        .n_images = session->n_images,
        .ranks = &session->ranks,
    };
}

/* The memory limit and the configuration that are asked for. */
static mafat_status read_request(mafat_session *session, const mafat_options *options,
                                 mafat_error *error)
{
    const mafat_cfg *cfg = &session->cfg;
    const char *config = first_of(options->config, options->seeks_config ? NULL : cfg->config);
    session->by_layers = config != NULL && strcmp(config, MAFAT_LAYERS_CONFIG) == 0;
    bool wins_over_cfg = session->by_layers && options->config != NULL;
    const char *memory = first_of(options->memory, wins_over_cfg || options->is_unlimited
                                                       ? NULL : cfg->memory);
    mafat_status status = read_threads(first_of(options->threads, cfg->threads),
                                       &session->n_threads, error);
    if (status != MAFAT_OK)
        return name_option(status, options, "-threads", options->threads, error);
    if (memory != NULL)
        status = read_limits(session, memory, error);
    if (status != MAFAT_OK)
        return name_option(status, options, "-memory", options->memory, error);
    if (session->by_layers && memory != NULL)
        return fail_by_layers(options, "knows no memory limit", "", memory, error);
    if (session->by_layers || config == NULL)
        return MAFAT_OK;
    return name_option(mafat_config_parse(&session->asked, config, error), options, "-mafat",
                       options->config, error);
}

/* What ranks cost, and what somebody has said of their shares and of how layers are divided. */
static mafat_status prepare_ranks(mafat_session *session, const mafat_options *options,
                                  mafat_error *error)
{
    session->has_shares = options->ranks.shares != NULL;
    mafat_status status = mafat_rank_cache_find(mafat_peers_here(), &session->rank_costs, error);
    if (status != MAFAT_OK)
        return status;
    if (options->ranks.deals)
        session->ranks = mafat_ranks_even(1, 0);
    if (session->ranks.n == 1 || options->ranks.ways == NULL)
        return MAFAT_OK;
    session->ways = mafat_rank_options_read_ways(options->ranks.ways, session->cfg.network.n_layers);
    if (session->ways == NULL)
        return mafat_error_set(error, MAFAT_USAGE, "%d layers, which rank 0 divides as %.80s",
                               session->cfg.network.n_layers, options->ranks.ways);
    session->ranks.ways = session->ways;
    return MAFAT_OK;
}

/* All that a plan depends on. */
static mafat_status prepare(mafat_session *session, const char *cfg_path,
                            const mafat_options *options, const mafat_workload *workload,
                            mafat_error *error)
{
    const mafat_network *network = &session->cfg.network;
    mafat_status status = mafat_rank_options_read(&session->ranks, &options->ranks, error);
    if (status == MAFAT_OK)
        status = read_request(session, options, error);
    if (status == MAFAT_OK)
        status = read_fast(session, options, error);
    if (status == MAFAT_OK)
        status = read_batch(session, options, workload, error);
    if (status == MAFAT_OK)
        status = check_layers(&session->cfg, error);
    if (status == MAFAT_OK)
        status = suit_ranks(session, options, error);
    if (status == MAFAT_OK)
        status = prepare_ranks(session, options, error);
    if (status != MAFAT_OK || session->by_layers)
        return status;
    mafat_kernel_shape shape = mafat_step_kernel_shape(session->n_threads);
    status = mafat_cost_cache_find(&shape, &session->costs, &session->has_measured, error);
    if (status != MAFAT_OK)
        return status;
    session->image_by_rows = workload->loading == MAFAT_LOADED_BY_ROWS;
    session->crops = workload->crops;
    bool is_asked_to_read = workload->reading == MAFAT_READS_ALWAYS || session->limit_bytes > 0 ||
                            session->ranks.n > 1;
    session->reads_weights = is_asked_to_read && mafat_store_can_hold(network);
    session->weights = pin_all(network->n_layers);
    if (session->weights == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to plan %d layers",
                               network->n_layers);
    return mafat_process_of(&session->process, workload, &session->cfg, cfg_path,
                            session->n_threads, error);
}

void mafat_session_take(mafat_session *session, mafat_found *found)
{
    mafat_plan_free(&session->plan);
    mafat_config_free(&session->config);
    found->choosing_bytes = mafat_size_max(found->choosing_bytes, session->choosing_bytes);
    session->prediction = mafat_found_predict(found, &session->process);
    session->config = found->config;
    session->plan = found->plan;
    session->min_s = found->min_s;
    mafat_trace_free(&found->trace);
    *found = (mafat_found){0};
}

/* A limit may be too small to find out which one would do: that is done all the same, where the
 * process may take more than it was asked to keep to. */
static mafat_status check_allowance(const mafat_session *session, mafat_error *error)
{
    const mafat_network *network = &session->cfg.network;
    size_t bytes = mafat_search_min_charged_bytes(network, &session->process);
    mafat_allowance allowance;
    if (bytes <= session->limit_bytes)
        return MAFAT_OK;
    mafat_status status = mafat_allowance_find(&allowance, "", session->process.base_bytes, error);
    if (status != MAFAT_OK || bytes <= allowance.bytes)
        return status;
    return mafat_error_set(error, MAFAT_NO_FIT,
                           "nothing fits %zu bytes: no limit below %zu (%s) works, which is what "
                           "choosing a plan of %d layers takes, and there is room for %zu (%s) "
                           "here", session->limit_bytes, bytes, MAFAT_SIZE(bytes),
                           network->n_layers, allowance.bytes, MAFAT_SIZE(allowance.bytes));
}

mafat_status mafat_session_search(const mafat_session *session, const mafat_config *config,
                                  mafat_found *found, mafat_error *error)
{
    mafat_search search;
    mafat_plan_options options = mafat_session_plan_options(session);
    mafat_status status = check_allowance(session, error);
    if (status == MAFAT_OK)
        status = mafat_search_init(&search, &session->cfg.network, config, &options,
                                   &session->process, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_search_best(&search, session->limit_bytes, found, error);
    mafat_search_free(&search);
    return status;
}

/* Bytes of weights that a rank has room for in its limit, beside all else: where there is less than all,
 * it runs layer by layer in its tail, whose layers have more weights than outputs. */
static size_t room_for_weights(const mafat_session *session, const mafat_plan_options *options,
                               size_t limit_bytes)
{
    const mafat_network *network = &session->cfg.network;
    mafat_plan_sums sums = {.n_layers = network->n_layers, .n_images = 1, .reads_weights = true};
    if (limit_bytes == 0)
        return SIZE_MAX;
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        size_t in = mafat_shape_floats(layer->in), out = mafat_shape_floats(layer->out);
        if (layer->kind == MAFAT_CONVOLUTION &&
            mafat_layer_filter_bytes(layer) * (size_t)layer->out.c > out * sizeof(float))
            sums.arena_bytes = mafat_size_max(sums.arena_bytes, (in + out) * sizeof(float));
    }
    sums.arena_bytes += options->workspace_bytes;
    size_t bytes = mafat_predict_of_sums(&sums, &session->process).total_bytes;
    return limit_bytes > bytes ? limit_bytes - bytes : 0;
}

/* What rank 0 holds beside its plan: for each of its images results of other ranks', and where it runs
 * several in one pass, their own, while it runs what another rank had no room for. */
static void count_results(mafat_process *process, const mafat_divided *divided)
{
    process->dealt_bytes = (size_t)(divided->n_taking - 1) * divided->result_bytes;
    process->waiting_bytes += divided->result_bytes;
}

/* The limit in which a rank's plan for whole images is looked for here: not more than there is here. */
static size_t limit_of_taker(const mafat_session *session, int rank)
{
    size_t own_bytes = session->rank_limits[rank];
    return own_bytes > 0 && own_bytes < session->limit_bytes ? own_bytes : session->limit_bytes;
}

/* What a rank that would take whole images takes for one of them, by a plan that fits its limit. Rank 0
 * holds results of the others'. */
static mafat_status time_taker(mafat_session *session, const mafat_config *config,
                               const mafat_divided *divided, int rank, double *seconds,
                               mafat_error *error)
{
    mafat_found found;
    mafat_session own = *session;
    own.ranks = mafat_ranks_even(1, 0);
    own.n_images = session->seeks_images ? 1 : session->n_images;
    own.limit_bytes = limit_of_taker(session, rank);
    if (rank == 0)
        count_results(&own.process, divided);
    mafat_status status = mafat_session_search(&own, config, &found, error);
    if (status != MAFAT_OK)
        return status;
    *seconds = found.plan.latency_s / own.n_images;
    session->choosing_bytes = mafat_size_max(session->choosing_bytes, found.choosing_bytes);
    mafat_found_free(&found);
    return MAFAT_OK;
}

/* What the slowest of them takes; INFINITY where one has no plan for one image, an error where it has
 * none for as many as somebody has asked for. */
static mafat_status find_slowest(mafat_session *session, const mafat_config *config,
                                 const mafat_divided *divided, double *seconds, mafat_error *error)
{
    mafat_ranks taking = session->ranks;
    double image_s = 0;
    mafat_status status = MAFAT_OK;
    *seconds = divided->dealt_s;
    for (int rank = 0; rank < taking.n; rank++)
        taking.shares[rank] = divided->takes[rank];
    for (int rank = 0, last = 0; rank < taking.n && session->limit_bytes > 0; rank++) {
        char text[sizeof error->text];
        if (!divided->takes[rank])
            continue;
        bool is_alike = last > 0 && limit_of_taker(session, rank) == limit_of_taker(session, last);
        if (!is_alike)
            status = time_taker(session, config, divided, rank, &image_s, error);
        last = rank;
        if (status == MAFAT_NO_FIT && (session->seeks_images || session->n_images == 1)) {
            *seconds = INFINITY;
            return MAFAT_OK;
        }
        if (status != MAFAT_OK) {
            memcpy(text, error->text, sizeof text);
            snprintf(error->text, sizeof error->text, "rank %d: %.700s", rank, text);
            return status;
        }
        *seconds = fmax(*seconds,
                        image_s * mafat_cost_rank_slowness(&session->rank_costs, &taking, rank));
    }
    return MAFAT_OK;
}

/* Has ranks take whole images of a list, where that is sooner than to divide each, and fits; or where somebody
 * has asked for several images a pass, which are never divided. Nobody knows how many come of a list that is
 * typed. */
static mafat_status choose_dealing(mafat_session *session, const mafat_config *config,
                                   const mafat_divided *divided, mafat_error *error)
{
    double slowest_s;
    int n_listed = session->n_listed > 0 ? session->n_listed : divided->n_taking;
    bool is_asked = session->n_images > 1 && !session->seeks_images;
    if (session->has_shares || !session->has_list || (divided->n_taking < 2 && !is_asked))
        return MAFAT_OK;
    mafat_status status = find_slowest(session, config, divided, &slowest_s, error);
    int n_passes = mafat_size_parts(n_listed, divided->n_taking);
    if (status != MAFAT_OK || (!is_asked && n_passes * slowest_s >= n_listed * divided->seconds))
        return status;
    mafat_notes_print_dealing(divided->n_taking, session->ranks.n);
    session->n_dealing = divided->n_taking;
    session->n_listed = mafat_size_parts(session->n_listed, session->n_dealing);
    session->joint_s = slowest_s;
    memcpy(session->takes, divided->takes, sizeof session->takes);
    session->ranks = mafat_ranks_even(1, 0);
    count_results(&session->process, divided);
    return MAFAT_OK;
}

/* Chooses how several ranks divide the layers, or that they take whole images, unless rank 0 has. */
static mafat_status choose_division(mafat_session *session, const mafat_config *config,
                                    mafat_error *error)
{
    mafat_config usual = {0};
    mafat_divided divided;
    mafat_status status = MAFAT_OK;
    if (session->ranks.n == 1 || session->ways != NULL)
        return MAFAT_OK;
    if (config == NULL)
        status = mafat_config_parse(&usual, MAFAT_DEFAULT_CONFIG, error);
    if (status != MAFAT_OK)
        return status;
    const mafat_plan_options options = mafat_session_plan_options(session);
    mafat_divide_problem problem = {
        .network = &session->cfg.network, .config = config != NULL ? config : &usual,
        .costs = &session->costs, .rank_costs = &session->rank_costs, .ranks = session->ranks,
        .workspace_bytes = options.workspace_bytes, .has_shares = session->has_shares,
    };
    for (int rank = 0; rank < session->ranks.n; rank++)
        problem.room_bytes[rank] = room_for_weights(session, &options, session->rank_limits[rank]);
    status = mafat_divide_best(&divided, &problem, error);
    mafat_config_free(&usual);
    if (status != MAFAT_OK)
        return status;
    session->joint_s = divided.seconds;
    session->alone_s = divided.alone_s;
    status = choose_dealing(session, config, &divided, error);
    if (status == MAFAT_OK && session->n_dealing == 0)
        status = take_one_image(session, error);
    if (status != MAFAT_OK || session->n_dealing > 0) {
        mafat_divided_free(&divided);
        return status;
    }
    memcpy(session->ranks.shares, divided.shares, sizeof divided.shares);
    session->ranks.ways = session->ways = divided.ways;
    if (!session->has_shares)
        mafat_notes_print_ranks(&session->ranks);
    return MAFAT_OK;
}

/* TUNING. Of the scratch that Winograd's algorithm should have, the least that is tried: one part of so
 * many. */
enum { LEAST_SCRATCH_PART = 4 };

/* What an image takes where so many share a pass: the last pass of a list may have fewer, and reads as
 * much for them. */
static double image_s(const mafat_session *session, double pass_s, int n_images)
{
    int n_listed = session->n_listed;
    return n_listed == 0 ? pass_s / n_images
                         : pass_s * mafat_size_parts(n_listed, n_images) / n_listed;
}

/* The least number from n_images on that is worth trying: of those with which a list takes as many
 * passes the least, as more would take more memory, and read as often. */
static int next_images(const mafat_session *session, int n_images)
{
    int n_listed = session->n_listed;
    if (n_listed <= n_images)    /* or nobody knows */
        return n_images;
    int n_passes = mafat_size_parts(n_listed, n_images);
    bool is_least = mafat_size_parts(n_listed, n_passes) == n_images;
    return is_least ? n_images : mafat_size_parts(n_listed, n_passes - 1);
}

/* The best plan for so many images: its seconds for one of them; INFINITY where there is none, of more
 * than one, which is too large or has too many steps. */
static mafat_status try_images(mafat_session *session, const mafat_config *config, int n_images,
                               double *seconds, mafat_error *error)
{
    mafat_found found;
    *seconds = INFINITY;
    session->n_images = n_images;
    mafat_status status = mafat_session_search(session, config, &found, error);
    if ((status == MAFAT_NO_FIT || status == MAFAT_USAGE) && n_images > 1)
        return MAFAT_OK;
    if (status != MAFAT_OK)
        return status;
    *seconds = image_s(session, found.plan.latency_s, n_images);
    session->choosing_bytes = mafat_size_max(session->choosing_bytes, found.choosing_bytes);
    mafat_found_free(&found);
    return MAFAT_OK;
}

/* Tries ever less scratch; where no plan fits with any, the least is taken. */
static mafat_status choose_scratch(mafat_session *session, const mafat_config *config,
                                   mafat_error *error)
{
    int n_images = session->n_images;
    size_t best = session->scratch_bytes;
    double best_s = INFINITY, seconds = INFINITY;
    mafat_status status = MAFAT_OK;
    if (session->limit_bytes == 0 || mafat_algorithm_count(&session->cfg.network) == 0)
        return MAFAT_OK;
    for (int part = 1; part <= LEAST_SCRATCH_PART && status == MAFAT_OK; part *= 2) {
        session->scratch_bytes = MAFAT_WINOGRAD_BYTES / (size_t)part;
        status = try_images(session, config, session->seeks_images ? 1 : n_images, &seconds, error);
        if (status == MAFAT_NO_FIT)    /* with less it may, and else the search says so itself */
            status = MAFAT_OK;
        if (seconds < best_s || best_s == INFINITY)
            best = session->scratch_bytes;
        best_s = fmin(seconds, best_s);
    }
    session->scratch_bytes = best;
    session->n_images = n_images;
    return status;
}

static mafat_status choose_images(mafat_session *session, const mafat_config *config,
                                  mafat_error *error)
{
    enum { MAX_WORSE = 2, MIN_TRIED = 4 };    /* what weights lose to the second image comes first */
    int most = session->n_images, best = 1, n_worse = 0;
    double best_s = INFINITY, seconds = 0;
    mafat_status status = MAFAT_OK;
    if (!session->seeks_images)
        return MAFAT_OK;
    /* The best plan is not kept, but searched again in the end: its steps, for all images, would take
     * room that the next search needs in a small limit. Ever fewer of the larger numbers are tried,
     * among which little depends on one more image. */
    for (int n = 1; n <= most && n_worse < MAX_WORSE && status == MAFAT_OK;
         n = next_images(session, n + 1 + n / 8)) {
        status = try_images(session, config, n, &seconds, error);
        if (status != MAFAT_OK || seconds == INFINITY)
            break;
        n_worse = seconds < best_s || n < MIN_TRIED ? 0 : n_worse + 1;
        best = seconds < best_s ? n : best;
        best_s = fmin(seconds, best_s);
    }
    session->n_images = best;
    session->seeks_images = false;
    return status;
}

mafat_status mafat_session_choose(mafat_session *session, const mafat_config *config,
                                  mafat_error *error)
{
    bool seeks_images = session->seeks_images;
    mafat_status status = choose_division(session, config, error);
    if (status == MAFAT_OK)
        status = choose_scratch(session, config, error);
    if (status == MAFAT_OK)
        status = choose_images(session, config, error);
    if (status == MAFAT_OK && seeks_images && session->n_images > 1)    /* they may suit another amount */
        status = choose_scratch(session, config, error);
    return status;
}

/* Says which configuration it is that does not fit: others may. */
static void name_config(const mafat_config *asked, mafat_error *error)
{
    char text[256];
    size_t length = strlen(error->text);
    mafat_config_print(asked, text, sizeof text);
    snprintf(error->text + length, sizeof error->text - length, " with %s", text);
}

/* Chooses what fits the limit. */
static mafat_status search_plan(mafat_session *session, mafat_error *error)
{
    mafat_found found;
    const mafat_config *asked = session->asked.n_groups > 0 ? &session->asked : NULL;
    mafat_status status = mafat_session_choose(session, asked, error);
    if (status == MAFAT_OK)
        status = mafat_session_search(session, asked, &found, error);
    if (status == MAFAT_OK)
        mafat_session_take(session, &found);
    else if (status == MAFAT_NO_FIT && asked != NULL)
        name_config(asked, error);
    return status;
}

/* Plans what is asked for, or what is usual. */
static mafat_status build_plan(mafat_session *session, mafat_error *error)
{
    mafat_plan_options options = mafat_session_plan_options(session);
    mafat_status status = session->asked.n_groups > 0
                              ? mafat_config_copy(&session->config, &session->asked, error)
                              : mafat_config_parse(&session->config, MAFAT_DEFAULT_CONFIG, error);
    if (status == MAFAT_OK)
        status = choose_division(session, &session->config, error);
    if (status == MAFAT_OK)
        status = mafat_build_plan(&session->plan, &session->cfg.network, &session->config, &options,
                                  error);
    if (status == MAFAT_OK)
        session->prediction = mafat_predict(&session->plan, &session->process);
    return status;
}

mafat_status mafat_session_plan(mafat_session *session, mafat_error *error)
{
    if (session->by_layers)
        return MAFAT_OK;
    mafat_status status = session->limit_bytes > 0 ? search_plan(session, error)
                                                   : build_plan(session, error);
    if (status == MAFAT_OK)
        mafat_notes_print_config(&session->cfg.network, &session->asked, &session->plan);
    return status;
}

mafat_status mafat_session_prepare(mafat_session *session, const char *cfg_path,
                                   const mafat_options *options, const mafat_workload *workload,
                                   mafat_error *error)
{
    *session = (mafat_session){0};
    int width = workload->is_resized ? workload->width : 0;
    int height = workload->is_resized ? workload->height : 0;
    mafat_status status = mafat_cfg_read(&session->cfg, cfg_path, width, height, error);
    session->is_resized = workload->is_resized;
    if (status == MAFAT_OK && (options->stretch || options->letter_box))
        mafat_cfg_read_as_foreign(&session->cfg, options->stretch);
    if (status == MAFAT_OK)
        status = prepare(session, cfg_path, options, workload, error);
    if (status == MAFAT_OK) {
        mafat_notes_print_cfg(&session->cfg, cfg_path);
        if (session->is_fast)
            mafat_notes_print_fast(&session->cfg.network, cfg_path);
        return MAFAT_OK;
    }
    mafat_error_set_file(error, cfg_path);
    mafat_session_close(session);
    return status;
}

mafat_status mafat_session_open(mafat_session *session, const char *cfg_path,
                                const mafat_options *options, const mafat_workload *workload,
                                mafat_error *error)
{
    mafat_status status = mafat_session_prepare(session, cfg_path, options, workload, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_session_plan(session, error);
    if (status == MAFAT_OK)
        return MAFAT_OK;
    if (status == MAFAT_NO_FIT)
        mafat_workload_name_picture(workload, error);
    mafat_error_set_file(error, cfg_path);
    mafat_session_close(session);
    return status;
}

/* Whether the key of a line is one of MAFAT's flags, or one of them misspelt, of which it is to
 * warn. */
static bool is_flag(char *line)
{
    char nearest[MAFAT_CFG_KEYS_MAX_BYTES];
    char *equals = strchr(line, '=');
    if (strncasecmp(line, "mafat", 5) == 0)
        return true;
    if (equals == NULL)
        return false;
    *equals = '\0';
    if (mafat_cfg_keys_find("net", line) != NULL)
        return false;
    mafat_cfg_keys_find_nearest("net", line, nearest);
    return strncmp(nearest, "mafat_", 6) == 0 && mafat_nearest_distance(nearest, line) <= 2;
}

static bool is_limit(char *line)
{
    return strncmp(line, "mafat_memory=", strlen("mafat_memory=")) == 0;
}

/* Whether the [net] section has such a line, or a later one has a flag, which it has no effect in. */
static bool has_line(const char *cfg_path, bool (*is_such)(char *line))
{
    FILE *file;
    uint64_t unused;
    mafat_error unseen;
    errno = 0;
    if (mafat_file_open(cfg_path, "cfg file", &file, &unused, &unseen) != MAFAT_OK)
        return errno == ENOMEM;
    bool found = false;
    int n_sections = 0;
    char *line = NULL;
    size_t size = 0;
    ssize_t length = 0;
    for (int n = 1; !found && (length = getline(&line, &size, file)) >= 0; n++) {
        mafat_cfg_text_clean(line, n);
        n_sections += line[0] == '[';
        found = n_sections < 2 ? is_such(line) : strncasecmp(line, "mafat", 5) == 0;
    }
    found |= length < 0 && !feof(file);
    free(line);
    fclose(file);
    return found;
}

bool mafat_session_is_asked_for(const char *cfg_path)
{
    return has_line(cfg_path, is_flag);
}

bool mafat_session_has_limit(const char *cfg_path)
{
    return has_line(cfg_path, is_limit);
}

bool mafat_session_is_foreign(const char *cfg_path)
{
    return mafat_cfg_is_foreign(cfg_path);
}

void mafat_session_close(mafat_session *session)
{
    mafat_plan_free(&session->plan);
    mafat_config_free(&session->config);
    mafat_config_free(&session->asked);
    free(session->weights);
    free(session->ways);
    mafat_cfg_free(&session->cfg);
    *session = (mafat_session){0};
}
