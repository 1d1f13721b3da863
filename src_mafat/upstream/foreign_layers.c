/* One finish_* function for each section that may say more than upstream reads; see foreign_layers.h.
 *
 * Blocks come from where Darknet's come from, as it frees them (doors.h). Nobody trains these layers:
 * their backward() ends with a message. */
#include "upstream/foreign_layers.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "activations.h"
#include "batchnorm_layer.h"
#include "blas.h"
#include "convolutional_layer.h"
#include "darknet.h"
#include "doors.h"
#include "gemm.h"
#include "option_list.h"
#include "yolo_layer.h"

typedef struct {
    network *net;
    layer *l;
    const char *section;
    list *options;
    int index, batch;
    mafat_error *error;
} job;

static int get_int(const job *j, const char *key, int fallback)
{
    return option_find_int_quiet(j->options, (char *)key, fallback);
}

static float get_float(const job *j, const char *key, float fallback)
{
    return option_find_float_quiet(j->options, (char *)key, fallback);
}

#define FAIL(j, ...) \
    mafat_error_set_layer((j)->error, MAFAT_FAILED, (j)->index, (j)->section, __VA_ARGS__)

static void fail_training(layer l, network net)
{
    (void)l;
    (void)net;
    mafat_foreign_fail_training();
}

/* Notes that the layer is none of upstream's any more, and gives it room for this output. */
static void take_over(job *j, int c, int h, int w)
{
    layer *l = j->l;
    l->foreign = 1;
    l->backward = fail_training;
    l->out_c = c;
    l->out_h = h;
    l->out_w = w;
    l->outputs = c * h * w;
    size_t n = (size_t)l->outputs * (size_t)j->batch;
    mafat_checked_free(l->output);
    mafat_checked_free(l->delta);
    l->output = mafat_checked_calloc(n, sizeof *l->output);
    l->delta = mafat_checked_calloc(n, sizeof *l->delta);
}

/* The network's map before the layer: the image, or the output of the layer before. */
static bool find_input(const job *j, int *c, int *h, int *w)
{
    const layer *before = j->index > 0 ? &j->net->layers[j->index - 1] : NULL;
    *c = before != NULL ? before->out_c : j->net->c;
    *h = before != NULL ? before->out_h : j->net->h;
    *w = before != NULL ? before->out_w : j->net->w;
    return *c > 0 && *h > 0 && *w > 0;
}

/* The layer that a number names, from here on backwards where it is negative; -1: there is none. */
static int find_layer(const job *j, int number)
{
    int index = number < 0 ? j->index + number : number;
    return index >= 0 && index < j->index ? index : -1;
}

/* -- [route] groups=, group_id= ------------------------------------------------------------------ */

/* Part group_id of each source's channels, one source behind the other. */
static void forward_route(layer l, network net)
{
    for (int b = 0; b < l.batch; b++) {
        float *to = l.output + (size_t)b * (size_t)l.outputs;
        for (int i = 0; i < l.n; i++) {
            const layer *source = &net.layers[l.input_layers[i]];
            size_t n = (size_t)l.input_sizes[i];
            memcpy(to, source->output + (size_t)b * (size_t)source->outputs + (size_t)l.group_id * n,
                   n * sizeof *to);
            to += n;
        }
    }
}

static mafat_status finish_route(job *j)
{
    layer *l = j->l;
    int groups = get_int(j, "groups", 1), group_id = get_int(j, "group_id", 0);
    if (groups == 1 && group_id == 0)
        return MAFAT_OK;
    if (groups < 1 || group_id < 0 || group_id >= groups)
        return FAIL(j, "groups=%d and group_id=%d: there is no such part", groups, group_id);
    if (l->out_c == 0)
        return FAIL(j, "groups=%d: its layers must give maps of one size", groups);
    for (int i = 0; i < l->n; i++) {
        int channels = j->net->layers[l->input_layers[i]].out_c;
        if (channels % groups != 0)
            return FAIL(j, "groups=%d must divide the %d channels of layer %d", groups, channels,
                        l->input_layers[i]);
        l->input_sizes[i] /= groups;
    }
    l->group_id = group_id;
    l->forward = forward_route;
    take_over(j, l->out_c / groups, l->out_h, l->out_w);
    l->inputs = l->outputs;
    return MAFAT_OK;
}

/* -- [scale_channels], [sam] ---------------------------------------------------------------------- */

/* The map of layer `index` times what the layer reads: a number for each channel, or for each pixel. */
static void forward_scale(layer l, network net)
{
    size_t n_pixels = (size_t)l.out_h * (size_t)l.out_w, n_channels = (size_t)l.out_c;
    for (int b = 0; b < l.batch; b++) {
        const float *in = net.input + (size_t)b * (size_t)l.inputs;
        const float *from = net.layers[l.index].output + (size_t)b * (size_t)l.outputs;
        float *out = l.output + (size_t)b * (size_t)l.outputs;
        for (size_t c = 0; c < n_channels; c++)
            for (size_t i = 0; i < n_pixels; i++)
                out[c * n_pixels + i] = (l.scale_wh ? in[i] : in[c]) * from[c * n_pixels + i];
    }
    activate_array(l.output, l.outputs * l.batch, l.activation);
}

static void forward_sam(layer l, network net)
{
    const float *from = net.layers[l.index].output;
    for (int i = 0; i < l.outputs * l.batch; i++)
        l.output[i] = net.input[i] * from[i];
    activate_array(l.output, l.outputs * l.batch, l.activation);
}

/* Makes a layer of a section that upstream does not know, of the shape of the layer that from= names. */
static mafat_status make_product(job *j, void (*forward)(layer, network))
{
    int c, h, w, from = find_layer(j, get_int(j, "from", 0));
    if (!find_input(j, &c, &h, &w) || option_find(j->options, "from") == NULL || from < 0)
        return FAIL(j, "from=: must name an earlier layer, and both must give maps");
    const layer *named = &j->net->layers[from];
    *j->l = (layer){.type = BLANK, .batch = j->batch, .h = h, .w = w, .c = c, .inputs = c * h * w,
                    .index = from, .forward = forward};
    const char *activation = option_find(j->options, "activation");
    j->l->activation = get_activation(activation != NULL ? (char *)activation : "linear");
    take_over(j, named->out_c, named->out_h, named->out_w);
    return MAFAT_OK;
}

static mafat_status finish_scale(job *j)
{
    mafat_status status = make_product(j, forward_scale);
    layer *l = j->l;
    if (status != MAFAT_OK)
        return status;
    l->scale_wh = get_int(j, "scale_wh", 0) != 0;
    bool fits = l->scale_wh ? l->c == 1 && l->h == l->out_h && l->w == l->out_w
                            : l->c == l->out_c && l->h == 1 && l->w == 1;
    if (!fits)
        return FAIL(j, "scales %d channels of %dx%d by %d of %dx%d", l->out_c, l->out_w, l->out_h, l->c, l->w,
                    l->h);
    return MAFAT_OK;
}

static mafat_status finish_sam(job *j)
{
    mafat_status status = make_product(j, forward_sam);
    layer *l = j->l;
    if (status == MAFAT_OK && (l->c != l->out_c || l->h != l->out_h || l->w != l->out_w))
        return FAIL(j, "both maps must have one shape");
    return status;
}

/* -- [shortcut] from= of several, weights_type= --------------------------------------------------- */

enum { NOT_NORMALIZED, BY_RELU, BY_SOFTMAX };

/* The weight of source i of n + 1 as the file has it. */
static float raw_weight(const layer *l, const float *weights, int i, int channel)
{
    return weights[l->per_channel ? i * l->out_c + channel : i];
}

static float positive_weight(const layer *l, float weight, float most)
{
    return l->normalization == BY_SOFTMAX ? expf(weight - most) : weight > 0 ? weight : 0;
}

float mafat_foreign_layers_weigh(const layer *l, const float *weights, int source, int channel)
{
    float most = -FLT_MAX, sum = 1e-4f;
    for (int k = 0; k <= l->n; k++)
        most = fmaxf(most, raw_weight(l, weights, k, channel));
    for (int k = 0; k <= l->n; k++)
        sum += positive_weight(l, raw_weight(l, weights, k, channel), most);
    return positive_weight(l, raw_weight(l, weights, source, channel), most) / sum;
}

static float find_weight(const layer *l, int source, int channel)
{
    return l->nweights > 0 ? mafat_foreign_layers_weigh(l, l->weights, source, channel) : 1;
}

/* A source adds as many channels as it has, and as the layer has. */
static void forward_shortcut(layer l, network net)
{
    size_t n_pixels = (size_t)l.out_h * (size_t)l.out_w;
    for (int b = 0; b < l.batch; b++) {
        for (int c = 0; c < l.out_c; c++) {
            size_t at = (size_t)b * (size_t)l.outputs + (size_t)c * n_pixels;
            float *out = l.output + at, weight = find_weight(&l, 0, c);
            for (size_t i = 0; i < n_pixels; i++)
                out[i] = net.input[at + i] * weight;
            for (int s = 0; s < l.n; s++) {
                const layer *source = &net.layers[l.input_layers[s]];
                const float *add = source->output + (size_t)b * (size_t)source->outputs + (size_t)c * n_pixels;
                weight = find_weight(&l, s + 1, c);
                for (size_t i = 0; i < n_pixels && c < source->out_c; i++)
                    out[i] += add[i] * weight;
            }
        }
    }
    activate_array(l.output, l.outputs * l.batch, l.activation);
}

/* Finds the layers that from= lists. */
static mafat_status find_sources(job *j)
{
    layer *l = j->l;
    const char *at = option_find(j->options, "from");
    int n = 1;
    for (const char *comma = at; (comma = strchr(comma, ',')) != NULL; comma++)
        n += comma[1] != '\0';
    l->n = n;
    l->input_layers = mafat_checked_calloc((size_t)n, sizeof *l->input_layers);
    for (int i = 0; i < n; i++, at = strchr(at, ',') + 1) {
        int index = find_layer(j, atoi(at));
        if (index < 0 || j->net->layers[index].out_h != l->out_h || j->net->layers[index].out_w != l->out_w)
            return FAIL(j, "from=: must list earlier layers whose maps have %d columns and %d rows", l->out_w,
                        l->out_h);
        l->input_layers[i] = index;
        if (i + 1 == n)
            break;
    }
    return MAFAT_OK;
}

static bool says(const job *j, const char *key, const char *value)
{
    const char *said = option_find(j->options, (char *)key);
    return said != NULL && strcmp(said, value) == 0;
}

static mafat_status finish_shortcut(job *j)
{
    layer *l = j->l;
    const char *from = option_find(j->options, "from"), *comma = strchr(from, ',');
    bool is_weighted = option_find(j->options, "weights_type") != NULL && !says(j, "weights_type", "none");
    if (!is_weighted && (comma == NULL || comma[1] == '\0'))
        return MAFAT_OK;
    mafat_status status = find_sources(j);
    if (status != MAFAT_OK)
        return status;
    if (is_weighted) {
        l->per_channel = says(j, "weights_type", "per_channel");
        l->normalization = says(j, "weights_normalization", "relu")      ? BY_RELU
                           : says(j, "weights_normalization", "softmax") ? BY_SOFTMAX : NOT_NORMALIZED;
        if (l->normalization == NOT_NORMALIZED)
            return FAIL(j, "weights_normalization= must be relu or softmax where there is weights_type=");
        l->nweights = (l->n + 1) * (l->per_channel ? l->out_c : 1);
        l->weights = mafat_checked_calloc((size_t)l->nweights, sizeof *l->weights);
    }
    l->forward = forward_shortcut;
    take_over(j, l->out_c, l->out_h, l->out_w);
    return MAFAT_OK;
}

/* -- [maxpool] maxpool_depth=, stride_x=, stride_y= ----------------------------------------------- */

/* Of out_channels maxima the one of channel g is over channels g, g + out_channels, ... */
static void forward_depth(layer l, network net)
{
    size_t n_pixels = (size_t)l.h * (size_t)l.w;
    for (int b = 0; b < l.batch; b++) {
        const float *in = net.input + (size_t)b * (size_t)l.inputs;
        float *out = l.output + (size_t)b * (size_t)l.outputs;
        for (size_t i = 0; i < (size_t)l.outputs; i++)
            out[i] = -FLT_MAX;
        for (int c = 0; c < l.c; c++)
            for (size_t i = 0; i < n_pixels; i++) {
                float *most = &out[(size_t)(c % l.out_c) * n_pixels + i], value = in[(size_t)c * n_pixels + i];
                *most = value > *most ? value : *most;
            }
    }
}

/* The greatest of the window of output pixel (y, x) in a plane. */
static float window_maximum(const layer *l, const float *plane, int y, int x)
{
    int y0 = y * l->stride_y - l->pad / 2, x0 = x * l->stride_x - l->pad / 2;
    float most = -FLT_MAX;
    for (int row = y0 < 0 ? 0 : y0; row < y0 + l->size && row < l->h; row++)
        for (int col = x0 < 0 ? 0 : x0; col < x0 + l->size && col < l->w; col++) {
            float value = plane[(size_t)row * (size_t)l->w + (size_t)col];
            most = value > most ? value : most;
        }
    return most;
}

static void forward_strides(layer l, network net)
{
    size_t in_pixels = (size_t)l.h * (size_t)l.w, out_pixels = (size_t)l.out_h * (size_t)l.out_w;
    for (size_t plane = 0; plane < (size_t)l.batch * (size_t)l.c; plane++)
        for (int y = 0; y < l.out_h; y++)
            for (int x = 0; x < l.out_w; x++)
                l.output[plane * out_pixels + (size_t)y * (size_t)l.out_w + (size_t)x] =
                    window_maximum(&l, net.input + plane * in_pixels, y, x);
}

/* Reads the two strides; false where they are the one that upstream knows. */
static bool get_strides(job *j)
{
    j->l->stride_x = get_int(j, "stride_x", j->l->stride);
    j->l->stride_y = get_int(j, "stride_y", j->l->stride);
    return j->l->stride_x != j->l->stride || j->l->stride_y != j->l->stride;
}

static mafat_status finish_maxpool(job *j)
{
    layer *l = j->l;
    bool by_depth = get_int(j, "maxpool_depth", 0) != 0;
    if (!get_strides(j) && !by_depth)
        return MAFAT_OK;
    int n = get_int(j, "out_channels", 1), h = l->h + l->pad - l->size, w = l->w + l->pad - l->size;
    if (l->stride_x < 1 || l->stride_y < 1 || (by_depth ? n < 1 || n > l->c : h < 0 || w < 0))
        return FAIL(j, "stride_x=%d, stride_y=%d and out_channels=%d make no map", l->stride_x, l->stride_y, n);
    l->forward = by_depth ? forward_depth : forward_strides;
    if (by_depth)
        take_over(j, n, l->h, l->w);
    else
        take_over(j, l->c, h / l->stride_y + 1, w / l->stride_x + 1);
    return MAFAT_OK;
}

/* -- [convolutional] stride_x=, stride_y=, dilation= ---------------------------------------------- */

/* im2col_cpu() with taps `dilation` apart and two strides, of a filter group's channels. */
static void unfold(const layer *l, const float *in, float *columns)
{
    int n_channels = l->c / l->groups, pad = l->pad * l->dilation;
    for (int tap = 0; tap < n_channels * l->size * l->size; tap++) {
        const float *plane = in + (size_t)(tap / l->size / l->size) * (size_t)l->h * (size_t)l->w;
        int row = tap / l->size % l->size * l->dilation - pad, col = tap % l->size * l->dilation - pad;
        for (int y = 0; y < l->out_h; y++)
            for (int x = 0; x < l->out_w; x++) {
                int in_y = y * l->stride_y + row, in_x = x * l->stride_x + col;
                bool inside = in_y >= 0 && in_y < l->h && in_x >= 0 && in_x < l->w;
                *columns++ = inside ? plane[(size_t)in_y * (size_t)l->w + (size_t)in_x] : 0;
            }
    }
}

/* forward_convolutional_layer() with these columns. */
static void forward_convolution(layer l, network net)
{
    int m = l.n / l.groups, n = l.out_h * l.out_w, k = l.size * l.size * l.c / l.groups;
    memset(l.output, 0, (size_t)l.outputs * (size_t)l.batch * sizeof *l.output);
    for (int i = 0; i < l.batch * l.groups; i++) {
        unfold(&l, net.input + (size_t)i * (size_t)(l.c / l.groups) * (size_t)l.h * (size_t)l.w, net.workspace);
        gemm(0, 0, m, n, k, 1, l.weights + i % l.groups * (l.nweights / l.groups), k, net.workspace, n, 1,
             l.output + (size_t)i * (size_t)m * (size_t)n, n);
    }
    if (l.batch_normalize)
        forward_batchnorm_layer(l, net);
    else
        add_bias(l.output, l.biases, l.batch, l.n, n);
    activate_array(l.output, l.outputs * l.batch, l.activation);
}

static mafat_status finish_convolution(job *j)
{
    layer *l = j->l;
    l->dilation = l->size == 1 ? 1 : get_int(j, "dilation", 1);    /* of one tap it means nothing */
    if (!get_strides(j) && l->dilation == 1)
        return MAFAT_OK;
    int h = l->h + 2 * l->pad - l->size, w = l->w + 2 * l->pad - l->size;
    if (l->xnor || l->binary)
        return FAIL(j, "xnor= and binary= go with one stride and without dilation");
    if (l->stride_x < 1 || l->stride_y < 1 || l->dilation < 1 || h < 0 || w < 0)
        return FAIL(j, "stride_x=%d, stride_y=%d and dilation=%d make no map", l->stride_x, l->stride_y,
                    l->dilation);
    if (l->dilation > 1 && (l->size % 2 == 0 || l->pad != l->size / 2))
        return FAIL(j, "dilation=%d goes with an odd size and pad=1", l->dilation);
    l->forward = forward_convolution;
    take_over(j, l->n, h / l->stride_y + 1, w / l->stride_x + 1);
    mafat_checked_free(l->x);
    mafat_checked_free(l->x_norm);
    l->x = l->x_norm = NULL;
    l->workspace_size = (size_t)l->out_h * (size_t)l->out_w * (size_t)(l->size * l->size) *
                        (size_t)(l->c / l->groups) * sizeof(float);
    return MAFAT_OK;
}

/* -- [yolo] new_coords=, scale_x_y=, nms_kind=, beta_nms= ---------------------------------------- */

/* Of new_coords the layer before is logistic already. x and y then reach over their cell's edges. */
static void forward_yolo(layer l, network net)
{
    size_t n_pixels = (size_t)l.w * (size_t)l.h, n_boxes = (size_t)l.batch * (size_t)l.n;
    if (net.train)
        mafat_foreign_fail_training();
    if (l.new_coords)
        memcpy(l.output, net.input, (size_t)l.outputs * (size_t)l.batch * sizeof *l.output);
    else
        forward_yolo_layer(l, net);
    for (size_t box = 0; box < n_boxes; box++) {
        float *xy = l.output + box * n_pixels * (size_t)(4 + 1 + l.classes);
        for (size_t i = 0; i < 2 * n_pixels; i++)
            xy[i] = xy[i] * l.scale_x_y - (l.scale_x_y - 1) / 2;
    }
}

static mafat_status find_nms_kind(job *j)
{
    static const char *const names[] = {
        [MAFAT_NMS_DEFAULT] = "default", [MAFAT_NMS_GREEDY] = "greedynms",
        [MAFAT_NMS_DIOU] = "diounms",
    };
    const char *name = option_find(j->options, "nms_kind");
    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++) {
        if (name == NULL || strcmp(name, names[i]) == 0) {
            j->l->nms_kind = i;
            return MAFAT_OK;
        }
    }
    return FAIL(j, "nms_kind=%s: must be default, greedynms or diounms", name);
}

static mafat_status finish_yolo(job *j)
{
    layer *l = j->l;
    l->new_coords = get_int(j, "new_coords", 0) != 0;
    l->scale_x_y = get_float(j, "scale_x_y", 1);
    l->beta_nms = get_float(j, "beta_nms", .6f);
    if (l->new_coords || l->scale_x_y != 1)
        l->forward = forward_yolo;
    return find_nms_kind(j);
}

/* -- the table ------------------------------------------------------------------------------------ */

static const struct {
    const char *section;
    mafat_status (*finish)(job *j);
    bool is_known;    /* upstream has made a layer of it */
} sections[] = {
    {"[conv]", finish_convolution, true},
    {"[convolutional]", finish_convolution, true},
    {"[max]", finish_maxpool, true},
    {"[maxpool]", finish_maxpool, true},
    {"[route]", finish_route, true},
    {"[sam]", finish_sam, false},
    {"[scale_channels]", finish_scale, false},
    {"[shortcut]", finish_shortcut, true},
    {"[yolo]", finish_yolo, true},
};

enum { N_SECTIONS = sizeof sections / sizeof sections[0] };

bool mafat_foreign_layers_know(const char *section)
{
    for (int i = 0; i < N_SECTIONS; i++)
        if (!sections[i].is_known && strcmp(section, sections[i].section) == 0)
            return true;
    return false;
}

mafat_status mafat_foreign_layers_finish(network *net, layer *l, const char *section, void *options,
                                         int index, int batch, mafat_error *error)
{
    for (int i = 0; i < N_SECTIONS; i++) {
        if (strcmp(section, sections[i].section) != 0 || (sections[i].is_known && !net->foreign))
            continue;
        char type[32];
        snprintf(type, sizeof type, "%.*s", (int)strlen(section) - 2, section + 1);
        job j = {net, l, type, options, index, batch, error};
        return sections[i].finish(&j);
    }
    return MAFAT_OK;
}
