/* Plans of all ranks, looked at side by side; see rank_table.h. */
#include "command/rank_table.h"

#include <stdlib.h>

/* Bytes of a plan's messages in one direction. */
static size_t message_bytes(const mafat_session *session, bool is_sent)
{
    size_t n_bytes = 0;
    for (int i = 0; i < session->plan.n_messages; i++) {
        const mafat_message *message = &session->plan.messages[i];
        if (message->is_sent == is_sent)
            n_bytes += mafat_plan_message_bytes(&session->cfg.network, message);
    }
    return n_bytes;
}

static void report_rank(mafat_report *report, const mafat_session *session)
{
    const mafat_plan *plan = &session->plan;
    mafat_report_begin_item(report);
    mafat_report_size(report, "rank", (size_t)session->ranks.rank);
    mafat_report_size(report, "share", (size_t)session->ranks.shares[session->ranks.rank]);
    mafat_report_size(report, "predicted_bytes", session->prediction.total_bytes);
    mafat_report_size(report, "pinned_bytes", plan->pinned_bytes);
    mafat_report_size(report, "weight_bytes_read", plan->weight_bytes_read);
    mafat_report_size(report, "macs", plan->macs);
    mafat_report_real(report, "computing_s", plan->latency_s);
    mafat_report_size(report, "messages", (size_t)plan->n_messages);
    mafat_report_size(report, "sent_bytes", message_bytes(session, true));
    mafat_report_size(report, "received_bytes", message_bytes(session, false));
    mafat_report_end_item(report);
}

mafat_status mafat_rank_table_report(mafat_report *report, const mafat_session *session,
                                     const char *cfg_path, const mafat_options *options,
                                     const mafat_workload *workload, mafat_error *error)
{
    enum { LONGEST = 40 };    /* of a group's part of a configuration */
    size_t size = ((size_t)session->config.n_groups + 1) * LONGEST;
    mafat_options of_rank = *options;
    mafat_status status = MAFAT_OK;
    if (session->by_layers || session->ranks.n == 1)
        return MAFAT_OK;
    char *config = calloc(1, size);
    if (config == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for a configuration");
    mafat_config_print(&session->config, config, size);
    of_rank.config = config;
    mafat_report_begin_list(report, "ranks");
    for (int rank = 0; rank < session->ranks.n && status == MAFAT_OK; rank++) {
        mafat_session own;
        of_rank.ranks.rank = rank;
        status = mafat_session_open(&own, cfg_path, &of_rank, workload, error);
        if (status != MAFAT_OK)
            break;
        report_rank(report, &own);
        mafat_session_close(&own);
    }
    mafat_report_end_list(report);
    free(config);
    return status;
}
