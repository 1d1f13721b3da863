/* An image as a network's input; see subject.h. */
#include "bridge/subject.h"

#include "bridge/limits.h"

/* Makes room for the image, and opens it. */
static mafat_status open_rows(mafat_bridge *bridge, const char *path, mafat_picture_rows *rows,
                              mafat_error *error)
{
    mafat_picture_memory memory;
    mafat_status status = mafat_picture_memory_find(&memory, path, error);
    if (status != MAFAT_OK)
        return status;
    mafat_workload_image image = mafat_workload_image_of(&bridge->workload, &memory);
    status = mafat_limits_make_space(bridge, &image, error);
    if (status == MAFAT_NO_FIT)
        mafat_limits_name_image(error, path, &memory);
    return status == MAFAT_OK ? mafat_picture_rows_open(rows, path, &memory, error) : status;
}

mafat_status mafat_subject_open(mafat_subject *s, mafat_bridge *bridge, const char *path,
                                const mafat_image_rounding *rounding, mafat_error *error)
{
    *s = (mafat_subject){0};
    mafat_status status = open_rows(bridge, path, &s->rows, error);
    mafat_shape input = bridge->session.cfg.network.input;    /* of the plan that has room */
    if (status == MAFAT_OK)
        status = mafat_letterbox_init(&s->letterbox, mafat_picture_rows_source(&s->rows), s->rows.w,
                                      s->rows.h, input.w, input.h, rounding, error);
    if (status == MAFAT_OK) {
        mafat_letterbox_set_channels(&s->letterbox, input.c);
        return MAFAT_OK;
    }
    mafat_error_set_file(error, path);
    mafat_subject_close(s);
    return status;
}

mafat_input mafat_subject_input(mafat_subject *s)
{
    return (mafat_input){.source = mafat_letterbox_source(&s->letterbox)};
}

void mafat_subject_close(mafat_subject *s)
{
    mafat_letterbox_free(&s->letterbox);
    mafat_picture_rows_close(&s->rows);
}
