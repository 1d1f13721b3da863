/* Sizes of weights files, from their headers and from the network; see weights.h. */
#include "run/weights.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/recognise.h"

enum { WORD = 4, N_VERSION_WORDS = 3 };

static uint64_t layer_bytes(const mafat_layer *layer)
{
    return (uint64_t)mafat_layer_weight_floats(layer) * sizeof(float);
}

static uint64_t network_bytes(const mafat_network *network)
{
    uint64_t n_bytes = 0;
    for (int i = 0; i < network->n_layers; i++)
        n_bytes += layer_bytes(&network->layers[i]);
    return n_bytes;
}

uint64_t mafat_weights_file_bytes(const mafat_network *network)
{
    return N_VERSION_WORDS * WORD + sizeof(uint64_t) + network_bytes(network);
}

static int64_t little_endian(const unsigned char *word)
{
    uint32_t value = 0;
    for (int i = WORD - 1; i >= 0; i--)
        value = value << 8 | word[i];
    return (int32_t)value;
}

/* Finds where the floats start, by Darknet's own condition. */
static mafat_status find_header_bytes(const char *path, size_t *n_bytes, mafat_error *error)
{
    enum { HEADER_BYTES = N_VERSION_WORDS * WORD };
    unsigned char header[MAFAT_RECOGNISE_BYTES + 1];
    FILE *file;
    uint64_t size;
    mafat_status status = mafat_file_open(path, "weights file", &file, &size, error);
    if (status != MAFAT_OK)
        return status;
    size_t n_read = fread(header, 1, sizeof header - 1, file);
    int reason = errno;
    bool unreadable = ferror(file) != 0;
    fclose(file);
    header[n_read] = '\0';
    if (unreadable)
        return mafat_error_set(error, MAFAT_FAILED, "cannot be read: %s", strerror(reason));
    if (n_read == 0)
        return mafat_error_set(error, MAFAT_FAILED, "is empty: it holds 0 bytes, too few for the header of a "
                               "weights file");
    mafat_recognised found = mafat_recognise(header, n_read);
    if (found.kind != MAFAT_RECOGNISED_NOT && found.kind != MAFAT_RECOGNISED_WEIGHTS)
        return mafat_recognise_fail(&found, "weights of Darknet", error);
    if (n_read < HEADER_BYTES)
        return mafat_error_set(error, MAFAT_FAILED,
                               "holds %zu bytes, too few for the header of a weights file", n_read);
    int64_t major = little_endian(header), minor = little_endian(header + WORD);
    bool long_seen = major * 10 + minor >= 2 && major < 1000 && minor < 1000;
    *n_bytes = HEADER_BYTES + (long_seen ? sizeof(int64_t) : sizeof(int32_t));
    return MAFAT_OK;
}

/* A `seen` of the other width than the version says, as some programs write it, moves all floats
 * by one: the size gives it away. */
static const char *seen_hint(const mafat_network *network, uint64_t n_bytes, size_t header_bytes)
{
    bool is_long = header_bytes == N_VERSION_WORDS * WORD + sizeof(int64_t);
    uint64_t other = N_VERSION_WORDS * WORD + (is_long ? sizeof(int32_t) : sizeof(int64_t));
    if (n_bytes != other + network_bytes(network))
        return "";
    return is_long ? "; so it is where `seen` has 32 bits, and from version 0.2 on Darknet reads "
                     "64: write four zero bytes behind the first 16"
                   : "; so it is where `seen` has 64 bits, and before version 0.2 Darknet reads "
                     "32: leave out the four bytes behind the first 16";
}

/* Says where a file ends that is too short: in the header, or inside a layer. */
static mafat_status fail_short(const mafat_network *network, uint64_t n_bytes, size_t header_bytes,
                               mafat_error *error)
{
    uint64_t needed = header_bytes + network_bytes(network);
    if (n_bytes < header_bytes)
        return mafat_error_set(error, MAFAT_FAILED,
                               "holds %llu bytes, the network needs %llu: it ends inside its "
                               "header", (unsigned long long)n_bytes, (unsigned long long)needed);
    uint64_t end = header_bytes;
    int i = -1;
    while (end <= n_bytes)
        end += layer_bytes(&network->layers[++i]);
    return mafat_error_set_layer(error, MAFAT_FAILED, i, network->layers[i].type,
                                 "the file holds %llu bytes, the network needs %llu: it ends "
                                 "inside this layer%s", (unsigned long long)n_bytes,
                                 (unsigned long long)needed,
                                 seen_hint(network, n_bytes, header_bytes));
}

static mafat_status verify(const char *path, const mafat_network *network, mafat_error *error)
{
    uint64_t n_bytes = 0;
    size_t header_bytes = 0;
    mafat_status status = mafat_file_size(path, "weights file", &n_bytes, error);
    if (status == MAFAT_OK)
        status = find_header_bytes(path, &header_bytes, error);
    if (status != MAFAT_OK)
        return status;
    uint64_t needed = header_bytes + network_bytes(network);
    if (n_bytes < needed)
        return fail_short(network, n_bytes, header_bytes, error);
    if (n_bytes > needed)
        return mafat_error_set(error, MAFAT_FAILED,
                               "holds %llu bytes, the network needs %llu: %llu bytes too many%s",
                               (unsigned long long)n_bytes, (unsigned long long)needed,
                               (unsigned long long)(n_bytes - needed),
                               seen_hint(network, n_bytes, header_bytes));
    return MAFAT_OK;
}

mafat_status mafat_weights_verify(const char *path, const mafat_network *network,
                                  mafat_error *error)
{
    mafat_status status = verify(path, network, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, path);
    return status;
}

mafat_status mafat_weights_find(const char *path, const mafat_network *network, uint64_t *offsets,
                                mafat_error *error)
{
    size_t header_bytes = 0;
    mafat_status status = find_header_bytes(path, &header_bytes, error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(error, path);
        return status;
    }
    uint64_t at = header_bytes;
    for (int l = 0; l < network->n_layers; l++) {
        const mafat_layer *layer = &network->layers[l];
        if (layer->n_weight_sets > 0) {
            const mafat_weight_set *set = &layer->weight_sets[0];
            size_t n_before = set->n_biases + (set->norms_last ? 0 : 3 * set->n_norms);
            offsets[l] = at + n_before * sizeof(float);
        }
        at += layer_bytes(layer);
    }
    return MAFAT_OK;
}
