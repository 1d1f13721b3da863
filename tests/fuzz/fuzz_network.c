/* A cfg through all of the library, with Darknet inside: the network is refused with a message, or it is
 * opened with weights, runs, and gives, bit by bit, what Darknet's own pass over the layers gives; and
 * what it finds in an image can be gone through. Whatever Darknet's code does with the cfg, trees
 * and maps that it names among it, the process goes on.
 *
 * The input is the cfg. two.tree, three.tree and two.map are there to be named. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/cfg.h"
#include "fuzz/fuzz.h"
#include "mafat.h"
#include "run/weights.h"

enum { MAX_LAYERS = 16, MAX_FLOATS = 1 << 18, MAX_MACS = 1 << 22, MAX_BATCH = 8 };

static void write_files(void)
{
    static const char two[] = "a -1\nb -1\n", three[] = "a -1\nb 0\nc 0\n", map[] = "1\n0\n";
    static bool are_written;
    if (are_written)
        return;
    fuzz_write("two.tree", two, strlen(two));
    fuzz_write("three.tree", three, strlen(three));
    fuzz_write("two.map", map, strlen(map));
    are_written = true;
}

static bool is_small(const mafat_cfg *cfg)
{
    const mafat_network *network = &cfg->network;
    size_t n_floats = mafat_shape_floats(network->input);
    uint64_t macs = 0;
    if (network->n_layers > MAX_LAYERS || cfg->batch > MAX_BATCH)
        return false;
    for (int l = 0; l < network->n_layers && n_floats < MAX_FLOATS; l++) {
        const mafat_layer *layer = &network->layers[l];
        n_floats += mafat_shape_floats(layer->in) + mafat_shape_floats(layer->out);
        n_floats += mafat_layer_weight_floats(layer);
        macs += mafat_layer_macs(layer, (size_t)layer->out.h * (size_t)layer->out.w);
    }
    return n_floats < MAX_FLOATS && macs < MAX_MACS;
}

/* Opens the network in a way of running it; NULL: it is refused. */
static mafat *open_network(const char *cfg, const char *weights, const char *config)
{
    mafat_settings settings = {.config = config, .n_threads = config == NULL ? 2 : 1};
    mafat_error error = {0};
    mafat *network;
    mafat_status status = mafat_open(&network, cfg, weights, &settings, &error);
    fuzz_require_told(status, &error);
    fuzz_require((status == MAFAT_OK) == (network != NULL));
    return network;
}

/* Runs it on the floats; the caller frees what it returns; NULL: it could not be run. */
static float *run(mafat *network, const float *floats, size_t *n)
{
    mafat_facts facts;
    mafat_error error = {0};
    mafat_describe(network, &facts);
    *n = (size_t)facts.n_outputs;
    float *outputs = calloc(*n, sizeof *outputs);
    mafat_status status = mafat_run(network, &(mafat_image){.floats = floats}, outputs, &error);
    fuzz_require_told(status, &error);
    if (status == MAFAT_OK)
        return outputs;
    free(outputs);
    return NULL;
}

static void require_finds(mafat *network)
{
    static const unsigned char pixels[9 * 7 * 3] = {200, 100, 50};
    mafat_thresholds thresholds = {.01f, .5f};
    mafat_result *result;
    mafat_error error = {0};
    mafat_box box;
    mafat_facts facts;
    mafat_status status = mafat_detect(network, &(mafat_image){.pixels = pixels, .width = 9, .height = 7},
                                       &thresholds, &result, &error);
    fuzz_require_told(status, &error);
    mafat_describe(network, &facts);
    for (size_t at = 0; status == MAFAT_OK && mafat_result_next(result, &at, &box);)
        fuzz_require(box.class_index >= 0 && box.class_index < facts.n_classes);
    mafat_result_free(result);
}

/* Values beyond all numbers are whatever Darknet's compiler likes (-Ofast). */
static bool are_finite(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(x[i]) < 1e30f))
            return false;
    return true;
}

static void try_network(const char *cfg, const char *weights, const float *floats)
{
    size_t n_ours, n_darknets;
    float *darknets = NULL, *ours = NULL;
    mafat *network = open_network(cfg, weights, "layers");
    if (network != NULL)
        darknets = run(network, floats, &n_darknets);
    mafat_close(network);
    network = open_network(cfg, weights, NULL);
    if (network != NULL)
        ours = run(network, floats, &n_ours);
    if (darknets != NULL && ours != NULL && are_finite(darknets, n_darknets)) {
        fuzz_require(n_ours == n_darknets);
        for (size_t i = 0; i < n_ours; i++)
            if (memcmp(&ours[i], &darknets[i], sizeof *ours) != 0)
                fuzz_fail(__FILE__, __LINE__, "output %zu of %zu: %.9g, Darknet's %.9g", i, n_ours,
                          (double)ours[i], (double)darknets[i]);
    }
    if (ours != NULL)
        require_finds(network);
    mafat_close(network);
    free(darknets);
    free(ours);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    test_random r = fuzz_random(data, size);
    const char *path = fuzz_file(0, data, size);
    mafat_cfg cfg;
    mafat_error error = {0};
    write_files();
    if (mafat_cfg_read(&cfg, path, 0, 0, &error) != MAFAT_OK)
        return 0;
    if (is_small(&cfg)) {
        size_t n = mafat_shape_floats(cfg.network.input);
        float *floats = malloc(n * sizeof *floats);
        fuzz_fill(&r, floats, n, 0, 1);
        try_network(path, fuzz_weights(1, &r, (size_t)mafat_weights_file_bytes(&cfg.network)), floats);
        free(floats);
    }
    mafat_cfg_free(&cfg);
    return 0;
}
