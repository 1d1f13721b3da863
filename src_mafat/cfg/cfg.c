/* [net], then layer after layer, then what only the whole network tells; see cfg.h. */
#include "cfg/cfg.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/notice.h"
#include "base/recognise.h"
#include "base/visible.h"
#include "cfg/cfg_keys.h"
#include "cfg/cfg_layers.h"

enum { MAX_VALUE = MAFAT_CFG_TEXT_MAX_VALUE };

/* -- [net] ------------------------------------------------------------------------------------- */

/* Checks an image's extents against what Darknet counts in an int. */
static long long count_inputs(mafat_cfg_text_reader *net, int c, int h, int w)
{
    if ((c != 0 || h != 0 || w != 0) && (c == 0 || h == 0 || w == 0))
        mafat_cfg_text_fail(net, MAFAT_FAILED,
                            "channels=%d, height=%d, width=%d: all three must be given, or none",
                            c, h, w);
    long long pixels = (long long)h * w;
    if (c != 0 && pixels > INT_MAX / c) {
        mafat_cfg_text_fail(net, MAFAT_FAILED,
                            "channels=%d x height=%d x width=%d is more than %d, the largest that "
                            "Darknet counts", c, h, w, INT_MAX);
        return 0;
    }
    return pixels * c;
}

static mafat_cfg_output read_image(mafat_cfg_text_reader *net, int width, int height)
{
    mafat_shape map = {
        .c = mafat_cfg_text_get_int(net, "channels", 0, 0, MAX_VALUE),
        .h = mafat_cfg_text_get_int(net, "height", 0, 0, MAX_VALUE),
        .w = mafat_cfg_text_get_int(net, "width", 0, 0, MAX_VALUE),
    };
    long long n_pixels = count_inputs(net, map.c, map.h, map.w);
    int n_inputs = mafat_cfg_text_get_int(net, "inputs", (int)n_pixels, 0, INT_MAX);
    if (n_inputs == 0)
        mafat_cfg_text_fail(net, MAFAT_FAILED,
                            "must give width=, height= and channels=, or inputs=");
    if (map.c != 0 && n_inputs != n_pixels)
        mafat_cfg_text_fail(net, MAFAT_FAILED,
                            "inputs=%d: channels x height x width is %lld", n_inputs, n_pixels);
    if (width != 0 || height != 0) {
        if (map.c == 0)
            mafat_cfg_text_fail(net, MAFAT_FAILED, "has no width and height to replace");
        map.w = width != 0 ? width : map.w;
        map.h = height != 0 ? height : map.h;
        n_inputs = (int)count_inputs(net, map.c, map.h, map.w);
    }
    return (mafat_cfg_output){.map = map, .n_floats = n_inputs};
}

/* Images that Darknet takes at once, which stands for training in most cfgs: the numbers that
 * parse_net_options() finds there (patches/0011). */
static int count_batch(const mafat_cfg_text_reader *net)
{
    const char *const keys[] = {"batch", "subdivisions", "time_steps"};
    long long n[3];
    for (int i = 0; i < 3; i++) {
        const char *value = mafat_cfg_text_find(net, keys[i]);
        long number = value != NULL ? strtol(value, NULL, 10) : 1;
        n[i] = number < 1 ? 1 : number < MAX_VALUE ? number : MAX_VALUE;
    }
    long long batch = n[0] / n[1] * n[2];
    return batch < 1 ? 1 : batch < INT_MAX ? (int)batch : INT_MAX;
}

/* Copies a flag of MAFAT's, which stays NULL where it is absent. */
static char *copy_flag(mafat_cfg_text_reader *net, const char *key)
{
    const char *value = mafat_cfg_text_find(net, key);
    char *copy = value != NULL ? strdup(value) : NULL;
    if (value != NULL && copy == NULL)
        mafat_cfg_text_fail(net, MAFAT_FAILED, "out of memory");
    return copy;
}

static mafat_status read_net(mafat_cfg *cfg, const mafat_cfg_text *text, int width, int height,
                             mafat_cfg_context *context, mafat_error *error)
{
    const mafat_cfg_text_section *section = &text->sections[0];
    if (strcmp(section->name, "[net]") != 0 && strcmp(section->name, "[network]") != 0)
        return mafat_error_set(error, MAFAT_FAILED,
                               "line %d: the first section is %s, must be [net] or [network]",
                               section->line, MAFAT_VISIBLE(section->written));
    mafat_cfg_text_reader net = {
        .text = text, .section = section, .layer = -1, .type = "net", .error = error,
        .findings = &cfg->findings};
    mafat_cfg_keys_judge(&net);
    cfg->batch = count_batch(&net);
    cfg->stretches = cfg->is_foreign && !mafat_cfg_text_get_flag(&net, "letter_box");
    context->image = read_image(&net, width, height);
    context->resized = width != 0 || height != 0;
    context->findings = &cfg->findings;
    cfg->config = copy_flag(&net, "mafat");
    cfg->memory = copy_flag(&net, "mafat_memory");
    cfg->threads = copy_flag(&net, "mafat_threads");
    cfg->fast = copy_flag(&net, "mafat_fast");
    const mafat_cfg_output *image = &context->image;
    cfg->network.input = image->map.c != 0
                             ? image->map
                             : (mafat_shape){.c = image->n_floats, .h = 1, .w = 1};
    return net.status;
}

/* -- layers ------------------------------------------------------------------------------------ */

static mafat_status read_layers(mafat_network *network, const mafat_cfg_text *text,
                                mafat_cfg_context *context, mafat_error *error)
{
    int n_layers = text->n_sections - 1;
    if (n_layers == 0)
        return mafat_error_set(error, MAFAT_FAILED, "has no layers, only [net]");
    if (n_layers > MAFAT_MAX_LAYERS)
        return mafat_error_set(error, MAFAT_UNSUPPORTED,
                               "has %d layers, of which MAFAT plans %d at most", n_layers,
                               MAFAT_MAX_LAYERS);
    network->layers = calloc((size_t)n_layers, sizeof *network->layers);
    context->outputs = calloc((size_t)n_layers, sizeof *context->outputs);
    context->layers = network->layers;
    if (network->layers == NULL || context->outputs == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "out of memory for %d layers", n_layers);
    while (network->n_layers < n_layers) {
        int i = network->n_layers++;
        mafat_status status =
            mafat_cfg_layers_describe(text, i, context, &network->layers[i], error);
        if (status != MAFAT_OK)
            return status;
        /* resize_network() stops there: behind it nothing depends on the image's size */
        if (strcmp(network->layers[i].type, "avgpool") == 0)
            context->resized = false;
    }
    return MAFAT_OK;
}

/* -- the whole --------------------------------------------------------------------------------- */

/* Who reads a layer's output finds it in Darknet's layer: a route that others only look through there
 * makes it. A dropout's is that of the layer before it. */
static void materialise(mafat_network *network, int l)
{
    while (l >= 0 && network->layers[l].kind == MAFAT_IDENTITY &&
           strcmp(network->layers[l].type, "route") != 0)
        l = network->layers[l].sources[0];
    if (l >= 0 && network->layers[l].kind == MAFAT_IDENTITY)
        network->layers[l].kind = MAFAT_WHOLE;
}

/* Marks the layers that Darknet's commands read: its output layer, its output image, the last
 * layer, and all costs and detectors. */
static mafat_status mark_results(mafat_network *network, const mafat_cfg_output *outputs,
                                 mafat_error *error)
{
    int output_layer = -1, output_image = -1;
    for (int i = 0; i < network->n_layers; i++) {
        if (outputs[i].role != MAFAT_CFG_COST)
            output_layer = i;
        if (outputs[i].map.c != 0)
            output_image = i;
        network->layers[i].is_result = outputs[i].role != MAFAT_CFG_HIDDEN;
    }
    if (output_layer < 0)
        return mafat_error_set(error, MAFAT_FAILED, "has no output: all its layers are [cost]");
    network->layers[output_layer].is_result = true;
    network->layers[network->n_layers - 1].is_result = true;
    if (output_image >= 0)
        network->layers[output_image].is_result = true;
    for (int i = 0; i < network->n_layers; i++)
        if (network->layers[i].is_result)
            materialise(network, i);
    return MAFAT_OK;
}

/* Boxes have room for the classes of the very last layer, whichever layer they come from. */
static mafat_status check_classes(mafat_cfg *cfg, const mafat_cfg_output *outputs,
                                  mafat_error *error)
{
    const mafat_network *network = &cfg->network;
    int max_classes = outputs[network->n_layers - 1].n_classes;
    for (int i = 0; i < network->n_layers; i++) {
        int n_classes = outputs[i].n_classes;
        if (strcmp(network->layers[i].type, "iseg") == 0 || n_classes == 0)
            continue;
        if (n_classes > max_classes)
            return mafat_error_set_layer(error, MAFAT_FAILED, i, network->layers[i].type,
                                         "has %d classes, but Darknet makes room for those of the "
                                         "last layer, %d [%s], which has %d", n_classes,
                                         network->n_layers - 1,
                                         network->layers[network->n_layers - 1].type, max_classes);
        cfg->n_classes = n_classes;
    }
    return MAFAT_OK;
}

/* So have the masks of regions with more than four coordinates, which the last layer decides. */
static mafat_status check_coords(mafat_cfg *cfg, const mafat_cfg_output *outputs,
                                 mafat_error *error)
{
    const mafat_network *network = &cfg->network;
    int last = network->n_layers - 1;
    cfg->n_coords = outputs[last].n_coords;
    for (int i = 0; i < last && cfg->n_coords > 4; i++)
        if (strcmp(network->layers[i].type, "region") == 0 &&
            outputs[i].n_coords > cfg->n_coords)
            return mafat_error_set_layer(error, MAFAT_FAILED, i, network->layers[i].type,
                                         "has coords=%d, but Darknet makes room for those of the "
                                         "last layer, %d [%s], which has %d", outputs[i].n_coords,
                                         last, network->layers[last].type, cfg->n_coords);
    return MAFAT_OK;
}

/* A local layer writes past a workspace that no other layer happens to make large enough. */
static void check_workspace(mafat_network *network, const mafat_cfg_output *outputs)
{
    long long workspace_bytes = 0;
    for (int i = 0; i < network->n_layers; i++)
        if (outputs[i].workspace_bytes > workspace_bytes)
            workspace_bytes = outputs[i].workspace_bytes;
    for (int i = 0; i < network->n_layers; i++)
        if (outputs[i].needed_workspace_bytes > workspace_bytes)
            network->layers[i].unsupported = "Darknet gives it too small a workspace and crashes";
}

/* The files that parse_softmax(), parse_region() and parse_yolo() read. */
static const struct {
    const char *type, *key;
    bool is_tree;
} file_keys[] = {
    {"softmax", "tree", true}, {"region", "tree", true}, {"region", "map", false},
    {"yolo", "map", false},
};
enum { N_FILE_KEYS = sizeof file_keys / sizeof file_keys[0] };

static mafat_status add_file(mafat_cfg *cfg, const char *path, const char *type, bool is_tree,
                             const mafat_cfg_output *output, mafat_error *error)
{
    size_t n = (size_t)cfg->n_files;
    mafat_cfg_file *larger = mafat_array_resize(cfg->files, n + 1, sizeof *larger);
    cfg->files = larger != NULL ? larger : cfg->files;
    char *copy = larger != NULL ? strdup(path) : NULL;
    if (copy == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "out of memory");
    cfg->files[cfg->n_files++] = (mafat_cfg_file){
        .path = copy, .type = type, .is_tree = is_tree,
        .n_classes = output->n_classes != 0 ? output->n_classes : output->n_floats};
    return MAFAT_OK;
}

static mafat_status find_files(mafat_cfg *cfg, const mafat_cfg_text *text,
                               const mafat_cfg_output *outputs, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    for (int i = 0; i < cfg->network.n_layers; i++) {
        const char *type = cfg->network.layers[i].type;
        mafat_cfg_text_reader reader = {.text = text, .section = &text->sections[i + 1]};
        if (strcmp(type, "softmax") == 0)
            cfg->has_hierarchy = mafat_cfg_text_find(&reader, "tree") != NULL;
        for (int k = 0; k < N_FILE_KEYS && status == MAFAT_OK; k++) {
            const char *path = strcmp(type, file_keys[k].type) == 0
                                   ? mafat_cfg_text_find(&reader, file_keys[k].key) : NULL;
            if (path != NULL)
                status = add_file(cfg, path, type, file_keys[k].is_tree, &outputs[i], error);
        }
    }
    return status;
}

static mafat_status describe(mafat_cfg *cfg, const mafat_cfg_text *text, int width, int height,
                             mafat_error *error)
{
    cfg->is_foreign = mafat_cfg_layers_are_foreign(text);
    mafat_cfg_context context = {.is_foreign = cfg->is_foreign};
    mafat_status status = read_net(cfg, text, width, height, &context, error);
    if (status == MAFAT_OK)
        status = read_layers(&cfg->network, text, &context, error);
    if (status == MAFAT_OK)
        status = mark_results(&cfg->network, context.outputs, error);
    if (status == MAFAT_OK)
        status = check_classes(cfg, context.outputs, error);
    if (status == MAFAT_OK)
        status = check_coords(cfg, context.outputs, error);
    if (status == MAFAT_OK)
        check_workspace(&cfg->network, context.outputs);
    if (status == MAFAT_OK)
        status = find_files(cfg, text, context.outputs, error);
    free(context.outputs);
    return status;
}

/* Of a kind. What other Darknets read has its effect in their own cfgs. */
static int count_notes(const mafat_cfg *cfg, int kind)
{
    return kind == MAFAT_NOTE_FOREIGN && cfg->is_foreign ? 0 : cfg->findings.n_notes[kind];
}

/* Names, behind what is at fault, the first of each kind that is worth a warning: it may be why. */
static void add_notes(const mafat_cfg *cfg, mafat_error *error)
{
    for (int i = 0; i < MAFAT_N_NOTES; i++) {
        size_t length = strlen(error->text);
        if (count_notes(cfg, i) > 0)
            snprintf(error->text + length, sizeof error->text - length, "; besides, %s",
                     cfg->findings.notes[i]);
    }
}

/* Says of a file that has no sections what it is instead, where that can be told. */
static void name_other_file(const char *path, mafat_error *error)
{
    mafat_recognised found = mafat_recognise_file(path);
    switch (found.kind) {
    case MAFAT_RECOGNISED_NOT:
    case MAFAT_RECOGNISED_EMPTY:
    case MAFAT_RECOGNISED_CFG:
    case MAFAT_RECOGNISED_TEXT:
        break;
    case MAFAT_RECOGNISED_WEIGHTS:
    case MAFAT_RECOGNISED_DATA:
    case MAFAT_RECOGNISED_LIST:
    case MAFAT_RECOGNISED_PICTURE:
    case MAFAT_RECOGNISED_OTHER:
        mafat_recognise_fail(&found, "a cfg file", error);
    }
}

mafat_status mafat_cfg_read(mafat_cfg *cfg, const char *path, int width, int height,
                            mafat_error *error)
{
    *cfg = (mafat_cfg){0};
    MAFAT_CHECK(width >= 0 && width <= MAX_VALUE && height >= 0 && height <= MAX_VALUE);
    mafat_cfg_text text;
    mafat_status status = mafat_cfg_text_read(&text, path, error);
    if (status == MAFAT_FAILED)
        name_other_file(path, error);
    if (status == MAFAT_OK) {
        cfg->text_bytes = mafat_cfg_text_bytes(&text);
        status = describe(cfg, &text, width, height, error);
        mafat_cfg_text_free(&text);
    }
    if (status != MAFAT_OK) {
        if (cfg->findings.is_refused) {
            *error = cfg->findings.refusal;
            status = MAFAT_UNSUPPORTED;
        } else {
            add_notes(cfg, error);
        }
        mafat_cfg_free(cfg);
        mafat_error_set_file(error, path);
    }
    return status;
}

bool mafat_cfg_is_foreign(const char *path)
{
    mafat_cfg_text text;
    mafat_error unused;
    if (mafat_cfg_text_read(&text, path, &unused) != MAFAT_OK)
        return false;
    bool is_foreign = mafat_cfg_layers_are_foreign(&text);
    mafat_cfg_text_free(&text);
    return is_foreign;
}

void mafat_cfg_read_as_foreign(mafat_cfg *cfg, bool stretches)
{
    cfg->is_foreign = true;
    cfg->stretches = stretches;
}

void mafat_cfg_print_notes(const mafat_cfg *cfg, const char *path)
{
    for (int i = 0; i < MAFAT_N_NOTES; i++) {
        int n = count_notes(cfg, i);
        if (n == 1)
            mafat_notice("%s: %s", path, cfg->findings.notes[i]);
        else if (n > 1)
            mafat_notice("%s: %s (and %d more of this kind)", path, cfg->findings.notes[i], n - 1);
    }
}

void mafat_cfg_free(mafat_cfg *cfg)
{
    mafat_network_free(&cfg->network);
    free(cfg->config);
    free(cfg->memory);
    free(cfg->threads);
    free(cfg->fast);
    for (int i = 0; i < cfg->n_files; i++)
        free(cfg->files[i].path);
    free(cfg->files);
    *cfg = (mafat_cfg){0};
}
