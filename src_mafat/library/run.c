/* Runs of a network; see mafat.h, and run.h. */
#include "library/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/shipped.h"
#include "bridge/limits.h"
#include "library/result.h"
#include "machine/measure.h"
#include "session/verify.h"
#include "upstream/canvas.h"
#include "upstream/classes.h"
#include "upstream/picture_probe.h"

/* A call of the program's, on its way through mafat_caught_run(). */
typedef struct {
    mafat *network;
    const mafat_image *image;
    float *outputs;                        /* that are wanted */
    const mafat_thresholds *thresholds;    /* of what is to be found; NULL: nothing is */
    bool is_valid;                         /* what is found is `detector valid`'s */
    const int *class_map;                  /* then; NULL: none */
    mafat_result *result;
    mafat_classified *classified;          /* that is to be found; NULL: it is not */
    const char *path;                      /* of the picture to be drawn, */
    unsigned char *to;                     /* or its pixels */
    const mafat_picture_memory *memory;    /* of an image that is to be held; NULL: it is not */
    mafat_queue *queue;                    /* whose images are to be run ahead; NULL: none are */
    mafat_pass_image *ahead;               /* the image, run ahead; NULL: it was not */
    mafat_subject own, *subject;           /* the image, opened for this call; or that is held */
} job;

/* ------------------------------------------------------------------------------------------- runs */

/* How many outputs the network has, and which layer's they are. */
static size_t count_outputs(const mafat_bridge *bridge, int *layer)
{
    const mafat_network *network = &bridge->session.cfg.network;
    *layer = mafat_library_output_layer(network);
    return mafat_shape_floats(network->layers[*layer].out);
}

static void copy_outputs(const job *j)
{
    mafat_bridge *bridge = j->network->bridge;
    int output;
    size_t n = count_outputs(bridge, &output);
    memcpy(j->outputs, mafat_inference_darknet_output(bridge, output), n * sizeof *j->outputs);
}

static void find_boxes(const job *j)
{
    struct network *network = j->network->bridge->network;
    const mafat_subject *s = j->subject;
    mafat_boxes *boxes = &j->result->boxes;
    if (j->is_valid)
        mafat_boxes_find_valid(boxes, network, s->w, s->h, s->stretches, j->class_map);
    else
        mafat_boxes_find(boxes, network, s->w, s->h, s->stretches, j->thresholds->threshold,
                         j->thresholds->hier_threshold);
    j->result->threshold = j->thresholds->threshold;
}

static void find_classes(const job *j)
{
    mafat_bridge *bridge = j->network->bridge;
    mafat_classified *found = j->classified;
    int output;
    size_t n = count_outputs(bridge, &output);
    const float *outputs = mafat_classes_find(bridge->network, (int)n, found->n, found->indexes);
    for (int i = 0; i < found->n; i++)
        found->probabilities[i] = outputs[found->indexes[i]];
    found->w = j->subject->w;
    found->h = j->subject->h;
}

/* Darknet's own outputs, and results of several images, are all that is needed of the inference, and
 * boxes may be many: a limit counts on that, and so does what is predicted of our commands. */
static void release(mafat_bridge *bridge)
{
    if (bridge->session.limit_bytes > 0 || !bridge->workload.has_others)
        mafat_bridge_release(bridge);
}

/* One inference, whose input is made as it is read. */
static mafat_status infer(job *j, double *seconds, mafat_error *error)
{
    mafat_bridge *bridge = j->network->bridge;
    double begin = mafat_measure_now_s();
    mafat_input input = mafat_subject_input(j->subject);
    j->network->is_broken = true;    /* should Darknet's code give up, too */
    mafat_status status = mafat_inference_forward(bridge, &input, 1, NULL, NULL, error);
    j->network->is_broken = status != MAFAT_OK;
    if (status == MAFAT_OK)
        status = mafat_subject_check(j->subject, error);
    release(bridge);
    *seconds = mafat_measure_now_s() - begin;
    return status;
}

/* The same for images whose turn comes later. */
static mafat_status infer_ahead(job *j, mafat_error *error)
{
    mafat *m = j->network;
    m->is_broken = true;
    mafat_status status = mafat_pass_run(&m->pass, m->bridge, j->queue, error);
    m->is_broken = status != MAFAT_OK;
    release(m->bridge);
    return status;
}

/* Finds what is wanted of the image, run now or ahead. */
static mafat_status run(job *j, mafat_error *error)
{
    double seconds = j->network->pass.seconds;
    mafat_status status = j->ahead != NULL ? mafat_pass_take(&j->network->pass, j->ahead, error)
                                           : infer(j, &seconds, error);
    if (status == MAFAT_OK && j->outputs != NULL)
        copy_outputs(j);
    if (status == MAFAT_OK && j->result != NULL) {
        j->result->seconds = seconds;
        find_boxes(j);
    }
    if (status == MAFAT_OK && j->classified != NULL) {
        j->classified->seconds = seconds;
        find_classes(j);
    }
    return status;
}

/* ---------------------------------------------------------------------------------------- drawing */

typedef struct {
    mafat_drawing *drawing;
    const mafat_subject *subject;
} strip_drawing;

/* Draws on rows that could be decoded. */
static mafat_status draw_strip(void *context, mafat_strip *strip, mafat_error *error)
{
    const strip_drawing *d = context;
    mafat_status status = mafat_subject_check(d->subject, error);
    return status == MAFAT_OK ? mafat_boxes_draw(d->drawing, strip, error) : status;
}

/* Strip by strip, each of which is gone through while the processor's cache holds it. */
static mafat_status draw_to_pixels(const job *j, const mafat_canvas *canvas, mafat_error *error)
{
    enum { STRIP_ROWS = 16 };
    size_t row_bytes = 3 * (size_t)canvas->w, stride_bytes;
    mafat_status status = mafat_subject_find_stride(j->subject, &stride_bytes, error);
    if (status != MAFAT_OK)
        return status;
    mafat_strip strip = {.w = canvas->w, .h = canvas->h, .rgb = malloc(STRIP_ROWS * row_bytes)};
    if (strip.rgb == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for rows of pixels");
    for (; strip.top < canvas->h && status == MAFAT_OK; strip.top += STRIP_ROWS) {
        int n_left = canvas->h - strip.top;
        strip.n_rows = n_left < STRIP_ROWS ? n_left : STRIP_ROWS;
        for (int y = 0; y < strip.n_rows; y++)
            memcpy(strip.rgb + (size_t)y * row_bytes,
                   canvas->source.row(canvas->source.context, strip.top + y), row_bytes);
        status = canvas->draw(canvas->context, &strip, error);
        for (int y = 0; y < strip.n_rows && status == MAFAT_OK; y++) {
            unsigned char *row = j->to + (size_t)(strip.top + y) * stride_bytes;
            mafat_subject_turn(row, strip.rgb + (size_t)y * row_bytes, canvas->w, j->image->is_bgr);
        }
    }
    free(strip.rgb);
    return status;
}

/* Makes room for what drawing takes, which a file's image has had since it was opened. */
static mafat_status make_room_to_draw(const job *j, mafat_error *error)
{
    mafat_bridge *bridge = j->network->bridge;
    if (j->path == NULL || j->image->pixels == NULL)
        return MAFAT_OK;
    mafat_workload_image image = mafat_workload_image_of(
        &bridge->workload, &(mafat_picture_memory){.w = j->subject->w, .h = j->subject->h});
    return mafat_limits_make_space(bridge, &image, error);
}

static mafat_status draw(job *j, mafat_error *error)
{
    const mafat *m = j->network;
    mafat_drawing *drawing;
    mafat_status status = make_room_to_draw(j, error);
    if (status == MAFAT_OK)
        status = mafat_boxes_begin_drawing(&drawing, &j->result->boxes, &m->names,
                                           j->result->threshold, mafat_picture_probe_rounding(),
                                           m->bridge->session.limit_bytes > 0, error);
    if (status != MAFAT_OK)
        return status;
    mafat_canvas canvas = {
        .w = j->subject->w, .h = j->subject->h, .source = mafat_subject_picture(j->subject),
        .draw = draw_strip, .context = &(strip_drawing){drawing, j->subject},
    };
    status = j->to != NULL ? draw_to_pixels(j, &canvas, error)
                           : mafat_canvas_write(&canvas, j->path, error);
    mafat_boxes_end_drawing(drawing);
    return status;
}

/* ------------------------------------------------------------------------------------------ calls */

static mafat_status check_threshold(const char *name, float value, mafat_error *error)
{
    if (value >= 0 && value <= 1)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_USAGE, "%s of %g: it must be from 0 to 1", name,
                           (double)value);
}

/* Whether the network can find boxes by them. Of what is no detector our commands find none, as
 * Darknet's do. */
static mafat_status check_detection(const mafat *m, const mafat_thresholds *by, mafat_error *error)
{
    if (m->bridge->session.cfg.n_classes == 0 && !m->is_commands)
        return mafat_error_set(error, MAFAT_USAGE, "is no detector: it has no [yolo], [region] or "
                               "[detection]");
    mafat_status status = check_threshold("a threshold", by->threshold, error);
    if (status == MAFAT_OK)
        status = check_threshold("a hier_threshold", by->hier_threshold, error);
    return status;
}

static bool is_drawing(const job *j)
{
    return j->path != NULL || j->to != NULL;
}

/* Whether the network can do it. */
static mafat_status check_job(const job *j, mafat_error *error)
{
    const mafat *m = j->network;
    if (m->bridge == NULL)
        return mafat_error_set(error, MAFAT_USAGE, "was opened without weights, only to be planned");
    if (!m->bridge->session.by_layers && !mafat_bridge_has_plan(m->bridge))
        return mafat_error_set(error, MAFAT_NO_FIT, "has no plan any more: an earlier call could "
                               "not plan it anew for a program that had grown; close it");
    if (j->queue == NULL && j->image == NULL)
        return mafat_error_set(error, MAFAT_USAGE, "no image is given");
    if (j->image != NULL && j->image->path != NULL && j->image->path[0] == '\0')
        return mafat_error_set(error, MAFAT_USAGE, "the path of the image is empty");
    if (j->path != NULL && j->path[0] == '\0')
        return mafat_error_set(error, MAFAT_USAGE, "the path to draw to is empty");
    mafat_status status = MAFAT_OK;
    if (j->thresholds != NULL)
        status = check_detection(m, j->thresholds, error);
    if (status != MAFAT_OK || !is_drawing(j))
        return status;
    if (j->image->floats != NULL)
        return mafat_error_set(error, MAFAT_USAGE, "boxes are drawn on pictures, and these are "
                               "floats");
    if (m->names.n < j->result->boxes.n_classes)
        return mafat_error_set(error, MAFAT_USAGE, "was opened with %d names, and boxes of %d "
                               "classes are labelled with them", m->names.n,
                               j->result->boxes.n_classes);
    return MAFAT_OK;
}

/* Opens the image for this call, unless it is held. */
static mafat_status open_subject(job *j, mafat_error *error)
{
    mafat *m = j->network;
    j->subject = &m->held;
    if (m->held.image == j->image)
        return MAFAT_OK;
    j->subject = &j->own;
    return mafat_subject_open(&j->own, m->bridge, j->image, NULL, j->ahead != NULL, error);
}

/* Opens the image that is to be held. Letters are looked at before its rows take memory. */
static mafat_status hold(job *j, mafat_error *error)
{
    mafat *m = j->network;
    mafat_status status = MAFAT_OK;
    if (m->bridge->workload.drawer == MAFAT_DRAWN_BY_MAFAT)
        status = mafat_verify_letters(m->names.lines, m->names.n,
                                      mafat_boxes_letter_size(j->memory->h), error);
    if (status == MAFAT_OK)
        status = mafat_subject_open(&m->held, m->bridge, j->image, j->memory, false, error);
    return status;
}

static mafat_status run_or_draw(job *j, mafat_error *error)
{
    if (j->path != NULL)
        j->network->bridge->workload.format = mafat_canvas_format_of(j->path);
    mafat_status status = open_subject(j, error);
    if (status != MAFAT_OK || !is_drawing(j))
        return status == MAFAT_OK ? run(j, error) : status;
    const mafat_boxes *boxes = &j->result->boxes;
    if (j->subject->w != boxes->w || j->subject->h != boxes->h)
        return mafat_error_set(error, MAFAT_USAGE, "an image of %dx%d pixels, and boxes that were "
                               "found in one of %dx%d", j->subject->w, j->subject->h, boxes->w,
                               boxes->h);
    return draw(j, error);
}

/* For mafat_caught_run(). */
static mafat_status do_job(void *context, mafat_error *error)
{
    job *j = context;
    mafat_status status;
    if (j->queue != NULL)
        return infer_ahead(j, error);
    if (!is_drawing(j))
        j->ahead = mafat_pass_find(&j->network->pass, j->image);
    if (j->ahead != NULL && j->ahead->status != MAFAT_OK)
        status = mafat_pass_take(&j->network->pass, j->ahead, error);
    else
        status = j->memory != NULL ? hold(j, error) : run_or_draw(j, error);
    if (status != MAFAT_OK && j->image->path != NULL)
        mafat_error_set_file(error, j->image->path);
    return status;
}

static mafat_status do_call(job *j, mafat_error *error)
{
    mafat *m = j->network;
    mafat_library_call call;
    *error = (mafat_error){.layer = -1};
    mafat_status status = mafat_library_begin(m, &call, error);
    if (status != MAFAT_OK)
        return status;
    status = check_job(j, error);
    if (status == MAFAT_OK)
        status = mafat_caught_run(do_job, j, &m->things, false, error);
    mafat_subject_close(&j->own);
    mafat_error_set_file(error, m->cfg_path);
    mafat_shipped_explain(error);
    mafat_library_end(m, &call);
    return status;
}

mafat_status mafat_run(mafat *m, const mafat_image *image, float *outputs, mafat_error *error)
{
    job j = {.network = m, .image = image, .outputs = outputs};
    return do_call(&j, error);
}

static mafat_status detect_call(job *j, mafat_result **result, mafat_error *error)
{
    mafat_status status;
    *result = NULL;
    j->result = calloc(1, sizeof *j->result);
    if (j->result == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for what is found");
    else
        status = do_call(j, error);
    if (status == MAFAT_OK)
        *result = j->result;
    else
        free(j->result);
    return status;
}

mafat_status mafat_detect(mafat *m, const mafat_image *image, const mafat_thresholds *thresholds,
                          mafat_result **result, mafat_error *error)
{
    static const mafat_thresholds usual = {.5f, .5f};
    job j = {.network = m, .image = image, .thresholds = thresholds != NULL ? thresholds : &usual};
    return detect_call(&j, result, error);
}

/* Whether all that drawing needs is named. */
static mafat_status draw_call(job *j, const void *to, mafat_error *error)
{
    if (to != NULL && j->result != NULL)
        return do_call(j, error);
    mafat_error_set(error, MAFAT_USAGE, "%s", to == NULL ? "nothing is named to draw to"
                                                         : "there is no result to draw");
    mafat_error_set_file(error, j->network->cfg_path);
    return MAFAT_USAGE;
}

mafat_status mafat_draw(mafat *m, const mafat_image *image, const mafat_result *result,
                        const char *path, mafat_error *error)
{
    job j = {.network = m, .image = image, .result = (mafat_result *)result, .path = path};
    return draw_call(&j, path, error);
}

mafat_status mafat_draw_pixels(mafat *m, const mafat_image *image, const mafat_result *result,
                               unsigned char *to, mafat_error *error)
{
    job j = {.network = m, .image = image, .result = (mafat_result *)result, .to = to};
    return draw_call(&j, to, error);
}

/* ----------------------------------------------------------------------------------- our commands */

mafat_status mafat_run_detect_valid(mafat *m, const mafat_image *image, const int *class_map,
                                    mafat_result **result, mafat_error *error)
{
    static const mafat_thresholds all;
    job j = {.network = m, .image = image, .thresholds = &all, .is_valid = true,
             .class_map = class_map};
    return detect_call(&j, result, error);
}

mafat_status mafat_run_classify(mafat *m, const mafat_image *image, mafat_classified *found,
                                mafat_error *error)
{
    job j = {.network = m, .image = image, .classified = found};
    return do_call(&j, error);
}

mafat_status mafat_run_hold(mafat *m, const mafat_image *image, const mafat_picture_memory *memory,
                            mafat_error *error)
{
    job j = {.network = m, .image = image, .memory = memory};
    mafat_status status = do_call(&j, error);
    if (status != MAFAT_OK)
        mafat_run_let_go(m);
    return status;
}

void mafat_run_let_go(mafat *m)
{
    mafat_subject_close(&m->held);
}

int mafat_run_batch(const mafat *m)
{
    return mafat_pass_size(m->bridge);
}

mafat_status mafat_run_ahead(mafat *m, mafat_queue *queue, mafat_error *error)
{
    job j = {.network = m, .queue = queue};
    mafat_pass_free(&m->pass);
    return do_call(&j, error);
}

bool mafat_run_can_go_on(const mafat *m)
{
    return !m->is_broken && (m->bridge->session.by_layers || mafat_bridge_has_plan(m->bridge));
}
