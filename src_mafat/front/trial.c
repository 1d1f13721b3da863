/* Loading what a command runs itself; see trial.h. */
#include "front/trial.h"

#include <stdint.h>
#include <stdlib.h>

#include "front/verify.h"

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

mafat_status mafat_trial_open(mafat_trial *trial, const mafat_arguments *arguments,
                              mafat_error *error)
{
    *trial = (mafat_trial){0};
    mafat_status status = verify(arguments, &trial->input, error);
    if (status != MAFAT_OK)
        return status;
    trial->bridge = mafat_bridge_load_network(arguments->words[1], arguments->words[2],
                                              &arguments->options);
    trial->results = allocate_results(&trial->bridge->session.plan);
    if (trial->results != NULL)
        return MAFAT_OK;
    mafat_trial_close(trial);
    return mafat_error_set(error, MAFAT_FAILED, "no memory for the network's results");
}

void mafat_trial_close(mafat_trial *trial)
{
    if (trial->bridge != NULL) {
        free_results(trial->results, trial->bridge->session.plan.n_layers);
        mafat_bridge_free_network(trial->bridge);
    }
    free(trial->input);
    *trial = (mafat_trial){0};
}
