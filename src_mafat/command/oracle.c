/* A process and a socket; see oracle.h. */
#include "command/oracle.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/inference.h"

/* Sends or receives all bytes; false where the other side is gone. */
static bool transfer(int link, void *data, size_t n_bytes, bool sends)
{
    char *at = data;
    while (n_bytes > 0) {
        ssize_t n = sends ? send(link, at, n_bytes, MSG_NOSIGNAL) : recv(link, at, n_bytes, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        n_bytes -= (size_t)n;
    }
    return true;
}

static mafat_status fail_ended(mafat_error *error)
{
    return mafat_error_set(error, MAFAT_FAILED,
                           "the process with Darknet's own forward pass ended early: it needs "
                           "all of the network in memory");
}

/* ------------------------------------------------------------------------- in the new process */

static float *make_map(const mafat_trial_input *input)
{
    mafat_shape shape = input->shape;
    float *map = malloc(mafat_shape_floats(shape) * sizeof *map);
    mafat_error error = {0};
    if (map == NULL)
        return NULL;
    input->source.rows(input->source.context, 0, shape.h, map, (size_t)shape.w,
                       (size_t)shape.h * (size_t)shape.w);
    if (mafat_trial_check_input(input, &error) == MAFAT_OK)
        return map;
    mafat_error_print(&error, stderr);
    free(map);
    return NULL;
}

static _Noreturn void serve(int link, const mafat_arguments *arguments,
                            const mafat_trial_input *input)
{
    mafat_trial trial = {0};
    mafat_arguments by_layers = *arguments;
    float *map = make_map(input);
    int layer;
    if (map == NULL)
        _exit(1);
    by_layers.options.config = MAFAT_LAYERS_CONFIG;
    by_layers.options.memory = by_layers.options.batch = NULL;
    mafat_trial_load(&trial, &by_layers, true);
    mafat_inference_forward_darknet(trial.bridge, map);
    const mafat_network *network = &trial.bridge->session.cfg.network;
    while (transfer(link, &layer, sizeof layer, false)) {
        size_t n = mafat_shape_floats(network->layers[layer].out);
        const float *output = mafat_inference_darknet_output(trial.bridge, layer);
        if (!transfer(link, (void *)output, n * sizeof *output, true))
            break;
    }
    _exit(0);
}

/* ---------------------------------------------------------------------------------- in this one */

mafat_status mafat_oracle_start(mafat_oracle *oracle, const mafat_arguments *arguments,
                                const mafat_trial_input *input, mafat_error *error)
{
    int links[2];
    *oracle = (mafat_oracle){0};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, links) != 0)
        return mafat_error_set(error, MAFAT_FAILED, "no socket: %s", strerror(errno));
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        close(links[0]);
        serve(links[1], arguments, input);
    }
    int reason = errno;
    close(links[1]);
    if (process < 0) {
        close(links[0]);
        return mafat_error_set(error, MAFAT_FAILED, "no second process: %s", strerror(reason));
    }
    *oracle = (mafat_oracle){process, links[0]};
    return MAFAT_OK;
}

/* Asks for the layer with its first value; the process then sends all of them. */
static mafat_status read_outputs(void *context, int layer, size_t first, size_t n, float *to,
                                 mafat_error *error)
{
    const mafat_oracle *oracle = context;
    bool answers = first > 0 || transfer(oracle->link, &layer, sizeof layer, true);
    return answers && transfer(oracle->link, to, n * sizeof *to, false) ? MAFAT_OK
                                                                        : fail_ended(error);
}

mafat_outputs mafat_oracle_outputs(mafat_oracle *oracle)
{
    return (mafat_outputs){oracle, read_outputs};
}

void mafat_oracle_stop(mafat_oracle *oracle)
{
    if (oracle->process > 0) {
        close(oracle->link);
        kill(oracle->process, SIGKILL);    /* it may be in the middle of its pass */
        while (waitpid(oracle->process, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    *oracle = (mafat_oracle){0};
}
