/* Options and a cfg file made into a plan; see session.h. */
#include "front/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "front/cfg_text.h"
#include "front/number.h"
#include "run/exec.h"
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

static const char *first_of(const char *option, const char *flag)
{
    return option != NULL ? option : flag;
}

static mafat_status make_plan(mafat_session *session, const mafat_options *options,
                              mafat_error *error)
{
    const mafat_cfg *cfg = &session->cfg;
    const char *memory = first_of(options->memory, cfg->memory);
    if (memory != NULL)
        return mafat_error_set(error, MAFAT_USAGE,
                               "memory limit \"%s\": limits are not built yet; name a "
                               "configuration instead (-mafat, or mafat= in [net])",
                               memory);
    mafat_status status = read_threads(first_of(options->threads, cfg->threads),
                                       &session->n_threads, error);
    if (status == MAFAT_OK)
        status = check_layers(&cfg->network, error);
    const char *config = first_of(options->config, cfg->config);
    if (status == MAFAT_OK)
        status = mafat_config_parse(&session->config,
                                    config != NULL ? config : MAFAT_DEFAULT_CONFIG, error);
    if (status == MAFAT_OK)
        status = mafat_plan_build(&session->plan, &cfg->network, &session->config,
                                  mafat_exec_workspace_bytes(session->n_threads), error);
    return status;
}

mafat_status mafat_session_open(mafat_session *session, const char *cfg_path,
                                const mafat_options *options, int width, int height,
                                mafat_error *error)
{
    *session = (mafat_session){0};
    mafat_status status = mafat_cfg_read(&session->cfg, cfg_path, width, height, error);
    if (status == MAFAT_OK)
        status = make_plan(session, options, error);
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
    mafat_cfg_free(&session->cfg);
    *session = (mafat_session){0};
}
