/* See measuring.h. */
#include "bridge/measuring.h"

#include "machine/calibrate_ranks.h"
#include "session/session.h"

mafat_status mafat_measuring_speed(const char *cfg_path, const char *threads, double *usual_s,
                                   mafat_error *error)
{
    mafat_session session;
    mafat_workload workload;
    const mafat_options options = {.threads = threads, .is_unlimited = true};
    mafat_status status = mafat_workload_of_command(&workload, MAFAT_LOADED_BY_ROWS,
                                                    MAFAT_DRAWN_BY_NOBODY, error);
    if (status == MAFAT_OK)
        status = mafat_session_prepare(&session, cfg_path, &options, &workload, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_calibrate_ranks_speed(session.n_threads, usual_s, error);
    mafat_session_close(&session);
    return status;
}

mafat_status mafat_measuring_messages(mafat_error *error)
{
    mafat_rank_costs costs;
    return mafat_calibrate_ranks_messages(mafat_peers_here(), &costs, error);
}
