/* Plans of all ranks, looked at side by side; see rank_table.h. */
#include "command/rank_table.h"

#include <stdlib.h>

#include "plan/joint.h"

/* Bytes of a plan's messages in one direction. */
static size_t message_bytes(const mafat_session *session, bool is_sent)
{
    size_t n_bytes = 0;
    for (int i = 0; i < session->plan.n_messages; i++) {
        const mafat_message *message = &session->plan.messages[i];
        if (message->is_sent == is_sent)
            n_bytes += mafat_part_bytes(&session->cfg.network, message->layer, message->part);
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

/* What the plans take together. */
static mafat_status find_joint(const mafat_rank_table *table, double *seconds, mafat_error *error)
{
    const mafat_session *first = &table->sessions[0];
    const mafat_network *network = &first->cfg.network;
    size_t n_layers = (size_t)network->n_layers, n = (size_t)table->n;
    mafat_division division = {0};
    double *layer_s = calloc(n_layers * n, sizeof *layer_s);
    mafat_status status = MAFAT_OK;
    if (layer_s == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for the times of %zu layers", n_layers);
    for (size_t i = 0; i < n_layers * n; i++)
        layer_s[i] = table->sessions[i % n].plan.layer_s[i / n] *
                     mafat_cost_rank_slowness(&first->rank_costs, &first->ranks, (int)(i % n));
    status = mafat_division_make(&division, network, first->plan.groups, first->plan.n_groups, false,
                                 &first->ranks, error);
    if (status == MAFAT_OK)
        *seconds = mafat_joint_seconds(&division, network, layer_s, &first->rank_costs);
    mafat_division_free(&division);
    free(layer_s);
    return status;
}

/* Opens a session for each rank, as rank 0 would order it. */
static mafat_status open_all(mafat_rank_table *table, const mafat_session *session,
                             const char *cfg_path, const mafat_options *options,
                             const mafat_workload *workload, mafat_error *error)
{
    char *config = mafat_config_text(&session->config);
    char shares[MAFAT_SHARES_BYTES];
    char *ways = mafat_rank_options_write_ways(session->ways, session->cfg.network.n_layers);
    mafat_options of_rank = *options;
    mafat_status status = MAFAT_OK;
    mafat_rank_options_print_shares(&session->ranks, shares);
    of_rank.config = config;
    of_rank.ranks.shares = shares;
    of_rank.ranks.ways = ways;
    table->sessions = calloc((size_t)session->ranks.n, sizeof *table->sessions);
    if (config == NULL || ways == NULL || table->sessions == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for the plans of %d ranks",
                                 session->ranks.n);
    while (table->n < session->ranks.n && status == MAFAT_OK) {
        of_rank.ranks.rank = table->n;
        status = mafat_session_open(&table->sessions[table->n], cfg_path, &of_rank, workload, error);
        table->n += status == MAFAT_OK;
    }
    free(config);
    free(ways);
    return status;
}

mafat_status mafat_rank_table_make(mafat_rank_table *table, mafat_session *session,
                                   const char *cfg_path, const mafat_options *options,
                                   const mafat_workload *workload, mafat_error *error)
{
    *table = (mafat_rank_table){0};
    if (session->by_layers || session->ranks.n == 1)
        return MAFAT_OK;
    mafat_status status = open_all(table, session, cfg_path, options, workload, error);
    if (status == MAFAT_OK)
        status = find_joint(table, &session->joint_s, error);
    if (status != MAFAT_OK)
        mafat_rank_table_free(table);
    return status;
}

void mafat_rank_table_report(const mafat_rank_table *table, mafat_report *report)
{
    if (table->n == 0)
        return;
    mafat_report_begin_list(report, "ranks");
    for (int rank = 0; rank < table->n; rank++)
        report_rank(report, &table->sessions[rank]);
    mafat_report_end_list(report);
}

void mafat_rank_table_free(mafat_rank_table *table)
{
    for (int rank = 0; rank < table->n; rank++)
        mafat_session_close(&table->sessions[rank]);
    free(table->sessions);
    *table = (mafat_rank_table){0};
}
