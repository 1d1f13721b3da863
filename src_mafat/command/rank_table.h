/* What each of several ranks takes and sends, as a table. */
#ifndef MAFAT_COMMAND_RANK_TABLE_H
#define MAFAT_COMMAND_RANK_TABLE_H

#include "command/report.h"
#include "session/session.h"

/* The plans of all ranks. */
typedef struct {
    int n;                      /* 0: there is one rank, which needs none of this */
    mafat_session *sessions;    /* [n], owned */
} mafat_rank_table;

/* Makes all ranks' plans again, with these options and what the session has chosen, whose joint_s becomes
 * what these plans take together. Errors: those of mafat_session_open(). On error nothing needs to be
 * freed. */
mafat_status mafat_rank_table_make(mafat_rank_table *table, mafat_session *session,
                                   const char *cfg_path, const mafat_options *options,
                                   const mafat_workload *workload, mafat_error *error);

/* Adds the table to what is reported; nothing, where there is one rank. */
void mafat_rank_table_report(const mafat_rank_table *table, mafat_report *report);

/* Frees what the table owns and clears it; a zeroed one may be freed. */
void mafat_rank_table_free(mafat_rank_table *table);

#endif
