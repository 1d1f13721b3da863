/* `darknet mafat compare`: Darknet's own forward pass, once and in a process of its own, and
 * MAFAT's on the same input, under one configuration after the other; every output that the plan
 * makes whole, bit by bit. Fast plans are compared bit by bit with one of one thread, and must be near
 * Darknet. */
#include "base/progress.h"
#include "command/oracle.h"
#include "command/own_commands.h"
#include "command/report.h"
#include "command/trial.h"

typedef struct {
    const mafat_arguments *arguments;
    const char *config;            /* under way; NULL: none is named */
    int n_configs, n_different;    /* of 1 configuration the command itself fails if it differs */
    mafat_oracle oracle;
    mafat_report report;
} comparer;

/* A comparison, and how far it has come. */
typedef struct {
    mafat_comparison found;     /* with Darknet, */
    bool is_fast;               /* which is to be near, */
    mafat_comparison strict;    /* and then with another fast plan */
    mafat_progress progress;
} watched;

static void report_values(mafat_report *r, const mafat_session *session, const watched *w)
{
    const mafat_comparison *found = &w->found;
    mafat_report_session(r, session);
    mafat_report_size(r, "layers_compared", (size_t)found->n_layers);
    mafat_report_size(r, "values_compared", found->n_values);
    mafat_report_size(r, "values_different", found->n_different);
    mafat_report_real(r, "max_abs_diff", found->max_abs_diff);
    if (!w->is_fast)
        return;
    mafat_report_real(r, "max_relative_diff", found->max_relative_diff);
    mafat_report_size(r, "fast_values_different", w->strict.n_different);
}

/* Peaks are of the whole process: among several configurations they would tell of none. */
static void report(comparer *c, const mafat_session *session, const watched *w)
{
    mafat_report *r = &c->report;
    if (c->n_configs > 1) {
        mafat_report_begin_item(r);
        report_values(r, session, w);
        mafat_report_end_item(r);
        return;
    }
    mafat_report_begin(r, c->arguments->json);
    report_values(r, session, w);
    mafat_report_peaks(r);
    mafat_report_end(r);
}

/* Says where one of several configurations differs, and goes on. */
static mafat_status pass_over(comparer *c, mafat_error *error)
{
    mafat_error difference = *error;
    snprintf(difference.text, sizeof difference.text, "%.80s: %.600s", c->config,
             error->text);
    mafat_error_set_file(&difference, c->arguments->words[1]);
    mafat_error_print(&difference, stderr);
    *error = (mafat_error){0};
    c->n_different++;
    return MAFAT_OK;
}

static void note_map(void *context, int image, int layer, const float *map)
{
    watched *w = context;
    mafat_comparison_map_done(&w->found, image, layer, map);
    if (w->is_fast)
        mafat_comparison_map_done(&w->strict, image, layer, map);
    mafat_progress_reach(&w->progress, (size_t)w->found.n_layers);
}

static mafat_status judge(const watched *w, mafat_error *error)
{
    if (!w->is_fast)
        return mafat_comparison_judge(&w->found, error);
    mafat_status status = mafat_comparison_judge(&w->strict, error);
    return status == MAFAT_OK ? mafat_comparison_judge_near(&w->found, error) : status;
}

static mafat_status compare(comparer *c, mafat_trial *trial, mafat_error *error)
{
    const mafat_session *session = &trial->bridge->session;
    watched w = {.is_fast = session->is_fast};
    mafat_comparison_begin(&w.found, &session->cfg.network, mafat_oracle_outputs(&c->oracle));
    mafat_comparison_begin(&w.strict, &session->cfg.network,
                           mafat_oracle_fast_outputs(&c->oracle));
    mafat_progress_begin(&w.progress, "layers compared", 0);
    mafat_observer observer = {.context = &w, .map_done = note_map};
    mafat_status status = mafat_trial_run(trial, &observer, error);
    mafat_progress_end(&w.progress);
    bool is_read = w.found.status == MAFAT_OK && w.strict.status == MAFAT_OK;
    if (status == MAFAT_OK && is_read && w.found.n_values == 0)
        status = mafat_error_set(error, MAFAT_FAILED, "the plan made no value to compare");
    if (status == MAFAT_OK && is_read)
        report(c, session, &w);
    if (status != MAFAT_OK)
        return status;
    status = judge(&w, error);
    bool differs = status != MAFAT_OK && is_read;
    return differs && c->n_configs > 1 ? pass_over(c, error) : status;
}

/* What the command line says of the configuration under way. */
static mafat_arguments arguments_of_config(const comparer *c)
{
    mafat_arguments arguments = *c->arguments;
    arguments.options.config = c->config;
    return arguments;
}

/* One configuration; the first one starts Darknet's pass. */
static mafat_status try_config(comparer *c, mafat_error *error)
{
    mafat_trial trial;
    const mafat_arguments arguments = arguments_of_config(c);
    mafat_status status = mafat_trial_open(&trial, &arguments, 0, false, error);
    if (status != MAFAT_OK)
        return status;
    if (c->oracle.process == 0)
        status = mafat_oracle_start(&c->oracle, &arguments, &trial, error);
    if (status == MAFAT_OK) {
        mafat_trial_load(&trial, &arguments, false);
        status = compare(c, &trial, error);
    }
    mafat_error_set_file(error, c->arguments->words[1]);
    mafat_trial_close(&trial);
    return status;
}

/* Plans one without running it, so that of several none runs where one is wrong. */
static mafat_status check_config(comparer *c, mafat_error *error)
{
    mafat_trial trial;
    const mafat_arguments arguments = arguments_of_config(c);
    mafat_status status = mafat_trial_open(&trial, &arguments, 0, false, error);
    if (status == MAFAT_OK)
        mafat_trial_close(&trial);
    return status;
}

static mafat_status for_each_config(comparer *c, mafat_status (*act)(comparer *, mafat_error *),
                                    mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    for (int i = 0; i < c->n_configs && status == MAFAT_OK; i++) {
        c->config = c->arguments->configs.values[i];
        status = act(c, error);
    }
    return status;
}

static mafat_status compare_several(comparer *c, mafat_error *error)
{
    const mafat_arguments *arguments = c->arguments;
    if (arguments->options.memory != NULL || mafat_session_has_limit(arguments->words[1])) {
        mafat_error_set(error, MAFAT_USAGE,
                        "under a memory limit, which counts what a configuration before it left "
                        "behind, -mafat can be given once, not %d times", c->n_configs);
        if (arguments->options.memory == NULL)
            mafat_error_set_file(error, arguments->words[1]);
        return MAFAT_USAGE;
    }
    mafat_status status = for_each_config(c, check_config, error);
    if (status != MAFAT_OK)
        return status;
    mafat_report_begin(&c->report, c->arguments->json);
    mafat_report_begin_list(&c->report, "configurations");
    status = for_each_config(c, try_config, error);
    mafat_report_end_list(&c->report);
    mafat_report_end(&c->report);
    if (status != MAFAT_OK || c->n_different == 0)
        return status;
    status = mafat_error_set(error, MAFAT_FAILED,
                             "%d of %d configurations differ from Darknet's own forward pass",
                             c->n_different, c->n_configs);
    mafat_error_set_file(error, arguments->words[1]);
    return status;
}

static const mafat_usage usage = {
    "compare", "CFG WEIGHTS [IMAGE]",
    "run Darknet's own forward pass and MAFAT's on the same input "
    "and compare every output that the plan makes whole, bit by bit; "
    "with -mafat given several times, under each of these. With -fast: how far they are from "
    "Darknet's, and bit by bit with those of another fast plan. Darknet's pass is a process of its own, "
    "whose memory comes beside a limit",
    {NULL, 0}, true,
};

static mafat_status run(mafat_arguments *arguments, mafat_error *error)
{
    comparer c = {.arguments = arguments, .config = arguments->options.config,
                  .n_configs = arguments->configs.n};
    mafat_report_watch_memory();
    mafat_status status = mafat_arguments_read(arguments, &usage, NULL, error);
    if (status != MAFAT_OK)
        return status;
    if (c.n_configs > 1) {
        status = compare_several(&c, error);
    } else {
        c.n_configs = 1;
        status = try_config(&c, error);
    }
    mafat_oracle_stop(&c.oracle);
    return status;
}

const mafat_command mafat_command_compare = {&usage, run};
