/* `search -measure`: the plans that are worth a run for real, ranked by what was measured. */
#ifndef MAFAT_COMMAND_RANKING_H
#define MAFAT_COMMAND_RANKING_H

#include "base/status.h"
#include "command/points.h"
#include "command/report.h"
#include "machine/race.h"
#include "search/search.h"
#include "session/session.h"

typedef struct {
    mafat_points candidates;
    mafat_runner *runners;    /* [candidates.n], owned: the fastest first once they have run */
} mafat_ranking;

/* Finds the candidates: the best plans for the session's limit and for limits a little lower, and
 * the paper's choice where the session asks for no configuration and one image; all of them are to run
 * in the session's limit, with as many images. `search` is the session's. Errors: those of mafat_search_best(). Whatever is
 * returned, the ranking is to be freed. */
mafat_status mafat_ranking_enter(mafat_ranking *ranking, const mafat_session *session,
                                 mafat_search *search, mafat_error *error);

/* Runs them, and finds the plan of the one that was fastest. Errors: those of mafat_race_run(). */
mafat_status mafat_ranking_run(mafat_ranking *ranking, const mafat_session *session,
                               const char *cfg_path, const char *weights_path, mafat_found *found,
                               mafat_error *error);

/* A table on stdout; a list under the key "measured" in a report. */
void mafat_ranking_print(const mafat_ranking *ranking);
void mafat_ranking_report(const mafat_ranking *ranking, mafat_report *report);

/* Frees what the ranking owns and clears it; a zeroed one may be freed. */
void mafat_ranking_free(mafat_ranking *ranking);

#endif
