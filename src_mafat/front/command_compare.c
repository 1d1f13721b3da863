/* `darknet mafat compare`: Darknet's own forward pass and MAFAT's on the same input, every output that
 * the plan makes whole, bit by bit. */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "front/bridge.h"
#include "front/command.h"
#include "front/report.h"
#include "front/verify.h"

typedef struct {
    const mafat_bridge *bridge;
    int n_layers;                   /* compared so far, as all below */
    size_t n_values, n_different;
    double max_abs_diff;
    int first_layer;                /* where the first difference is; -1: nowhere */
    size_t first_index;
    float first_darknet, first_mafat;
} comparison;

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void note_difference(comparison *c, int layer, size_t index, float darknet, float mafat)
{
    if (c->first_layer < 0) {
        c->first_layer = layer;
        c->first_index = index;
        c->first_darknet = darknet;
        c->first_mafat = mafat;
    }
    double diff = fabs((double)darknet - (double)mafat);
    if (diff > c->max_abs_diff || isnan(diff))
        c->max_abs_diff = diff;
    c->n_different++;
}

static void compare_map(void *context, int layer, const float *map)
{
    comparison *c = context;
    const float *darknet = mafat_bridge_darknet_output(c->bridge, layer);
    size_t n = mafat_shape_floats(c->bridge->session.cfg.network.layers[layer].out);
    for (size_t i = 0; i < n; i++)
        if (bits_of(darknet[i]) != bits_of(map[i]))
            note_difference(c, layer, i, darknet[i], map[i]);
    c->n_values += n;
    c->n_layers++;
}

static mafat_status describe_difference(const comparison *c, mafat_error *error)
{
    const mafat_layer *layer = &c->bridge->session.cfg.network.layers[c->first_layer];
    size_t plane = (size_t)layer->out.h * (size_t)layer->out.w, width = (size_t)layer->out.w;
    return mafat_error_set_layer(
        error, MAFAT_FAILED, c->first_layer, layer->type,
        "first difference at channel %zu, row %zu, column %zu: Darknet %.9g (0x%08" PRIx32
        "), MAFAT %.9g (0x%08" PRIx32 ")",
        c->first_index / plane, c->first_index % plane / width, c->first_index % width,
        (double)c->first_darknet, bits_of(c->first_darknet), (double)c->first_mafat,
        bits_of(c->first_mafat));
}

/* Memory for the outputs that the plan stores as results, apart from Darknet's own. */
static void free_results(float **results, int n)
{
    for (int l = 0; results != NULL && l < n; l++)
        free(results[l]);
    free(results);
}

static float **allocate_results(const mafat_plan *plan)
{
    float **results = calloc((size_t)plan->n_layers, sizeof *results);
    for (int i = 0; results != NULL && i < plan->n_buffers; i++) {
        const mafat_buffer *buffer = &plan->buffers[i];
        if (buffer->storage != MAFAT_IN_RESULT)
            continue;
        results[buffer->layer] = calloc(1, buffer->place.bytes);
        if (results[buffer->layer] == NULL) {
            free_results(results, plan->n_layers);
            return NULL;
        }
    }
    return results;
}

/* Values from 0 to 1 for networks and users without an image; the same ones every time. */
static float *make_input(mafat_shape shape)
{
    size_t n = mafat_shape_floats(shape);
    float *input = malloc(n * sizeof *input);
    uint32_t state = 1;
    for (size_t i = 0; input != NULL && i < n; i++) {
        state = state * 1664525u + 1013904223u;
        input[i] = (float)(state >> 8) * 0x1p-24f;
    }
    return input;
}

static mafat_status read_input(const mafat_arguments *arguments, mafat_shape shape, float **input,
                               mafat_error *error)
{
    if (arguments->n_words > 3) {
        if (shape.c == 3 && shape.h > 1 && shape.w > 1)
            return mafat_bridge_read_image(arguments->words[3], shape, input, error);
        return mafat_error_set(error, MAFAT_USAGE,
                               "an image has 3 channels, the network's input is %dx%dx%d; leave "
                               "IMAGE out",
                               shape.c, shape.h, shape.w);
    }
    *input = make_input(shape);
    if (*input != NULL)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED, "no memory for an input of %zu floats",
                           mafat_shape_floats(shape));
}

static void report(const comparison *c, bool json)
{
    const mafat_session *session = &c->bridge->session;
    char config[1024];
    mafat_config_print(&session->config, config, sizeof config);
    mafat_report r;
    mafat_report_begin(&r, json);
    mafat_report_text(&r, "config", config);
    mafat_report_size(&r, "threads", (size_t)session->n_threads);
    mafat_report_size(&r, "arena_bytes", session->plan.arena_bytes);
    mafat_report_real(&r, "redundant_macs_percent",
                      mafat_plan_redundant_percent(session->plan.macs,
                                                   session->plan.redundant_macs));
    mafat_report_size(&r, "layers_compared", (size_t)c->n_layers);
    mafat_report_size(&r, "values_compared", c->n_values);
    mafat_report_size(&r, "values_different", c->n_different);
    mafat_report_real(&r, "max_abs_diff", c->max_abs_diff);
    mafat_report_end(&r);
}

static mafat_status compare(mafat_bridge *bridge, float *input, bool json, mafat_error *error)
{
    const mafat_plan *plan = &bridge->session.plan;
    float **results = allocate_results(plan);
    if (results == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for the network's results");
    comparison c = {.bridge = bridge, .first_layer = -1};
    mafat_bridge_forward_darknet(bridge, input);
    mafat_exec_run(&bridge->exec, input, results, &(mafat_observer){&c, compare_map});
    free_results(results, plan->n_layers);
    report(&c, json);
    return c.n_different == 0 ? MAFAT_OK : describe_difference(&c, error);
}

/* Everything that can be wrong with the files, before Darknet sees them. */
static mafat_status verify(const mafat_arguments *arguments, float **input, mafat_error *error)
{
    mafat_session session;
    mafat_status status = mafat_session_open(&session, arguments->words[1], &arguments->options, 0,
                                             0, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_verify_network(&session.cfg, arguments->words[2], error);
    if (status == MAFAT_OK)
        status = read_input(arguments, session.cfg.network.input, input, error);
    mafat_session_close(&session);
    return status;
}

mafat_status mafat_command_compare(const mafat_arguments *arguments, mafat_error *error)
{
    if (arguments->n_words < 3 || arguments->n_words > 4)
        return mafat_error_set(error, MAFAT_USAGE,
                               "usage: darknet mafat compare CFG WEIGHTS [IMAGE] [-mafat CONFIG] "
                               "[-threads N] [-json]");
    mafat_status status = mafat_arguments_refuse_options(arguments, error);
    float *input = NULL;
    if (status == MAFAT_OK)
        status = verify(arguments, &input, error);
    if (status != MAFAT_OK)
        return status;
    mafat_bridge *bridge = mafat_bridge_load_network(arguments->words[1], arguments->words[2],
                                                     &arguments->options);
    status = compare(bridge, input, arguments->json, error);
    mafat_error_set_file(error, arguments->words[1]);
    mafat_bridge_free_network(bridge);
    free(input);
    return status;
}
