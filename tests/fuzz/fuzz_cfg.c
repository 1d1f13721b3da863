/* A cfg: it is refused with a message, or becomes a network whose every number can be relied on. Saved
 * with other flags it is the same network with those flags, and saved again the same file. */
#include <stdlib.h>
#include <string.h>

#include "cfg/cfg.h"
#include "cfg/cfg_save.h"
#include "fuzz/fuzz.h"
#include "session/session.h"

static void require_shape(mafat_shape shape)
{
    fuzz_require(shape.c > 0 && shape.h > 0 && shape.w > 0);
    fuzz_require((uint64_t)shape.c * (uint64_t)shape.h <= SIZE_MAX / (uint64_t)shape.w);
}

static void require_layer(const mafat_network *network, int l)
{
    const mafat_layer *layer = &network->layers[l];
    require_shape(layer->in);
    require_shape(layer->out);
    for (int i = 0; i < layer->n_sources; i++)
        fuzz_require(layer->sources[i] >= -1 && layer->sources[i] < l);
    fuzz_require(layer->size > 0 && layer->stride > 0 && layer->pad >= 0);
    fuzz_require(layer->kind != MAFAT_CONVOLUTION ||
                 (layer->groups > 0 && layer->in.c % layer->groups == 0 && layer->out.c % layer->groups == 0));
    fuzz_require(layer->n_weight_sets >= 0 && layer->n_weight_sets <= MAFAT_MAX_WEIGHT_SETS);
    fuzz_require(layer->activation < MAFAT_N_ACTIVATIONS);
    fuzz_require(mafat_layer_producer(network, l) <= l);
}

static void require_network(const mafat_cfg *cfg)
{
    const mafat_network *network = &cfg->network;
    require_shape(network->input);
    fuzz_require(network->n_layers > 0 && network->n_layers <= MAFAT_MAX_LAYERS && cfg->batch > 0);
    for (int l = 0; l < network->n_layers; l++)
        require_layer(network, l);
}

static void require_saved(const mafat_cfg *cfg, const char *path)
{
    static const mafat_cfg_flags flags = {.config = "3x1r", .memory = "", .threads = "2"};
    mafat_cfg saved;
    mafat_error error = {0};
    size_t n_bytes, n_again;
    fuzz_require_ok(mafat_cfg_save(path, "saved.cfg", &flags, &error), &error);
    fuzz_require_ok(mafat_cfg_read(&saved, "saved.cfg", 0, 0, &error), &error);
    fuzz_require(saved.network.n_layers == cfg->network.n_layers);
    fuzz_require(strcmp(saved.config, "3x1r") == 0 && strcmp(saved.threads, "2") == 0);
    fuzz_require(saved.memory == NULL);
    char *bytes = fuzz_read("saved.cfg", &n_bytes);
    fuzz_require_ok(mafat_cfg_save("saved.cfg", "saved.cfg", &flags, &error), &error);
    char *again = fuzz_read("saved.cfg", &n_again);
    fuzz_require(n_bytes == n_again && memcmp(bytes, again, n_bytes) == 0);
    free(bytes);
    free(again);
    mafat_cfg_free(&saved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(0, data, size);
    mafat_cfg cfg;
    mafat_error error = {0};
    mafat_status status = mafat_cfg_read(&cfg, path, 0, 0, &error);
    fuzz_require_told(status, &error);
    mafat_session_is_asked_for(path);
    mafat_session_has_limit(path);
    bool is_foreign = mafat_session_is_foreign(path);
    if (status != MAFAT_OK)
        return 0;
    fuzz_require(is_foreign == cfg.is_foreign);
    require_network(&cfg);
    mafat_cfg_print_notes(&cfg, path);
    require_saved(&cfg, path);
    mafat_cfg_free(&cfg);
    return 0;
}
