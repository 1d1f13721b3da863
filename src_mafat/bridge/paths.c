/* `detector valid` and `classifier valid` without their images: Darknet loads them as floats, and wants of
 * them nothing but the network's input and, of a detector's, their sizes. Here the input that it hands on is
 * the path of the image, which is decoded, and fitted row by row, when its turn has come. Where several
 * images share a pass of the weights, those that will come are looked up in the list: Darknet goes
 * through it line by line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/shipped.h"
#include "bridge/limits.h"
#include "bridge/pass.h"
#include "bridge/paths.h"
#include "bridge/planned.h"
#include "bridge/request.h"
#include "bridge/subject.h"
#include "darknet.h"
#include "doors.h"
#include "upstream/picture.h"

int mafat_image_fit_later(char *path, void *to, void *fitted)
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

/* The images that come next. One command runs one network on one list. */
static struct {
    bool is_begun;
    FILE *list;            /* owned; NULL: there is no more of it */
    int n_lines;
    mafat_queue queue;
    mafat_pass pass;
} coming;

static void end_list(void)
{
    if (coming.list != NULL)
        fclose(coming.list);
    coming.list = NULL;
}

static void begin_list(const char *path)
{
    char found[MAFAT_SHIPPED_PATH];
    if (!coming.is_begun && path != NULL)
        coming.list = fopen(mafat_shipped_find(path, found), "r");
    coming.is_begun = true;
}

/* Reads on in the list until so many images are known. */
static void read_on(int n)
{
    char *line = NULL;
    size_t size = 0;
    mafat_error unseen;
    while (coming.queue.n < n && coming.list != NULL) {
        ssize_t length = getline(&line, &size, coming.list);
        mafat_image image = {0};
        if (length >= 0)
            image.path = mafat_lines_trim(line, (size_t)length, ++coming.n_lines);
        if (length >= 0 && mafat_lines_is_blank(image.path))
            continue;
        if (length < 0 || mafat_queue_add(&coming.queue, &image, &unseen) != MAFAT_OK)
            end_list();
    }
    free(line);
}

/* Whether this is the next image of the list. Where it is not, nothing is known of those that
 * come. */
static bool is_next(const char *path)
{
    if (coming.queue.n > 0 && strcmp(coming.queue.images[0].path, path) == 0)
        return true;
    end_list();
    mafat_queue_free(&coming.queue);
    return false;
}

/* Runs an image with those that come next, where several make a pass; *image: NULL where it was not
 * run. */
static mafat_status run_with_next(mafat_bridge *bridge, const char *path, mafat_pass_image **image,
                                  mafat_error *error)
{
    int n = mafat_pass_size(bridge);
    *image = NULL;
    if (n == 1)
        return MAFAT_OK;
    begin_list(bridge->list);
    read_on(n);
    if (!is_next(path))
        return MAFAT_OK;
    mafat_pass_free(&coming.pass);
    mafat_planned_refresh(bridge);
    mafat_status status = mafat_pass_run(&coming.pass, bridge, &coming.queue, error);
    *image = mafat_pass_find(&coming.pass, &(mafat_image){.path = path});
    return status;
}

/* Runs one image. */
static mafat_status run_alone(mafat_bridge *bridge, const char *path, mafat_error *error)
{
    mafat_subject subject;
    mafat_image image = {.path = path};
    mafat_status status = mafat_subject_open(&subject, bridge, &image, NULL, false, error);
    if (status != MAFAT_OK)
        return status;
    mafat_input input = mafat_subject_input(&subject);
    mafat_planned_refresh(bridge);
    status = mafat_planned_run(bridge, &input, 1, NULL, NULL, error);
    if (status == MAFAT_OK)
        status = mafat_subject_check(&subject, error);
    mafat_subject_close(&subject);
    return status;
}

mafat_status mafat_paths_run(mafat_bridge *bridge, const char *path, mafat_error *error)
{
    mafat_pass_image *image = mafat_pass_find(&coming.pass, &(mafat_image){.path = path});
    mafat_status status = MAFAT_OK;
    if (image == NULL)
        status = run_with_next(bridge, path, &image, error);
    if (status == MAFAT_OK && image != NULL)
        status = mafat_pass_take(&coming.pass, image, error);
    else if (status == MAFAT_OK)
        status = run_alone(bridge, path, error);
    if (image != NULL && coming.queue.n > 0)
        mafat_queue_drop(&coming.queue);
    for (int i = 0; i < bridge->network->n; i++)    /* Darknet is going to ask it for boxes */
        bridge->network->layers[i].stretched = bridge->session.cfg.stretches;
    if (status != MAFAT_OK)
        mafat_error_set_file(error, path);
    if (image == NULL)    /* else that is done */
        mafat_limits_forget_file(bridge, path);
    return status;
}
