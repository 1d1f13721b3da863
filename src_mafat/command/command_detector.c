/* `darknet mafat detector test` and `darknet mafat detect`: Darknet's test_detector(), on the rows
 * of images. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/new_file.h"
#include "bridge/inference.h"
#include "bridge/limits.h"
#include "command/command_darknet.h"
#include "command/command_detector.h"
#include "command/destination.h"
#include "command/detections.h"
#include "command/image_list.h"
#include "machine/measure.h"
#include "run/letterbox.h"
#include "session/verify.h"
#include "upstream/boxes.h"
#include "upstream/canvas.h"
#include "upstream/picture.h"
#include "upstream/picture_probe.h"

typedef struct {
    mafat_operands operands;
    bool is_json;                       /* and nothing else, on stdout */
    float threshold, hier_threshold;
    mafat_destination destination;
    mafat_new_file file;                /* of all results, where -out names one, */
    mafat_report results;               /* and the list in it */
    off_t spared;                       /* of stdout (base/page_cache.h) */
    mafat_names names;
    mafat_image_rounding rounding;
    mafat_bridge *bridge;               /* owned: freed with its network */
    bool is_broken;                     /* the network failed: images that follow would, too */
} detector;

/* An image's rows, what the network is given of them, and where its picture goes. */
typedef struct {
    mafat_picture_rows rows;
    mafat_letterbox letterbox;
    char drawn[PATH_MAX];
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
    if (status == MAFAT_OK && d->destination.draws)
        status = mafat_verify_letters(d->names.lines, d->names.n,
                                      mafat_boxes_letter_size(memory.h), error);
    if (status == MAFAT_OK && d->destination.draws)
        status = mafat_destination_place(&d->destination, path, s->drawn, error);
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
static mafat_status run_image(detector *d, subject *s, mafat_error *error)
{
    mafat_input input = {.source = mafat_letterbox_source(&s->letterbox)};
    mafat_status status = mafat_inference_forward(d->bridge, &input, NULL, NULL, error);
    d->is_broken = status != MAFAT_OK;
    return status == MAFAT_OK ? mafat_picture_rows_check(&s->rows, error) : status;
}

/* Draws the boxes on the image, whose rows are decoded once more, and writes the picture. */
static mafat_status draw(const detector *d, const mafat_boxes *boxes, subject *s,
                         mafat_error *error)
{
    mafat_drawing *drawing;
    bool has_limit = d->bridge->session.limit_bytes > 0;
    mafat_status status = mafat_boxes_begin_drawing(&drawing, boxes, &d->names, d->threshold,
                                                    &d->rounding, has_limit, error);
    if (status != MAFAT_OK)
        return status;
    mafat_canvas canvas = {
        .w = s->rows.w, .h = s->rows.h, .source = mafat_picture_rows_source(&s->rows),
        .draw = draw_strip, .context = &(strip_drawing){drawing, &s->rows},
    };
    status = mafat_canvas_write(&canvas, s->drawn, error);
    mafat_boxes_end_drawing(drawing);
    return status;
}

/* Tells what was found, in each form that is asked for. Where there is a limit, what is written
 * leaves the page cache. */
static void tell(detector *d, const mafat_detections *found)
{
    bool has_limit = d->bridge->session.limit_bytes > 0;
    off_t *spared = has_limit ? &d->spared : NULL;
    if (d->is_json) {
        mafat_report line = {.is_json = true};
        mafat_json_begin(&line.json, stdout, 0);
        mafat_detections_report(found, &line, spared);
        mafat_json_end(&line.json);
        fflush(stdout);    /* whatever becomes of the images that follow */
    } else {
        printf("%s: Predicted in %f seconds.\n", found->path, found->seconds);
        mafat_detections_print(found, d->operands.options.boxes, stdout, spared);
    }
    if (d->destination.json != NULL)
        mafat_detections_report(found, &d->results, has_limit ? &d->file.spared : NULL);
}

static mafat_status detect(detector *d, const char *path, subject *s, mafat_error *error)
{
    double begin = mafat_measure_now_s();
    mafat_status status = run_image(d, s, error);
    if (status != MAFAT_OK)
        return status;
    mafat_boxes boxes;
    mafat_detections found = {
        .path = path, .boxes = &boxes, .names = &d->names, .threshold = d->threshold,
        .seconds = mafat_measure_now_s() - begin, .session = &d->bridge->session,
    };
    /* Darknet's own outputs are all that boxes need of the inference, and there are many boxes */
    mafat_bridge_release(d->bridge);
    mafat_boxes_find(&boxes, d->bridge->network, s->rows.w, s->rows.h, d->threshold,
                     d->hier_threshold);
    tell(d, &found);
    if (d->destination.draws)
        status = draw(d, &boxes, s, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, path);
    mafat_boxes_free(&boxes);
    return status;
}

static mafat_status detect_one(detector *d, const char *path, mafat_error *error)
{
    subject s;
    mafat_status status = open_subject(d, path, &s, error);
    bool is_open = status == MAFAT_OK;
    if (is_open)
        status = detect(d, path, &s, error);
    close_subject(&s);
    if (d->operands.image != NULL)
        return status;
    mafat_limits_forget_file(d->bridge, path);    /* another one may follow */
    if (is_open && d->destination.draws)
        mafat_limits_forget_file(d->bridge, s.drawn);
    return status;
}

/* Darknet's prompt. JSON has stdout for itself, and a program that reads it types nothing. */
static void prompt(const detector *d)
{
    FILE *stream = !d->is_json ? stdout : isatty(STDIN_FILENO) == 1 ? stderr : NULL;
    if (stream == NULL)
        return;
    fprintf(stream, "Enter Image Path: ");
    fflush(stream);
}

/* Whether images that follow one that could not be done would fare better: the network has not
 * failed, and results are taken. */
static bool can_go_on(const detector *d)
{
    return !d->is_broken && mafat_bridge_has_plan(d->bridge) &&
           (d->destination.json == NULL || !ferror(d->file.stream));
}

/* Darknet's loop over paths that are typed in, one a line. Images that cannot be done are passed
 * over. *is_whole says whether it came to the end. */
static mafat_status detect_list(detector *d, bool *is_whole, mafat_error *error)
{
    mafat_image_list list;
    mafat_error last;
    mafat_status status = MAFAT_OK;
    mafat_image_list_begin(&list);
    while (status == MAFAT_OK) {
        prompt(d);
        const char *path = mafat_image_list_next(&list);
        if (path == NULL)
            break;
        if (path[0] == '\0')
            continue;
        status = detect_one(d, path, error);
        if (fflush(stdout) != 0 || ferror(stdout)) {
            status = mafat_error_set(error, MAFAT_FAILED, "cannot write the results: %s",
                                     strerror(errno));
        } else if (status == MAFAT_OK || can_go_on(d)) {
            mafat_image_list_count(&list, status, error);
            status = MAFAT_OK;
        }
    }
    mafat_status ended = mafat_image_list_end(&list, &last);
    *is_whole = list.is_whole;
    if (status == MAFAT_OK && ended != MAFAT_OK)
        *error = last;
    return status == MAFAT_OK ? ended : status;
}

/* Opens the file of all results, a list; */
static mafat_status begin_results(detector *d, mafat_error *error)
{
    enum { LINES_FOR_IMAGES = 1 };
    if (d->destination.json == NULL)
        return MAFAT_OK;
    mafat_status status = mafat_new_file_begin(&d->file, d->destination.json, error);
    if (status != MAFAT_OK)
        return status;
    d->results.is_json = true;
    mafat_json_begin(&d->results.json, d->file.stream, LINES_FOR_IMAGES);
    mafat_json_begin_list(&d->results.json, NULL);
    return MAFAT_OK;
}

/* and gives it its name, also where images were passed over, but not where the list was cut
 * short. */
static mafat_status end_results(detector *d, bool is_whole, mafat_error *error)
{
    if (d->destination.json == NULL)
        return MAFAT_OK;
    mafat_json_end_list(&d->results.json);
    mafat_json_end(&d->results.json);
    if (is_whole)
        return mafat_new_file_end(&d->file, error);
    mafat_new_file_abandon(&d->file);
    return MAFAT_OK;
}

/* Runs the network on the one image of the command line, or on those that are typed. */
static mafat_status detect_all(detector *d, mafat_error *error)
{
    const char *image = d->operands.image;
    mafat_error unwritten;
    bool is_whole = true;
    mafat_status status = begin_results(d, error);
    if (status != MAFAT_OK)
        return status;
    if (image != NULL)
        is_whole = (status = detect_one(d, image, error)) == MAFAT_OK;
    else
        status = detect_list(d, &is_whole, error);
    mafat_status ended = end_results(d, is_whole, &unwritten);
    if (status == MAFAT_OK && ended != MAFAT_OK)
        *error = unwritten;
    return status == MAFAT_OK ? ended : status;
}

/* Loads the network and detects. The network is planned first: what it may take is measured
 * before an image is in memory. */
static mafat_status run(detector *d, const mafat_arguments *arguments, mafat_error *error)
{
    mafat_operands *o = &d->operands;
    mafat_request request = {.options = arguments->options, .workload = &o->workload,
                             .session = &o->session};
    d->bridge = mafat_inference_load(o->cfg, o->weights, &request);
    mafat_status status = detect_all(d, error);
    mafat_inference_free(d->bridge);
    return status;
}

/* The options by Darknet's defaults. `detect` takes no -hier. */
static void set_thresholds(detector *d, bool has_hier)
{
    const mafat_darknet_options *o = &d->operands.options;
    d->threshold = o->threshold != NULL ? (float)strtod(o->threshold, NULL) : .5f;
    d->hier_threshold = has_hier && o->hier_threshold != NULL
                            ? (float)strtod(o->hier_threshold, NULL) : .5f;
}

/* Finds out where results go, which says what will be held. */
static mafat_status choose_destination(detector *d, mafat_error *error)
{
    mafat_operands *o = &d->operands;
    mafat_destination *destination = &d->destination;
    mafat_status status = mafat_destination_choose(destination, o->options.out,
                                                   o->options.no_picture, error);
    if (!destination->draws)
        o->drawer = MAFAT_DRAWN_BY_NOBODY;
    o->format = destination->format;
    o->n_streams = destination->json != NULL;
    if (d->is_json || destination->json != NULL)
        mafat_report_watch_memory();
    return status;
}

/* Checks all that can be wrong before the network is loaded. */
static mafat_status verify(detector *d, mafat_arguments *arguments, mafat_error *error)
{
    mafat_operands *o = &d->operands;
    mafat_status status = mafat_command_darknet_sort(arguments, o, error);
    if (status == MAFAT_OK)
        status = choose_destination(d, error);
    if (status == MAFAT_OK)
        status = mafat_command_darknet_verify(arguments, o, error);
    if (status != MAFAT_OK)
        return status;
    mafat_shape input = o->session.cfg.network.input;
    if (input.c > MAFAT_COLOURS) {
        status = mafat_error_set(error, MAFAT_USAGE,
                                 "an image has 3 channels, the network's input is %dx%dx%d: "
                                 "Darknet reads past the end of the image",
                                 input.c, input.h, input.w);
        mafat_error_set_file(error, o->cfg);
    }
    if (status == MAFAT_OK)
        status = mafat_destination_prepare(&d->destination, error);
    if (status == MAFAT_OK)
        status = mafat_picture_probe_measure(&d->rounding, error);
    if (status != MAFAT_OK)
        mafat_session_close(&o->session);
    return status;
}

bool mafat_command_detector_is(const mafat_arguments *arguments)
{
    return mafat_arguments_begin_with(arguments, "detect", NULL) ||
           mafat_arguments_begin_with(arguments, "detector", "test");
}

mafat_status mafat_command_detector(mafat_arguments *arguments, mafat_error *error)
{
    detector d = {.is_json = arguments->json};
    bool is_detector = strcmp(arguments->words[0], "detector") == 0;
    mafat_status status = verify(&d, arguments, error);
    if (status != MAFAT_OK)
        return status;
    set_thresholds(&d, is_detector);
    mafat_names_read(&d.names, d.operands.data);
    if (is_detector && d.operands.options.gpus != NULL && !d.is_json)
        printf("%s\n", d.operands.options.gpus);    /* so does Darknet's run_detector() */
    status = run(&d, arguments, error);
    mafat_names_free(&d.names);
    return status;
}
