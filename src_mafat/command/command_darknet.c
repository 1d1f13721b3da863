/* Darknet's own inference commands run through MAFAT; see command_darknet.h. Sources: the run_*()
 * functions in Darknet's examples. */
#include "command/command_darknet.h"

#include <stdlib.h>
#include <string.h>

#include "base/charge.h"
#include "base/notice.h"
#include "base/program.h"
#include "bridge/request.h"
#include "command/asked.h"
#include "run/letterbox.h"
#include "session/indexed.h"
#include "session/verify.h"
#include "upstream/picture.h"
#include "upstream/picture_probe.h"

/* For how many classes Darknet looks up a name; where the data file says it, `indexed` does. */
typedef enum { OF_BOXES, OF_OUTPUTS, OF_DATA } named;

typedef struct {
    const char *word, *subword;    /* subword is NULL where there is none */
    const char *arguments;         /* d(ata), c(fg), w(eights), l(ist of images), i(mage), f(ilm): only
                                      the last two may lack */
    const char *data;              /* the data file where it is no argument; NULL: none */
    mafat_verify_needs needs;
    named named;
    mafat_workload_loading loading;    /* UNCOUNTED: it takes no memory limit */
    mafat_workload_drawer drawer;      /* into -out or "predictions" */
    mafat_indexed_check *indexed;  /* what else it looks up by number; NULL: nothing */
} darknet_command;

#define DETECTOR_NAMES {"names"}, "data/names.list"
#define CLASSIFIER_NAMES {"names", "labels"}, "data/labels.list"
#define CLASSIFIER_LABELS {"labels"}, "data/labels.list"
#define NO_NAMES {NULL}, NULL
#define NO_LIST NULL, NULL, 0, false, 0
#define VALID_LIST "valid", "data/train.list", 1, false, 0
/* validate_classifier_crop() divides by the number of thousands */
#define CROP_LIST "valid", "data/train.list", 1000, false, 0
/* validate_detector() loads four images ahead, validate_yolo() and validate_coco() eight */
#define DETECTOR_LIST "valid", "data/train.list", 4, true, 0
#define TEST_LIST(path) "test", path, 0, false, 0
#define RECALL_LIST(path) NULL, path, 0, false, 0
#define EIGHT_LIST(path) NULL, path, 8, true, 0

/* Words of the table. */
#define NOBODY MAFAT_DRAWN_BY_NOBODY
#define DARKNET MAFAT_DRAWN_BY_DARKNET
#define OURSELVES MAFAT_DRAWN_BY_MAFAT
#define JUDGED MAFAT_DRAWN_NOT_BUT_JUDGED
#define BY_ROWS MAFAT_LOADED_BY_ROWS
#define LETTERBOXED MAFAT_LOADED_LETTERBOXED
#define RESIZED MAFAT_LOADED_RESIZED
#define CROPPED MAFAT_LOADED_CROPPED
#define UNCOUNTED MAFAT_LOADED_UNCOUNTED
#define OTHERWISE MAFAT_LOADED_UNKNOWN

static const darknet_command commands[] = {
    {"detector", "test", "dcwi", NULL, {DETECTOR_NAMES, NO_LIST}, OF_BOXES, BY_ROWS, OURSELVES,
     mafat_indexed_drawn},
    {"detector", "valid", "dcw", NULL, {DETECTOR_NAMES, DETECTOR_LIST}, OF_BOXES, BY_ROWS,
     NOBODY, mafat_indexed_valid},
    {"detector", "map", "dcw", NULL, {DETECTOR_NAMES, VALID_LIST}, OF_BOXES, BY_ROWS, JUDGED,
     mafat_indexed_map},
    {"detector", "valid2", "dcw", NULL, {DETECTOR_NAMES, DETECTOR_LIST}, OF_BOXES, UNCOUNTED,
     NOBODY, mafat_indexed_flipped},
    {"detector", "recall", "dcw", NULL, {NO_NAMES, RECALL_LIST("data/coco_val_5k.list")},
     OF_BOXES, RESIZED, NOBODY, mafat_indexed_recall},
    {"detector", "demo", "dcwf", NULL, {DETECTOR_NAMES, NO_LIST}, OF_BOXES, UNCOUNTED, NOBODY,
     NULL},    /* only named here: command_demo.c runs it */
    {"detect", NULL, "cwi", "cfg/coco.data", {DETECTOR_NAMES, NO_LIST}, OF_BOXES, BY_ROWS,
     OURSELVES, mafat_indexed_drawn},
    {"yolo", "test", "cwi", NULL, {NO_NAMES, NO_LIST}, OF_BOXES, RESIZED, DARKNET,
     mafat_indexed_voc_test},
    {"yolo", "valid", "cw", NULL, {NO_NAMES, EIGHT_LIST("/home/pjreddie/data/voc/2007_test.txt")},
     OF_BOXES, UNCOUNTED, NOBODY, mafat_indexed_voc_valid},
    {"yolo", "recall", "cw", NULL, {NO_NAMES, RECALL_LIST("data/voc.2007.test")}, OF_BOXES,
     RESIZED, NOBODY, mafat_indexed_voc_valid},
    {"coco", "test", "cwi", NULL, {NO_NAMES, NO_LIST}, OF_BOXES, RESIZED, DARKNET,
     mafat_indexed_coco_test},
    {"coco", "valid", "cw", NULL, {NO_NAMES, EIGHT_LIST("data/coco_val_5k.list")}, OF_BOXES,
     UNCOUNTED, NOBODY, mafat_indexed_coco_valid},
    {"coco", "recall", "cw", NULL, {NO_NAMES,
     RECALL_LIST("/home/pjreddie/data/voc/test/2007_test.txt")}, OF_BOXES, RESIZED, NOBODY,
     mafat_indexed_coco_recall},
    {"classifier", "predict", "dcwi", NULL, {CLASSIFIER_NAMES, NO_LIST}, OF_OUTPUTS, LETTERBOXED,
     NOBODY, mafat_indexed_top},
    {"classifier", "valid", "dcw", NULL, {CLASSIFIER_LABELS, VALID_LIST}, OF_DATA, CROPPED,
     NOBODY, mafat_indexed_leaves},
    {"classifier", "valid10", "dcw", NULL, {CLASSIFIER_LABELS, VALID_LIST}, OF_DATA, UNCOUNTED,
     NOBODY, mafat_indexed_labels},
    {"classifier", "validmulti", "dcw", NULL, {CLASSIFIER_LABELS, VALID_LIST}, OF_DATA, UNCOUNTED,
     NOBODY, mafat_indexed_labels},
    {"classifier", "validcrop", "dcw", NULL, {CLASSIFIER_LABELS, CROP_LIST}, OF_DATA, UNCOUNTED,
     NOBODY, mafat_indexed_labels_crop},
    {"classifier", "validfull", "dcw", NULL, {CLASSIFIER_LABELS, VALID_LIST}, OF_DATA, UNCOUNTED,
     NOBODY, mafat_indexed_labels},
    {"classifier", "label", "dcw", NULL, {{"names"}, "data/labels.list",
     TEST_LIST("data/train.list")}, OF_DATA, OTHERWISE, NOBODY, mafat_indexed_label},
    {"classifier", "csv", "dcw", NULL, {NO_NAMES, TEST_LIST("data/test.list")}, OF_OUTPUTS,
     LETTERBOXED, NOBODY, mafat_indexed_csv},
    {"classifier", "fout", "dcwl", NULL, {NO_NAMES, NO_LIST}, OF_OUTPUTS, OTHERWISE, NOBODY,
     mafat_indexed_fout},
    {"classify", NULL, "cwi", "cfg/imagenet1k.data", {CLASSIFIER_NAMES, NO_LIST}, OF_OUTPUTS,
     LETTERBOXED, NOBODY, mafat_indexed_top_5},
    {"segmenter", "test", "dcwi", NULL, {NO_NAMES, NO_LIST}, OF_BOXES, LETTERBOXED, NOBODY, NULL},
    {"isegmenter", "test", "dcwi", NULL, {NO_NAMES, NO_LIST}, OF_BOXES, LETTERBOXED, NOBODY,
     NULL},
    {"regressor", "test", "cwi", NULL, {NO_NAMES, NO_LIST}, OF_BOXES, LETTERBOXED, NOBODY, NULL},
    {"super", "test", "cwi", NULL, {NO_NAMES, NO_LIST}, OF_BOXES, OTHERWISE, NOBODY, NULL},
    {"tag", "test", "cwi", NULL, {NO_NAMES, NO_LIST}, OF_OUTPUTS, UNCOUNTED, NOBODY,
     mafat_indexed_tags},
    {"cifar", "test", "cw", NULL, {NO_NAMES, NO_LIST}, OF_BOXES, UNCOUNTED, NOBODY,
     mafat_indexed_cifar},
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static const char *argument_name(char letter)
{
    switch (letter) {
    case 'd': return "DATA";
    case 'c': return "CFG";
    case 'w': return "WEIGHTS";
    case 'l': return "LIST";
    case 'f': return "[FILM]";
    default:  return "[IMAGE]";
    }
}

static int print_name(const darknet_command *command, char *text, size_t size)
{
    return snprintf(text, size, "%s%s%s", command->word, command->subword ? " " : "",
                    command->subword ? command->subword : "");
}

static void describe(const darknet_command *command, char *text, size_t size)
{
    int n = print_name(command, text, size);
    for (const char *a = command->arguments; *a != '\0' && (size_t)n < size; a++)
        n += snprintf(text + n, size - (size_t)n, " %s", argument_name(*a));
}

void mafat_command_darknet_print_help(FILE *stream)
{
    fprintf(stream, "\nDarknet's own commands, with all their options, and AlexeyAB's `detector "
            "map`:\n\n");
    for (int i = 0; i < N_COMMANDS; i++) {
        char text[80];
        describe(&commands[i], text, sizeof text);
        fprintf(stream, "  %s\n", text);
    }
    fprintf(stream, "\n`detector test` and `detect` also take\n");
    mafat_darknet_options_print_new(stream, 2, 18);
}

bool mafat_command_darknet_name(int i, const char **word, const char **subword)
{
    if (i >= N_COMMANDS)
        return false;
    *word = commands[i].word;
    *subword = commands[i].subword;
    return true;
}

/* NULL: none of them. */
static const darknet_command *find_command(const mafat_arguments *arguments)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (mafat_arguments_begin_with(arguments, commands[i].word, commands[i].subword))
            return &commands[i];
    return NULL;
}

bool mafat_command_darknet_is(const mafat_arguments *arguments)
{
    return find_command(arguments) != NULL;
}

static void set_operand(mafat_operands *found, char letter, const char *word)
{
    switch (letter) {
    case 'd': found->data = word; break;
    case 'c': found->cfg = word; break;
    case 'w': found->weights = word; break;
    case 'l': found->list = word; break;
    default:  found->image = word; break;
    }
}

/* Looks up the files that come with the program, or may (base/shipped.h). Darknet is given what was
 * found. */
static mafat_status find_files(const darknet_command *command, mafat_arguments *arguments,
                               mafat_error *error)
{
    const char *expected = command->arguments;
    mafat_status status = MAFAT_OK;
    for (int i = command->subword != NULL ? 2 : 1; i < arguments->n_words && *expected != '\0' &&
                                                   status == MAFAT_OK; i++) {
        char **word = &arguments->words[i];
        if ((*word)[0] == '-')
            i += mafat_darknet_options_takes_value(*word);
        else if (strchr("dcw", *expected++) != NULL)
            status = mafat_option_read_shipped(NULL, *word, word, error);
    }
    return status;
}

/* Sorts n_words words, which it compacts. */
static mafat_status sort_words(const darknet_command *command, char **words, int n_words,
                               mafat_operands *found, mafat_error *error)
{
    const char *expected = command->arguments;
    *found = (mafat_operands){.data = command->data, .drawer = command->drawer};
    mafat_status status = mafat_darknet_options_take(words, &n_words, &found->options, error);
    for (int i = command->subword != NULL ? 2 : 1; i < n_words && status == MAFAT_OK; i++) {
        if (words[i][0] == '-')
            status = mafat_darknet_options_fail_unknown(words[i], error);
        else if (*expected == '\0')
            status = mafat_error_set(error, MAFAT_USAGE, "\"%s\" is one argument too many",
                                     words[i]);
        else
            set_operand(found, *expected++, words[i]);
    }
    if (status != MAFAT_OK || *expected == '\0' || *expected == 'i')
        return status;
    char usage[80];
    describe(command, usage, sizeof usage);
    return mafat_error_set(error, MAFAT_USAGE, "%s is missing; usage: %s %s",
                           argument_name(*expected), mafat_program_name(), usage);
}

/* Refuses what only MAFAT's own detector takes. */
static mafat_status check_options(const darknet_command *command, const mafat_arguments *arguments,
                                  mafat_error *error)
{
    if (command->drawer == OURSELVES)
        return MAFAT_OK;
    for (int i = 0; i < arguments->n_words; i++)
        if (mafat_darknet_options_is_new(arguments->words[i]))
            return mafat_error_set(error, MAFAT_USAGE, "option %s is for `detector test` and "
                                   "`detect` alone", arguments->words[i]);
    return MAFAT_OK;
}

/* The same for those of a command line, which Darknet is given as they are. */
static mafat_status sort_arguments(const darknet_command *command, const mafat_arguments *arguments,
                                   mafat_operands *found, mafat_error *error)
{
    size_t n_bytes = (size_t)arguments->n_words * sizeof *arguments->words;
    char **words = malloc(n_bytes);
    if (words == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d words", arguments->n_words);
    memcpy(words, arguments->words, n_bytes);
    mafat_status status = sort_words(command, words, arguments->n_words, found, error);
    free(words);
    return status;
}

/* The picture that Darknet draws: save_image() adds the suffix. */
static mafat_status verify_picture(const mafat_operands *found, mafat_error *error)
{
    char path[512];
    const char *name = found->options.out != NULL ? found->options.out : "predictions";
    int length = snprintf(path, sizeof path, "%s.jpg", name);
    if (length >= 256)
        return mafat_error_set(error, MAFAT_USAGE,
                               "-out is longer than the 255 bytes that Darknet allows a path");
    return mafat_verify_writable(path, error);
}

/* A list is looked at before the network is planned where there is a limit to plan for. */
static bool looks_at_list(const darknet_command *command, bool has_limit)
{
    return command->needs.list_key != NULL && has_limit;
}

/* Finds the image that room is to be kept for: the one that is named, the largest of the list,
 * whose images are decoded for that, or one of those that will come; *is_found says whether there
 * is one. */
static mafat_status find_picture(const darknet_command *command, mafat_operands *found,
                                 bool has_limit, bool *is_found, int *n_paths, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    *n_paths = 0;
    *is_found = true;
    if (found->image != NULL)
        status = mafat_verify_image_path(found->image, error);
    if (status == MAFAT_OK && found->image != NULL)
        status = mafat_picture_memory_find(&found->memory, found->image, error);
    else if (status == MAFAT_OK && looks_at_list(command, has_limit))
        status = mafat_verify_find_largest(found->data, &command->needs, &found->memory, n_paths,
                                           error);
    else if (command->loading == MAFAT_LOADED_BY_ROWS)
        found->memory = mafat_workload_photo;
    else
        *is_found = false;
    return status;
}

/* What the command does with the network. */
static mafat_status find_workload(const darknet_command *command, mafat_operands *found,
                                  bool has_limit, mafat_error *error)
{
    mafat_workload *workload = &found->workload;
    bool has_picture = false;
    int n_paths = 0;
    mafat_status status = mafat_workload_of_command(workload, command->loading, found->drawer,
                                                    error);
    workload->repeats = found->image == NULL;
    workload->format = found->format;
    if (status == MAFAT_OK)
        status = find_picture(command, found, has_limit, &has_picture, &n_paths, error);
    if (status == MAFAT_OK && has_picture)
        mafat_workload_set_picture(workload, &found->memory);
    if (status == MAFAT_OK && found->drawer == MAFAT_DRAWN_BY_DARKNET)
        status = mafat_workload_add_letters(workload, error);
    if (found->data != NULL && command->needs.names_keys[0] != NULL)
        mafat_workload_add_names(workload, found->data, &command->needs);
    if (command->needs.writes_results)
        workload->n_streams = workload->n_lines;    /* a file for each class */
    workload->n_streams += found->n_streams;
    workload->file_bytes += (size_t)found->n_streams * MAFAT_CHARGE_NEW_FILE;
    if (command->drawer != JUDGED)    /* by who reads the list line by line */
        mafat_workload_add_lines(workload, n_paths);
    return status;
}

/* An image becomes three channels; Darknet reads as many as the input has. */
static mafat_status check_channels(const darknet_command *command, const mafat_cfg *cfg,
                                   mafat_error *error)
{
    mafat_shape input = cfg->network.input;
    if (strchr(command->arguments, 'i') == NULL || input.c <= MAFAT_COLOURS)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_USAGE, "an image has 3 channels, the network's input is "
                           "%dx%dx%d", input.c, input.h, input.w);
}

/* Says where a network is not of the kind that the command is for: stock runs that, and finds
 * nothing, or takes numbers of boxes for classes. What it lacks then is told as a fault of other
 * files. */
static void note_kind(const darknet_command *command, const char *path, const mafat_cfg *cfg)
{
    static const char *const detectors[] = {"detector", "detect", "yolo", "coco"};
    bool finds_boxes = false, has_boxes = cfg->n_classes > 0;
    for (size_t i = 0; i < sizeof detectors / sizeof detectors[0]; i++)
        finds_boxes |= strcmp(command->word, detectors[i]) == 0;
    bool names_outputs = command->named != OF_BOXES;
    char name[40];
    print_name(command, name, sizeof name);
    if (finds_boxes && !has_boxes)
        mafat_notice("%s: is no detector: without [yolo], [region] or [detection] `%s` finds "
                     "no boxes; `classifier predict` is for classifiers", path, name);
    else if (names_outputs && has_boxes)
        mafat_notice("%s: is a detector, of whose boxes `%s` takes all %d numbers for "
                     "classes; `detector test` is for detectors", path, name,
                     mafat_indexed_outputs(cfg));
}

/* Checks the cfg, the weights and what the data file must hold for them, the list of images with it
 * where it was not looked at before. */
static mafat_status verify_network(const darknet_command *command, const mafat_arguments *arguments,
                                   bool looked_at_list, mafat_operands *found, mafat_error *error)
{
    mafat_session *session = &found->session;
    mafat_status status = mafat_session_open(session, found->cfg, &arguments->options,
                                             &found->workload, error);
    if (status != MAFAT_OK)
        return status;
    const mafat_cfg *cfg = &session->cfg;
    mafat_verify_needs needs = command->needs;
    note_kind(command, found->cfg, cfg);
    if (looked_at_list)
        needs.list_key = needs.list_default = NULL;
    else if (found->list != NULL)
        needs.list_default = found->list;
    if (command->named != OF_DATA)
        needs.n_classes = command->named == OF_BOXES ? cfg->n_classes : mafat_indexed_outputs(cfg);
    char name[40];
    print_name(command, name, sizeof name);
    mafat_indexed indexed = {.command = name, .cfg = cfg, .data = found->data,
                             .out = found->options.out, .top = found->options.top,
                             .needs = &command->needs};
    status = check_channels(command, cfg, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, found->cfg);
    if (status == MAFAT_OK)
        status = mafat_verify_network(cfg, found->weights, error);
    if (status == MAFAT_OK)
        status = mafat_verify_data(found->data, &needs, error);
    if (status == MAFAT_OK && command->indexed != NULL)
        status = command->indexed(&indexed, error);
    return status;
}

/* Decodes an image, so that Darknet, which exits with 0 where one does not decode, never sees
 * it. */
static mafat_status verify_image(const char *path, mafat_error *error)
{
    mafat_picture picture;
    mafat_status status = mafat_picture_read(&picture, path, error);
    if (status == MAFAT_OK)
        mafat_picture_free(&picture);
    return status;
}

/* Checks every file that the command will read or write. */
static mafat_status verify(const darknet_command *command, const mafat_arguments *arguments,
                           mafat_operands *found, mafat_error *error)
{
    bool has_limit = arguments->options.memory != NULL || mafat_session_has_limit(found->cfg);
    mafat_status status = find_workload(command, found, has_limit, error);
    if (status == MAFAT_OK)
        status = verify_network(command, arguments, looks_at_list(command, has_limit), found, error);
    if (status == MAFAT_OK && command->drawer == DARKNET)
        status = verify_picture(found, error);
    if (status == MAFAT_OK && found->image != NULL)
        status = mafat_verify_image_path(found->image, error);
    if (status == MAFAT_OK && found->image != NULL && command->drawer != OURSELVES)
        status = verify_image(found->image, error);
    return status;
}

mafat_status mafat_command_darknet_sort(mafat_arguments *arguments, mafat_operands *operands,
                                        mafat_error *error)
{
    *operands = (mafat_operands){0};
    const darknet_command *command = find_command(arguments);
    MAFAT_CHECK(command != NULL);
    mafat_status status = MAFAT_OK;
    if (command->loading == UNCOUNTED)
        status = mafat_asked_refuse_limit(arguments, error);
    if (status == MAFAT_OK)
        status = check_options(command, arguments, error);
    if (status == MAFAT_OK)
        status = find_files(command, arguments, error);
    if (status == MAFAT_OK)
        status = sort_arguments(command, arguments, operands, error);
    if (status == MAFAT_OK && command->data != NULL)
        status = mafat_option_read_shipped(NULL, command->data, &operands->data, error);
    return status;
}

mafat_status mafat_command_darknet_verify(const mafat_arguments *arguments,
                                          mafat_operands *operands, mafat_error *error)
{
    mafat_status status = verify(find_command(arguments), arguments, operands, error);
    if (status != MAFAT_OK)
        mafat_session_close(&operands->session);
    return status;
}

mafat_status mafat_command_darknet(mafat_arguments *arguments, mafat_error *error)
{
    static mafat_operands operands;    /* until Darknet makes the network */
    static mafat_image_rounding rounding;
    mafat_status status = mafat_command_darknet_sort(arguments, &operands, error);
    if (status == MAFAT_OK)
        status = mafat_command_darknet_verify(arguments, &operands, error);
    const mafat_session *session = &operands.session;
    bool is_by_rows = operands.workload.loading == MAFAT_LOADED_BY_ROWS;
    bool takes_paths = is_by_rows && !session->by_layers &&
                       session->cfg.network.input.c <= MAFAT_COLOURS;
    if (status == MAFAT_OK && is_by_rows && !takes_paths)    /* Darknet loads the images */
        status = mafat_asked_refuse_limit(arguments, error);
    if (status == MAFAT_OK && takes_paths)
        status = mafat_picture_probe_measure(&rounding, error);
    if (status == MAFAT_OK)
        mafat_request_begin(&(mafat_request){.options = arguments->options,
                                             .workload = &operands.workload,
                                             .image_rounding = takes_paths ? &rounding : NULL,
                                             .session = &operands.session});
    return status;
}
