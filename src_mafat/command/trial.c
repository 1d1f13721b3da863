/* Loading what a command runs itself; see trial.h. */
#include "command/trial.h"

#include <stdint.h>
#include <stdlib.h>

#include "bridge/inference.h"
#include "session/verify.h"
#include "upstream/picture.h"
#include "upstream/picture_probe.h"

/* The value from 0 to 1 of element `index`: a scramble of its bits, so that rows can be had in any
 * order. */
static float value_at(uint32_t index)
{
    uint32_t bits = index * 2654435761u;
    bits ^= bits >> 15;
    bits *= 2246822519u;
    bits ^= bits >> 13;
    return (float)(bits >> 8) * 0x1p-24f;
}

static void make_rows(void *context, int y0, int y1, float *to, size_t row_stride,
                      size_t channel_stride)
{
    const mafat_trial_input *input = context;
    size_t h = (size_t)input->shape.h, w = (size_t)input->shape.w;
    for (size_t c = 0; c < (size_t)input->shape.c; c++) {
        for (size_t y = (size_t)y0; y < (size_t)y1; y++) {
            float *row = to + c * channel_stride + (y - (size_t)y0) * row_stride;
            for (size_t x = 0; x < w; x++)
                row[x] = value_at((uint32_t)((c * h + y) * w + x));
        }
    }
}

static mafat_status open_image(mafat_trial_input *input, const char *path,
                               const mafat_picture_memory *memory, bool stretched,
                               mafat_error *error)
{
    mafat_shape shape = input->shape;
    if (shape.c > MAFAT_COLOURS || shape.h < 2 || shape.w < 2)
        return mafat_error_set(error, MAFAT_USAGE,
                               "an image has 3 channels and many pixels, the network's input is "
                               "%dx%dx%d; leave IMAGE out",
                               shape.c, shape.h, shape.w);
    mafat_status status = mafat_picture_probe_measure(error);
    if (status == MAFAT_OK)
        status = mafat_picture_rows_open(&input->rows, path, memory, error);
    if (status == MAFAT_OK)
        status = mafat_letterbox_init(&input->letterbox, mafat_picture_rows_source(&input->rows),
                                      memory->w, memory->h, shape.w, shape.h, stretched,
                                      mafat_picture_probe_rounding(), error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(error, path);
        return status;
    }
    mafat_letterbox_set_channels(&input->letterbox, shape.c);
    input->source = mafat_letterbox_source(&input->letterbox);
    return MAFAT_OK;
}

static mafat_status make_input(mafat_trial_input *input, const char *path,
                               const mafat_picture_memory *memory, const mafat_session *session,
                               mafat_error *error)
{
    input->shape = session->cfg.network.input;
    input->source = (mafat_source){input, make_rows};
    return path == NULL ? MAFAT_OK : open_image(input, path, memory, session->cfg.stretches, error);
}

static void free_input(mafat_trial_input *input)
{
    mafat_letterbox_free(&input->letterbox);
    mafat_picture_rows_close(&input->rows);
}

static const char *image_path(const mafat_arguments *arguments)
{
    return arguments->n_words > 3 ? arguments->words[3] : NULL;
}

mafat_status mafat_trial_open(mafat_trial *trial, const mafat_arguments *arguments, int n_timed,
                              bool times_layers, mafat_error *error)
{
    mafat_session *session = &trial->session;
    *trial = (mafat_trial){0};
    mafat_picture_memory memory = {0};
    const char *image = image_path(arguments);
    mafat_status status = mafat_workload_of_command(&trial->workload, MAFAT_LOADED_BY_ROWS,
                                                    MAFAT_DRAWN_BY_NOBODY, error);
    trial->workload.image_path = image;
    trial->workload.n_timed = n_timed;
    trial->workload.times_layers = times_layers;
    if (status == MAFAT_OK && image != NULL)
        status = mafat_picture_memory_find(&memory, image, error);
    if (status == MAFAT_OK && image != NULL)
        mafat_workload_set_picture(&trial->workload, &memory);
    if (status == MAFAT_OK)
        status = mafat_session_open(session, arguments->words[1], &arguments->options,
                                    &trial->workload, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_verify_network(&session->cfg, arguments->words[2], error);
    if (status == MAFAT_OK)
        status = make_input(&trial->input, image, &memory, session, error);
    if (status != MAFAT_OK) {
        free_input(&trial->input);
        mafat_session_close(session);
    }
    return status;
}

void mafat_trial_load(mafat_trial *trial, const mafat_arguments *arguments, bool keeps_darknet)
{
    mafat_request request = {.options = arguments->options, .workload = &trial->workload,
                             .keeps_darknet = keeps_darknet,
                             .session = keeps_darknet ? NULL : &trial->session};
    if (keeps_darknet)
        trial->workload.reading = MAFAT_READS_IN_LIMITS;
    trial->bridge = mafat_inference_load(arguments->words[1], arguments->words[2], &request);
}

mafat_status mafat_trial_check_input(const mafat_trial_input *input, mafat_error *error)
{
    return input->rows.decoding != NULL ? mafat_picture_rows_check(&input->rows, error) : MAFAT_OK;
}

mafat_status mafat_trial_run(mafat_trial *trial, const mafat_observer *observer,
                             mafat_error *error)
{
    const mafat_session *session = &trial->bridge->session;
    int n = session->by_layers ? 1 : session->plan.n_images;
    mafat_input *inputs = calloc((size_t)n, sizeof *inputs);
    if (inputs == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d images", n);
    for (int i = 0; i < n; i++)
        inputs[i].source = trial->input.source;
    mafat_status status = mafat_inference_forward(trial->bridge, inputs, n, NULL, observer, error);
    free(inputs);
    return status == MAFAT_OK ? mafat_trial_check_input(&trial->input, error) : status;
}

void mafat_trial_close(mafat_trial *trial)
{
    if (trial->bridge != NULL)
        mafat_inference_free(trial->bridge);
    free_input(&trial->input);
    mafat_session_close(&trial->session);
    *trial = (mafat_trial){0};
}
