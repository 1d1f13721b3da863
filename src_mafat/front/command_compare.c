/* `darknet mafat compare`: Darknet's own forward pass and MAFAT's on the same input, every output that
 * the plan makes whole, bit by bit. */
#include <stdint.h>
#include <stdlib.h>

#include "front/bridge.h"
#include "front/command.h"
#include "front/comparison.h"
#include "front/report.h"
#include "front/verify.h"

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

static void report(const mafat_comparison *c, bool json)
{
    const mafat_session *session = &c->bridge->session;
    mafat_report r;
    mafat_report_begin(&r, json);
    mafat_report_config(&r, "config", &session->config);
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
    mafat_comparison c;
    mafat_comparison_begin(&c, bridge);
    mafat_bridge_forward_darknet(bridge, input);
    mafat_bridge_forward(bridge, input, results, &(mafat_observer){&c, mafat_comparison_map_done});
    free_results(results, plan->n_layers);
    report(&c, json);
    return c.n_different == 0 ? MAFAT_OK : mafat_comparison_describe(&c, error);
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
