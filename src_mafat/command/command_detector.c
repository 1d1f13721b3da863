/* `darknet mafat detector test` and `darknet mafat detect`: Darknet's test_detector(), on the rows
 * of images. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/new_file.h"
#include "command/command_darknet.h"
#include "command/command_detector.h"
#include "command/destination.h"
#include "command/detections.h"
#include "command/image_list.h"
#include "library/run.h"
#include "session/verify.h"

typedef struct {
    mafat_operands operands;
    bool is_json;                       /* and nothing else, on stdout */
    mafat_thresholds thresholds;
    mafat_destination destination;
    mafat_new_file file;                /* of all results, where -out names one, */
    mafat_report results;               /* and the list in it */
    off_t spared;                       /* of stdout (base/page_cache.h) */
    mafat *network;                     /* owned */
    bool has_limit;
} detector;

/* Opens an image, finds where its picture goes, and checks everything else that depends on it before
 * the network runs. */
static mafat_status open_image(const detector *d, const mafat_image *image, char drawn[PATH_MAX],
                               mafat_error *error)
{
    mafat_picture_memory memory = d->operands.memory;
    mafat_status status = MAFAT_OK;
    if (d->operands.image == NULL)
        status = mafat_verify_image_memory(image->path, &memory, error);
    if (status == MAFAT_OK)
        status = mafat_run_hold(d->network, image, &memory, error);
    if (status == MAFAT_OK && d->destination.draws)
        status = mafat_destination_place(&d->destination, image->path, drawn, error);
    return status;
}

/* Tells what was found, in each form that is asked for. Where there is a limit, what is written
 * leaves the page cache. */
static void tell(detector *d, const mafat_detections *found)
{
    off_t *spared = d->has_limit ? &d->spared : NULL;
    int w, h;
    double seconds;
    if (d->is_json) {
        mafat_detections_print_json(found, spared);
        fflush(stdout);    /* whatever becomes of the images that follow */
    } else {
        mafat_result_describe(found->result, &w, &h, &seconds);
        printf("%s: Predicted in %f seconds.\n", found->path, seconds);
        mafat_detections_print(found, d->operands.options.boxes, stdout, spared);
    }
    if (d->destination.json != NULL)
        mafat_detections_report(found, &d->results, d->has_limit ? &d->file.spared : NULL);
}

static mafat_status detect(detector *d, const mafat_image *image, const char *drawn,
                           mafat_error *error)
{
    mafat_result *result;
    mafat_status status = mafat_detect(d->network, image, &d->thresholds, &result, error);
    if (status != MAFAT_OK)
        return status;
    tell(d, &(mafat_detections){.network = d->network, .result = result, .path = image->path});
    if (d->destination.draws)
        status = mafat_draw(d->network, image, result, drawn, error);
    mafat_result_free(result);
    return status;
}

static mafat_status detect_one(void *context, const char *path, mafat_error *error)
{
    detector *d = context;
    mafat_image image = {.path = path};
    char drawn[PATH_MAX];
    mafat_status status = open_image(d, &image, drawn, error);
    bool is_open = status == MAFAT_OK;
    if (is_open)
        status = detect(d, &image, drawn, error);
    mafat_run_let_go(d->network);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, path);
    if (d->operands.image != NULL)
        return status;
    mafat_library_forget_file(d->network, path);    /* another one may follow */
    if (is_open && d->destination.draws)
        mafat_library_forget_file(d->network, drawn);
    return status;
}

/* Darknet's prompt. JSON has stdout for itself, and a program that reads it types nothing. */
static void prompt(void *context)
{
    const detector *d = context;
    FILE *stream = !d->is_json ? stdout : isatty(STDIN_FILENO) == 1 ? stderr : NULL;
    if (stream == NULL)
        return;
    fprintf(stream, "Enter Image Path: ");
    fflush(stream);
}

/* Whether images that follow one that could not be done would fare better, and their results are
 * taken. */
static bool can_go_on(void *context)
{
    const detector *d = context;
    return mafat_run_can_go_on(d->network) &&
           (d->destination.json == NULL || !ferror(d->file.stream));
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
        status = mafat_image_list_run(&(mafat_image_work){d, d->network, prompt, detect_one,
                                                          can_go_on}, &is_whole, error);
    mafat_status ended = end_results(d, is_whole, &unwritten);
    if (status == MAFAT_OK && ended != MAFAT_OK)
        *error = unwritten;
    return status == MAFAT_OK ? ended : status;
}

/* Loads the network and detects. The network is planned first: what it may take is measured
 * before an image is in memory. */
static mafat_status run(detector *d, const mafat_arguments *arguments, mafat_error *error)
{
    mafat_status status = mafat_command_darknet_open(&d->network, arguments, &d->operands, error);
    if (status != MAFAT_OK)
        return status;
    d->has_limit = mafat_library_session(d->network)->limit_bytes > 0;
    status = detect_all(d, error);
    mafat_close(d->network);
    return status;
}

/* The options by Darknet's defaults. `detect` takes no -hier. */
static void set_thresholds(detector *d, bool has_hier)
{
    const mafat_darknet_options *o = &d->operands.options;
    d->thresholds = (mafat_thresholds){.5f, .5f};
    if (o->threshold != NULL)
        d->thresholds.threshold = (float)strtod(o->threshold, NULL);
    if (has_hier && o->hier_threshold != NULL)
        d->thresholds.hier_threshold = (float)strtod(o->hier_threshold, NULL);
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
    const char *read[] = {o->data, o->cfg, o->weights, o->list};
    status = mafat_destination_prepare(&d->destination, read, sizeof read / sizeof *read, error);
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
    if (is_detector && d.operands.options.gpus != NULL && !d.is_json)
        printf("%s\n", d.operands.options.gpus);    /* so does Darknet's run_detector() */
    status = run(&d, arguments, error);
    mafat_session_close(&d.operands.session);
    return status;
}
