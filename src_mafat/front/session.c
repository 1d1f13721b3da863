/* Options and a cfg file made into a plan; see session.h. */
#include "front/session.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "front/auto_memory.h"
#include "front/cfg_text.h"
#include "front/cost_cache.h"
#include "front/number.h"
#include "plan/search.h"
#include "run/exec.h"
#include "run/measure.h"
#include "run/team.h"

static mafat_status read_threads(const char *text, int *n_threads, mafat_error *error)
{
    *n_threads = mafat_team_default_size();
    if (text == NULL)
        return MAFAT_OK;
    mafat_status status = mafat_number_read("threads", text, 1, MAFAT_MAX_THREADS, n_threads,
                                            error);
    if (status == MAFAT_OK && *n_threads > 1 && !mafat_team_available()) {
        fprintf(stderr, "mafat: built without OpenMP: 1 thread instead of %d\n", *n_threads);
        *n_threads = 1;
    }
    return status;
}

static mafat_status check_layers(const mafat_network *network, mafat_error *error)
{
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        if (layer->unsupported != NULL)
            return mafat_error_set_layer(error, MAFAT_UNSUPPORTED, l, layer->type, "%s",
                                         layer->unsupported);
    }
    return MAFAT_OK;
}

static mafat_status read_limit(const char *text, size_t *bytes, mafat_error *error)
{
    if (strcmp(text, "auto") == 0)
        return mafat_auto_memory_limit(bytes, error);
    mafat_status status = mafat_number_read_bytes("memory limit", text, bytes, error);
    if (status != MAFAT_OK)
        strncat(error->text, ", or auto", sizeof error->text - strlen(error->text) - 1);
    return status;
}

static const char *first_of(const char *option, const char *flag)
{
    return option != NULL ? option : flag;
}

/* What a thread costs beside its scratch, which is in the plan: the touched part of its stack,
 * and what the kernel and OpenMP keep for it. */
enum { THREAD_BYTES = 64 << 10 };

/* What the program will come to hold beside all that is counted: its own pages, Darknet's layers
 * and cfg, growing heaps, page tables. tests/network/memory.sh holds it to what a cgroup charges. */
enum { LATER_BYTES = 2100 << 10 };

static size_t weight_bytes(const mafat_network *network)
{
    size_t n_floats = 0;
    for (int l = 0; l < network->n_layers; l++)
        n_floats += mafat_layer_weight_floats(&network->layers[l]);
    return n_floats * sizeof(float);
}

static mafat_status measure_process(const mafat_session *session, const mafat_session_use *use,
                                    mafat_process *process, mafat_error *error)
{
    *process = (mafat_process){
        .image_bytes = use->image_bytes,
        .decode_bytes = use->decode_bytes,
        .statistics_bytes = mafat_store_statistics_bytes(&session->cfg.network),
        .weight_bytes = weight_bytes(&session->cfg.network),
        .thread_bytes = THREAD_BYTES,
        .n_threads = session->n_threads,
    };
    mafat_status status = MAFAT_OK;
    process->base_bytes = use->base_bytes;
    if (use->base_bytes == 0)
        status = mafat_measure_anonymous(&process->base_bytes, error);
    process->base_bytes += LATER_BYTES;
    return status;
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
        .workspace_bytes = mafat_exec_workspace_bytes(session->n_threads),
        .image_by_rows = session->image_by_rows,
        .weights = session->reads_weights ? session->weights : NULL,
        .costs = &session->costs,
    };
}

/* The memory limit and the configuration that are asked for. */
static mafat_status read_request(mafat_session *session, const mafat_options *options,
                                 mafat_error *error)
{
    const mafat_cfg *cfg = &session->cfg;
    const char *config = first_of(options->config, cfg->config);
    session->by_layers = config != NULL && strcmp(config, MAFAT_LAYERS_CONFIG) == 0;
    bool wins_over_cfg = session->by_layers && options->config != NULL;
    const char *memory = first_of(options->memory, wins_over_cfg ? NULL : cfg->memory);
    mafat_status status = read_threads(first_of(options->threads, cfg->threads),
                                       &session->n_threads, error);
    if (status == MAFAT_OK && memory != NULL)
        status = read_limit(memory, &session->limit_bytes, error);
    if (status != MAFAT_OK)
        return status;
    if (session->by_layers && memory != NULL)
        return mafat_error_set(error, MAFAT_USAGE,
                               "configuration \"" MAFAT_LAYERS_CONFIG "\" is Darknet's own forward "
                               "pass, which knows no memory limit; given %s", memory);
    if (session->by_layers || config == NULL)
        return MAFAT_OK;
    return mafat_config_parse(&session->asked, config, error);
}

/* All that a plan depends on. */
static mafat_status prepare(mafat_session *session, const mafat_options *options,
                            const mafat_session_use *use, mafat_error *error)
{
    const mafat_network *network = &session->cfg.network;
    mafat_status status = read_request(session, options, error);
    if (status == MAFAT_OK)
        status = check_layers(network, error);
    if (status != MAFAT_OK || session->by_layers)
        return status;
    mafat_kernel_shape shape = mafat_exec_kernel_shape(session->n_threads);
    mafat_cost_cache_find(&shape, &session->costs, &session->has_measured);
    session->image_by_rows = use->image_by_rows;
    session->reads_weights = (use->reads_weights || session->limit_bytes > 0) &&
                             mafat_store_can_hold(network);
    session->weights = pin_all(network->n_layers);
    if (session->weights == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to plan %d layers",
                               network->n_layers);
    return measure_process(session, use, &session->process, error);
}

void mafat_session_take(mafat_session *session, mafat_found *found)
{
    mafat_plan_free(&session->plan);
    mafat_config_free(&session->config);
    session->config = found->config;
    session->plan = found->plan;
    session->least_s = found->least_s;
    session->prediction = mafat_predict(&session->plan, &session->process);
    *found = (mafat_found){0};
}

/* Chooses what fits the limit. */
static mafat_status search_plan(mafat_session *session, mafat_error *error)
{
    mafat_search search;
    mafat_found found;
    mafat_plan_options options = mafat_session_plan_options(session);
    mafat_status status = mafat_search_init(&search, &session->cfg.network,
                                            session->asked.n_groups > 0 ? &session->asked : NULL,
                                            &options, &session->process, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_search_best(&search, session->limit_bytes, &found, error);
    mafat_search_free(&search);
    if (status == MAFAT_OK)
        mafat_session_take(session, &found);
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
        status = mafat_plan_build(&session->plan, &session->cfg.network, &session->config, &options,
                                  error);
    if (status == MAFAT_OK)
        session->prediction = mafat_predict(&session->plan, &session->process);
    return status;
}

mafat_status mafat_session_plan(mafat_session *session, mafat_error *error)
{
    if (session->by_layers)
        return MAFAT_OK;
    return session->limit_bytes > 0 ? search_plan(session, error) : build_plan(session, error);
}

mafat_status mafat_session_prepare(mafat_session *session, const char *cfg_path,
                                   const mafat_options *options, const mafat_session_use *use,
                                   mafat_error *error)
{
    *session = (mafat_session){0};
    mafat_status status = mafat_cfg_read(&session->cfg, cfg_path, use->width, use->height, error);
    if (status == MAFAT_OK)
        status = prepare(session, options, use, error);
    if (status == MAFAT_OK)
        return MAFAT_OK;
    mafat_error_set_file(error, cfg_path);
    mafat_session_close(session);
    return status;
}

mafat_status mafat_session_open(mafat_session *session, const char *cfg_path,
                                const mafat_options *options, const mafat_session_use *use,
                                mafat_error *error)
{
    mafat_status status = mafat_session_prepare(session, cfg_path, options, use, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_session_plan(session, error);
    if (status == MAFAT_OK)
        return MAFAT_OK;
    mafat_error_set_file(error, cfg_path);
    mafat_session_close(session);
    return status;
}

bool mafat_session_is_asked_for(const char *cfg_path)
{
    struct stat about;
    if (stat(cfg_path, &about) != 0 || !S_ISREG(about.st_mode))
        return false;
    FILE *file = fopen(cfg_path, "r");
    if (file == NULL)
        return false;
    bool found = false;
    int n_sections = 0;
    char *line = NULL;
    size_t size = 0;
    while (!found && n_sections < 2 && getline(&line, &size, file) >= 0) {
        mafat_cfg_text_strip(line);
        n_sections += line[0] == '[';
        found = strncmp(line, "mafat=", 6) == 0 || strncmp(line, "mafat_memory=", 13) == 0 ||
                strncmp(line, "mafat_threads=", 14) == 0;
    }
    free(line);
    fclose(file);
    return found;
}

void mafat_session_close(mafat_session *session)
{
    mafat_plan_free(&session->plan);
    mafat_config_free(&session->config);
    mafat_config_free(&session->asked);
    free(session->weights);
    mafat_cfg_free(&session->cfg);
    *session = (mafat_session){0};
}
