/* `darknet mafat detector test` and `darknet mafat detect`: Darknet's test_detector(), on the rows
 * of images. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "bridge/inference.h"
#include "bridge/limits.h"
#include "command/command_darknet.h"
#include "command/command_detector.h"
#include "machine/measure.h"
#include "run/letterbox.h"
#include "session/verify.h"
#include "upstream/boxes.h"
#include "upstream/canvas.h"
#include "upstream/picture.h"
#include "upstream/picture_probe.h"

typedef struct {
    mafat_operands operands;
    float threshold, hier_threshold;
    char drawn[256];                    /* the file that pictures go to */
    mafat_names names;
    mafat_image_rounding rounding;
    mafat_bridge *bridge;               /* owned: freed with its network */
} detector;

/* An image's rows, and what the network is given of them. */
typedef struct {
    mafat_picture_rows rows;
    mafat_letterbox letterbox;
} subject;

static void close_subject(subject *s)
{
    mafat_letterbox_free(&s->letterbox);
    mafat_picture_rows_close(&s->rows);
}

/* Reads an image, and checks everything that depends on it before the network runs. */
static mafat_status open_subject(const detector *d, const char *path, subject *s,
                                 mafat_error *error)
{
    *s = (subject){0};
    mafat_picture_memory memory = d->operands.memory;
    mafat_workload_image image;
    mafat_shape input = d->bridge->session.cfg.network.input;
    mafat_status status = mafat_verify_image_path(path, error);
    if (status == MAFAT_OK && d->operands.image == NULL)
        status = mafat_picture_memory_find(&memory, path, error);
    if (status == MAFAT_OK) {
        image = mafat_workload_image_of(&d->bridge->workload, &memory);
        status = mafat_limits_make_space(d->bridge, &image, error);
    }
    if (status == MAFAT_NO_FIT)
        mafat_limits_name_image(error, path, &memory);
    if (status == MAFAT_OK)
        status = mafat_verify_letters(d->names.lines, d->names.n,
                                      mafat_boxes_letter_size(memory.h), error);
    if (status == MAFAT_OK)
        status = mafat_picture_rows_open(&s->rows, path, &memory, error);
    if (status == MAFAT_OK)
        status = mafat_letterbox_init(&s->letterbox, mafat_picture_rows_source(&s->rows), memory.w,
                                      memory.h, input.w, input.h, &d->rounding, error);
    if (status == MAFAT_OK)
        mafat_letterbox_set_channels(&s->letterbox, input.c);
    if (status != MAFAT_OK) {
        mafat_error_set_file(error, path);
        close_subject(s);
    }
    return status;
}

typedef struct {
    mafat_drawing *drawing;
    const mafat_picture_rows *rows;
} strip_drawing;

/* Draws on rows that could be decoded. */
static mafat_status draw_strip(void *context, mafat_strip *strip, mafat_error *error)
{
    const strip_drawing *d = context;
    mafat_status status = mafat_picture_rows_check(d->rows, error);
    return status == MAFAT_OK ? mafat_boxes_draw(d->drawing, strip, error) : status;
}

/* One inference, whose input is made as it is read. */
static mafat_status run_image(const detector *d, subject *s, mafat_error *error)
{
    mafat_input input = {.source = mafat_letterbox_source(&s->letterbox)};
    mafat_status status = mafat_inference_forward(d->bridge, &input, NULL, NULL, error);
    return status == MAFAT_OK ? mafat_picture_rows_check(&s->rows, error) : status;
}

/* Draws the boxes on the image, whose rows are decoded once more, and writes the picture. */
static mafat_status draw(const detector *d, const mafat_boxes *boxes, subject *s,
                         mafat_error *error)
{
    mafat_drawing *drawing;
    bool has_limit = d->bridge->session.limit_bytes > 0;
    mafat_status status = mafat_boxes_begin_drawing(&drawing, boxes, &d->names, d->threshold,
                                                    &d->rounding, s->rows.w, s->rows.h, has_limit,
                                                    error);
    if (status != MAFAT_OK)
        return status;
    mafat_canvas canvas = {
        .w = s->rows.w, .h = s->rows.h, .source = mafat_picture_rows_source(&s->rows),
        .draw = draw_strip, .context = &(strip_drawing){drawing, &s->rows},
    };
    status = mafat_canvas_write(&canvas, d->drawn, error);
    mafat_boxes_end_drawing(drawing);
    return status;
}

static mafat_status detect(const detector *d, const char *path, subject *s, mafat_error *error)
{
    double begin = mafat_measure_now_s();
    mafat_status status = run_image(d, s, error);
    if (status != MAFAT_OK)
        return status;
    printf("%s: Predicted in %f seconds.\n", path, mafat_measure_now_s() - begin);
    /* Darknet's own outputs are all that boxes need of the inference, and there are many boxes */
    mafat_bridge_release(d->bridge);
    mafat_boxes boxes;
    mafat_boxes_find(&boxes, d->bridge->network, s->rows.w, s->rows.h, d->threshold,
                     d->hier_threshold);
    mafat_boxes_print(&boxes, &d->names, d->threshold);
    status = draw(d, &boxes, s, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, path);
    mafat_boxes_free(&boxes);
    return status;
}

static mafat_status detect_one(const detector *d, const char *path, mafat_error *error)
{
    subject s;
    mafat_status status = open_subject(d, path, &s, error);
    if (status != MAFAT_OK)
        return status;
    status = detect(d, path, &s, error);
    close_subject(&s);
    if (d->operands.image == NULL) {    /* another one may follow */
        mafat_limits_forget_file(d->bridge, path);
        mafat_limits_forget_file(d->bridge, d->drawn);
    }
    return status;
}

/* Darknet's loop over paths that are typed in, one a line. Images that are too large for the memory
 * limit are passed over, and counted at the end. */
static mafat_status detect_list(const detector *d, mafat_error *error)
{
    char *line = NULL;
    size_t size = 0;
    mafat_status status = MAFAT_OK;
    int n_too_large = 0;
    for (int n = 1; status == MAFAT_OK; n++) {
        printf("Enter Image Path: ");
        fflush(stdout);
        ssize_t length = getline(&line, &size, stdin);
        if (length < 0)
            break;
        const char *path = mafat_lines_trim(line, (size_t)length, n);
        if (!mafat_lines_is_blank(path))
            status = detect_one(d, path, error);
        if (status == MAFAT_NO_FIT && mafat_bridge_has_plan(d->bridge)) {
            mafat_error_print(error, stderr);
            n_too_large++;
            status = MAFAT_OK;
        }
    }
    if (status == MAFAT_OK && !feof(stdin))
        status = mafat_error_set(error, MAFAT_FAILED, "cannot read paths from standard input: %s",
                                 strerror(errno));
    free(line);
    if (status == MAFAT_OK && n_too_large > 0)
        status = mafat_error_set(error, MAFAT_NO_FIT, "images that were passed over as too large "
                                 "for the memory limit: %d", n_too_large);
    return status;
}

/* Loads the network, then runs it on the one image of the command line, or on those that are
 * typed. The network is planned first: what it may take is measured before an image is in
 * memory. */
static mafat_status detect_all(detector *d, const mafat_arguments *arguments, mafat_error *error)
{
    mafat_operands *o = &d->operands;
    mafat_request request = {.options = arguments->options, .workload = &o->workload,
                             .session = &o->session};
    d->bridge = mafat_inference_load(o->cfg, o->weights, &request);
    mafat_status status = o->image != NULL ? detect_one(d, o->image, error)
                                           : detect_list(d, error);
    mafat_inference_free(d->bridge);
    return status;
}

/* The options by Darknet's defaults. `detect` takes no -hier. */
static void set_options(detector *d, bool has_hier)
{
    const mafat_darknet_options *o = &d->operands.options;
    d->threshold = o->threshold != NULL ? (float)strtod(o->threshold, NULL) : .5f;
    d->hier_threshold = has_hier && o->hier_threshold != NULL
                            ? (float)strtod(o->hier_threshold, NULL) : .5f;
    int length = snprintf(d->drawn, sizeof d->drawn, "%s.jpg",
                          o->out != NULL ? o->out : "predictions");
    MAFAT_CHECK((size_t)length < sizeof d->drawn);
}

bool mafat_command_detector_is(const mafat_arguments *arguments)
{
    return mafat_arguments_begin_with(arguments, "detect", NULL) ||
           mafat_arguments_begin_with(arguments, "detector", "test");
}

mafat_status mafat_command_detector(const mafat_arguments *arguments, mafat_error *error)
{
    detector d = {0};
    bool is_detector = strcmp(arguments->words[0], "detector") == 0;
    mafat_status status = mafat_command_darknet_verify(arguments, &d.operands, error);
    if (status != MAFAT_OK)
        return status;
    mafat_shape input = d.operands.session.cfg.network.input;
    if (input.c > MAFAT_COLOURS) {
        status = mafat_error_set(error, MAFAT_USAGE,
                                 "an image has 3 channels, the network's input is %dx%dx%d: "
                                 "Darknet reads past the end of the image",
                                 input.c, input.h, input.w);
        mafat_error_set_file(error, d.operands.cfg);
    }
    if (status == MAFAT_OK)
        status = mafat_picture_probe_measure(&d.rounding, error);
    if (status != MAFAT_OK) {
        mafat_session_close(&d.operands.session);
        return status;
    }
    set_options(&d, is_detector);
    mafat_names_read(&d.names, d.operands.data);
    if (is_detector && d.operands.options.gpus != NULL)
        printf("%s\n", d.operands.options.gpus);    /* so does Darknet's run_detector() */
    status = detect_all(&d, arguments, error);
    mafat_names_free(&d.names);
    return status;
}
