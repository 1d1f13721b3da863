/* `detector valid` without its images: Darknet loads four ahead, as floats, and wants of them
 * nothing but their sizes and the network's input. Here the input that it hands on is the path of
 * the image, which is decoded, and letterboxed row by row, when its turn has come. */
#include <string.h>

#include "bridge/limits.h"
#include "bridge/paths.h"
#include "bridge/planned.h"
#include "bridge/request.h"
#include "bridge/subject.h"
#include "darknet.h"
#include "doors.h"
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

mafat_status mafat_paths_run(mafat_bridge *bridge, const char *path, mafat_error *error)
{
    mafat_subject subject;
    mafat_image image = {.path = path};
    mafat_status status = mafat_subject_open(&subject, bridge, &image, NULL, false,
                                             bridge->image_rounding, error);
    for (int i = 0; i < bridge->network->n; i++)    /* Darknet is going to ask it for boxes */
        bridge->network->layers[i].stretched = bridge->session.cfg.stretches;
    if (status == MAFAT_OK) {
        mafat_input input = mafat_subject_input(&subject);
        mafat_planned_refresh(bridge);
        status = mafat_planned_run(bridge, &input, 1, NULL, NULL, error);
        if (status == MAFAT_OK)
            status = mafat_subject_check(&subject, error);
        mafat_subject_close(&subject);
    }
    if (status != MAFAT_OK)
        mafat_error_set_file(error, path);
    mafat_limits_forget_file(bridge, path);
    return status;
}
