/* `darknet mafat predict`: what a plan will take, term by term, without running it. */
#include "front/command.h"
#include "front/picture_memory.h"
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

/* What `detector test` does itself with the image, if one is named. */
static mafat_status find_use(const char *image, mafat_session_use *use, mafat_error *error)
{
    mafat_picture_memory memory;
    *use = (mafat_session_use){.image_by_rows = true, .reads_weights = true};
    if (image == NULL)
        return MAFAT_OK;
    mafat_status status = mafat_picture_memory_find(&memory, image, error);
    use->image_bytes = memory.rgb_bytes;
    use->decode_bytes = memory.decode_bytes;
    return status;
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
        status = find_use(image, &use, error);
    if (status == MAFAT_OK)
        status = mafat_session_open(&session, left.words[1], &left.options, &use, error);
    if (status != MAFAT_OK)
        return status;
    report(&session, arguments->json);
    mafat_session_close(&session);
    return MAFAT_OK;
}
