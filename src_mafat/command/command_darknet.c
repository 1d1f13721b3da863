/* Darknet's own inference commands run through MAFAT; see command_darknet.h. */
#include "command/command_darknet.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/charge.h"
#include "base/notice.h"
#include "base/program.h"
#include "base/recognise.h"
#include "base/size.h"
#include "bridge/request.h"
#include "command/asked.h"
#include "command/darknet_commands.h"
#include "command/image_list.h"
#include "library/library.h"
#include "run/letterbox.h"
#include "session/data_file.h"
#include "session/indexed.h"
#include "session/verify.h"
#include "upstream/picture.h"
#include "upstream/picture_probe.h"

/* Where the words of a command line go. */
static const struct {
    const char *name;     /* in mafat_darknet_command's arguments */
    size_t target;        /* in mafat_operands */
    bool may_be_shipped;
    mafat_recognised_kind kind;
} places[] = {
    {"DATA", offsetof(mafat_operands, data), true, MAFAT_RECOGNISED_DATA},
    {"CFG", offsetof(mafat_operands, cfg), true, MAFAT_RECOGNISED_CFG},
    {"WEIGHTS", offsetof(mafat_operands, weights), true, MAFAT_RECOGNISED_WEIGHTS},
    {"LIST", offsetof(mafat_operands, list), false, MAFAT_RECOGNISED_LIST},
    {"[IMAGE]", offsetof(mafat_operands, image), false, MAFAT_RECOGNISED_PICTURE},
};

enum { N_PLACES = sizeof places / sizeof places[0] };

static int find_place(const char *name)
{
    int i = 0;
    while (strcmp(places[i].name, name) != 0)
        MAFAT_CHECK(++i < N_PLACES);
    return i;
}

static const char **operand_at(mafat_operands *operands, int place)
{
    return (const char **)((char *)operands + places[place].target);
}

static void describe(const mafat_darknet_command *command, char *text, size_t size)
{
    char name[40];
    mafat_darknet_commands_print_name(command, name, sizeof name);
    snprintf(text, size, "%s %s", name, command->arguments);
}

/* NULL: none of them. */
static const mafat_darknet_command *find_command(const mafat_arguments *arguments)
{
    const char *subword = arguments->n_words > 1 ? arguments->words[1] : "";
    const mafat_darknet_command *command;
    command = mafat_darknet_commands_find(arguments->words[0], subword);
    return command != NULL && command->inference != NULL ? command : NULL;
}

bool mafat_command_darknet_is(const mafat_arguments *arguments)
{
    return find_command(arguments) != NULL;
}

bool mafat_command_darknet_takes_quiet(const mafat_arguments *arguments)
{
    const mafat_darknet_command *command = find_command(arguments);
    return command != NULL && mafat_darknet_commands_takes_quiet(command);
}

bool mafat_command_darknet_takes_batch(const mafat_arguments *arguments)
{
    const mafat_darknet_command *command = find_command(arguments);
    return command != NULL && mafat_darknet_commands_takes_batch(command) &&
           (arguments->json || command->nature != MAFAT_DARKNET_ALSO_JSON);
}

/* Looks up the files that come with the program, or may (base/shipped.h). Darknet is given what was
 * found. */
static mafat_status find_files(const mafat_darknet_command *command, mafat_arguments *arguments,
                               mafat_error *error)
{
    char name[MAFAT_ARGUMENT_NAME];
    int n = 0, first = command->subword != NULL ? 2 : 1;
    mafat_status status = MAFAT_OK;
    for (int i = first; i < arguments->n_words && status == MAFAT_OK; i++) {
        char **word = &arguments->words[i];
        if ((*word)[0] == '-')
            i += mafat_darknet_options_takes_value(*word);
        else if (!mafat_arguments_name(command->arguments, n++, name))
            break;
        else if (places[find_place(name)].may_be_shipped)
            status = mafat_option_read_shipped(name, *word, word, error);
        else
            status = mafat_option_read_path(name, *word, word, error);
    }
    return status;
}

/* Sorts n_words words, which it compacts. */
static mafat_status sort_words(const mafat_darknet_command *command, char **words, int n_words,
                               mafat_operands *found, mafat_error *error)
{
    char name[MAFAT_ARGUMENT_NAME], usage[80];
    int n = 0;
    *found = (mafat_operands){.data = command->inference->data,
                              .loading = command->inference->loading,
                              .drawer = command->inference->drawer};
    mafat_status status = mafat_darknet_options_take(words, &n_words, &found->options, error);
    for (int i = command->subword != NULL ? 2 : 1; i < n_words && status == MAFAT_OK; i++) {
        if (words[i][0] == '-')
            status = mafat_darknet_options_fail_unknown(words[i], error);
        else if (!mafat_arguments_name(command->arguments, n++, name))
            status = mafat_error_set(error, MAFAT_USAGE, "\"%s\" is one argument too many",
                                     words[i]);
        else
            *operand_at(found, find_place(name)) = words[i];
    }
    if (status != MAFAT_OK || !mafat_arguments_name(command->arguments, n, name) || name[0] == '[')
        return status;
    describe(command, usage, sizeof usage);
    return mafat_error_set(error, MAFAT_USAGE, "%s is missing; usage: %s %s", name,
                           mafat_program_name(), usage);
}

/* Refuses options of Darknet's that would do nothing to the command. */
static mafat_status check_refused(const mafat_darknet_command *command,
                                  const mafat_arguments *arguments, mafat_error *error)
{
    char name[40];
    for (int i = 0; i < arguments->n_words; i++) {
        const char *word = arguments->words[i];
        if (mafat_darknet_commands_refuses(command, word)) {
            mafat_darknet_commands_print_name(command, name, sizeof name);
            return mafat_error_set(error, MAFAT_USAGE, "option %s would do nothing to `%s`, which "
                                   "refuses it", word, name);
        }
        i += mafat_darknet_options_takes_value(word);
    }
    return MAFAT_OK;
}

/* Refuses what only MAFAT's own detector takes. */
static mafat_status check_options(const mafat_darknet_command *command,
                                  const mafat_arguments *arguments, mafat_error *error)
{
    mafat_status status = check_refused(command, arguments, error);
    if (status != MAFAT_OK || command->inference->drawer == MAFAT_DRAWN_BY_MAFAT)
        return status;
    for (int i = 0; i < arguments->n_words; i++)
        if (mafat_darknet_options_is_new(arguments->words[i]))
            return mafat_error_set(error, MAFAT_USAGE, "option %s is for `detector test` and "
                                   "`detect` alone", arguments->words[i]);
    return MAFAT_OK;
}

/* The same for those of a command line, which Darknet is given as they are. */
static mafat_status sort_arguments(const mafat_darknet_command *command,
                                   const mafat_arguments *arguments, mafat_operands *found,
                                   mafat_error *error)
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
    if (mafat_option_read_path("-out", name, NULL, error) != MAFAT_OK)
        return MAFAT_USAGE;
    if (length >= 256)
        return mafat_error_set(error, MAFAT_USAGE,
                               "-out is longer than the 255 bytes that Darknet allows a path");
    return mafat_verify_writable(path, error);
}

/* A list is looked at before the network is planned where there is a limit to plan for. */
static bool looks_at_list(const mafat_darknet_command *command, bool has_limit)
{
    return command->inference->needs.list_key != NULL && has_limit;
}

/* Finds the image that room is to be kept for: the one that is named, the largest of the list,
 * whose images are decoded for that, or one of those that will come; *is_found says whether there
 * is one. */
static mafat_status find_picture(const mafat_darknet_command *command, mafat_operands *found,
                                 bool has_limit, bool *is_found, int *n_paths, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    *n_paths = 0;
    *is_found = true;
    if (found->image != NULL)
        status = mafat_verify_image_memory(found->image, &found->memory, error);
    else if (looks_at_list(command, has_limit))
        status = mafat_verify_find_largest(found->data, &command->inference->needs,
                                           &found->memory, n_paths, error);
    else if (found->loading == MAFAT_LOADED_BY_ROWS)
        found->memory = mafat_workload_photo;
    else
        *is_found = false;
    return status;
}

/* Whether images are a list, of which several can be run together. */
static bool has_list(const mafat_darknet_command *command, const mafat_operands *found)
{
    return found->image == NULL && mafat_darknet_commands_takes_batch(command) &&
           found->loading == MAFAT_LOADED_BY_ROWS;
}

/* How many images are known before the first one is run: those of a list from a file. 0: of who types
 * paths, or writes them into a pipe, and may wait for the first one's result. */
static int count_known(const mafat_darknet_command *command, int n_paths)
{
    bool is_named = command->inference->needs.list_key != NULL;
    size_t n = is_named ? (size_t)n_paths : mafat_image_list_count();
    return (int)mafat_size_min(n, INT_MAX);
}

/* What the command does with the network. */
static mafat_status find_workload(const mafat_darknet_command *command, mafat_operands *found,
                                  bool has_limit, mafat_error *error)
{
    mafat_workload *workload = &found->workload;
    bool has_picture = false;
    int n_paths = 0;
    const mafat_darknet_command_inference *inference = command->inference;
    mafat_error later;    /* of names: mafat_verify_data() tells it, once the cfg is known to be one */
    mafat_status status = mafat_workload_of_command(workload, found->loading, found->drawer, error);
    workload->image_path = found->image;
    workload->repeats = found->image == NULL;
    workload->format = found->format;
    workload->crops = inference->crops;
    if (status == MAFAT_OK)
        status = find_picture(command, found, has_limit, &has_picture, &n_paths, error);
    workload->is_list = has_list(command, found);
    workload->n_listed = workload->is_list ? count_known(command, n_paths) : 1;
    workload->n_images = workload->n_listed > 0 ? workload->n_listed : 1;
    if (status == MAFAT_OK && has_picture)
        mafat_workload_set_picture(workload, &found->memory);
    if (status == MAFAT_OK && found->drawer == MAFAT_DRAWN_BY_DARKNET)
        status = mafat_workload_add_letters(workload, error);
    if (found->data != NULL && inference->needs.names_keys[0] != NULL)
        mafat_workload_add_names(workload, found->data, &inference->needs, &later);
    if (inference->needs.writes_results)
        workload->n_streams = workload->n_lines;    /* a file for each class */
    workload->n_streams += found->n_streams;
    workload->file_bytes += (size_t)found->n_streams * MAFAT_CHARGE_NEW_FILE;
    if (inference->drawer != MAFAT_DRAWN_NOT_BUT_JUDGED)    /* by who reads the list line by line */
        mafat_workload_add_lines(workload, n_paths);
    return status;
}

/* Several images can share a pass where there are several, and nobody waits for the first. */
static mafat_status check_batch(const mafat_darknet_command *command, const mafat_operands *found,
                                mafat_error *error)
{
    const mafat_session *session = &found->session;
    if (session->by_layers || session->plan.n_images == 1 ||
        command->inference->needs.list_key != NULL)
        return MAFAT_OK;
    if (found->image != NULL)
        return mafat_error_set(error, MAFAT_USAGE, "-batch is for lists of images, and one is named");
    if (isatty(STDIN_FILENO) == 1)
        return mafat_error_set(error, MAFAT_USAGE, "-batch is for lists of images: paths that are "
                               "typed are done one by one");
    return MAFAT_OK;
}

/* An image becomes three channels; Darknet reads as many as the input has. */
static mafat_status check_channels(const mafat_darknet_command *command, const mafat_cfg *cfg,
                                   mafat_error *error)
{
    mafat_shape input = cfg->network.input;
    bool takes_images = strstr(command->arguments, "[IMAGE]") != NULL ||
                        command->inference->loading == MAFAT_LOADED_BY_ROWS;
    if (!takes_images || input.c <= MAFAT_COLOURS)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_USAGE, "an image has 3 channels, the network's input is "
                           "%dx%dx%d", input.c, input.h, input.w);
}

/* Darknet's code, where it loads the images, brings them to the input in its own way. */
static mafat_status check_fitting(const mafat_darknet_command *command, const mafat_options *options,
                                  const mafat_session *session, mafat_error *error)
{
    const mafat_darknet_command_inference *inference = command->inference;
    bool fits_as_told = inference->loading == MAFAT_LOADED_BY_ROWS && !inference->crops;
    char name[40];
    mafat_darknet_commands_print_name(command, name, sizeof name);
    if ((options->stretch || options->letter_box) && !fits_as_told)
        return mafat_error_set(error, MAFAT_USAGE, "`%s` brings images to the input as Darknet does: it "
                               "takes neither -stretch nor -letter_box", name);
    if (fits_as_told && inference->drawer == MAFAT_DRAWN_BY_NOBODY && session->by_layers &&
        session->cfg.stretches)
        return mafat_error_set(error, MAFAT_USAGE, "with configuration \"" MAFAT_LAYERS_CONFIG "\" "
                               "`%s` has Darknet letterbox images, and this cfg has them stretched; "
                               "give -letter_box or another configuration", name);
    return MAFAT_OK;
}

/* Says where a network is not of the kind that the command is for: stock runs that, and finds
 * nothing, or takes numbers of boxes for classes. What it lacks then is told as a fault of other
 * files. */
static void note_kind(const mafat_darknet_command *command, const char *path, const mafat_cfg *cfg)
{
    static const char *const detectors[] = {"detector", "detect", "yolo", "coco"};
    bool finds_boxes = false, has_boxes = cfg->n_classes > 0;
    for (size_t i = 0; i < sizeof detectors / sizeof detectors[0]; i++)
        finds_boxes |= strcmp(command->word, detectors[i]) == 0;
    bool names_outputs = command->inference->named != MAFAT_NAMED_BOXES;
    char name[40];
    mafat_darknet_commands_print_name(command, name, sizeof name);
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
static mafat_status verify_network(const mafat_darknet_command *command,
                                   const mafat_arguments *arguments, bool looked_at_list,
                                   mafat_operands *found, mafat_error *error)
{
    mafat_session *session = &found->session;
    mafat_status status = mafat_session_open(session, found->cfg, &arguments->options,
                                             &found->workload, error);
    if (status != MAFAT_OK)
        return status;
    const mafat_cfg *cfg = &session->cfg;
    const mafat_darknet_command_inference *inference = command->inference;
    mafat_verify_needs needs = inference->needs;
    status = check_fitting(command, &arguments->options, session, error);
    if (status == MAFAT_OK)
        status = check_batch(command, found, error);
    if (status != MAFAT_OK)
        return status;
    note_kind(command, found->cfg, cfg);
    if (looked_at_list)
        needs.list_key = needs.list_default = NULL;
    else if (found->list != NULL)
        needs.list_default = found->list;
    if (inference->named != MAFAT_NAMED_IN_DATA)
        needs.n_classes = inference->named == MAFAT_NAMED_BOXES ? cfg->n_classes
                                                                : mafat_indexed_outputs(cfg);
    char name[40];
    mafat_darknet_commands_print_name(command, name, sizeof name);
    mafat_indexed indexed = {.command = name, .cfg = cfg, .data = found->data,
                             .out = found->options.out, .top = found->options.top,
                             .needs = &inference->needs};
    status = check_channels(command, cfg, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, found->cfg);
    if (status == MAFAT_OK)
        status = mafat_verify_network(cfg, found->weights, error);
    if (status == MAFAT_OK)
        status = mafat_verify_data(found->data, &needs, error);
    if (status == MAFAT_OK && inference->indexed != NULL)
        status = inference->indexed(&indexed, error);
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
static mafat_status verify(const mafat_darknet_command *command, const mafat_arguments *arguments,
                           mafat_operands *found, mafat_error *error)
{
    bool has_limit = arguments->options.memory != NULL || mafat_session_has_limit(found->cfg);
    mafat_status status = find_workload(command, found, has_limit, error);
    if (status == MAFAT_OK)
        status = verify_network(command, arguments, looks_at_list(command, has_limit), found,
                                error);
    mafat_workload_drawer drawer = command->inference->drawer;
    if (status == MAFAT_OK && drawer == MAFAT_DRAWN_BY_DARKNET)
        status = verify_picture(found, error);
    if (status == MAFAT_OK && found->image != NULL)
        status = mafat_verify_image_path(found->image, error);
    if (status == MAFAT_OK && found->image != NULL && found->loading != MAFAT_LOADED_BY_ROWS)
        status = verify_image(found->image, error);
    return status;
}

/* Adds to the error of a file that would be right in the place of another word the order of the
 * words, and to that of many images in place of one how to give many. */
static void explain_place(const mafat_darknet_command *command, mafat_operands *found,
                          mafat_error *error)
{
    struct stat about;
    char usage[80];
    int place = 0;
    mafat_recognised_kind kind = mafat_recognise_file(error->file).kind;
    size_t length = strlen(error->text), left = sizeof error->text - length;
    while (place < N_PLACES && (*operand_at(found, place) == NULL || kind == places[place].kind ||
                                strcmp(*operand_at(found, place), error->file) != 0))
        place++;
    if (place == N_PLACES)
        return;
    bool is_image = places[place].kind == MAFAT_RECOGNISED_PICTURE;
    describe(command, usage, sizeof usage);
    if (is_image && kind == MAFAT_RECOGNISED_LIST)
        snprintf(error->text + length, left, "; a list is given to standard input in place of an "
                 "image: <%.200s", error->file);
    else if (is_image && stat(error->file, &about) == 0 && S_ISDIR(about.st_mode))
        snprintf(error->text + length, left, "; images are given to standard input in place of "
                 "one: ls %.200s/*.jpg |", error->file);
    else
        for (int i = 0; i < N_PLACES; i++)
            if (kind == places[i].kind && strstr(command->arguments, places[i].name) != NULL)
                snprintf(error->text + length, left, "; usage: %s %s", mafat_program_name(), usage);
}

mafat_status mafat_command_darknet_sort(mafat_arguments *arguments, mafat_operands *operands,
                                        mafat_error *error)
{
    *operands = (mafat_operands){0};
    const mafat_darknet_command *command = find_command(arguments);
    MAFAT_CHECK(command != NULL);
    mafat_status status = MAFAT_OK;
    if (command->inference->loading == MAFAT_LOADED_UNCOUNTED)
        status = mafat_asked_refuse_limit(arguments, error);
    if (status == MAFAT_OK)
        status = check_options(command, arguments, error);
    if (status == MAFAT_OK)
        status = find_files(command, arguments, error);
    if (status == MAFAT_OK)
        status = sort_arguments(command, arguments, operands, error);
    if (status == MAFAT_OK && command->inference->data != NULL)
        status = mafat_option_read_shipped("DATA", command->inference->data, &operands->data, error);
    return status;
}

mafat_status mafat_command_darknet_verify(const mafat_arguments *arguments,
                                          mafat_operands *operands, mafat_error *error)
{
    const mafat_darknet_command *command = find_command(arguments);
    mafat_status status = verify(command, arguments, operands, error);
    if (status == MAFAT_FAILED)
        explain_place(command, operands, error);
    if (status != MAFAT_OK)
        mafat_session_close(&operands->session);
    return status;
}

/* The file with names of classes: the one of the data file, or Darknet's own choice; the caller frees
 * it. */
static mafat_status find_names(const char *data, const mafat_verify_needs *needs, char **names,
                               mafat_error *error)
{
    const char *const *keys = needs->names_keys;
    mafat_status status = mafat_data_file_find_text(data, keys[0],
                                                    keys[1] == NULL ? needs->names_default : NULL,
                                                    names, error);
    if (status == MAFAT_OK && *names == NULL)
        status = mafat_data_file_find_text(data, keys[1], needs->names_default, names, error);
    return status;
}

mafat_status mafat_command_darknet_open(mafat **network, const mafat_arguments *arguments,
                                        mafat_operands *o, mafat_error *error)
{
    char *names;
    mafat_status status = find_names(o->data, &find_command(arguments)->inference->needs, &names,
                                     error);
    if (status != MAFAT_OK)
        return status;
    mafat_library_plan plan = {.cfg = o->cfg, .weights = o->weights, .names = names,
                               .options = &arguments->options, .workload = &o->workload,
                               .session = &o->session};
    status = mafat_library_open(network, &plan, error);
    free(names);
    return status;
}

/* The file that lists the images, which was verified; the caller frees its path. */
static mafat_status find_list(const mafat_arguments *arguments, const mafat_operands *operands,
                              char **list, mafat_error *error)
{
    const mafat_verify_needs *needs = &find_command(arguments)->inference->needs;
    if (operands->data == NULL || needs->list_key == NULL)
        return MAFAT_OK;
    return mafat_data_file_find_text(operands->data, needs->list_key, needs->list_default, list,
                                     error);
}

mafat_status mafat_command_darknet(mafat_arguments *arguments, mafat_error *error)
{
    static mafat_operands operands;    /* until Darknet makes the network */
    static char *list;                 /* until the program ends */
    mafat_status status = mafat_command_darknet_sort(arguments, &operands, error);
    if (status == MAFAT_OK)
        status = mafat_command_darknet_verify(arguments, &operands, error);
    const mafat_session *session = &operands.session;
    bool is_by_rows = operands.workload.loading == MAFAT_LOADED_BY_ROWS;
    bool takes_paths = is_by_rows && !session->by_layers;
    if (status == MAFAT_OK && is_by_rows && !takes_paths)    /* Darknet loads the images */
        status = mafat_asked_refuse_limit(arguments, error);
    if (status == MAFAT_OK && takes_paths)
        status = mafat_picture_probe_measure(error);
    if (status == MAFAT_OK && takes_paths)
        status = find_list(arguments, &operands, &list, error);
    if (status == MAFAT_OK)
        mafat_request_begin(&(mafat_request){.options = arguments->options,
                                             .workload = &operands.workload,
                                             .gives_paths = takes_paths,
                                             .list = list,
                                             .session = &operands.session});
    return status;
}
