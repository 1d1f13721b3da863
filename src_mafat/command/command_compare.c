/* `darknet mafat compare`: Darknet's own forward pass, in a process of its own, and MAFAT's on
 * the same input; every output that the plan makes whole, bit by bit. */
#include "command/own_commands.h"
#include "command/oracle.h"
#include "command/report.h"
#include "command/trial.h"

static mafat_status report(const mafat_comparison *c, const mafat_session *session, bool json,
                           mafat_error *error)
{
    mafat_report r;
    mafat_report_begin(&r, json);
    mafat_report_session(&r, session);
    mafat_report_size(&r, "layers_compared", (size_t)c->n_layers);
    mafat_report_size(&r, "values_compared", c->n_values);
    mafat_report_size(&r, "values_different", c->n_different);
    mafat_report_real(&r, "max_abs_diff", c->max_abs_diff);
    mafat_status status = mafat_report_peaks(&r, error);
    mafat_report_end(&r);
    return status;
}

static mafat_status compare(mafat_trial *trial, mafat_oracle *oracle, bool json,
                            mafat_error *error)
{
    const mafat_session *session = &trial->bridge->session;
    mafat_comparison c;
    mafat_comparison_begin(&c, &session->cfg.network, mafat_oracle_outputs(oracle));
    mafat_observer observer = {.context = &c, .map_done = mafat_comparison_map_done};
    mafat_status status = mafat_trial_run(trial, &observer, error);
    if (status == MAFAT_OK && c.status == MAFAT_OK)
        status = report(&c, session, json, error);
    if (status == MAFAT_OK)
        status = mafat_comparison_judge(&c, error);
    return status;
}

static const mafat_usage usage = {
    "compare", "CFG WEIGHTS [IMAGE]",
    "run Darknet's own forward pass and MAFAT's on the same input\n"
    "and compare every output that the plan makes whole, bit by bit",
    {NULL, 0},
};

static mafat_status run(mafat_arguments *arguments, mafat_error *error)
{
    mafat_report_watch_memory();
    mafat_trial trial;
    mafat_oracle oracle;
    mafat_status status = mafat_arguments_read(arguments, &usage, NULL, error);
    if (status == MAFAT_OK)
        status = mafat_trial_open(&trial, arguments, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_oracle_start(&oracle, arguments, &trial.input, error);
    if (status == MAFAT_OK) {
        mafat_trial_load(&trial, arguments, false);
        status = compare(&trial, &oracle, arguments->json, error);
    }
    mafat_error_set_file(error, arguments->words[1]);
    mafat_oracle_stop(&oracle);
    mafat_trial_close(&trial);
    return status;
}

const mafat_command mafat_command_compare = {&usage, run};
