/* See ranking.h. */
#include "command/ranking.h"

#include <stdio.h>
#include <stdlib.h>

#include "command/paper_choice.h"

static mafat_status add_candidates(mafat_points *candidates, const mafat_session *session,
                                   mafat_search *search, mafat_error *error)
{
    enum { MAX_CANDIDATES = 5, PERCENT = 5 };
    mafat_found paper = {0};
    mafat_error unused;    /* the paper's may not fit, and nothing is lost */
    mafat_status status = mafat_points_descend(candidates, search, NULL, session->limit_bytes,
                                               PERCENT, MAX_CANDIDATES, error);
    if (status == MAFAT_OK && session->asked.n_groups == 0 && session->n_images == 1 &&
        mafat_paper_choice_find(session, &paper, &unused) == MAFAT_OK)
        status = mafat_points_add(candidates, session->limit_bytes, &paper, &session->process,
                                  error);
    mafat_found_free(&paper);
    mafat_points_drop_doubles(candidates);
    return status;
}

/* A configuration as text, with what is best for its weights in the session's limit. */
static mafat_status search_text(const mafat_session *session, const char *text, mafat_found *found,
                                mafat_error *error)
{
    mafat_config config;
    mafat_status status = mafat_config_parse(&config, text, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_session_search(session, &config, found, error);
    mafat_config_free(&config);
    return status;
}

mafat_status mafat_ranking_enter(mafat_ranking *ranking, const mafat_session *session,
                                 mafat_search *search, mafat_error *error)
{
    mafat_points *candidates = &ranking->candidates;
    mafat_status status = add_candidates(candidates, session, search, error);
    if (status != MAFAT_OK)
        return status;
    ranking->runners = calloc((size_t)candidates->n, sizeof *ranking->runners);
    if (ranking->runners == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d plans", candidates->n);
    for (int i = 0; i < candidates->n && status == MAFAT_OK; i++) {
        mafat_found found = {0};
        char *config = candidates->points[i].config;
        status = search_text(session, config, &found, error);
        ranking->runners[i] = (mafat_runner){.config = config,
                                             .predicted_s = found.plan.latency_s /
                                                            session->n_images};
        mafat_found_free(&found);
    }
    return status;
}

mafat_status mafat_ranking_run(mafat_ranking *ranking, const mafat_session *session,
                               const char *cfg_path, const char *weights_path, mafat_found *found,
                               mafat_error *error)
{
    mafat_race race = {cfg_path, weights_path, session->limit_bytes, session->n_threads,
                       session->n_images, session->is_fast};
    mafat_status status = mafat_race_run(&race, ranking->runners, ranking->candidates.n, error);
    if (status == MAFAT_OK)
        status = search_text(session, ranking->runners[0].config, found, error);
    return status;
}

void mafat_ranking_print(const mafat_ranking *ranking)
{
    printf("\n%10s  %11s  config\n", "measured s", "predicted s");
    for (int i = 0; i < ranking->candidates.n; i++) {
        const mafat_runner *runner = &ranking->runners[i];
        printf("%10.4f  %11.4f  %s\n", runner->measured_s, runner->predicted_s, runner->config);
    }
}

void mafat_ranking_report(const mafat_ranking *ranking, mafat_report *report)
{
    mafat_report_begin_list(report, "measured");
    for (int i = 0; i < ranking->candidates.n; i++) {
        const mafat_runner *runner = &ranking->runners[i];
        mafat_report_begin_item(report);
        mafat_report_text(report, "config", runner->config);
        mafat_report_real(report, "predicted_latency_s", runner->predicted_s);
        mafat_report_real(report, "latency_s_median", runner->measured_s);
        mafat_report_end_item(report);
    }
    mafat_report_end_list(report);
}

void mafat_ranking_free(mafat_ranking *ranking)
{
    free(ranking->runners);
    mafat_points_free(&ranking->candidates);
    *ranking = (mafat_ranking){0};
}
