/* Several images, run together; see pass.h. */
#include "bridge/pass.h"

#include <stdlib.h>
#include <string.h>

#include "base/notice.h"
#include "base/size.h"
#include "bridge/dealt.h"
#include "bridge/inference.h"
#include "bridge/limits.h"
#include "bridge/planned.h"
#include "machine/measure.h"
#include "session/verify.h"

int mafat_pass_size(const mafat_bridge *bridge)
{
    const mafat_session *session = &bridge->session;
    if (session->by_layers)
        return 1;
    return session->plan.n_images * (session->n_dealing > 0 ? session->n_dealing : 1);
}

/* ------------------------------------------------------------------------------------- the images */

/* Notes how it went with an image. Errors are long, and rare. */
static void note(mafat_pass_image *image, mafat_status status, const mafat_error *error)
{
    image->status = status;
    if (status != MAFAT_OK && (image->error = malloc(sizeof *error)) != NULL)
        *image->error = *error;
}

/* Closes the image that is open, whose rows have been read. */
static void close_image(mafat_pass *pass)
{
    mafat_error error = {.layer = -1};
    if (pass->open == NULL)
        return;
    note(pass->open, mafat_subject_check(&pass->subject, &error), &error);
    mafat_subject_close(&pass->subject);
    if (pass->open->image.path != NULL)
        mafat_limits_forget_file(pass->bridge, pass->open->image.path);
    pass->open = NULL;
}

/* Opens an image when its first row is wanted. */
static void open_image(mafat_pass *pass, mafat_pass_image *image)
{
    mafat_error error = {.layer = -1};
    close_image(pass);
    note(image, mafat_subject_open(&pass->subject, pass->bridge, &image->image, &image->memory, true,
                                   &error), &error);
    pass->open = image->status == MAFAT_OK ? image : NULL;
}

/* An image's place in the run. */
typedef struct {
    mafat_pass *pass;
    mafat_pass_image *image;
} feed;

/* Rows of an image, which are read in its turn; zeros of one that cannot be read. */
static void give_rows(void *context, int y0, int y1, float *to, size_t row_stride,
                      size_t channel_stride)
{
    const feed *f = context;
    mafat_shape shape = f->pass->bridge->session.cfg.network.input;
    if (f->pass->open != f->image && f->image->status == MAFAT_OK)
        open_image(f->pass, f->image);
    if (f->image->status == MAFAT_OK) {
        mafat_input input = mafat_subject_input(&f->pass->subject);
        input.source.rows(input.source.context, y0, y1, to, row_stride, channel_stride);
        return;
    }
    for (int c = 0; c < shape.c; c++)
        for (int y = y0; y < y1; y++)
            memset(to + (size_t)c * channel_stride + (size_t)(y - y0) * row_stride, 0,
                   (size_t)shape.w * sizeof *to);
}

/* Makes room for a file's image. */
static mafat_status make_room(mafat_pass *pass, mafat_pass_image *image, size_t held_bytes,
                              mafat_error *error)
{
    const char *path = image->image.path;
    mafat_status status = mafat_verify_image_memory(path, &image->memory, error);
    image->memory.file_bytes = mafat_size_max(image->memory.file_bytes, held_bytes);
    if (status == MAFAT_OK)
        status = mafat_subject_make_room(pass->bridge, path, &image->memory, error);
    mafat_limits_forget_file(pass->bridge, path);
    return status;
}

/* Finds what image number i of the queue takes, and makes room for it: the network is planned anew now
 * or not at all. */
static mafat_status look_at(mafat_pass *pass, const mafat_queue *queue, int i, mafat_error *error)
{
    const mafat_image *from = &queue->images[i];
    mafat_pass_image *image = &pass->images[pass->n];
    *image = (mafat_pass_image){.image = *from};
    if (from->path != NULL && (image->image.path = strdup(from->path)) == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for the path of an image");
    pass->n++;
    if (from->path != NULL && from->path[0] == '\0') {
        image->status = MAFAT_FAILED;
        return MAFAT_OK;
    }
    mafat_status status = from->path != NULL
                              ? make_room(pass, image, queue->held_bytes, error)
                              : mafat_limits_make_space_for_others(pass->bridge, error);
    note(image, status, error);
    bool has_plan = pass->bridge->session.by_layers || mafat_bridge_has_plan(pass->bridge);
    return has_plan ? MAFAT_OK : status;
}

/* ---------------------------------------------------------------------------------------- the run */

static int count_readable(const mafat_pass *pass)
{
    int n = 0;
    for (int i = 0; i < pass->n; i++)
        n += pass->images[i].status == MAFAT_OK;
    return n;
}

static void free_image(mafat_pass_image *image)
{
    free((char *)image->image.path);
    free(image->error);
    free(image->results);
}

/* Leaves out the last images of more than fit a pass, which may take fewer than before. */
static void shorten(mafat_pass *pass)
{
    while (count_readable(pass) > mafat_pass_size(pass->bridge))
        free_image(&pass->images[--pass->n]);
}

/* Gives ranks that take whole images those that can be read, one after the other, this one first. */
static void share_out(mafat_pass *pass)
{
    int rank = 0, place = 0;
    for (int i = 0; i < pass->n; i++) {
        mafat_pass_image *image = &pass->images[i];
        if (image->status != MAFAT_OK)
            continue;
        image->rank = rank;
        image->place = place;
        do
            rank = (rank + 1) % MAFAT_MAX_RANKS;
        while (rank > 0 && !pass->bridge->session.takes[rank]);
        place += rank == 0;
    }
}

/* Runs those images, of which there may be any number, that are this rank's. */
static mafat_status run_here(mafat_pass *pass, int begin, int end, mafat_error *error)
{
    int n = 0;
    mafat_input *inputs = calloc((size_t)pass->n, sizeof *inputs);
    feed *feeds = calloc((size_t)pass->n, sizeof *feeds);
    mafat_status status = MAFAT_OK;
    if (inputs == NULL || feeds == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for %d images", pass->n);
    for (int i = begin; i < end && status == MAFAT_OK; i++) {
        if (pass->images[i].status != MAFAT_OK || pass->images[i].rank > 0)
            continue;
        feeds[n] = (feed){pass, &pass->images[i]};
        inputs[n] = (mafat_input){.source = {&feeds[n], give_rows}};
        n++;
    }
    if (status == MAFAT_OK && n == 1)    /* as if it were alone: before there is an arena */
        open_image(pass, feeds[0].image);
    if (status == MAFAT_OK && n > 0)
        status = mafat_inference_forward(pass->bridge, inputs, n, NULL, NULL, error);
    close_image(pass);
    free(inputs);
    free(feeds);
    return status;
}

/* Has the results of an image be where Darknet's commands look for them. */
static void show(const mafat_pass *pass, const mafat_pass_image *image)
{
    if (image->results != NULL)
        mafat_dealt_show(pass->bridge, image->results);
    else if (pass->bridge->session.plan.n_images > 1)
        mafat_planned_show(pass->bridge, image->place);
}

/* Keeps results that the next run would overwrite: of images that were run here. In a limit the arena is
 * given back before: of a rank that refuses an image there are no results, so that there is room for those
 * of one that was run here. */
static mafat_status keep_results(mafat_pass *pass, mafat_error *error)
{
    if (pass->bridge->session.limit_bytes > 0)
        mafat_bridge_release(pass->bridge);
    for (int i = 0; i < pass->n; i++) {
        mafat_pass_image *image = &pass->images[i];
        if (image->status != MAFAT_OK || image->results != NULL)
            continue;
        show(pass, image);
        image->results = mafat_dealt_keep(pass->bridge);
        if (image->results == NULL)
            return mafat_error_set(error, MAFAT_FAILED, "no memory for results of %d images", pass->n);
    }
    return MAFAT_OK;
}

/* Runs alone what other ranks had no room for: here there is some. */
static mafat_status run_refused(mafat_pass *pass, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    for (int i = 0; i < pass->n && status == MAFAT_OK; i++) {
        mafat_pass_image *image = &pass->images[i];
        if (image->rank == 0 || image->status != MAFAT_NO_FIT)
            continue;
        if (image->error != NULL)
            mafat_notice("%s: %s; rank 0 runs it", image->image.path, image->error->text);
        status = keep_results(pass, error);
        free(image->error);
        image->error = NULL;
        image->status = MAFAT_OK;
        image->rank = image->place = 0;
        if (status == MAFAT_OK)
            status = run_here(pass, i, i + 1, error);
        if (status == MAFAT_OK)
            status = keep_results(pass, error);
    }
    return status;
}

/* Has other ranks run theirs meanwhile. */
static mafat_status run_dealt(mafat_pass *pass, mafat_error *error)
{
    mafat_dealt *dealt = calloc((size_t)pass->n, sizeof *dealt);
    int n = 0;
    if (dealt == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d images", pass->n);
    for (int i = 0; i < pass->n; i++) {
        const mafat_pass_image *image = &pass->images[i];
        if (image->rank > 0)
            dealt[n++] = (mafat_dealt){.rank = image->rank, .place = image->place,
                                       .path = image->image.path};
    }
    mafat_dealt_begin(pass->bridge, dealt, n);
    mafat_status status = run_here(pass, 0, pass->n, error);
    if (status == MAFAT_OK)
        status = mafat_dealt_end(pass->bridge, dealt, n, error);
    for (int i = pass->n - 1; i >= 0; i--) {
        mafat_pass_image *image = &pass->images[i];
        if (image->rank == 0)
            continue;
        image->results = dealt[--n].results;
        note(image, dealt[n].status, &dealt[n].error);
    }
    free(dealt);
    return status == MAFAT_OK ? run_refused(pass, error) : status;
}

static mafat_status run_readable(mafat_pass *pass, mafat_error *error)
{
    int n = count_readable(pass);
    double begin = mafat_measure_now_s();
    share_out(pass);
    mafat_status status = pass->bridge->session.n_dealing > 0 && n > 1 ? run_dealt(pass, error)
                                                                       : run_here(pass, 0, pass->n, error);
    pass->seconds = n > 0 ? (mafat_measure_now_s() - begin) / n : 0;
    return status;
}

mafat_status mafat_pass_run(mafat_pass *pass, mafat_bridge *bridge, mafat_queue *queue,
                            mafat_error *error)
{
    *pass = (mafat_pass){.bridge = bridge,
                         .images = calloc((size_t)queue->n, sizeof *pass->images)};
    mafat_status status = MAFAT_OK;
    if (pass->images == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for %d images", queue->n);
    for (int i = 0; i < queue->n && status == MAFAT_OK; i++)
        status = look_at(pass, queue, i, error);
    if (status == MAFAT_OK) {
        shorten(pass);
        status = run_readable(pass, error);
        pass->n_runs = bridge->n_runs;
        queue->n_run = pass->n;
    }
    if (status != MAFAT_OK)
        mafat_pass_free(pass);
    return status;
}

/* ------------------------------------------------------------------------------------ the results */

static bool is_same(const mafat_image *a, const mafat_image *b)
{
    if (a->path == NULL || b->path == NULL)
        return a->pixels != NULL && a->pixels == b->pixels;
    return strcmp(a->path, b->path) == 0;
}

mafat_pass_image *mafat_pass_find(mafat_pass *pass, const mafat_image *image)
{
    if (pass->bridge == NULL || pass->n_runs != pass->bridge->n_runs)
        return NULL;
    for (int i = pass->next; i < pass->n; i++)
        if (is_same(&pass->images[i].image, image)) {
            pass->next = i;
            return &pass->images[i];
        }
    return NULL;
}

mafat_status mafat_pass_take(mafat_pass *pass, mafat_pass_image *image, mafat_error *error)
{
    pass->next = (int)(image - pass->images) + 1;
    if (image->status == MAFAT_OK)
        show(pass, image);
    else if (image->error != NULL)
        *error = *image->error;
    else
        mafat_error_set(error, image->status, "no memory to say why it could not be read");
    return image->status;
}

void mafat_pass_free(mafat_pass *pass)
{
    mafat_subject_close(&pass->subject);
    for (int i = 0; i < pass->n; i++)
        free_image(&pass->images[i]);
    free(pass->images);
    *pass = (mafat_pass){0};
}
