/* Sizes of weights files, from their headers and from the network; see weights.h. */
#define _FILE_OFFSET_BITS 64  /* st_size, also where long has 32 bits */
#include "run/weights.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

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

/* What people have in place of weights, by bytes at its beginning. A weights file begins with three
 * small numbers, so that it has zeros among its first bytes, and none of these. */
#define WEB "is a web page, not weights: a download that went wrong"
#define PICTURE(name) "is a " name ", not weights"
#define OTHER(name) "is " name ", not weights of Darknet"
#define PACKED(by) "is compressed by " by "; unpack it"
static const struct {
    size_t at;
    const char *bytes;
    size_t n_bytes;
    const char *what;
} others[] = {
#define ROW(at, bytes, what) {at, bytes, sizeof bytes - 1, what}
    ROW(0, "PK\3\4", "is a ZIP archive, as PyTorch writes them, not weights of Darknet"),
    ROW(0, "\x80\2", OTHER("a pickle, as PyTorch writes them")),
    ROW(0, "\x80\3", OTHER("a pickle, as PyTorch writes them")),
    ROW(0, "\x80\4", OTHER("a pickle, as PyTorch writes them")),
    ROW(0, "\x80\5", OTHER("a pickle, as PyTorch writes them")),
    ROW(0, "\x89HDF", OTHER("an HDF5 file, as Keras writes them")),
    ROW(4, "TFL3", OTHER("a TensorFlow Lite model")),
    ROW(0, "GGUF", OTHER("a GGUF model")),
    ROW(0, "7767517\n", OTHER("an ncnn model")),
    ROW(0, "\x93NUMPY", OTHER("a NumPy array")),
    ROW(8, "{\"", OTHER("a safetensors file")),
    ROW(0, "\x1f\x8b", PACKED("gzip")),
    ROW(0, "\xfd" "7zXZ", PACKED("xz")),
    ROW(0, "BZh", PACKED("bzip2")),
    ROW(0, "\x28\xb5\x2f\xfd", PACKED("zstd")),
    ROW(0, "7z\xbc\xaf", PACKED("7-Zip")),
    ROW(0, "Rar!", PACKED("RAR")),
    ROW(257, "ustar", "is a tar archive; unpack it"),
    ROW(0, "\xff\xd8\xff", PICTURE("JPEG picture")),
    ROW(0, "\x89PNG", PICTURE("PNG picture")),
    ROW(0, "GIF8", PICTURE("GIF picture")),
    ROW(0, "RIFF", PICTURE("RIFF file (WebP, WAV)")),
    ROW(0, "%PDF", "is a PDF, not weights"),
    ROW(0, "\x7f" "ELF", "is a program, not weights"),
#undef ROW
};

/* The same for texts, whatever blanks stand before them, and whatever their case. */
static const struct {
    const char *begin, *what;
} texts[] = {
    {"version https://git-lfs", "is a pointer of Git LFS and not the weights, which `git lfs pull` "
                                "fetches"},
    {"<!doctype", WEB},
    {"<html", WEB},
    {"<?xml", "is an XML text, not weights: a download that went wrong"},
    {"{", "is a JSON text, not weights"},
    {"[net]", "is a cfg file, not weights"},
    {"[network]", "is a cfg file, not weights"},
};

enum { BEGIN_BYTES = 512 };    /* of a file that are looked at */

/* A protocol buffer of ONNX: its version, then the name of who made it, or the graph. */
static bool is_onnx(const unsigned char *begin, size_t n_bytes)
{
    return n_bytes > 4 && begin[0] == 0x08 && begin[1] > 0 && begin[1] < 32 &&
           ((begin[2] == 0x12 && isalpha(begin[4])) || begin[2] == 0x3a);
}

/* Whether all that was read of a file can be text; a weights file has zeros there. */
static bool is_text(const unsigned char *begin, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (begin[i] < ' ' && !isspace(begin[i]))
            return false;
    return n_bytes > 0;
}

/* Whether a text has a line that begins with a section of a cfg's. */
static bool is_cfg(const char *text)
{
    while (text != NULL && strncmp(text, "[net", 4) != 0)
        text = (text = strchr(text, '\n')) != NULL ? text + 1 : NULL;
    return text != NULL;
}

/* Names a file that is no weights file for sure; its n_bytes have a NUL behind them. */
static mafat_status recognise(const unsigned char *begin, size_t n_bytes, mafat_error *error)
{
    const char *text = (const char *)begin;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (n_bytes >= others[i].at + others[i].n_bytes &&
            memcmp(begin + others[i].at, others[i].bytes, others[i].n_bytes) == 0)
            return mafat_error_set(error, MAFAT_FAILED, "%s", others[i].what);
    if (is_onnx(begin, n_bytes))
        return mafat_error_set(error, MAFAT_FAILED, OTHER("an ONNX model"));
    text += strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    text += strspn(text, " \t\r\n");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strncasecmp(text, texts[i].begin, strlen(texts[i].begin)) == 0)
            return mafat_error_set(error, MAFAT_FAILED, "%s", texts[i].what);
    if (is_text(begin, n_bytes))
        return mafat_error_set(error, MAFAT_FAILED, is_cfg(text) ? "is a cfg file, not weights"
                                                                 : "is a text, not weights");
    return MAFAT_OK;
}

/* Finds where the floats start, by Darknet's own condition. */
static mafat_status find_header_bytes(const char *path, size_t *n_bytes, mafat_error *error)
{
    enum { HEADER_BYTES = N_VERSION_WORDS * WORD };
    unsigned char header[BEGIN_BYTES + 1];
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
    status = recognise(header, n_read, error);
    if (status != MAFAT_OK)
        return status;
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
