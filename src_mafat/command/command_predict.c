/* `darknet mafat predict`: what a plan will take, term by term, without running it. */
#include "command/own_commands.h"
#include "command/rank_table.h"
#include "command/report.h"
#include "session/notes.h"
#include "session/session.h"

/* The most that windows of weights hold of the arena at once. */
static size_t window_bytes_at_once(const mafat_plan *plan)
{
    size_t most = 0;
    for (int i = 0; i < plan->n_windows; i++) {
        int moment = plan->windows[i].first_moment;
        size_t sum = 0;
        for (int j = 0; j < plan->n_windows; j++) {
            const mafat_weight_window *window = &plan->windows[j];
            if (!window->pinned && window->first_moment <= moment && moment <= window->last_moment)
                sum += plan->buffers[window->buffer].place.bytes;
        }
        most = sum > most ? sum : most;
    }
    return most;
}

/* Terms that add up to predicted_bytes, arena_bytes and pinned_bytes among them, which come first
 * for all commands; then what is inside the arena. */
static void report_terms(mafat_report *r, const mafat_session *session)
{
    const mafat_prediction *p = &session->prediction;
    mafat_report_size(r, "parameter_bytes", p->parameter_bytes);
    mafat_report_size(r, "result_bytes", p->result_bytes);
    mafat_report_size(r, "image_bytes", p->image_bytes);
    mafat_report_size(r, "decode_bytes", p->decode_bytes);
    mafat_report_size(r, "choosing_bytes", p->choosing_bytes);
    mafat_report_size(r, "plan_bytes", p->plan_bytes);
    mafat_report_size(r, "network_bytes", p->network_bytes);
    mafat_report_size(r, "name_bytes", p->name_bytes);
    mafat_report_size(r, "process_bytes", p->base_bytes);
    mafat_report_size(r, "file_bytes", p->file_bytes);
    mafat_report_size(r, "thread_bytes", p->thread_bytes);
    mafat_report_size(r, "kernel_bytes", p->kernel_bytes);
    mafat_report_size(r, "page_table_bytes", p->page_table_bytes);
    mafat_report_size(r, "charged_ahead_bytes", p->ahead_bytes);
    mafat_report_size(r, "rounding_bytes", p->rounding_bytes);
    mafat_report_size(r, "workspace_bytes_in_arena",
                      session->plan.buffers[MAFAT_WORKSPACE_BUFFER].place.bytes);
    mafat_report_size(r, "window_bytes_in_arena", window_bytes_at_once(&session->plan));
    mafat_report_size(r, "macs", session->plan.macs);
}

typedef struct {
    mafat_workload_files files;
    const char *ranks;
} wishes;

static mafat_status report(mafat_session *session, const mafat_arguments *arguments,
                           const mafat_workload *workload, mafat_error *error)
{
    mafat_report r;
    mafat_rank_table ranks;
    mafat_status status = mafat_rank_table_make(&ranks, session, arguments->words[1],
                                                &arguments->options, workload, error);
    if (status != MAFAT_OK)
        return status;
    mafat_report_begin(&r, arguments->json);
    mafat_report_session(&r, session);
    if (!session->by_layers)
        report_terms(&r, session);
    mafat_rank_table_report(&ranks, &r);
    mafat_report_end(&r);
    mafat_rank_table_free(&ranks);
    return MAFAT_OK;
}

static const mafat_option own_options[] = {
    {"-image", "FILE", mafat_option_read_path, offsetof(wishes, files.image),
     "with that image"},
    {"-data", "FILE", mafat_option_read_shipped, offsetof(wishes, files.data),
     "the data file with the names of classes for that image"},
    {"-ranks", "N", mafat_option_read_text, offsetof(wishes, ranks),
     "of each of so many ranks, as mpirun would start them"},
};

static const mafat_usage usage = {
    "predict", "CFG", "the memory that a plan will take, term by term",
    MAFAT_OPTION_TABLE(own_options), false,
};

static mafat_status run(mafat_arguments *arguments, mafat_error *error)
{
    mafat_session session;
    mafat_workload workload;
    wishes w = {0};
    mafat_status status = mafat_arguments_read(arguments, &usage, &w, error);
    arguments->options.ranks.n = w.ranks;
    if (status == MAFAT_OK)
        status = mafat_workload_find(&workload, arguments->words[1], &w.files, error);
    if (status == MAFAT_OK)
        status = mafat_session_open(&session, arguments->words[1], &arguments->options, &workload,
                                    error);
    if (status != MAFAT_OK)
        return status;
    if (session.by_layers)
        mafat_notes_print_layers(arguments->words[1]);
    status = report(&session, arguments, &workload, error);
    mafat_session_close(&session);
    return status;
}

const mafat_command mafat_command_predict = {&usage, run};
