/* See random_weights.h. */
#include "support/random_weights.h"

#include <fcntl.h>
#include <unistd.h>

#include "darknet.h"

void test_fill(test_random *r, float *x, int n, float low, float high)
{
    for (int i = 0; x != NULL && i < n; i++)
        x[i] = test_random_float(r, low, high);
}

static void randomise_network(test_random *r, network *net)
{
    for (int i = 0; i < net->n; i++) {
        layer *l = &net->layers[i];
        if (l->type == SHORTCUT)
            test_fill(r, l->weights, l->nweights, -0.3f, 1);
        if (l->type != CONVOLUTIONAL)
            continue;
        test_fill(r, l->weights, l->nweights, -0.3f, 0.3f);
        test_fill(r, l->biases, l->n, -0.3f, 0.3f);
        test_fill(r, l->scales, l->n, 0.5f, 1.5f);
        test_fill(r, l->rolling_mean, l->n, -0.2f, 0.2f);
        test_fill(r, l->rolling_variance, l->n, 0.3f, 1.7f);
    }
}

mafat_bridge *test_load_random(test_random *r, const char *cfg_path, const char *weights_path,
                               const char *threads)
{
    mafat_request request = {.options = {.config = "1x1", .threads = threads}, .keeps_darknet = true};
    int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    mafat_bridge *bridge = mafat_inference_load(cfg_path, NULL, &request);
    randomise_network(r, bridge->network);
    save_weights(bridge->network, (char *)weights_path);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(null);
    return bridge;
}
