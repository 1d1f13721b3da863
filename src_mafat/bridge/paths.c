/* `detector valid` without its images: Darknet loads four ahead, as floats, and wants of them
 * nothing but their sizes and the network's input. Here the input that it hands on is the path of
 * the image, which is decoded, and letterboxed row by row, when its turn has come. */
#include <string.h>

#include "bridge/limits.h"
#include "bridge/paths.h"
#include "bridge/planned.h"
#include "bridge/request.h"
#include "darknet.h"
#include "doors.h"
#include "run/letterbox.h"
#include "upstream/picture.h"

int mafat_image_letterbox(char *path, void *to, void *fitted)
{
    image *im = to, *input = fitted;    /* [im] without its floats, and what stands for the input */
    mafat_error error;
    if (!mafat_request_gives_paths())
        return 0;
    *im = (image){.c = MAFAT_COLOURS};
    *input = *im;
    mafat_status status = mafat_picture_read_size(path, &im->w, &im->h, &error);
    input->data = (float *)strdup(path);    /* Darknet frees it as it frees floats */
    if (status == MAFAT_OK && input->data == NULL)
        status = mafat_error_set(&error, MAFAT_FAILED, "no memory for the path of an image");
    if (status != MAFAT_OK)
        mafat_bridge_give_up(status, &error);
    return 1;
}

/* Opens the image; where there is a limit, the plan must leave room for it. */
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

mafat_status mafat_paths_run(mafat_bridge *bridge, const char *path, mafat_error *error)
{
    mafat_picture_rows rows = {0};
    mafat_letterbox letterbox = {0};
    mafat_shape shape = bridge->session.cfg.network.input;
    mafat_status status = open_rows(bridge, path, &rows, error);
    if (status == MAFAT_OK)
        status = mafat_letterbox_init(&letterbox, mafat_picture_rows_source(&rows), rows.w, rows.h,
                                      shape.w, shape.h, bridge->image_rounding, error);
    if (status == MAFAT_OK) {
        mafat_letterbox_set_channels(&letterbox, shape.c);
        mafat_input input = {.source = mafat_letterbox_source(&letterbox)};
        mafat_planned_refresh(bridge);
        status = mafat_planned_run(bridge, &input, NULL, NULL, error);
    }
    if (status == MAFAT_OK)
        status = mafat_picture_rows_check(&rows, error);
    mafat_letterbox_free(&letterbox);
    mafat_picture_rows_close(&rows);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, path);
    mafat_limits_forget_file(bridge, path);
    return status;
}
