/* Results on stdout: "key: value" lines, or one JSON object with the same keys. */
#ifndef MAFAT_COMMAND_REPORT_H
#define MAFAT_COMMAND_REPORT_H

#include <stdbool.h>

#include "base/json.h"
#include "session/session.h"

typedef struct {
    bool is_json;
    mafat_json json;    /* where it is; else lines are printed */
    int n_items;        /* so far, of the list that is being written */
} mafat_report;

void mafat_report_begin(mafat_report *report, bool json);
void mafat_report_text(mafat_report *report, const char *key, const char *value);
void mafat_report_size(mafat_report *report, const char *key, uint64_t value);
void mafat_report_real(mafat_report *report, const char *key, double value);

/* A number that cannot be told: "unknown", and null in JSON. */
void mafat_report_unknown(mafat_report *report, const char *key);

/* The configuration of what is planned. */
void mafat_report_config(mafat_report *report, const mafat_session *session);

/* What is planned: the configuration, threads, and the sizes of plan and prediction. */
void mafat_report_session(mafat_report *report, const mafat_session *session);

/* What one inference took and by which plan: seconds, the configuration, predicted_bytes, which is
 * unknown without a plan, and peak_bytes. */
void mafat_report_inference(mafat_report *report, const mafat_session *session, double seconds);

/* To be called before a command does anything whose peaks are to be reported. */
void mafat_report_watch_memory(void);

/* The most memory since then, peak_bytes: what the cgroup of this process was charged. It is
 * "unknown" where others are or were in it, too (machine/charged.h; tools/limit gives it one of
 * its own): why is said on stderr, and by peak_bytes_unknown in JSON, where the number is null. */
void mafat_report_peak(mafat_report *report);

/* The same, and peak_rss_bytes, VmHWM, which is unknown where the kernel does not tell it. */
void mafat_report_peaks(mafat_report *report);

/* Only finds peak_bytes; false: unknown. */
bool mafat_report_find_peak(size_t *bytes);

/* A list of objects under a key; what is reported between an item's begin and its end goes into the
 * item. Lines have no key for it, and an empty one between items. Lists within items are JSON's
 * alone. */
void mafat_report_begin_list(mafat_report *report, const char *key);
void mafat_report_begin_item(mafat_report *report);
void mafat_report_end_item(mafat_report *report);
void mafat_report_end_list(mafat_report *report);

void mafat_report_end(mafat_report *report);

/* Writes out what stdout holds. MAFAT_FAILED where it, or anything before, could not be written. */
mafat_status mafat_report_flush(mafat_error *error);

#endif
