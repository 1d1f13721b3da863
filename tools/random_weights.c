/* random_weights CFG OUT [SEED]: plausible weights in Darknet's format for any cfg.
 *
 * With them every network can be run, timed and compared without a download. The same seed gives
 * the same bytes on every machine and with every compiler flag: see draw(). */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/layer.h"
#include "base/status.h"
#include "cfg/cfg.h"
#include "run/weights.h"

static const char usage[] =
    "usage: random_weights CFG OUT [SEED]\n"
    "Writes random but plausible weights for the network CFG to the file OUT.\n"
    "SEED is a whole number, 1 if absent; the same seed gives the same bytes everywhere.\n";

/* -- random numbers ---------------------------------------------------------------------------- */

/* Values are (offset + z) * unit: z is a whole number of mean 0 and deviation SIGMA. */
typedef struct {
    uint64_t state;
    int32_t offset;
    float unit;
} source;

/* Deviation of the sum of four uniform 16-bit numbers, sqrt(4 * (2^32 - 1) / 12). */
#define SIGMA 37837.2

/* Steele, Lea and Flood's splitmix64: a counter and a hash of it. */
static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* A nearly normal number, at most 3.5 deviations from the mean. All is done in integers, which
 * convert to float exactly, but for one multiplication: there is no sum that a compiler may fuse
 * with it, and no function of libm, so nothing is left whose bits could differ. */
static float draw(source *s)
{
    uint64_t bits = splitmix64(&s->state);
    int32_t sum = (int32_t)((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) +
                            (bits >> 48));
    return (float)(s->offset + sum - 2 * 0xFFFF) * s->unit;
}

static source make_source(uint64_t stream, double mean, double deviation)
{
    double unit = deviation / SIGMA;
    return (source){.state = stream, .offset = (int32_t)floor(mean / unit + 0.5),
                    .unit = (float)unit};
}

/* -- writing ----------------------------------------------------------------------------------- */

static void put_word(uint32_t word, FILE *file)
{
    for (int i = 0; i < 4; i++)
        putc_unlocked((int)(word >> 8 * i & 0xFF), file);
}

static void put_header(FILE *file)
{
    const uint64_t n_images_seen = 32013312;  /* what the published YOLOv2 was trained on */
    const uint32_t words[] = {0, 2, 0, (uint32_t)n_images_seen, (uint32_t)(n_images_seen >> 32)};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        put_word(words[i], file);
}

static void put_floats(source s, size_t n, FILE *file)
{
    for (size_t i = 0; i < n; i++) {
        float value = draw(&s);
        uint32_t word;
        memcpy(&word, &value, sizeof word);
        put_word(word, file);
    }
}

/* Deviation of a block's weights. He's sqrt(2 / fan_in) keeps the size of activations through any
 * number of layers; a residual is kept small because it is added to all those before it. */
static double weight_deviation(const mafat_network *network, int layer,
                               const mafat_weight_set *set)
{
    const char *reader = layer + 1 < network->n_layers ? network->layers[layer + 1].type : "";
    double gain = strcmp(reader, "shortcut") == 0 ? 0.1 : 1;
    return gain * sqrt(2.0 * (double)set->n_biases / (double)set->n_weights);
}

static void put_set(const mafat_network *network, int layer, const mafat_weight_set *set,
                    uint64_t stream, FILE *file)
{
    double deviation = set->n_biases != 0 && set->n_weights != 0 ? weight_deviation(network, layer, set) : 0;
    bool weighs_maps = set->n_biases == 0;    /* those that a shortcut adds */
    source weights = make_source(splitmix64(&stream), weighs_maps ? 0.5 : 0, weighs_maps ? 0.3 : deviation);
    source biases = make_source(splitmix64(&stream), 0, 0.1);
    source scales = make_source(splitmix64(&stream), 1, 0.1);
    source means = make_source(splitmix64(&stream), 0, 0.1);
    source variances = make_source(splitmix64(&stream), 1, 0.2);
    put_floats(biases, set->n_biases, file);
    if (set->norms_last)
        put_floats(weights, set->n_weights, file);
    put_floats(scales, set->n_norms, file);
    put_floats(means, set->n_norms, file);
    put_floats(variances, set->n_norms, file);
    if (!set->norms_last)
        put_floats(weights, set->n_weights, file);
}

static void put_network(const mafat_network *network, uint64_t seed, FILE *file)
{
    put_header(file);
    for (int i = 0; i < network->n_layers && !ferror(file); i++) {
        /* a stream of its own for each layer: to change one layer leaves the others alone */
        uint64_t stream = seed ^ (uint64_t)(i + 1) * 0xD1B54A32D192ED03u;
        for (int s = 0; s < network->layers[i].n_weight_sets; s++)
            put_set(network, i, &network->layers[i].weight_sets[s], splitmix64(&stream), file);
    }
}

/* -- the file ---------------------------------------------------------------------------------- */

static mafat_status fail_to_write(const char *path, int reason, mafat_error *error)
{
    mafat_error_set(error, MAFAT_FAILED, "cannot be written: %s", strerror(reason));
    mafat_error_set_file(error, path);
    return MAFAT_FAILED;
}

/* Writes `partial` and gives it the name `out` only when it is whole. */
static mafat_status write_weights(const mafat_network *network, uint64_t seed, const char *partial,
                                  const char *out, mafat_error *error)
{
    FILE *file = fopen(partial, "wbx");
    if (file == NULL)
        return fail_to_write(partial, errno, error);
    put_network(network, seed, file);
    bool failed = ferror(file) != 0;
    failed = fclose(file) != 0 || failed;
    failed = failed || rename(partial, out) != 0;
    if (!failed)
        return MAFAT_OK;
    int reason = errno;
    unlink(partial);
    return fail_to_write(out, reason, error);
}

/* A device or a directory must not be renamed away. */
static mafat_status check_out(const char *out, mafat_error *error)
{
    struct stat info;
    if (stat(out, &info) != 0 || S_ISREG(info.st_mode))
        return MAFAT_OK;
    mafat_error_set(error, MAFAT_FAILED, "is not a regular file");
    mafat_error_set_file(error, out);
    return MAFAT_FAILED;
}

static mafat_status run(const char *cfg_path, const char *out, uint64_t seed, mafat_error *error)
{
    mafat_cfg cfg;
    mafat_status status = mafat_cfg_read(&cfg, cfg_path, 0, 0, error);
    if (status != MAFAT_OK)
        return status;
    status = check_out(out, error);
    char partial[4096];
    int length = snprintf(partial, sizeof partial, "%s.%ld.partial", out, (long)getpid());
    if (status == MAFAT_OK && length >= (int)sizeof partial)
        status = fail_to_write(out, ENAMETOOLONG, error);
    if (status == MAFAT_OK)
        status = write_weights(&cfg.network, seed, partial, out, error);
    if (status == MAFAT_OK)
        printf("file_bytes: %llu\n",
               (unsigned long long)mafat_weights_file_bytes(&cfg.network));
    mafat_cfg_free(&cfg);
    return status;
}

static bool parse_seed(const char *text, uint64_t *seed)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *seed = value;
    return isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return MAFAT_OK;
    }
    uint64_t seed = 1;
    if (argc < 3 || argc > 4 || strcmp(argv[1], argv[2]) == 0) {
        fputs(usage, stderr);
        return MAFAT_USAGE;
    }
    if (argc == 4 && !parse_seed(argv[3], &seed)) {
        fprintf(stderr, "mafat: SEED is '%s', must be a whole number from 0 to %llu\n%s", argv[3],
                (unsigned long long)UINT64_MAX, usage);
        return MAFAT_USAGE;
    }
    mafat_error error;
    mafat_status status = run(argv[1], argv[2], seed, &error);
    if (status != MAFAT_OK)
        mafat_error_print(&error, stderr);
    return (int)status;
}
