/* The one printer of results; see report.h. */
#include "command/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/notice.h"
#include "machine/charged.h"
#include "machine/measure.h"
#include "plan/algorithm.h"

void mafat_report_begin(mafat_report *report, bool json)
{
    *report = (mafat_report){.is_json = json};
    if (!json)
        return;
    mafat_json_begin(&report->json, stdout, MAFAT_JSON_LINES);
    mafat_json_begin_object(&report->json, NULL);
}

void mafat_report_text(mafat_report *report, const char *key, const char *value)
{
    if (report->is_json)
        mafat_json_text(&report->json, key, value);
    else
        printf("%s: %s\n", key, value);
}

void mafat_report_size(mafat_report *report, const char *key, uint64_t value)
{
    if (report->is_json)
        mafat_json_whole(&report->json, key, value);
    else
        printf("%s: %" PRIu64 "\n", key, value);
}

void mafat_report_real(mafat_report *report, const char *key, double value)
{
    if (report->is_json)
        mafat_json_real(&report->json, key, value);
    else
        printf("%s: %.9g\n", key, value);
}

void mafat_report_unknown(mafat_report *report, const char *key)
{
    if (report->is_json)
        mafat_json_null(&report->json, key);
    else
        printf("%s: unknown\n", key);
}

/* As it was written, whatever its length. */
void mafat_report_config(mafat_report *report, const mafat_session *session)
{
    static const char key[] = "config";
    char word[MAFAT_CONFIG_PART];
    if (session->by_layers) {
        mafat_report_text(report, key, MAFAT_LAYERS_CONFIG);
        return;
    }
    if (report->is_json)
        mafat_json_begin_text(&report->json, key);
    else
        printf("%s: ", key);
    for (int i = 0; mafat_config_print_part(&session->config, i, word); i++) {
        if (report->is_json)
            mafat_json_add_text(&report->json, word);
        else
            printf("%s", word);
    }
    if (report->is_json)
        mafat_json_end_text(&report->json);
    else
        putchar('\n');
}

/* How layers are divided, those that are divided alike one behind the other in one word. */
static void report_division(mafat_report *report, const mafat_session *session)
{
    static const char *const names[MAFAT_N_DIVISION_KINDS] = {
        [MAFAT_FOR_ITSELF] = "each its own", [MAFAT_BY_ROWS] = "rows",
        [MAFAT_BY_FILTERS] = "filters",
    };
    const mafat_network *network = &session->cfg.network;
    char text[32 * 1024] = "";
    size_t length = 0;
    for (int first = 0, end; first < network->n_layers && length < sizeof text - 64; first = end) {
        int last = -1;    /* of those that are divided at all */
        for (end = first; end < network->n_layers; end++) {
            bool is_whole = network->layers[end].kind == MAFAT_WHOLE ||
                            network->layers[end].kind == MAFAT_IDENTITY;
            if (!is_whole && last >= 0 && session->ways[end].kind != session->ways[last].kind)
                break;
            last = is_whole ? last : end;
        }
        if (last >= 0)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%d-%d %s",
                                       length > 0 ? ", " : "", first, last,
                                       names[session->ways[last].kind]);
    }
    mafat_report_text(report, "division", text);
}

/* What several ranks do, all together. */
static void report_ranks(mafat_report *report, const mafat_session *session)
{
    size_t n_working = 0;
    char shares[MAFAT_SHARES_BYTES];
    for (int rank = 0; rank < session->ranks.n; rank++)
        n_working += session->ranks.shares[rank] > 0;
    mafat_rank_options_print_shares(&session->ranks, shares);
    mafat_report_size(report, "n_ranks", (size_t)session->ranks.n);
    mafat_report_size(report, "working_ranks", n_working);
    mafat_report_text(report, "shares", shares);
    report_division(report, session);
    mafat_report_text(report, "messages_cost",
                      session->rank_costs.are_measured ? "measured" : "defaults");
    mafat_report_real(report, "alone_latency_s", session->alone_s);
}

/* What an image takes, and what it takes at least in the limit, of plans for this process alone. */
static void report_latency(mafat_report *report, const mafat_session *session)
{
    const mafat_plan *plan = &session->plan;
    if (session->ranks.n > 1) {
        mafat_report_real(report, "predicted_latency_s", session->joint_s);
        return;
    }
    mafat_report_real(report, "predicted_latency_s", plan->latency_s / plan->n_images);
    if (session->limit_bytes > 0)
        mafat_report_real(report, "least_latency_s", session->min_s / plan->n_images);
}

void mafat_report_session(mafat_report *report, const mafat_session *session)
{
    const mafat_plan *plan = &session->plan;
    mafat_report_config(report, session);
    mafat_report_size(report, "threads", (size_t)session->n_threads);
    if (session->by_layers)
        return;
    if (plan->n_images > 1)
        mafat_report_size(report, "batch", (size_t)plan->n_images);
    if (session->is_fast) {
        mafat_report_size(report, "fast", 1);
        mafat_report_size(report, "winograd_layers",
                          (size_t)mafat_algorithm_count(&session->cfg.network));
    }
    if (session->ranks.n > 1)
        report_ranks(report, session);
    if (session->limit_bytes > 0)
        mafat_report_size(report, "limit_bytes", session->limit_bytes);
    mafat_report_size(report, "predicted_bytes", session->prediction.total_bytes);
    mafat_report_size(report, "arena_bytes", plan->arena_bytes);
    mafat_report_size(report, "pinned_bytes", plan->pinned_bytes);
    mafat_report_size(report, "weight_bytes_read", plan->weight_bytes_read);
    mafat_report_real(report, "redundant_macs_percent",
                      mafat_plan_redundant_percent(plan->macs, plan->redundant_macs));
    report_latency(report, session);
}

static mafat_charged charged;

void mafat_report_watch_memory(void)
{
    size_t own_bytes;
    uint64_t program_bytes = 0;
    mafat_error unused;
    if (mafat_measure_anonymous(&own_bytes, &unused) == MAFAT_OK &&
        mafat_file_size("/proc/self/exe", "file", &program_bytes, &unused) == MAFAT_OK)
        mafat_charged_begin(&charged, "", getpid(), own_bytes + (size_t)program_bytes);
}

bool mafat_report_find_peak(size_t *bytes)
{
    return mafat_charged_peak(&charged, "", getpid(), bytes) == NULL;
}

void mafat_report_peak(mafat_report *report)
{
    size_t peak_bytes;
    const char *unknown = mafat_charged_peak(&charged, "", getpid(), &peak_bytes);
    if (unknown == NULL) {
        mafat_report_size(report, "peak_bytes", peak_bytes);
        return;
    }
    mafat_report_unknown(report, "peak_bytes");
    if (report->is_json)
        mafat_report_text(report, "peak_bytes_unknown", unknown);
    else
        mafat_notice("peak_bytes is unknown: %s", unknown);
}

void mafat_report_peaks(mafat_report *report)
{
    size_t peak_rss_bytes;
    mafat_error unknown;
    mafat_report_peak(report);
    if (mafat_measure_peak_rss(&peak_rss_bytes, &unknown) == MAFAT_OK)
        mafat_report_size(report, "peak_rss_bytes", peak_rss_bytes);
    else
        mafat_report_unknown(report, "peak_rss_bytes");
}

void mafat_report_begin_list(mafat_report *report, const char *key)
{
    report->n_items = 0;
    if (report->is_json)
        mafat_json_begin_list(&report->json, key);
}

void mafat_report_begin_item(mafat_report *report)
{
    if (report->is_json)
        mafat_json_begin_object(&report->json, NULL);
    else if (report->n_items > 0)
        putchar('\n');
    report->n_items++;
}

void mafat_report_end_item(mafat_report *report)
{
    if (report->is_json)
        mafat_json_end_object(&report->json);
}

void mafat_report_end_list(mafat_report *report)
{
    if (report->is_json)
        mafat_json_end_list(&report->json);
}

void mafat_report_inference(mafat_report *report, const mafat_session *session, double seconds)
{
    mafat_report_real(report, "seconds", seconds);
    mafat_report_config(report, session);
    if (session->by_layers)
        mafat_report_unknown(report, "predicted_bytes");
    else
        mafat_report_size(report, "predicted_bytes", session->prediction.total_bytes);
    mafat_report_peak(report);
}

void mafat_report_end(mafat_report *report)
{
    if (!report->is_json)
        return;
    mafat_json_end_object(&report->json);
    mafat_json_end(&report->json);
}

mafat_status mafat_report_flush(mafat_error *error)
{
    bool flushed = fflush(stdout) == 0;
    if (flushed && !ferror(stdout))
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED, "cannot write the results: %s",
                           flushed ? "a part is missing" : strerror(errno));
}
