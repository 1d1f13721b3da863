/* Classes of images as JSON; see command_classifier.h. Sources: predict_classifier() of Darknet. */
#include "command/command_classifier.h"

#include <stdlib.h>
#include <string.h>

#include "command/command_darknet.h"
#include "command/image_list.h"
#include "command/report.h"
#include "library/run.h"
#include "session/data_file.h"
#include "session/indexed.h"

typedef struct {
    mafat_operands operands;
    mafat_classified found;    /* whose arrays it owns */
    mafat *network;            /* owned */
} classifier;

/* ------------------------------------------------------------------------------- before it runs */

/* How many classes are told, which was verified; `classify` tells five. */
static mafat_status find_top(const mafat_operands *o, bool is_classify, int *top,
                             mafat_error *error)
{
    enum { N_OF_CLASSIFY = 5 };
    *top = is_classify ? N_OF_CLASSIFY : 0;
    if (!is_classify && o->options.top != NULL)
        *top = (int)strtol(o->options.top, NULL, 10);
    if (*top != 0)
        return MAFAT_OK;
    return mafat_data_file_find_number(o->data, "top", 1, 0,
                                       mafat_indexed_outputs(&o->session.cfg),
                                       "the outputs of the network", top, error);
}

static mafat_status make_room(mafat_classified *found, mafat_error *error)
{
    found->indexes = calloc((size_t)found->n + 1, sizeof *found->indexes);
    found->probabilities = calloc((size_t)found->n + 1, sizeof *found->probabilities);
    if (found->indexes != NULL && found->probabilities != NULL)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED, "no memory for %d classes", found->n);
}

/* Plans the network for images that are read by rows, checks all files, and opens it. */
static mafat_status open_network(classifier *c, mafat_arguments *arguments, mafat_error *error)
{
    mafat_operands *o = &c->operands;
    bool is_classify = strcmp(arguments->words[0], "classify") == 0;
    mafat_status status = mafat_command_darknet_sort(arguments, o, error);
    o->loading = MAFAT_LOADED_BY_ROWS;
    if (status == MAFAT_OK)
        status = mafat_command_darknet_verify(arguments, o, error);
    if (status == MAFAT_OK)
        status = find_top(o, is_classify, &c->found.n, error);
    if (status == MAFAT_OK)
        status = make_room(&c->found, error);
    if (status == MAFAT_OK)
        status = mafat_command_darknet_open(&c->network, arguments, o, error);
    return status;
}

/* --------------------------------------------------------------------------------- for each image */

static void write_classes(const classifier *c, mafat_json *json)
{
    mafat_json_begin_list(json, "classes");
    for (int i = 0; i < c->found.n; i++) {
        int index = c->found.indexes[i];
        mafat_json_begin_object(json, NULL);
        mafat_json_whole(json, "class", (uint64_t)index);
        mafat_json_text(json, "name", mafat_class_name(c->network, index));
        mafat_json_real(json, "probability", (double)c->found.probabilities[i]);
        mafat_json_end_object(json);
    }
    mafat_json_end_list(json);
}

static void tell(const classifier *c, const char *path)
{
    mafat_report line = {.is_json = true};
    mafat_json *json = &line.json;
    mafat_json_begin(json, stdout, 0);
    mafat_json_begin_object(json, NULL);
    mafat_json_text(json, "file", path);
    mafat_json_whole(json, "width", (uint64_t)c->found.w);
    mafat_json_whole(json, "height", (uint64_t)c->found.h);
    write_classes(c, json);
    mafat_report_inference(&line, mafat_library_session(c->network), c->found.seconds);
    mafat_json_end_object(json);
    mafat_json_end(json);
}

static mafat_status classify(void *context, const char *path, mafat_error *error)
{
    classifier *c = context;
    mafat_image image = {.path = path};
    mafat_status status = mafat_run_classify(c->network, &image, &c->found, error);
    if (status == MAFAT_OK)
        tell(c, path);
    if (c->operands.image == NULL)
        mafat_library_forget_file(c->network, path);    /* another one may follow */
    return status;
}

static bool can_go_on(void *context)
{
    const classifier *c = context;
    return mafat_run_can_go_on(c->network);
}

/* ------------------------------------------------------------------------------------ the command */

bool mafat_command_classifier_is(const mafat_arguments *arguments)
{
    return arguments->json && (mafat_arguments_begin_with(arguments, "classify", NULL) ||
                               mafat_arguments_begin_with(arguments, "classifier", "predict"));
}

mafat_status mafat_command_classifier(mafat_arguments *arguments, mafat_error *error)
{
    classifier c = {0};
    bool is_whole;
    mafat_report_watch_memory();
    mafat_status status = open_network(&c, arguments, error);
    const mafat_image_work work = {&c, c.network, NULL, classify, can_go_on};
    if (status == MAFAT_OK)
        status = c.operands.image != NULL ? classify(&c, c.operands.image, error)
                                          : mafat_image_list_run(&work, &is_whole, error);
    mafat_close(c.network);
    mafat_session_close(&c.operands.session);
    free(c.found.indexes);
    free(c.found.probabilities);
    return status;
}
