/* Classes of images as JSON; see command_classifier.h. Sources: predict_classifier() of Darknet. */
#include "command/command_classifier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/notice.h"
#include "base/number.h"
#include "command/command_darknet.h"
#include "command/image_list.h"
#include "command/report.h"
#include "library/library.h"
#include "machine/measure.h"
#include "run/team.h"
#include "session/data_file.h"
#include "session/indexed.h"
#include "session/verify.h"
#include "upstream/classes.h"

typedef struct {
    mafat_operands operands;
    int top, n_outputs;
    int *indexes;        /* [top], owned */
    float *outputs;      /* [n_outputs], owned */
    mafat_names names;
    mafat *network;
} classifier;

/* ------------------------------------------------------------------------------- before it runs */

/* The file with the names of classes: names= of the data file, or labels=; the caller frees it. */
static mafat_status find_names(const char *data, char **path, mafat_error *error)
{
    mafat_status status = mafat_data_file_find_text(data, "names", NULL, path, error);
    if (status == MAFAT_OK && *path == NULL)
        status = mafat_data_file_find_text(data, "labels", "data/labels.list", path, error);
    return status;
}

static mafat_status read_names(classifier *c, mafat_error *error)
{
    char *path;
    mafat_status status = find_names(c->operands.data, &path, error);
    if (status == MAFAT_OK)
        status = mafat_verify_names(path, c->n_outputs, "the network", error);
    if (status == MAFAT_OK)
        status = mafat_names_read(&c->names, path, error);
    free(path);
    return status;
}

/* How many classes are told; `classify` tells five. */
static mafat_status find_top(classifier *c, bool is_classify, const mafat_cfg *cfg,
                             mafat_error *error)
{
    const mafat_operands *o = &c->operands;
    mafat_indexed indexed = {.command = is_classify ? "classify" : "classifier predict",
                             .cfg = cfg, .data = o->data, .top = o->options.top};
    if (is_classify) {
        c->top = 5;
        return mafat_indexed_top_5(&indexed, error);
    }
    mafat_status status = mafat_indexed_top(&indexed, error);
    c->top = o->options.top != NULL ? (int)strtol(o->options.top, NULL, 10) : 0;
    if (status == MAFAT_OK && c->top == 0)
        status = mafat_data_file_find_number(o->data, "top", 1, 0, c->n_outputs,
                                             "the outputs of the network", &c->top, error);
    return status;
}

/* Reads what the data file says for the network of the cfg. */
static mafat_status prepare(classifier *c, bool is_classify, mafat_error *error)
{
    mafat_cfg cfg;
    mafat_status status = mafat_cfg_read(&cfg, c->operands.cfg, 0, 0, error);
    if (status != MAFAT_OK)
        return status;
    c->n_outputs = mafat_indexed_outputs(&cfg);
    status = find_top(c, is_classify, &cfg, error);
    mafat_cfg_free(&cfg);
    if (status == MAFAT_OK)
        status = read_names(c, error);
    if (status != MAFAT_OK)
        return status;
    c->indexes = malloc((size_t)(c->top + 1) * sizeof *c->indexes);
    c->outputs = malloc((size_t)c->n_outputs * sizeof *c->outputs);
    if (c->indexes == NULL || c->outputs == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d outputs", c->n_outputs);
    return MAFAT_OK;
}

/* Says on stderr what the library tells while it listens to this thread. */
static void say(void *context, const char *line)
{
    (void)context;
    const mafat_notice_listener *listener = mafat_notice_set_listener(NULL);
    mafat_notice("%s", line);
    mafat_notice_set_listener(listener);
}

static mafat_status open_network(classifier *c, const mafat_options *options, mafat_error *error)
{
    mafat_settings settings = {.memory = options->memory, .config = options->config,
                               .notice = say};
    mafat_status status = MAFAT_OK;
    if (options->threads != NULL)
        status = mafat_number_read("threads", options->threads, 1, MAFAT_MAX_THREADS,
                                   &settings.n_threads, error);
    if (status == MAFAT_OK)
        status = mafat_open(&c->network, c->operands.cfg, c->operands.weights, &settings, error);
    return status;
}

/* --------------------------------------------------------------------------------- for each image */

static void write_classes(const classifier *c, mafat_json *json)
{
    mafat_json_begin_list(json, "classes");
    for (int i = 0; i < c->top; i++) {
        int index = c->indexes[i];
        mafat_json_begin_object(json, NULL);
        mafat_json_whole(json, "class", (uint64_t)index);
        mafat_json_text(json, "name", c->names.lines[index]);
        mafat_json_real(json, "probability", (double)c->outputs[index]);
        mafat_json_end_object(json);
    }
    mafat_json_end_list(json);
}

static void tell(const classifier *c, const char *path, int w, int h, double seconds)
{
    mafat_report line = {.is_json = true};
    mafat_json *json = &line.json;
    const mafat_session *session = &c->network->bridge->session;
    mafat_json_begin(json, stdout, 0);
    mafat_json_begin_object(json, NULL);
    mafat_json_text(json, "file", path);
    mafat_json_whole(json, "width", (uint64_t)w);
    mafat_json_whole(json, "height", (uint64_t)h);
    write_classes(c, json);
    mafat_json_real(json, "seconds", seconds);
    mafat_report_config(&line, session);
    if (session->by_layers)
        mafat_report_unknown(&line, "predicted_bytes");
    else
        mafat_report_size(&line, "predicted_bytes", session->prediction.total_bytes);
    mafat_report_peak(&line);
    mafat_json_end_object(json);
    mafat_json_end(json);
}

static mafat_status classify(const classifier *c, const char *path, mafat_error *error)
{
    int w, h;
    mafat_status status = mafat_verify_image_path(path, error);
    if (status == MAFAT_OK)
        status = mafat_picture_read_size(path, &w, &h, error);
    double begin = mafat_measure_now_s();
    if (status == MAFAT_OK)
        status = mafat_run(c->network, &(mafat_image){.path = path}, c->outputs, error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(error, path);
        return status;
    }
    double seconds = mafat_measure_now_s() - begin;
    mafat_classes_find(c->network->bridge->network, c->outputs, c->n_outputs, c->top, c->indexes);
    tell(c, path, w, h, seconds);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED, "cannot write the results: %s", strerror(errno));
}

/* Images that cannot be done are passed over. */
static mafat_status classify_list(const classifier *c, mafat_error *error)
{
    mafat_image_list list;
    mafat_error last;
    mafat_status status = MAFAT_OK;
    const char *path;
    mafat_image_list_begin(&list);
    while (!ferror(stdout) && (path = mafat_image_list_next(&list)) != NULL) {
        if (path[0] == '\0')
            continue;
        status = classify(c, path, error);
        if (!ferror(stdout))
            mafat_image_list_count(&list, status, error);
    }
    mafat_status ended = mafat_image_list_end(&list, &last);
    if (ferror(stdout))
        return status;
    if (ended != MAFAT_OK)
        *error = last;
    return ended;
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
    bool is_classify = strcmp(arguments->words[0], "classify") == 0;
    mafat_report_watch_memory();
    mafat_status status = mafat_command_darknet_sort(arguments, &c.operands, error);
    if (status == MAFAT_OK)
        status = prepare(&c, is_classify, error);
    if (status == MAFAT_OK)
        status = open_network(&c, &arguments->options, error);
    if (status == MAFAT_OK)
        status = c.operands.image != NULL ? classify(&c, c.operands.image, error)
                                          : classify_list(&c, error);
    mafat_close(c.network);
    mafat_names_free(&c.names);
    free(c.outputs);
    free(c.indexes);
    return status;
}
