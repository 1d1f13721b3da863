/* A cfg, with MAFAT's flags in it, to a plan and through the executor: a configuration, a memory limit,
 * threads, images in a pass, weights in windows. Every map that the plan makes whole is, bit by bit,
 * what the reference kernels (support/reference.h) make of the network layer by layer.
 *
 * The input is the cfg. What a cfg does not say depends on its bytes. A layer that Darknet would run is a
 * function of ours here. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "kernels/activation.h"
#include "run/exec.h"
#include "run/weights.h"
#include "session/session.h"
#include "support/reference.h"

/* More takes time and shows nothing that less does not. */
enum { MAX_LAYERS = 24, MAX_SEARCHED = 10, MAX_FLOATS = 1 << 16, MAX_MACS = 1 << 21, MAX_THREADS = 4 };
enum { MAX_IMAGES = 3 };

/* What is run: the network, and what the reference makes of it. */
static test_random random_state;
static mafat_session session;
static const mafat_network *network;      /* the session's */
static const char *weights_path;
static float *weights;                    /* all of the file's, behind its header; owned, as all below */
static mafat_parameters *parameters;      /* [n_layers], in weights[] */
static float *images[MAX_IMAGES];
static float **expected[MAX_IMAGES];      /* [n_layers], of each image */
static float **results;                   /* [n_layers] */

/* ---------------------------------------------------------------------------------- the host */

static void activate(float *x, int n, int activation)
{
    if (mafat_activation_is_ours((mafat_activation)activation)) {
        mafat_activation_run((mafat_activation)activation, x, n);
        return;
    }
    for (int i = 0; i < n && activation != MAFAT_LINEAR; i++)
        x[i] = x[i] > 0 ? x[i] : x[i] / (float)(2 + activation);
}

/* Any function of all that the layer reads. */
static void forward(void *context, int l, float *input, float *const *maps)
{
    const mafat_layer *layer = &network->layers[l];
    size_t n_in = mafat_shape_floats(layer->in), n_out = mafat_shape_floats(layer->out);
    (void)context;
    for (size_t i = 0; i < n_out; i++)
        maps[l][i] = input[i % n_in] * .75f + (float)l;
    for (int s = 1; s < layer->n_sources; s++) {
        int source = layer->sources[s];
        size_t n = source < 0 ? 0 : mafat_shape_floats(network->layers[source].out);
        for (size_t i = 0; i < n_out && n > 0; i++)
            maps[l][i] += maps[source][i % n] * .5f;
    }
}

/* Any function of the weights. */
static float weigh(void *context, int l, const float *own, int source, int channel)
{
    (void)context;
    return own[(31 * (size_t)source + (size_t)channel) %
               mafat_layer_weight_floats(&network->layers[l])];
}

static mafat_host host = {.forward = forward, .activate = activate, .weigh = weigh};

/* ----------------------------------------------------------------------------- the reference */

static mafat_view view_of(float *map, mafat_shape shape)
{
    size_t plane = (size_t)shape.h * (size_t)shape.w;
    return (mafat_view){.data = map, .h = shape.h, .w = shape.w, .row_stride = (size_t)shape.w,
                        .channel_stride = plane};
}

static void convolve(const mafat_layer *layer, const mafat_parameters *p, float *in, float *out)
{
    int filters = layer->out.c / layer->groups, channels = layer->in.c / layer->groups;
    size_t plane = (size_t)layer->out.h * (size_t)layer->out.w;
    size_t taps = (size_t)channels * (size_t)layer->size * (size_t)layer->size;
    for (int g = 0; g < layer->groups; g++) {
        size_t first = (size_t)g * (size_t)filters;
        mafat_conv conv = {
            .in = view_of(in, layer->in), .out = view_of(out + first * plane, layer->out),
            .pad_top = layer->pad, .pad_left = layer->pad, .channels = channels, .size = layer->size,
            .stride = layer->stride, .stride_x = layer->stride_x, .dilation = layer->dilation,
            .weights = p->weights + first * taps,
            .epilogue = {.batch_normalize = layer->batch_normalize, .biases = p->biases + first,
                         .activation = layer->activation == MAFAT_LINEAR  ? MAFAT_EPILOGUE_LINEAR
                                       : layer->activation == MAFAT_LEAKY ? MAFAT_EPILOGUE_LEAKY
                                                                          : MAFAT_EPILOGUE_CALL,
                         .call = activate, .code = (int)layer->activation,
                         .plane_width = layer->out.w,
                         .n_reciprocals = mafat_rounding_reciprocals(&host.rounding, plane)},
        };
        if (layer->batch_normalize) {
            conv.epilogue.mean = p->mean + first;
            conv.epilogue.variance = p->variance + first;
            conv.epilogue.scales = p->scales + first;
        }
        conv.in.data += (size_t)g * (size_t)channels * conv.in.channel_stride;
        mafat_reference_conv(&conv, filters);
    }
}

static float *source_map(int image, int source)
{
    return source < 0 ? images[image] : expected[image][source];
}

static float weight_of(int l, int source, int channel)
{
    return network->layers[l].n_weight_sets > 0
               ? weigh(NULL, l, parameters[l].weights, source, channel) : 1;
}

/* Channel after channel: the first source, weighed, and what the others add. */
static void add_sources(int image, int l)
{
    const mafat_layer *layer = &network->layers[l];
    size_t plane = (size_t)layer->out.h * (size_t)layer->out.w;
    for (int c = 0; c < layer->out.c; c++) {
        size_t at = (size_t)c * plane;
        mafat_view out = view_of(expected[image][l] + at, layer->out);
        const float *first = source_map(image, layer->sources[0]) + at;
        for (size_t i = 0; i < plane; i++)
            out.data[i] = weight_of(l, 0, c) * first[i];
        for (int s = 1; s < layer->n_sources; s++)
            if (c < mafat_layer_source_channels(network, l, s))
                mafat_reference_add(
                    &(mafat_add){.a = out, .out = out, .weight = weight_of(l, s, c),
                                 .b = view_of(source_map(image, layer->sources[s]) + at,
                                              layer->out)}, 1);
    }
}

/* One channel, or one row of one pixel, comes back for all. */
static void multiply(const mafat_layer *layer, mafat_view a, mafat_view b, mafat_view out)
{
    if (layer->in.c == 1)
        a.channel_stride = 0;
    if (layer->in.h == 1)
        a.row_stride = 0;
    mafat_reference_multiply(&(mafat_multiply){.a = a, .b = b, .out = out}, layer->out.c);
}

static void run_reference_layer(int image, int l)
{
    const mafat_layer *layer = &network->layers[l];
    float *in = source_map(image, layer->sources[0]), *out = expected[image][l];
    size_t n = mafat_shape_floats(layer->out), plane = (size_t)layer->in.h * (size_t)layer->in.w;
    mafat_view from = view_of(in, layer->in), to = view_of(out, layer->out);
    switch (layer->kind) {
    case MAFAT_CONVOLUTION:
        convolve(layer, &parameters[l], in, out);
        return;
    case MAFAT_MAXPOOL:
        mafat_reference_maxpool(&(mafat_maxpool){.in = from, .out = to, .pad_top = layer->pad,
                                                 .pad_left = layer->pad, .size = layer->size,
                                                 .stride = layer->stride, .max = host.rounding.max},
                                layer->out.c);
        return;
    case MAFAT_UPSAMPLE:
        mafat_reference_upsample(&(mafat_upsample){.in = from, .out = to, .stride = layer->stride,
                                                   .scale = layer->scale}, layer->out.c);
        return;
    case MAFAT_SHORTCUT:
        add_sources(image, l);
        break;
    case MAFAT_PRODUCT:
        multiply(layer, from, view_of(source_map(image, layer->sources[1]), layer->out), to);
        break;
    case MAFAT_ACTIVATION:
    case MAFAT_IDENTITY:
        memcpy(out, in + (size_t)layer->first_channel * plane, n * sizeof *out);
        break;
    case MAFAT_JOIN:
        for (int s = 0; s < layer->n_sources; s++) {
            int source = layer->sources[s];
            mafat_shape shape = source < 0 ? network->input : network->layers[source].out;
            memcpy(out, source_map(image, source), mafat_shape_floats(shape) * sizeof *out);
            out += mafat_shape_floats(shape);
        }
        return;
    case MAFAT_WHOLE:
        forward(NULL, l, in, expected[image]);
        return;
    }
    if (layer->kind != MAFAT_IDENTITY)
        activate(out, (int)n, (int)layer->activation);
}

/* ------------------------------------------------------------------------------- the subject */

static bool is_small(void)
{
    size_t n_floats = mafat_shape_floats(network->input), n_weights = 0;
    uint64_t macs = 0;
    int most = session.limit_bytes > 0 ? MAX_SEARCHED : MAX_LAYERS;
    if (network->n_layers > most || session.n_threads > MAX_THREADS || session.by_layers)
        return false;
    for (int l = 0; l < network->n_layers && n_floats < MAX_FLOATS && n_weights < MAX_FLOATS; l++) {
        const mafat_layer *layer = &network->layers[l];
        n_floats += mafat_shape_floats(layer->out);
        n_weights += mafat_layer_weight_floats(layer);
        macs += mafat_layer_macs(layer, (size_t)layer->out.h * (size_t)layer->out.w);
    }
    return n_floats < MAX_FLOATS && n_weights < MAX_FLOATS && macs < MAX_MACS;
}

static void make_parameters(void)
{
    float *at = weights;
    parameters = calloc((size_t)network->n_layers, sizeof *parameters);
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        if (layer->kind == MAFAT_CONVOLUTION) {
            const mafat_weight_set *set = &layer->weight_sets[0];
            float *norms = at + set->n_biases;
            parameters[l] = (mafat_parameters){.biases = at, .weights = norms + 3 * set->n_norms};
            if (set->n_norms > 0) {
                parameters[l].scales = norms;
                parameters[l].mean = norms + set->n_norms;
                parameters[l].variance = norms + 2 * set->n_norms;
            }
        }
        at += mafat_layer_weight_floats(layer);
    }
}

static float **make_maps(void)
{
    float **maps = calloc((size_t)network->n_layers, sizeof *maps);
    for (int l = 0; l < network->n_layers; l++)
        maps[l] = calloc(mafat_shape_floats(network->layers[l].out), sizeof **maps);
    return maps;
}

static void free_maps(float **maps)
{
    for (int l = 0; maps != NULL && l < network->n_layers; l++)
        free(maps[l]);
    free(maps);
}

static void make_subject(void)
{
    enum { HEADER = 20 };
    size_t n_bytes = (size_t)mafat_weights_file_bytes(network), n_input = mafat_shape_floats(network->input);
    char *bytes = malloc(n_bytes);
    weights_path = fuzz_weights(1, &random_state, n_bytes);
    FILE *file = fopen(weights_path, "rb");
    fuzz_require(file != NULL && fread(bytes, 1, n_bytes, file) == n_bytes);
    fclose(file);
    weights = malloc(n_bytes);
    memcpy(weights, bytes + HEADER, n_bytes - HEADER);
    free(bytes);
    make_parameters();
    results = make_maps();
    for (int i = 0; i < MAX_IMAGES; i++) {
        images[i] = malloc(n_input * sizeof **images);
        fuzz_fill(&random_state, images[i], n_input, -1, 1);
        expected[i] = make_maps();
        for (int l = 0; l < network->n_layers; l++)
            run_reference_layer(i, l);
    }
}

static void free_subject(void)
{
    for (int i = 0; i < MAX_IMAGES; i++) {
        free_maps(expected[i]);
        free(images[i]);
        expected[i] = NULL;
        images[i] = NULL;
    }
    free_maps(results);
    free(parameters);
    free(weights);
    results = NULL;
    parameters = NULL;
    weights = NULL;
}

/* --------------------------------------------------------------------------------------- runs */

static void give_rows(void *context, int y0, int y1, float *to, size_t row_stride, size_t channel_stride)
{
    mafat_source_map map = {.map = context, .shape = network->input};
    mafat_source source = mafat_source_of_map(&map);
    source.rows(source.context, y0, y1, to, row_stride, channel_stride);
}

static void require_map(void *context, int image, int l, const float *map)
{
    size_t n = mafat_shape_floats(network->layers[l].out);
    (void)context;
    for (size_t i = 0; i < n; i++) {
        float wanted = expected[image][l][i];
        bool is_same = memcmp(&wanted, &map[i], sizeof wanted) == 0 || (isnan(wanted) && isnan(map[i]));
        if (!is_same)
            fuzz_fail(__FILE__, __LINE__, "image %d, layer %d, value %zu of %zu: %.9g, not %.9g", image, l, i,
                      n, (double)map[i], (double)wanted);
    }
}

static void run_images(mafat_exec *exec)
{
    mafat_observer observer = {.map_done = require_map};
    mafat_input inputs[MAX_IMAGES] = {0};
    mafat_error error = {0};
    int n = 1 + test_random_int(&random_state, session.plan.n_images);
    for (int i = 0; i < n; i++)
        inputs[i] = (mafat_input){.source = {images[i], give_rows},
                                  .map = session.plan.image_by_rows ? NULL : images[i]};
    fuzz_require_ok(mafat_exec_run(exec, inputs, n, results, &observer, &error), &error);
    for (int i = 0; i < n && session.plan.n_images > 1; i++) {
        mafat_exec_copy_results(exec, i, results);
        for (int l = 0; l < network->n_layers; l++) {
            int producer = network->layers[l].is_result ? mafat_layer_producer(network, l) : -1;
            if (producer >= 0)
                require_map(NULL, i, producer, results[producer]);
        }
    }
}

static void run_plan(void)
{
    mafat_error error = {0};
    mafat_store store = {0};
    mafat_exec exec;
    bool streams = session.plan.n_windows > 0;
    fuzz_require_ok(mafat_weights_verify(weights_path, network, &error), &error);
    if (streams)
        fuzz_require_ok(mafat_store_open(&store, weights_path, network, &session.plan, &error), &error);
    fuzz_require_ok(mafat_exec_init(&exec, network, &session.plan, streams ? store.parameters : parameters,
                                    streams ? &store : NULL, &host, session.n_threads, &error),
                    &error);
    run_images(&exec);
    mafat_exec_release(&exec);
    run_images(&exec);
    mafat_exec_free(&exec);
    mafat_store_close(&store);
}

static void require_plan(void)
{
    const mafat_plan *plan = &session.plan;
    fuzz_require(plan->live_bytes <= plan->arena_bytes);
    fuzz_require(session.prediction.arena_bytes == plan->arena_bytes);
    fuzz_require(session.limit_bytes == 0 || session.prediction.total_bytes <= session.limit_bytes);
    fuzz_require(plan->n_images >= 1 && plan->n_images <= MAX_IMAGES && isfinite(plan->latency_s));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const batches[] = {NULL, "2", "3", MAFAT_BATCH_AUTO};
    random_state = fuzz_random(data, size);
    mafat_error error = {0};
    int way = test_random_int(&random_state, 4);
    mafat_options options = {.batch = batches[way]};
    mafat_workload workload = {
        .loading = test_random_int(&random_state, 2) == 0 ? MAFAT_LOADED_BY_ROWS : MAFAT_LOADED_UNKNOWN,
        .reading = test_random_int(&random_state, 2) == 0 ? MAFAT_READS_ALWAYS : MAFAT_READS_IN_LIMITS,
        .n_images = way == 0 ? test_random_int(&random_state, 2) : MAX_IMAGES,
    };
    host.rounding = (mafat_rounding){.step = (size_t)test_random_int(&random_state, 3) * 4,
                                     .max = (mafat_max)test_random_int(&random_state, MAFAT_N_MAXES)};
    mafat_status status = mafat_session_prepare(&session, fuzz_file(0, data, size), &options, &workload, &error);
    fuzz_require_told(status, &error);
    if (status != MAFAT_OK)
        return 0;
    network = &session.cfg.network;
    if (is_small()) {
        status = mafat_session_plan(&session, &error);
        fuzz_require_told(status, &error);
    }
    if (session.plan.n_steps > 0) {
        require_plan();
        make_subject();
        run_plan();
        free_subject();
    }
    mafat_session_close(&session);
    return 0;
}
