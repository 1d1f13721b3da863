/* One describe_* function for each of Darknet's parse_* functions; see cfg_layers.h.
 *
 * A describe_* function reads all its options first: they carry the first fault themselves. Sizes
 * are worked out in long long and must fit the int that Darknet works them out in. */
#include "cfg/cfg_layers.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/visible.h"
#include "cfg/cfg_keys.h"

enum { MAX_VALUE = MAFAT_CFG_TEXT_MAX_VALUE };

typedef struct {
    mafat_cfg_text_reader options;
    int index;
    const mafat_cfg_context *context;
    mafat_layer *layer;
    const mafat_cfg_output *in;  /* of the layer before, or the image */
    mafat_cfg_output *out;
} job;

#define FAIL(j, ...) mafat_cfg_text_fail(&(j)->options, MAFAT_FAILED, __VA_ARGS__)

/* -- common parts ------------------------------------------------------------------------------ */

static int get_int(job *j, const char *key, int fallback, int min)
{
    return mafat_cfg_text_get_int(&j->options, key, fallback, min, MAX_VALUE);
}

static bool get_flag(job *j, const char *key)
{
    return mafat_cfg_text_get_flag(&j->options, key);
}

/* Looks at a number that Darknet's own code goes by: it must be one, too. */
static void check_number(job *j, const char *key)
{
    mafat_cfg_text_get_float(&j->options, key, 0);
}

static bool failed(const job *j)
{
    return j->options.status != MAFAT_OK;
}

/* Requires a*b*c*d, none of them negative, to fit an int of Darknet's. */
static void need_int(job *j, const char *what, long long a, long long b, long long c, long long d)
{
    long long product = 1;
    const long long factors[] = {a, b, c, d};
    for (int i = 0; i < 4; i++)
        if (__builtin_mul_overflow(product, factors[i], &product))
            product = LLONG_MAX;
    if (product > INT_MAX)
        FAIL(j, "%s: %lld x %lld x %lld x %lld is more than %d, the largest that Darknet counts",
             what, a, b, c, d, INT_MAX);
}

/* Lists the activations that there are, a blank before each. */
static void list_activations(char *known, size_t size)
{
    size_t end = 0;
    for (int i = 0; i < MAFAT_N_ACTIVATIONS; i++)
        end += (size_t)snprintf(known + end, size - end, " %s",
                                mafat_activation_name((mafat_activation)i));
}

/* Of an activation that only other Darknets have, pinned Darknet makes a ReLU. */
static mafat_activation refuse_activation(job *j, const char *name)
{
    char known[256];
    list_activations(known, sizeof known);
    mafat_cfg_text_refuse(&j->options, "line %d: activation=%s is of another Darknet; pinned "
                          "Darknet takes it for relu and computes something else; must be one of%s",
                          mafat_cfg_text_line(&j->options, "activation"), name, known);
    return MAFAT_RELU;
}

/* Says where unpatched Darknet computes something else: it takes a comment for a part of the name,
 * and a name that it does not know for relu. */
static void note_activation(job *j, const mafat_cfg_text_option *option,
                            mafat_activation activation)
{
    if (option == NULL || !option->had_more || j->options.section->had_more ||
        activation == MAFAT_RELU)
        return;
    mafat_cfg_text_note(&j->options, MAFAT_NOTE_MEANT, option->line,
                        "%s: taken for %s, as it is meant; unpatched Darknet takes what stands "
                        "behind it for a part of the name and computes relu",
                        MAFAT_VISIBLE(option->written), mafat_activation_name(activation));
}

static mafat_activation get_activation(job *j, const char *fallback)
{
    const mafat_cfg_text_option *option = mafat_cfg_text_find_first(&j->options, "activation");
    const char *name = option != NULL && option->value != NULL ? option->value : fallback;
    mafat_activation activation = MAFAT_LINEAR;
    if (mafat_activation_find(name, &activation)) {
        note_activation(j, option, activation);
        return activation;
    }
    if (mafat_cfg_keys_know_activation(name))
        return refuse_activation(j, name);
    char known[256];
    list_activations(known, sizeof known);
    FAIL(j, "line %d: %s: must be one of%s", option->line, MAFAT_VISIBLE(option->written), known);
    return activation;
}

/* The shape that a layer sees: a vector where Darknet gives none. */
static mafat_shape shape_of(const mafat_cfg_output *output)
{
    return output->map.c != 0 ? output->map : (mafat_shape){.c = output->n_floats, .h = 1, .w = 1};
}

static void give_map(job *j, long long c, long long h, long long w)
{
    if (failed(j))
        return;
    if (c < 1 || h < 1 || w < 1)
        FAIL(j, "its output would be empty: %lld channels, %lld rows, %lld columns", c, h, w);
    need_int(j, "channels x rows x columns of its output", c, h, w, 1);
    if (failed(j))
        return;
    j->out->map = (mafat_shape){.c = (int)c, .h = (int)h, .w = (int)w};
    j->out->n_floats = (int)(c * h * w);
    j->layer->out = j->out->map;
}

static void give_vector(job *j, long long n_floats)
{
    need_int(j, "floats of its output", n_floats, 1, 1, 1);
    if (failed(j))
        return;
    j->out->n_floats = (int)n_floats;
    j->layer->out = (mafat_shape){.c = (int)n_floats, .h = 1, .w = 1};
}

/* The output has the input's shape, or as little shape as the input has. */
static void give_same(job *j)
{
    j->out->map = j->in->map;
    j->out->n_floats = j->in->n_floats;
    j->out->join = j->in->join;
    j->layer->out = j->layer->in;
}

static void set_sources(job *j, int n_sources, const int *sources)
{
    int *copy = malloc((size_t)n_sources * sizeof *copy);
    if (copy == NULL) {
        FAIL(j, "out of memory");
        return;
    }
    memcpy(copy, sources, (size_t)n_sources * sizeof *copy);
    free(j->layer->sources);
    j->layer->sources = copy;
    j->layer->n_sources = n_sources;
}

static void add_weight_set(job *j, long long n_biases, bool has_norms, long long n_weights,
                           bool norms_last)
{
    j->layer->weight_sets[j->layer->n_weight_sets++] = (mafat_weight_set){
        .n_biases = (size_t)n_biases,
        .n_norms = has_norms ? (size_t)n_biases : 0,
        .n_weights = (size_t)n_weights,
        .norms_last = norms_last,
    };
}

/* What upstream's code does not do at all, whatever else it may make of the section. */
static void be_foreign(job *j)
{
    j->layer->is_foreign = true;
    j->layer->kind = MAFAT_WHOLE;
    if (j->context->resized)
        FAIL(j, "Darknet cannot resize it: it is a layer of AlexeyAB's Darknet");
}

/* Strides of their own for columns and rows. */
typedef struct {
    int x, y;
} strides;

/* A number of AlexeyAB's, which in other cfgs has no effect. */
static int get_foreign_int(job *j, const char *key, int fallback, int min)
{
    return j->context->is_foreign ? get_int(j, key, fallback, min) : fallback;
}

/* Both are the one where they are not given. */
static strides get_strides(job *j, int stride)
{
    return (strides){get_foreign_int(j, "stride_x", stride, 1),
                     get_foreign_int(j, "stride_y", stride, 1)};
}

/* -- convolutions ------------------------------------------------------------------------------ */

typedef struct {
    int filters, size, stride, pad, groups;
} kernel;

/* Reads the options that all kinds of convolution share. */
static kernel get_kernel(job *j, bool has_groups)
{
    kernel w = {
        .filters = get_int(j, "filters", 1, 1),
        .size = get_int(j, "size", 1, 1),
        .stride = get_int(j, "stride", 1, 1),
        .pad = get_int(j, "padding", 0, 0),
        .groups = has_groups ? get_int(j, "groups", 1, 1) : 1,
    };
    if (get_flag(j, "pad"))
        w.pad = w.size / 2;
    if (j->in->map.c % w.groups != 0 || w.filters % w.groups != 0)
        FAIL(j, "groups=%d must divide the %d channels of its input and its %d filters", w.groups,
             j->in->map.c, w.filters);
    need_int(j, "filters x channels x size x size of its weights", w.filters,
             j->in->map.c / w.groups, w.size, w.size);
    return w;
}

/* Adds the parameters of a convolution as Darknet reads them, of which the file may hold fewer
 * filters (numload) or no batch norm (dontloadscales); MAFAT refuses to run those (cfg_keys.h). */
static void add_filters(job *j, const kernel *w)
{
    if (failed(j))
        return;
    bool has_norms = get_flag(j, "batch_normalize") && !get_flag(j, "dontloadscales");
    int n_loaded = mafat_cfg_text_get_int(&j->options, "numload", 0, 0, INT_MAX);
    long long n = n_loaded != 0 && n_loaded < w->filters ? n_loaded : w->filters;
    add_weight_set(j, n, has_norms, j->in->map.c / w->groups * n * w->size * w->size, false);
}

/* Notes the floats of workspace that a layer uses. */
static void use_workspace(job *j, long long n_floats)
{
    j->out->workspace_bytes = n_floats * (long long)sizeof(float);
    j->out->needed_workspace_bytes = j->out->workspace_bytes;
}

/* Whether tiles can be made of it; the others take Darknet's own forward pass on whole maps. */
static bool is_tileable(const job *j, const kernel *w)
{
    const mafat_shape in = j->in->map;
    /* of a 1x1 kernel upstream reads the input as if it were packed, whatever stride and padding */
    bool packed = !j->layer->is_foreign && w->size == 1 && (w->stride != 1 || w->pad != 0);
    bool off_the_map = w->pad >= w->size || in.h + 2LL * w->pad < w->size ||
                       in.w + 2LL * w->pad < w->size;
    return !packed && !off_the_map;
}

static void describe_convolutional(job *j)
{
    const mafat_shape in = j->in->map;
    mafat_layer *layer = j->layer;
    const kernel w = get_kernel(j, true);
    const strides s = get_strides(j, w.stride);
    int dilation = get_foreign_int(j, "dilation", 1, 1);
    bool binary = get_flag(j, "xnor") || get_flag(j, "binary");
    layer->activation = get_activation(j, "logistic");
    layer->batch_normalize = get_flag(j, "batch_normalize");
    add_filters(j, &w);
    dilation = w.size == 1 ? 1 : dilation;    /* of one tap it means nothing */
    if (s.x != w.stride || s.y != w.stride || dilation > 1)
        be_foreign(j);
    need_int(j, "2 x size x dilation", 2, w.size, dilation, 1);
    if (failed(j))
        return;
    layer->size = w.size;
    layer->stride = s.y;
    layer->stride_x = s.x;
    layer->dilation = dilation;
    layer->pad = w.pad * dilation;
    layer->groups = w.groups;
    layer->kind = !binary && is_tileable(j, &w) ? MAFAT_CONVOLUTION : MAFAT_WHOLE;
    if (layer->is_foreign && binary)
        FAIL(j, "xnor= and binary= go with one stride and without dilation");
    if (dilation > 1 && (w.size % 2 == 0 || w.pad != w.size / 2))
        FAIL(j, "dilation=%d goes with an odd size and pad=1", dilation);
    give_map(j, w.filters, (in.h + 2LL * w.pad - w.size) / s.y + 1,
             (in.w + 2LL * w.pad - w.size) / s.x + 1);
    if (failed(j))
        return;
    if (!layer->is_foreign && w.size == 1 && (long long)layer->out.h * layer->out.w > (long long)in.h * in.w)
        layer->unsupported = "with size=1 and padding Darknet reads past the end of its input";
    if (w.size > 1)
        need_int(j, "channels x size*size x rows x columns of Darknet's im2col", in.c / w.groups,
                 (long long)w.size * w.size, layer->out.h, layer->out.w);
    if (!failed(j))
        use_workspace(j, (long long)w.size * w.size * (in.c / w.groups) * layer->out.h *
                             layer->out.w);
}

static void describe_deconvolutional(job *j)
{
    const mafat_shape in = j->in->map;
    const kernel w = get_kernel(j, false);
    get_activation(j, "logistic");
    add_filters(j, &w);
    j->layer->unsupported = "Darknet divides by zero when it loads the weights of this layer";
    need_int(j, "filters x size*size x rows x columns of Darknet's workspace", w.filters,
             (long long)w.size * w.size, in.h, in.w);
    if (failed(j))
        return;
    use_workspace(j, (long long)w.size * w.size * w.filters * in.h * in.w);
    give_map(j, w.filters, (in.h - 1LL) * w.stride + w.size - 2LL * w.pad,
             (in.w - 1LL) * w.stride + w.size - 2LL * w.pad);
}

/* Kernels along one extent, as a local layer counts them and as its im2col does. */
static long long local_extent(int extent, int size, int stride, bool padded)
{
    return (extent - (padded ? 1LL : size)) / stride + 1;
}

static long long im2col_extent(int extent, int size, int stride, int pad)
{
    return (extent + 2LL * pad - size) / stride + 1;
}

static void describe_local(job *j)
{
    const mafat_shape in = j->in->map;
    int filters = get_int(j, "filters", 1, 1);
    int size = get_int(j, "size", 1, 1);
    int stride = get_int(j, "stride", 1, 1);
    int pad = get_int(j, "pad", 0, 0);
    get_activation(j, "logistic");
    long long h = local_extent(in.h, size, stride, pad != 0);
    long long w = local_extent(in.w, size, stride, pad != 0);
    give_map(j, filters, h, w);
    if (failed(j))
        return;
    need_int(j, "size*size x channels x filters x output pixels of its weights",
             (long long)size * size, in.c, filters, h * w);
    if (failed(j))
        return;
    add_weight_set(j, filters * h * w, false, (long long)size * size * in.c * filters * h * w,
                   false);
    use_workspace(j, (long long)size * size * in.c * h * w);
    j->out->workspace_bytes /= (long long)sizeof(float);  /* make_local_layer() gives floats */
    if (h != im2col_extent(in.h, size, stride, pad) ||
        w != im2col_extent(in.w, size, stride, pad))
        j->layer->unsupported = "with this size and pad Darknet's local layer reads other pixels "
                                "than its windows";
}

/* -- vectors ----------------------------------------------------------------------------------- */

/* A connected layer, or one of those that a recurrent layer is made of. */
static void add_connected(job *j, long long n_in, long long n_out)
{
    need_int(j, "inputs x outputs of its weights", n_in, n_out, 1, 1);
    add_weight_set(j, n_out, get_flag(j, "batch_normalize"), n_in * n_out, true);
}

static void describe_connected(job *j)
{
    int output = get_int(j, "output", 1, 1);
    get_activation(j, "logistic");
    add_connected(j, j->in->n_floats, output);
    if (get_flag(j, "dontloadscales"))
        j->layer->weight_sets[0].n_norms = 0;
    give_map(j, output, 1, 1);
}

static void keep_state(job *j)
{
    j->layer->unsupported = "it keeps state between runs";
}

static void describe_rnn(job *j)
{
    int output = get_int(j, "output", 1, 1);
    get_activation(j, "logistic");
    add_connected(j, j->in->n_floats, output);
    add_connected(j, output, output);
    add_connected(j, output, output);
    give_vector(j, output);
    keep_state(j);
}

/* The sets of a layer of `n_gates` gates: first those on its state, then those on its input. */
static void add_gates(job *j, int n_gates)
{
    int output = get_int(j, "output", 1, 1);
    for (int i = 0; i < n_gates; i++)
        add_connected(j, output, output);
    for (int i = 0; i < n_gates; i++)
        add_connected(j, j->in->n_floats, output);
    give_vector(j, output);
    keep_state(j);
}

static void describe_gru(job *j)
{
    add_gates(j, 3);
}

static void describe_lstm(job *j)
{
    add_gates(j, 4);
}

static void describe_crnn(job *j)
{
    const mafat_shape in = j->in->map;
    long long output = get_int(j, "output_filters", 1, 1);
    long long hidden = get_int(j, "hidden_filters", 1, 1);
    bool has_norms = get_flag(j, "batch_normalize");
    get_activation(j, "logistic");
    const long long channels[] = {in.c, hidden, hidden, output};
    for (int i = 0; i < 3; i++) {
        need_int(j, "filters x channels x 3x3 of its weights", channels[i + 1], channels[i], 9, 1);
        add_weight_set(j, channels[i + 1], has_norms, channels[i + 1] * channels[i] * 9, false);
    }
    need_int(j, "hidden filters x rows x columns", hidden, in.h, in.w, 1);
    /* parse_crnn() hands width and height to make_crnn_layer() the wrong way round */
    give_map(j, output, in.w, in.h);
    keep_state(j);
}

/* -- layers without weights -------------------------------------------------------------------- */

static void describe_maxpool(job *j)
{
    const mafat_shape in = j->in->map;
    int stride = get_int(j, "stride", 1, 1);
    int size = get_int(j, "size", stride, 1);
    int padding = get_int(j, "padding", size - 1, 0);
    const strides s = get_strides(j, stride);
    bool by_depth = j->context->is_foreign && get_flag(j, "maxpool_depth");
    int n_maxima = by_depth ? get_int(j, "out_channels", 1, 1) : in.c;
    if (n_maxima > in.c)
        FAIL(j, "out_channels=%d: its input has %d", n_maxima, in.c);
    if (by_depth)
        give_map(j, n_maxima, in.h, in.w);
    else
        give_map(j, in.c, ((long long)in.h + padding - size) / s.y + 1,
                 ((long long)in.w + padding - size) / s.x + 1);
    if (failed(j))
        return;
    mafat_layer *layer = j->layer;
    if (by_depth || s.x != stride || s.y != stride) {
        be_foreign(j);
        return;
    }
    layer->size = size;
    layer->stride = stride;
    layer->pad = padding / 2;
    /* every kernel must hold a pixel, or Darknet's output is its -FLT_MAX */
    bool on_the_map = layer->pad < size && (long long)in.h + padding >= size &&
                      (long long)in.w + padding >= size &&
                      (layer->out.h - 1LL) * stride - layer->pad < in.h &&
                      (layer->out.w - 1LL) * stride - layer->pad < in.w;
    layer->kind = on_the_map ? MAFAT_MAXPOOL : MAFAT_WHOLE;
}

static void describe_avgpool(job *j)
{
    give_map(j, j->in->map.c, 1, 1);
}

static void describe_upsample(job *j)
{
    const mafat_shape in = j->in->map;
    int stride = mafat_cfg_text_get_int(&j->options, "stride", 2, -MAX_VALUE, MAX_VALUE);
    j->layer->scale = mafat_cfg_text_get_float(&j->options, "scale", 1);
    if (stride == 0)
        FAIL(j, "stride=0: must be positive to enlarge, negative to shrink");
    if (failed(j))
        return;
    j->layer->stride = abs(stride);
    j->layer->kind = stride > 0 ? MAFAT_UPSAMPLE : MAFAT_WHOLE;
    if (stride > 0)
        give_map(j, in.c, (long long)in.h * stride, (long long)in.w * stride);
    else
        give_map(j, in.c, in.h / -stride, in.w / -stride);
}

static void describe_reorg(job *j)
{
    const mafat_shape in = j->in->map;
    int stride = get_int(j, "stride", 1, 1);
    bool reverse = get_flag(j, "reverse");
    bool flatten = get_flag(j, "flatten");
    int extra = get_int(j, "extra", 0, 0);
    long long area = (long long)stride * stride;
    if (extra != 0) {
        if (flatten)
            FAIL(j, "extra=%d with flatten=1: Darknet would read past the end of its input", extra);
        if (j->context->resized)
            FAIL(j, "extra=%d: Darknet cannot resize it", extra);
        give_vector(j, (long long)j->in->n_floats + extra);
        return;
    }
    if (!reverse && (in.h % stride != 0 || in.w % stride != 0))
        FAIL(j, "stride=%d must divide the %d columns and the %d rows of its input", stride, in.w,
             in.h);
    if ((reverse || !flatten) && in.c % area != 0)
        FAIL(j, "stride=%d: its square must divide the %d channels of its input", stride, in.c);
    need_int(j, "stride x stride x channels", stride, stride, in.c, 1);
    if (failed(j))
        return;
    if (reverse)
        give_map(j, in.c / area, (long long)in.h * stride, (long long)in.w * stride);
    else
        give_map(j, in.c * area, in.h / stride, in.w / stride);
}

static void describe_crop(job *j)
{
    const mafat_shape in = j->in->map;
    int height = get_int(j, "crop_height", 1, 1);
    int width = get_int(j, "crop_width", 1, 1);
    check_number(j, "noadjust");
    /* resize_crop_layer() scales both extents by the old heights' ratio, which is not kept here */
    if (j->context->resized)
        mafat_cfg_text_fail(&j->options, MAFAT_UNSUPPORTED, "MAFAT cannot resize a crop layer");
    if (height > in.h || width > in.w)
        FAIL(j, "crop_width=%d and crop_height=%d: the map to crop has %d columns and %d rows",
             width, height, in.w, in.h);
    give_map(j, in.c, height, width);
}

static void describe_normalization(job *j)
{
    int size = get_int(j, "size", 5, 1);
    check_number(j, "alpha");
    check_number(j, "beta");
    check_number(j, "kappa");
    if (size / 2 > j->in->map.c)
        FAIL(j, "size=%d: must be at most twice the %d channels of its input, and one", size,
             j->in->map.c);
    give_same(j);
}

static void describe_batchnorm(job *j)
{
    add_weight_set(j, 0, false, 0, false);
    j->layer->weight_sets[0].n_norms = (size_t)j->in->map.c;
    j->layer->unsupported = "Darknet itself crashes on it: it never allocates the layer's x";
    give_same(j);
}

static void describe_softmax(job *j)
{
    int groups = get_int(j, "groups", 1, 1);
    check_number(j, "temperature");
    if (j->in->n_floats % groups != 0)
        FAIL(j, "groups=%d must divide its %d inputs", groups, j->in->n_floats);
    give_vector(j, j->in->n_floats);
}

static void describe_cost(job *j)
{
    j->out->role = MAFAT_CFG_COST;
    give_vector(j, j->in->n_floats);
}

static void describe_same(job *j)
{
    give_same(j);
}

static void describe_activation(job *j)
{
    j->layer->kind = MAFAT_ACTIVATION;
    j->layer->activation = get_activation(j, "linear");
    give_same(j);
}

static void describe_dropout(job *j)
{
    if (j->index == 0)
        FAIL(j, "Darknet crashes on a dropout before any other layer");
    j->layer->kind = MAFAT_IDENTITY;
    give_same(j);
}

/* Says why an output that is needed is no map. */
static void fail_map(job *j, const char *whose, const mafat_cfg_output *output)
{
    mafat_cfg_join join = output->join;
    if (!join.is_one) {
        FAIL(j, "%s must give a map (channels, rows, columns), not a vector of %d", whose,
             output->n_floats);
        return;
    }
    mafat_shape a = j->context->outputs[join.first].map, b = j->context->outputs[join.other].map;
    FAIL(j, "%s must give a map, but a [route] joined maps that differ in size: layer %d gives %d "
         "columns and %d rows, layer %d gives %d and %d", whose, join.first, a.w, a.h, join.other,
         b.w, b.h);
}

/* -- layers that read others ------------------------------------------------------------------- */

/* Turns the number of a layer, counted from here where it is negative, into that layer's index. */
static int find_layer(job *j, const char *key, int number)
{
    int index = number < 0 ? j->index + number : number;
    if (j->index == 0)
        FAIL(j, "%s=%d: there is no earlier layer", key, number);
    if (index < 0 || index >= j->index)
        FAIL(j, "%s=%d: must be an earlier layer, from %d to -1 or from 0 to %d", key, number,
             -j->index, j->index - 1);
    return index;
}

/* Notes why a route of these two gives no map. */
static void note_join(job *j, int first, int other)
{
    const mafat_cfg_output *a = &j->context->outputs[first], *b = &j->context->outputs[other];
    if (!j->out->join.is_one && a->map.c != 0 && b->map.c != 0)
        j->out->join = (mafat_cfg_join){.is_one = true, .first = first, .other = other};
}

/* Darknet gives the output a shape only where all sources have the same rows and columns. */
static void join(job *j, int n_sources, int *sources)
{
    const mafat_cfg_output *first = NULL;
    long long n_floats = 0, n_channels = 0;
    bool same_size = true;
    for (int i = 0; i < n_sources; i++) {
        sources[i] = find_layer(j, "layers", sources[i]);
        if (failed(j))
            return;
        const mafat_cfg_output *source = &j->context->outputs[sources[i]];
        if (i == 0)
            first = source;
        if (!j->out->join.is_one)
            j->out->join = source->join;
        if (source->map.h != first->map.h || source->map.w != first->map.w) {
            same_size = false;
            note_join(j, sources[0], sources[i]);
        }
        n_channels += source->map.c;
        n_floats += source->n_floats;
    }
    set_sources(j, n_sources, sources);
    j->layer->in = shape_of(first);
    if (same_size && first->map.c != 0)
        give_map(j, n_channels, first->map.h, first->map.w);
    else
        give_vector(j, n_floats);
}

/* Takes a part of each source's channels: what it joined are maps of one size then. */
static void split(job *j)
{
    int groups = get_foreign_int(j, "groups", 1, 1);
    int group_id = get_foreign_int(j, "group_id", 0, 0);
    mafat_shape map = j->out->map;
    if (failed(j) || (groups == 1 && group_id == 0))
        return;
    if (group_id >= groups)
        FAIL(j, "group_id=%d: of groups=%d the last is %d", group_id, groups, groups - 1);
    if (map.c == 0)
        fail_map(j, "what it joins", j->out);
    for (int i = 0; i < j->layer->n_sources && !failed(j); i++) {
        int source = j->layer->sources[i], channels = j->context->outputs[source].map.c;
        if (channels % groups != 0)
            FAIL(j, "groups=%d must divide the %d channels of layer %d", groups, channels, source);
    }
    be_foreign(j);
    give_map(j, map.c / groups, map.h, map.w);
    j->layer->first_channel = j->layer->n_sources == 1 ? group_id * (map.c / groups) : 0;
}

static void describe_route(job *j)
{
    int n_sources;
    int *sources = mafat_cfg_text_get_ints(&j->options, "layers", -MAX_VALUE, MAX_VALUE,
                                           &n_sources);
    if (sources == NULL)
        FAIL(j, "layers= is absent: must list the layers to join");
    else
        join(j, n_sources, sources);
    split(j);
    if (sources != NULL && n_sources == 1)
        j->layer->kind = MAFAT_IDENTITY;
    else if (j->out->map.c != 0 && !j->layer->is_foreign)
        j->layer->kind = MAFAT_JOIN;
    free(sources);
}

/* The map of layer `number`, that `key` names: its index, or -1 after a fault. */
static int find_map(job *j, const char *key, int number)
{
    int from = find_layer(j, key, number);
    if (failed(j))
        return -1;
    const mafat_cfg_output *output = &j->context->outputs[from];
    if (output->map.c != 0)
        return from;
    char whose[48];
    snprintf(whose, sizeof whose, "%s=%d: layer %d", key, number, from);
    fail_map(j, whose, output);
    return -1;
}

/* Adds the weights of what a shortcut adds, of n layers and its own input; they stand in the file. */
static void add_sum_weights(job *j, int n)
{
    static const char *const types[] = {"none", "per_feature", "per_layer", "per_channel"};
    const char *type = mafat_cfg_text_find(&j->options, "weights_type");
    const char *normalization = mafat_cfg_text_find(&j->options, "weights_normalization");
    int i = 0;
    while (type != NULL && i < 4 && strcmp(type, types[i]) != 0)
        i++;
    if (i == 4)
        FAIL(j, "weights_type=%s: must be none, per_feature or per_channel", MAFAT_VISIBLE(type));
    if (i > 0 && (normalization == NULL || (strcmp(normalization, "relu") != 0 &&
                                            strcmp(normalization, "softmax") != 0)))
        FAIL(j, "weights_normalization= must be relu or softmax where there is weights_type=");
    if (i > 0 && !failed(j))
        add_weight_set(j, 0, false, (n + 1LL) * (i == 3 ? j->in->map.c : 1), false);
}

/* AlexeyAB's shortcut: the sum of several maps of the input's rows and columns, each as far as its
 * channels go, weighted or not. */
static void describe_sum(job *j)
{
    int n, *sources = mafat_cfg_text_get_ints(&j->options, "from", -MAX_VALUE, MAX_VALUE, &n);
    const mafat_shape in = j->in->map;
    int *all = malloc(((size_t)n + 1) * sizeof *all);
    if (sources == NULL || all == NULL)
        FAIL(j, "out of memory");
    be_foreign(j);
    j->layer->kind = MAFAT_SHORTCUT;
    j->layer->activation = get_activation(j, "linear");
    if (n > MAFAT_MAX_LAYERS)
        FAIL(j, "from= lists %d layers: must be at most %d", n, MAFAT_MAX_LAYERS);
    if (mafat_cfg_text_get_float(&j->options, "alpha", 1) != 1 ||
        mafat_cfg_text_get_float(&j->options, "beta", 1) != 1)
        FAIL(j, "alpha= and beta= go with one layer in from= and no weights_type=");
    for (int i = 0; i < n && !failed(j); i++) {
        all[i + 1] = find_map(j, "from", sources[i]);
        mafat_shape map = failed(j) ? in : j->context->outputs[all[i + 1]].map;
        if (map.h != in.h || map.w != in.w)
            FAIL(j, "from=%d: %d columns and %d rows cannot be added to %d and %d", sources[i], map.w, map.h,
                 in.w, in.h);
    }
    if (!failed(j)) {
        all[0] = j->index - 1;
        set_sources(j, n + 1, all);
        add_sum_weights(j, n);
        give_same(j);
    }
    free(sources);
    free(all);
}

/* Whether a shortcut is one that upstream does not know. */
static bool is_sum(const job *j, const char *from)
{
    const char *type = mafat_cfg_text_find(&j->options, "weights_type");
    return j->context->is_foreign && (mafat_cfg_text_is_list(from) ||
                                      (type != NULL && strcmp(type, "none") != 0));
}

static void describe_shortcut(job *j)
{
    const char *from_text = mafat_cfg_text_find(&j->options, "from");
    if (from_text == NULL)
        FAIL(j, "from= is absent: must name the layer to add");
    if (from_text != NULL && is_sum(j, from_text)) {
        describe_sum(j);
        return;
    }
    int number = mafat_cfg_text_get_int(&j->options, "from", -1, -MAX_VALUE, MAX_VALUE);
    int from = find_map(j, "from", number);
    mafat_activation activation = get_activation(j, "linear");
    float alpha = mafat_cfg_text_get_float(&j->options, "alpha", 1);
    float beta = mafat_cfg_text_get_float(&j->options, "beta", 1);
    if (failed(j))
        return;
    const mafat_shape in = j->in->map, added = j->context->outputs[from].map;
    /* the asserts of shortcut_cpu() */
    if (added.w / in.w != added.h / in.h || in.w / added.w != in.h / added.h)
        FAIL(j, "from=%d: %d columns and %d rows cannot be added to %d and %d: both must differ by "
             "the same factor", number, added.w, added.h, in.w, in.h);
    if (j->context->resized && added.w != in.w)    /* and so added.h != in.h */
        FAIL(j, "from=%d: Darknet cannot resize a shortcut between maps of different sizes",
             number);
    set_sources(j, 2, (const int[]){j->index - 1, from});
    if (added.c == in.c && added.h == in.h && added.w == in.w && alpha == 1 && beta == 1) {
        j->layer->kind = MAFAT_SHORTCUT;
        j->layer->activation = activation;
    }
    give_same(j);
}

/* A map of another layer's shape: its values times what this one reads. */
static void describe_product(job *j)
{
    int number = mafat_cfg_text_get_int(&j->options, "from", 0, -MAX_VALUE, MAX_VALUE);
    if (mafat_cfg_text_find(&j->options, "from") == NULL)
        FAIL(j, "from= is absent: must name the layer to multiply");
    int from = find_map(j, "from", number);
    be_foreign(j);
    j->layer->kind = MAFAT_PRODUCT;
    j->layer->activation = get_activation(j, "linear");
    if (failed(j))
        return;
    set_sources(j, 2, (const int[]){j->index - 1, from});
    const mafat_shape map = j->context->outputs[from].map;
    give_map(j, map.c, map.h, map.w);
}

static void describe_scale_channels(job *j)
{
    bool by_pixel = get_flag(j, "scale_wh");
    const mafat_shape in = j->in->map;
    describe_product(j);
    const mafat_shape out = j->layer->out;
    if (failed(j))
        return;
    if (by_pixel && (in.c != 1 || in.h != out.h || in.w != out.w))
        FAIL(j, "with scale_wh=1 its input must be one channel of %d columns and %d rows, as the layer of from= "
             "has; it has %d channels, %d columns and %d rows", out.w, out.h, in.c, in.w, in.h);
    if (!by_pixel && (in.c != out.c || in.h != 1 || in.w != 1))
        FAIL(j, "its input must be one pixel of %d channels, as the layer of from= has; it has %d channels, "
             "%d columns and %d rows", out.c, in.c, in.w, in.h);
}

static void describe_sam(job *j)
{
    const mafat_shape in = j->in->map;
    describe_product(j);
    const mafat_shape out = j->layer->out;
    if (!failed(j) && (in.c != out.c || in.h != out.h || in.w != out.w))
        FAIL(j, "its input has %d channels, %d columns and %d rows, the layer of from= %d, %d and %d", in.c,
             in.w, in.h, out.c, out.w, out.h);
}

/* -- detectors --------------------------------------------------------------------------------- */

/* Layers whose output has as many channels as a key of theirs says. */
static const struct {
    const char *type, *key;
} makers[] = {
    {"convolutional", "filters"}, {"deconvolutional", "filters"}, {"local", "filters"},
    {"connected", "output"},
};

/* Layers whose output has as many channels as their first source; so has a route of one source. */
static const char *const passers[] = {
    "activation", "avgpool", "batchnorm", "crop", "dropout", "l2norm", "logistic", "maxpool",
    "normalization", "sam", "shortcut", "upsample",
};

static bool passes_channels(const mafat_layer *layer)
{
    if (strcmp(layer->type, "route") == 0)
        return layer->n_sources == 1 && layer->out.c == layer->in.c;
    for (size_t i = 0; i < sizeof passers / sizeof passers[0]; i++)
        if (strcmp(layer->type, passers[i]) == 0)
            return layer->out.c == layer->in.c;
    return false;
}

static const char *find_key(const mafat_layer *layer)
{
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (strcmp(layer->type, makers[i].type) == 0)
            return makers[i].key;
    return NULL;
}

/* Reports a number of channels that does not fit as the fault of the layer that makes them, whose
 * filters= is what people forget to change with classes=, behind layers that only pass them on.
 * Where no such layer is certain, the layer before is named. */
static void fail_channels(job *j, long long needed, const char *reason)
{
    const mafat_layer *layers = j->context->layers;
    int i = j->index - 1;
    while (i >= 0 && passes_channels(&layers[i]))
        i = layers[i].sources[0];
    const char *key = i >= 0 ? find_key(&layers[i]) : NULL;
    if (key == NULL) {
        FAIL(j, "%s, needs %lld channels, %s gives %d", reason, needed,
             j->index > 0 ? "the layer before it" : "the image", j->in->map.c);
        return;
    }
    mafat_cfg_text_reader maker = j->options;
    maker.section = &j->options.text->sections[i + 1];
    maker.layer = i;
    maker.type = layers[i].type;
    maker.status = MAFAT_OK;
    mafat_cfg_text_fail(&maker, MAFAT_FAILED,
                        "line %d: %s=%d: layer %d [%s] (line %d), %s, needs %s=%lld here",
                        mafat_cfg_text_line(&maker, key), key, j->in->map.c, j->index,
                        j->options.type, j->options.section->line, reason, key, needed);
    j->options.status = maker.status;
}

/* Requires n boxes a pixel of so many numbers each. */
static void need_channels(job *j, long long n, long long entries, const char *reason)
{
    const mafat_shape in = j->in->map;
    need_int(j, "columns x rows x boxes x numbers a box", in.w, in.h, n, entries);
    if (!failed(j) && n * entries != in.c)
        fail_channels(j, n * entries, reason);
}

/* Requires so many inputs, whatever their shape, as an assert of Darknet's does. */
static void need_inputs(job *j, long long n, const char *reason)
{
    long long n_pixels = (long long)j->in->map.h * j->in->map.w;
    if (failed(j) || n == j->in->n_floats)
        return;
    if (n_pixels != 0 && n % n_pixels == 0)
        fail_channels(j, n / n_pixels, reason);
    else if (j->index > 0)
        FAIL(j, "%s, needs %lld inputs, layer %d [%s] before it gives %d", reason, n, j->index - 1,
             j->context->layers[j->index - 1].type, j->in->n_floats);
    else
        FAIL(j, "%s, needs %lld inputs, the image gives %d", reason, n, j->in->n_floats);
}

/* Says where Darknet does not find two anchors a box: it takes .5 for those that are missing, and
 * none of those that are too many. No anchors at all is all .5. */
static void note_anchors(job *j, int num, int n_used)
{
    int n_anchors = mafat_cfg_text_count_numbers(&j->options, "anchors");
    if (n_anchors != 0 && (n_anchors > 2 * num || n_anchors < 2 * n_used))
        mafat_cfg_text_note(&j->options, MAFAT_NOTE_LIST,
                            mafat_cfg_text_line(&j->options, "anchors"),
                            "anchors= holds %d numbers, of which num=%d has use for %d; Darknet "
                            "takes .5 for each that is missing", n_anchors, num, 2 * num);
}

static void describe_region(job *j)
{
    const mafat_shape in = j->in->map;
    int coords = get_int(j, "coords", 4, 4);
    int classes = get_int(j, "classes", 20, 1);
    int num = get_int(j, "num", 1, 1);
    int background = mafat_cfg_text_get_int(&j->options, "background", 0, INT_MIN, INT_MAX);
    check_number(j, "softmax");
    if (background > 1 && get_flag(j, "softmax"))
        FAIL(j, "background=%d with softmax=1: Darknet would write past the end of its output; must "
             "be 0 or 1", background);
    char reason[96];
    snprintf(reason, sizeof reason, "with classes=%d, coords=%d and num=%d", classes, coords, num);
    note_anchors(j, num, num);
    need_channels(j, num, (long long)classes + coords + 1, reason);
    j->out->n_classes = classes;
    j->out->n_coords = coords;
    j->out->role = MAFAT_CFG_DETECTOR;
    give_map(j, num * ((long long)classes + coords + 1), in.h, in.w);
}

/* What AlexeyAB's Darknet says of boxes. */
static void check_foreign_boxes(job *j)
{
    check_number(j, "new_coords");
    check_number(j, "scale_x_y");
    check_number(j, "beta_nms");
    const char *kind = mafat_cfg_text_find(&j->options, "nms_kind");
    if (kind != NULL && strcmp(kind, "default") != 0 && strcmp(kind, "greedynms") != 0 &&
        strcmp(kind, "diounms") != 0)
        FAIL(j, "line %d: nms_kind=%s: must be default, greedynms or diounms",
             mafat_cfg_text_line(&j->options, "nms_kind"), MAFAT_VISIBLE(kind));
}

static void describe_yolo(job *j)
{
    const mafat_shape in = j->in->map;
    int classes = get_int(j, "classes", 20, 1);
    int total = get_int(j, "num", 1, 1);
    int n_masks, n_used = 0;
    int *masks = mafat_cfg_text_get_ints(&j->options, "mask", 0, total - 1, &n_masks);
    for (int i = 0; i < n_masks; i++)
        n_used = masks[i] >= n_used ? masks[i] + 1 : n_used;
    free(masks);
    int num = n_masks != 0 ? n_masks : total;
    char reason[96];
    snprintf(reason, sizeof reason, "with classes=%d and %s%d%s", classes,
             n_masks != 0 ? "" : "num=", num, n_masks > 1 ? " masks" : n_masks == 1 ? " mask" : "");
    note_anchors(j, total, n_masks != 0 ? n_used : total);
    if (j->context->is_foreign)
        check_foreign_boxes(j);
    need_channels(j, num, classes + 5LL, reason);
    j->out->n_classes = classes;
    j->out->role = MAFAT_CFG_DETECTOR;
    give_map(j, num * (classes + 5LL), in.h, in.w);
}

static void describe_iseg(job *j)
{
    const mafat_shape in = j->in->map;
    int classes = get_int(j, "classes", 20, 1);
    int ids = get_int(j, "ids", 32, 0);
    char reason[64];
    snprintf(reason, sizeof reason, "with classes=%d and ids=%d", classes, ids);
    need_channels(j, 1, (long long)classes + ids, reason);
    j->out->n_classes = classes;
    j->out->role = MAFAT_CFG_DETECTOR;
    give_map(j, (long long)classes + ids, in.h, in.w);
    j->layer->unsupported = "Darknet itself crashes on it: it looks for the truth of training";
}

static void describe_detection(job *j)
{
    int coords = get_int(j, "coords", 1, 4);
    int classes = get_int(j, "classes", 1, 1);
    int num = get_int(j, "num", 1, 1);
    int side = get_int(j, "side", 7, 1);
    check_number(j, "softmax");
    check_number(j, "sqrt");
    char reason[96];
    snprintf(reason, sizeof reason, "with side=%d, classes=%d, coords=%d and num=%d", side, classes,
             coords, num);
    need_int(j, "columns x rows x numbers a place", side, side, (coords + 1LL) * num + classes, 1);
    need_inputs(j, side * (long long)side * ((coords + 1LL) * num + classes), reason);
    j->out->n_classes = classes;
    j->out->n_coords = coords;
    j->out->role = MAFAT_CFG_DETECTOR;
    give_vector(j, j->in->n_floats);
}

/* -- the table --------------------------------------------------------------------------------- */

typedef struct {
    const char *name, *short_name;
    void (*describe)(job *j);
    bool needs_map;
    bool resizable;    /* resize_network() knows it */
} layer_type;

static const layer_type types[] = {
    {"activation", NULL, describe_activation, false, false},
    {"avgpool", "avg", describe_avgpool, true, true},
    {"batchnorm", NULL, describe_batchnorm, true, false},
    {"connected", "conn", describe_connected, false, false},
    {"convolutional", "conv", describe_convolutional, true, true},
    {"cost", NULL, describe_cost, false, true},
    {"crnn", NULL, describe_crnn, true, false},
    {"crop", NULL, describe_crop, true, true},
    {"deconvolutional", "deconv", describe_deconvolutional, true, false},
    {"detection", NULL, describe_detection, false, false},
    {"dropout", NULL, describe_dropout, false, false},
    {"gru", NULL, describe_gru, false, false},
    {"iseg", NULL, describe_iseg, true, false},
    {"l2norm", NULL, describe_same, false, false},
    {"local", NULL, describe_local, true, false},
    {"logistic", NULL, describe_same, false, false},
    {"lstm", NULL, describe_lstm, false, false},
    {"maxpool", "max", describe_maxpool, true, true},
    {"normalization", "lrn", describe_normalization, true, true},
    {"region", NULL, describe_region, true, true},
    {"reorg", NULL, describe_reorg, true, true},
    {"rnn", NULL, describe_rnn, false, false},
    {"route", NULL, describe_route, false, true},
    {"sam", NULL, describe_sam, true, false},
    {"scale_channels", NULL, describe_scale_channels, true, false},
    {"shortcut", NULL, describe_shortcut, true, true},
    {"softmax", "soft", describe_softmax, false, false},
    {"upsample", NULL, describe_upsample, true, true},
    {"yolo", NULL, describe_yolo, true, true},
};

static bool is_named(const char *section, const char *name)
{
    size_t length = name != NULL ? strlen(name) : 0;
    return length != 0 && strncmp(section + 1, name, length) == 0 &&
           strcmp(section + 1 + length, "]") == 0;
}

static const layer_type *find_type(const char *section)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is_named(section, types[i].name) || is_named(section, types[i].short_name))
            return &types[i];
    return NULL;
}

/* What holds for every type, before its own part. */
static void describe_any(job *j, const layer_type *type)
{
    *j->layer = (mafat_layer){
        .kind = MAFAT_WHOLE,
        .type = type->name,
        .in = shape_of(j->in),
        .size = 1, .stride = 1, .stride_x = 1, .dilation = 1, .groups = 1,
        .activation = MAFAT_LINEAR,
        .scale = 1,
    };
    set_sources(j, 1, (const int[]){j->index - 1});
    if (type->needs_map && j->in->map.c == 0)
        fail_map(j, "the layer before it", j->in);
    if (j->context->resized && !type->resizable)
        FAIL(j, "Darknet cannot resize this type of layer");
}

/* Reports a section that Darknet does not know: one of another Darknet, or a misspelt one. */
static mafat_status fail_type(const mafat_cfg_text_section *section, int index, mafat_error *error)
{
    if (mafat_cfg_keys_know_section(section->name))
        return mafat_error_set(error, MAFAT_UNSUPPORTED,
                               "line %d: layer %d is a %s, which only other Darknets have; of their "
                               "sections [scale_channels] and [sam] can be run",
                               section->line, index, section->name);
    enum { N_TYPES = sizeof types / sizeof *types };
    const char *known[N_TYPES];
    char name[40], hint[64] = "";
    for (int i = 0; i < N_TYPES; i++)
        known[i] = types[i].name;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(section->name + 1, "]"), section->name + 1);
    const char *nearest = mafat_nearest(name, known, N_TYPES);
    if (nearest != NULL)
        snprintf(hint, sizeof hint, "; the nearest is [%s]", nearest);
    return mafat_error_set(error, MAFAT_FAILED,
                           "line %d: layer %d has the type %s, which Darknet does not know%s",
                           section->line, index, MAFAT_VISIBLE(section->written), hint);
}

mafat_status mafat_cfg_layers_describe(const mafat_cfg_text *text, int index,
                                       const mafat_cfg_context *context, mafat_layer *layer,
                                       mafat_error *error)
{
    const mafat_cfg_text_section *section = &text->sections[index + 1];
    const layer_type *type = find_type(section->name);
    if (type == NULL)
        return fail_type(section, index, error);
    job j = {
        .options = {.text = text, .section = section, .layer = index, .type = type->name,
                    .error = error, .findings = context->findings},
        .index = index,
        .context = context,
        .layer = layer,
        .in = index == 0 ? &context->image : &context->outputs[index - 1],
        .out = &context->outputs[index],
    };
    mafat_cfg_keys_judge(&j.options);
    describe_any(&j, type);
    if (!failed(&j))
        type->describe(&j);
    if (layer->n_weight_sets > 0 && get_flag(&j, "dontload"))
        layer->n_weight_sets = 0;
    return j.options.status;
}

bool mafat_cfg_layers_are_foreign(const mafat_cfg_text *text)
{
    bool is_foreign = false;
    for (int i = 0; i < text->n_sections && !is_foreign; i++) {
        const mafat_cfg_text_section *section = &text->sections[i];
        const layer_type *type = find_type(section->name);
        mafat_cfg_findings findings = {0};
        mafat_error unused;
        mafat_cfg_text_reader reader = {
            .text = text, .section = section, .layer = i - 1, .error = &unused,
            .type = i == 0 ? "net" : type != NULL ? type->name : "", .findings = &findings};
        mafat_cfg_keys_judge(&reader);
        is_foreign = findings.is_foreign || mafat_cfg_keys_know_section(section->name);
    }
    return is_foreign;
}
