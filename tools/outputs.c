/* outputs CFG WEIGHTS [again]: runs a network, by the Darknet that this program is linked with, and
 * writes all that it gives to stdout, bit by bit. tools/networks and tools/paper link it with stock
 * Darknet and with ours.
 *
 * The input is made here, so that it suits any network, and the same for all. Beside the last output
 * those of all [yolo] layers are written. "seconds: N" on stderr is what the pass took, the first
 * after loading; with `again` another one follows, and what that took: it finds memory that was
 * touched before, and weights that were read, where they stay in memory. What goes
 * through a pipe of one page is charged to no memory limit worth the name, as a file would be. */
#define _GNU_SOURCE    /* F_SETPIPE_SZ */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "darknet.h"

static void fail(const char *what)
{
    fprintf(stderr, "outputs: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Values in [0, 1), as pixels have, of a hash of their places. */
static float *make_input(int n)
{
    float *input = malloc((size_t)n * sizeof *input);
    if (input == NULL)
        fail("the input");
    for (int i = 0; i < n; i++)
        input[i] = (float)((uint32_t)i * 2654435761u >> 8) / (1 << 24);
    return input;
}

static void put(const float *values, int n)
{
    const char *at = (const char *)values;
    size_t left = (size_t)n * sizeof *values;
    while (left > 0) {
        ssize_t written = write(STDOUT_FILENO, at, left);
        if (written < 0 && errno != EINTR)
            fail("stdout");
        if (written > 0) {
            at += written;
            left -= (size_t)written;
        }
    }
}

static const float *pass(network *net, float *input, const char *name)
{
    double begin_s = what_time_is_it_now();
    const float *output = network_predict(net, input);
    fprintf(stderr, "%s: %f\n", name, what_time_is_it_now() - begin_s);
    return output;
}

int main(int argc, char **argv)
{
    bool again = argc == 4 && strcmp(argv[3], "again") == 0;
    if (argc != 3 + again) {
        fprintf(stderr, "usage: outputs CFG WEIGHTS [again]\n");
        return 2;
    }
    fcntl(STDOUT_FILENO, F_SETPIPE_SZ, (int)sysconf(_SC_PAGESIZE));    /* of no use to a file */
    network *net = load_network(argv[1], argv[2], 0);
    set_batch_network(net, 1);
    float *input = make_input(net->inputs);
    const float *output = pass(net, input, "seconds");
    if (again)
        output = pass(net, input, "seconds_again");
    for (int i = 0; i < net->n - 1; i++)
        if (net->layers[i].type == YOLO)
            put(net->layers[i].output, net->layers[i].outputs);
    put(output, net->outputs);
    return 0;
}
