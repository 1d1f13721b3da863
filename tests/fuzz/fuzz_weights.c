/* A weights file's header and length: it is refused with a message, or all who read it find the same
 * floats in it: Darknet's load_weights(), and the store that reads windows.
 *
 * The input is what the file begins with, and at its end, in four bytes, by how much the file is longer
 * than the network wants it, less than nothing too. */
#include <stdlib.h>
#include <string.h>

#include "bridge/caught.h"
#include "cfg/cfg.h"
#include "darknet.h"
#include "fuzz/fuzz.h"
#include "plan/build.h"
#include "run/store.h"
#include "run/weights.h"

static const char cfg_text[] =
    "[net]\nwidth=8\nheight=8\nchannels=1\n"
    "[convolutional]\nfilters=4\nsize=3\npad=1\nbatch_normalize=1\nactivation=leaky\n"
    "[convolutional]\nfilters=3\nsize=1\nactivation=linear\n";

enum { MOST_MORE = 64 };

static mafat_cfg cfg;
static mafat_plan plan;
static network *darknets;

static mafat_status make_network(void *path, mafat_error *error)
{
    (void)error;
    darknets = parse_network_cfg(path);
    return MAFAT_OK;
}

static mafat_status load(void *path, mafat_error *error)
{
    (void)error;
    load_weights(darknets, path);
    return MAFAT_OK;
}

static void begin(void)
{
    static mafat_caught_things things;
    static mafat_weight_mode modes[2] = {{.pinned = true}, {.pinned = true}};
    const char *path = fuzz_file(0, cfg_text, strlen(cfg_text));
    mafat_plan_options options = {.weights = modes, .n_images = 1};
    mafat_config config;
    mafat_error error = {0};
    fuzz_require_ok(mafat_cfg_read(&cfg, path, 0, 0, &error), &error);
    fuzz_require_ok(mafat_config_parse(&config, "1x1", &error), &error);
    fuzz_require_ok(mafat_build_plan(&plan, &cfg.network, &config, &options, &error), &error);
    fuzz_require_ok(mafat_caught_run(make_network, (void *)path, &things, true, &error), &error);
    mafat_config_free(&config);
}

static void require_same(const float *a, const float *b, size_t n)
{
    fuzz_require(memcmp(a, b, n * sizeof *a) == 0);
}

/* That Darknet and the store read what the file has at the places that are known of it. */
static void require_floats(const char *path, const char *bytes)
{
    mafat_caught_things things = {0};
    mafat_store store;
    mafat_error error = {0};
    uint64_t offsets[2];
    fuzz_require_ok(mafat_weights_find(path, &cfg.network, offsets, &error), &error);
    fuzz_require_ok(mafat_caught_run(load, (void *)path, &things, false, &error), &error);
    mafat_caught_free(&things);
    fuzz_require_ok(mafat_store_open(&store, path, &cfg.network, &plan, &error), &error);
    for (int l = 0; l < cfg.network.n_layers; l++) {
        const layer *theirs = &darknets->layers[l];
        const mafat_parameters *ours = &store.parameters[l];
        float floats[64];
        memcpy(floats, bytes + offsets[l], (size_t)theirs->nweights * sizeof *floats);
        require_same(theirs->weights, floats, (size_t)theirs->nweights);
        require_same(theirs->biases, ours->biases, (size_t)theirs->n);
        if (!theirs->batch_normalize)
            continue;
        require_same(theirs->scales, ours->scales, (size_t)theirs->n);
        require_same(theirs->rolling_mean, ours->mean, (size_t)theirs->n);
        require_same(theirs->rolling_variance, ours->variance, (size_t)theirs->n);
    }
    mafat_store_close(&store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int32_t more = 0;
    if (darknets == NULL)
        begin();
    if (size < sizeof more)
        return 0;
    size -= sizeof more;
    memcpy(&more, data + size, sizeof more);
    int64_t n_bytes = (int64_t)mafat_weights_file_bytes(&cfg.network) + more % MOST_MORE;
    char *bytes = malloc((size_t)n_bytes);
    for (int64_t i = 0; i < n_bytes; i++)
        bytes[i] = (char)(i % 4 == 3 ? 0x3e : i * 31);    /* floats between .1 and .2 */
    memcpy(bytes, data, size < (size_t)n_bytes ? size : (size_t)n_bytes);
    const char *path = fuzz_file(1, bytes, (size_t)n_bytes);
    mafat_error error = {0};
    mafat_status status = mafat_weights_verify(path, &cfg.network, &error);
    fuzz_require_told(status, &error);
    if (status == MAFAT_OK)
        require_floats(path, bytes);
    free(bytes);
    return 0;
}
