/* `darknet mafat compare`: Darknet's own forward pass and MAFAT's on the same input, every output
 * that the plan makes whole, bit by bit. */
#include "front/command.h"
#include "front/comparison.h"
#include "front/report.h"
#include "front/trial.h"

static void report(const mafat_comparison *c, bool json)
{
    const mafat_session *session = &c->bridge->session;
    mafat_report r;
    mafat_report_begin(&r, json);
    mafat_report_config(&r, "config", &session->config);
    mafat_report_size(&r, "threads", (size_t)session->n_threads);
    mafat_report_size(&r, "arena_bytes", session->plan.arena_bytes);
    mafat_report_real(&r, "redundant_macs_percent",
                      mafat_plan_redundant_percent(session->plan.macs,
                                                   session->plan.redundant_macs));
    mafat_report_size(&r, "layers_compared", (size_t)c->n_layers);
    mafat_report_size(&r, "values_compared", c->n_values);
    mafat_report_size(&r, "values_different", c->n_different);
    mafat_report_real(&r, "max_abs_diff", c->max_abs_diff);
    mafat_report_end(&r);
}

static mafat_status compare(const mafat_trial *trial, bool json, mafat_error *error)
{
    mafat_comparison c;
    mafat_comparison_begin(&c, trial->bridge);
    mafat_bridge_forward_darknet(trial->bridge, trial->input);
    mafat_bridge_forward(trial->bridge, trial->input, trial->results,
                         &(mafat_observer){.context = &c, .map_done = mafat_comparison_map_done});
    report(&c, json);
    return c.n_different == 0 ? MAFAT_OK : mafat_comparison_describe(&c, error);
}

mafat_status mafat_command_compare(const mafat_arguments *arguments, mafat_error *error)
{
    if (arguments->n_words < 3 || arguments->n_words > 4)
        return mafat_error_set(error, MAFAT_USAGE,
                               "usage: darknet mafat compare CFG WEIGHTS [IMAGE] [-mafat CONFIG] "
                               "[-threads N] [-json]");
    mafat_trial trial;
    mafat_status status = mafat_arguments_refuse_options(arguments, "", error);
    if (status == MAFAT_OK)
        status = mafat_trial_open(&trial, arguments, error);
    if (status != MAFAT_OK)
        return status;
    status = compare(&trial, arguments->json, error);
    mafat_error_set_file(error, arguments->words[1]);
    mafat_trial_close(&trial);
    return status;
}
