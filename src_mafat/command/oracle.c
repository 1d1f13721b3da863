/* A process and a socket; see oracle.h. */
#include "command/oracle.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/program.h"
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

/* Loads the network anew, in a configuration of its own, without a limit, and on no other rank. */
static void load(mafat_trial *trial, const mafat_arguments *arguments, const char *config, bool fast)
{
    mafat_arguments own = *arguments;
    own.options.config = config;
    own.options.memory = own.options.batch = NULL;
    own.options.is_unlimited = true;
    own.options.ranks = (mafat_rank_options){0};
    own.options.fast = fast;
    if (fast)
        own.options.threads = "1";
    mafat_trial_load(trial, &own, true);
}

/* The configuration by which every layer is a group: no output is but a part of its map. */
static char *layer_by_layer(const mafat_network *network)
{
    enum { LONGEST = sizeof "/1234567890/1x1" };
    char *config = malloc((size_t)network->n_layers * LONGEST), *at = config;
    for (int l = 0; l < network->n_layers && config != NULL; l++)
        at += l == 0 ? sprintf(at, "1x1") : sprintf(at, "/%d/1x1", l);
    return config;
}

/* Outputs of a network. */
typedef struct {
    const mafat_network *network;
    float **maps;    /* [n_layers] */
} outputs;

static bool make_outputs(outputs *o, const mafat_network *network)
{
    *o = (outputs){network, calloc((size_t)network->n_layers, sizeof *o->maps)};
    bool has_memory = o->maps != NULL;
    for (int l = 0; l < network->n_layers && has_memory; l++) {
        o->maps[l] = malloc(mafat_shape_floats(network->layers[l].out) * sizeof **o->maps);
        has_memory = o->maps[l] != NULL;
    }
    return has_memory;
}

static void keep_map(void *context, int image, int layer, const float *map)
{
    const outputs *o = context;
    (void)image;
    if (map != o->maps[layer])    /* a result is there already */
        memcpy(o->maps[layer], map,
               mafat_shape_floats(o->network->layers[layer].out) * sizeof *map);
}

/* Finds the outputs of all layers of a fast plan. False without memory, and where the run failed, as
 * it has said then. */
static bool run_fast(const mafat_arguments *arguments, const mafat_network *network, float *map,
                     outputs *found)
{
    mafat_trial trial = {0};
    mafat_error error = {0};
    char *config = layer_by_layer(network);
    if (config == NULL || !make_outputs(found, network))
        return false;
    load(&trial, arguments, config, true);
    mafat_source_map rows = {map, network->input};
    mafat_input input = {.source = mafat_source_of_map(&rows), .map = map};
    mafat_observer observer = {.context = found, .map_done = keep_map};
    if (mafat_inference_forward(trial.bridge, &input, 1, found->maps, &observer, &error) == MAFAT_OK)
        return true;
    mafat_error_print(&error, stderr);
    return false;
}

/* Outputs are asked for by their layers' numbers, those of a fast plan by numbers behind these. */
static _Noreturn void serve(int link, const mafat_arguments *arguments, const mafat_trial *asker)
{
    mafat_trial trial = {0};
    float *map = make_map(&asker->input);
    outputs fast;
    int number;
    if (map == NULL)
        _exit(1);
    load(&trial, arguments, MAFAT_LAYERS_CONFIG, false);
    mafat_inference_forward_darknet(trial.bridge, map);
    const mafat_network *network = &trial.bridge->session.cfg.network;
    if (asker->session.is_fast && !run_fast(arguments, network, map, &fast))
        _exit(1);
    while (transfer(link, &number, sizeof number, false)) {
        int layer = number % network->n_layers;
        size_t n = mafat_shape_floats(network->layers[layer].out);
        const float *output = number == layer
                                  ? mafat_inference_darknet_output(trial.bridge, layer)
                                  : fast.maps[layer];
        if (!transfer(link, (void *)output, n * sizeof *output, true))
            break;
    }
    _exit(0);
}

/* ---------------------------------------------------------------------------------- in this one */

mafat_status mafat_oracle_start(mafat_oracle *oracle, const mafat_arguments *arguments,
                                const mafat_trial *trial, mafat_error *error)
{
    int links[2];
    *oracle = (mafat_oracle){0};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, links) != 0)
        return mafat_error_set(error, MAFAT_FAILED, "no socket: %s", strerror(errno));
    fflush(NULL);
    pid_t parent = getpid(), process = fork();
    if (process == 0) {
        if (!mafat_program_end_with(parent))    /* its pass may take minutes, and nobody asks any more */
            _exit(1);
        close(links[0]);
        serve(links[1], arguments, trial);
    }
    int reason = errno;
    close(links[1]);
    if (process < 0) {
        close(links[0]);
        return mafat_error_set(error, MAFAT_FAILED, "no second process: %s", strerror(reason));
    }
    *oracle = (mafat_oracle){process, links[0], trial->session.cfg.network.n_layers};
    return MAFAT_OK;
}

/* Asks for an output with its first value; the process then sends all of them. */
static mafat_status read_number(const mafat_oracle *oracle, int number, size_t first, size_t n,
                                float *to, mafat_error *error)
{
    bool answers = first > 0 || transfer(oracle->link, &number, sizeof number, true);
    return answers && transfer(oracle->link, to, n * sizeof *to, false) ? MAFAT_OK
                                                                        : fail_ended(error);
}

static mafat_status read_outputs(void *context, int layer, size_t first, size_t n, float *to,
                                 mafat_error *error)
{
    const mafat_oracle *oracle = context;
    return read_number(oracle, layer, first, n, to, error);
}

static mafat_status read_fast_outputs(void *context, int layer, size_t first, size_t n, float *to,
                                      mafat_error *error)
{
    const mafat_oracle *oracle = context;
    return read_number(oracle, oracle->n_layers + layer, first, n, to, error);
}

mafat_outputs mafat_oracle_outputs(mafat_oracle *oracle)
{
    return (mafat_outputs){oracle, "Darknet", read_outputs};
}

mafat_outputs mafat_oracle_fast_outputs(mafat_oracle *oracle)
{
    return (mafat_outputs){oracle, "the fast plan of one thread, layer by layer,", read_fast_outputs};
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
