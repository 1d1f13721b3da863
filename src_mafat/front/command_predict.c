/* `darknet mafat predict`: what a plan will take, term by term, without running it. */
#include "front/command.h"
#include "front/image_use.h"
#include "front/report.h"

static const char own_options[] = "-image FILE, ";

static void report(const mafat_session *session, bool json)
{
    const mafat_prediction *p = &session->prediction;
    mafat_report r;
    mafat_report_begin(&r, json);
    mafat_report_session(&r, session);
    mafat_report_size(&r, "process_bytes", p->base_bytes);
    mafat_report_size(&r, "thread_bytes", p->thread_bytes);
    mafat_report_size(&r, "plan_bytes", p->plan_bytes);
    mafat_report_size(&r, "image_bytes", p->image_bytes);
    mafat_report_size(&r, "result_bytes", p->result_bytes);
    mafat_report_size(&r, "decode_bytes", p->decode_bytes);
    mafat_report_size(&r, "macs", session->plan.macs);
    mafat_report_end(&r);
}

mafat_status mafat_command_predict(const mafat_arguments *arguments, mafat_error *error)
{
    mafat_arguments left = *arguments;
    mafat_session session;
    mafat_session_use use;
    const char *image = NULL;
    mafat_status status = mafat_arguments_take_value(&left, "-image", &image, error);
    if (status == MAFAT_OK)
        status = mafat_arguments_refuse_options(&left, own_options, error);
    if (status == MAFAT_OK && left.n_words != 2)
        status = mafat_error_set(error, MAFAT_USAGE,
                                 "usage: darknet mafat predict CFG [-mafat CONFIG] [-memory LIMIT] "
                                 "[-image FILE] [-threads N] [-json]");
    if (status == MAFAT_OK)
        status = mafat_image_use_find(image, &use, error);
    if (status == MAFAT_OK)
        status = mafat_session_open(&session, left.words[1], &left.options, &use, error);
    if (status != MAFAT_OK)
        return status;
    report(&session, arguments->json);
    mafat_session_close(&session);
    return MAFAT_OK;
}
