/* outputs CFG WEIGHTS: runs a network once, by the Darknet that this program is linked with, and
 * writes all that it gives to stdout, bit by bit. tools/networks links it with stock Darknet and with
 * ours.
 *
 * The input is made here, so that it suits any network, and the same for all. Beside the last output
 * those of all [yolo] layers are written. "seconds: N" on stderr is what the pass took. What goes
 * through a pipe of one page is charged to no memory limit worth the name, as a file would be. */
#define _GNU_SOURCE    /* F_SETPIPE_SZ */
#include <errno.h>
#include <fcntl.h>
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

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: outputs CFG WEIGHTS\n");
        return 2;
    }
    fcntl(STDOUT_FILENO, F_SETPIPE_SZ, (int)sysconf(_SC_PAGESIZE));    /* of no use to a file */
    network *net = load_network(argv[1], argv[2], 0);
    set_batch_network(net, 1);
    float *input = make_input(net->inputs);
    double begin_s = what_time_is_it_now();
    const float *output = network_predict(net, input);
    fprintf(stderr, "seconds: %f\n", what_time_is_it_now() - begin_s);
    for (int i = 0; i < net->n - 1; i++)
        if (net->layers[i].type == YOLO)
            put(net->layers[i].output, net->layers[i].outputs);
    put(output, net->outputs);
    return 0;
}
