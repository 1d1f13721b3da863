/* What each of several ranks takes and sends, as a table. */
#ifndef MAFAT_COMMAND_RANK_TABLE_H
#define MAFAT_COMMAND_RANK_TABLE_H

#include "command/report.h"
#include "session/session.h"

/* Adds it to what is reported of a session: nothing, where there is one rank. All ranks' plans are made
 * again, with these options. Errors: those of mafat_session_open(). */
mafat_status mafat_rank_table_report(mafat_report *report, const mafat_session *session,
                                     const char *cfg_path, const mafat_options *options,
                                     const mafat_workload *workload, mafat_error *error);

#endif
