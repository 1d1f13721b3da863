/* See recognise.h. */
#include "base/recognise.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

/* ---------------------------------------------------------------------------------------- bytes */

#define PICTURE MAFAT_RECOGNISED_PICTURE
#define OTHER MAFAT_RECOGNISED_OTHER
#define PACKED(by) OTHER, "compressed by " by, "unpack it"
#define PICKLE OTHER, "a pickle, as PyTorch writes them", NULL

/* By bytes at its beginning. A weights file begins with three small numbers, so that it has zeros
 * among its first bytes, and none of these. */
static const struct {
    size_t at;
    const char *bytes;
    size_t n_bytes;
    mafat_recognised found;
} rows[] = {
#define ROW(at, bytes, ...) {at, bytes, sizeof bytes - 1, {__VA_ARGS__}}
    ROW(0, "PK\3\4", OTHER, "a ZIP archive, as PyTorch writes them", NULL),
    ROW(0, "\x80\2", PICKLE),
    ROW(0, "\x80\3", PICKLE),
    ROW(0, "\x80\4", PICKLE),
    ROW(0, "\x80\5", PICKLE),
    ROW(0, "\x89HDF", OTHER, "an HDF5 file, as Keras writes them", NULL),
    ROW(4, "TFL3", OTHER, "a TensorFlow Lite model", NULL),
    ROW(0, "GGUF", OTHER, "a GGUF model", NULL),
    ROW(0, "7767517\n", OTHER, "an ncnn model", NULL),
    ROW(0, "\x93NUMPY", OTHER, "a NumPy array", NULL),
    ROW(8, "{\"", OTHER, "a safetensors file", NULL),
    ROW(0, "\x1f\x8b", PACKED("gzip")),
    ROW(0, "\xfd" "7zXZ", PACKED("xz")),
    ROW(0, "BZh", PACKED("bzip2")),
    ROW(0, "\x28\xb5\x2f\xfd", PACKED("zstd")),
    ROW(0, "7z\xbc\xaf", PACKED("7-Zip")),
    ROW(0, "Rar!", PACKED("RAR")),
    ROW(257, "ustar", OTHER, "a tar archive", "unpack it"),
    ROW(0, "\xff\xd8\xff", PICTURE, "a JPEG picture", NULL),
    ROW(0, "\x89PNG", PICTURE, "a PNG picture", NULL),
    ROW(0, "GIF8", PICTURE, "a GIF picture", NULL),
    ROW(0, "8BPS", PICTURE, "a PSD picture", NULL),
    ROW(0, "#?RADIANCE", PICTURE, "an HDR picture", NULL),
    ROW(0, "#?RGBE", PICTURE, "an HDR picture", NULL),
    ROW(0, "RIFF", OTHER, "a RIFF file (WebP, WAV, AVI)", NULL),
    ROW(0, "II*\0", OTHER, "a TIFF picture", NULL),
    ROW(0, "MM\0*", OTHER, "a TIFF picture", NULL),
    ROW(4, "ftyp", OTHER, "a film or a HEIC or AVIF picture", NULL),
    ROW(0, "\x1a\x45\xdf\xa3", OTHER, "a Matroska film", NULL),
    ROW(0, "%PDF", OTHER, "a PDF", NULL),
    ROW(0, "\x7f" "ELF", OTHER, "a program", NULL),
#undef ROW
};

/* A protocol buffer of ONNX: its version, then the name of who made it, or the graph. */
static bool is_onnx(const unsigned char *begin, size_t n_bytes)
{
    return n_bytes > 4 && begin[0] == 0x08 && begin[1] > 0 && begin[1] < 32 &&
           ((begin[2] == 0x12 && isalpha(begin[4])) || begin[2] == 0x3a);
}

static bool is_bmp(const unsigned char *begin, size_t n_bytes)
{
    return n_bytes > 10 && memcmp(begin, "BM", 2) == 0 && memcmp(begin + 6, "\0\0\0\0", 4) == 0;
}

static bool is_pnm(const unsigned char *begin, size_t n_bytes)
{
    return n_bytes > 3 && begin[0] == 'P' && (begin[1] == '5' || begin[1] == '6') &&
           (isspace(begin[2]) || begin[2] == '#');
}

/* A version of three small numbers, not all of them zero, in little endian words. */
static bool is_weights(const unsigned char *begin, size_t n_bytes)
{
    enum { N_WORDS = 3, WORD = 4, MOST = 16 };
    int sum = 0;
    for (int i = 0; i < N_WORDS && n_bytes >= N_WORDS * WORD; i++) {
        const unsigned char *word = begin + i * WORD;
        if (word[0] > MOST || word[1] != 0 || word[2] != 0 || word[3] != 0)
            return false;
        sum += word[0];
    }
    return sum > 0;
}

/* ---------------------------------------------------------------------------------------- texts */

#define CFG {MAFAT_RECOGNISED_CFG, "a cfg file", NULL}
#define WEB {OTHER, "a web page", "a download that went wrong"}

/* By what a text begins with, whatever blanks stand before it, and whatever its case. */
static const struct {
    const char *begin;
    mafat_recognised found;
} texts[] = {
    {"version https://git-lfs", {OTHER, "a pointer of Git LFS", "`git lfs pull` fetches what it "
                                                                "stands for"}},
    {"<!doctype", WEB},
    {"<html", WEB},
    {"<?xml", {OTHER, "an XML text", "a download that went wrong"}},
    {"{", {OTHER, "a JSON text", NULL}},
    {"[net]", CFG},
    {"[network]", CFG},
};

/* Whether all that was read of a file can be text; a weights file has zeros there. */
static bool is_text(const unsigned char *begin, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (begin[i] < ' ' && !isspace(begin[i]))
            return false;
    return n_bytes > 0;
}

/* Whether a line is KEY=VALUE with a key of data files'. */
static bool is_of_data(const char *line)
{
    static const char *const keys[] = {"classes", "names", "labels", "train", "valid", "test",
                                       "backup", "results", "eval", "top", "tree", "map"};
    size_t n = strcspn(line, " \t=\n");
    if (line[n + strspn(line + n, " \t")] != '=')
        return false;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strlen(keys[i]) == n && strncmp(line, keys[i], n) == 0)
            return true;
    return false;
}

/* Whether a line is a comment, as cfgs and data files have them. */
static bool is_comment(const char *line)
{
    return line[0] == '#' || line[0] == ';';
}

/* Whether a line gives a key a value, as in cfgs and data files. */
static bool has_value(const char *line)
{
    return line[strcspn(line, "=\n")] == '=';
}

/* Whether a line ends as the name of an image does. */
static bool is_of_list(const char *line)
{
    static const char *const suffixes[] = {".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".gif", ".tga"};
    size_t length = strcspn(line, "\r\n");
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t n = strlen(suffixes[i]);
        if (length > n && strncasecmp(line + length - n, suffixes[i], n) == 0)
            return true;
    }
    return false;
}

/* What kind of text it is, by the lines that tell. What has sections is no data file, and what gives
 * keys values is no list, whatever else it names. */
static mafat_recognised look_at_lines(const char *text)
{
    static const mafat_recognised data = {MAFAT_RECOGNISED_DATA, "a data file", NULL},
                                  list = {MAFAT_RECOGNISED_LIST, "a list of images", NULL},
                                  plain = {MAFAT_RECOGNISED_TEXT, "a text", NULL};
    bool is_data = false, is_list = false, has_values = false;
    for (const char *line = text; line != NULL && *line != '\0';) {
        line += strspn(line, " \t");
        if (strncmp(line, "[net", 4) == 0)
            return (mafat_recognised)CFG;
        if (line[0] == '[')
            return plain;
        if (!is_comment(line)) {
            is_data |= is_of_data(line);
            is_list |= is_of_list(line);
            has_values |= has_value(line);
        }
        const char *end = strchr(line, '\n');
        line = end != NULL ? end + 1 : NULL;
    }
    return is_data ? data : is_list && !has_values ? list : plain;
}

static mafat_recognised look_at_text(const unsigned char *begin, size_t n_bytes)
{
    const char *text = (const char *)begin;
    text += strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    text += strspn(text, " \t\r\n");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strncasecmp(text, texts[i].begin, strlen(texts[i].begin)) == 0)
            return texts[i].found;
    if (is_text(begin, n_bytes))
        return look_at_lines(text);
    return (mafat_recognised){.kind = MAFAT_RECOGNISED_NOT};
}

/* ----------------------------------------------------------------------------------------- both */

mafat_recognised mafat_recognise(const unsigned char *begin, size_t n_bytes)
{
    if (n_bytes == 0)
        return (mafat_recognised){MAFAT_RECOGNISED_EMPTY, "empty", NULL};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (n_bytes >= rows[i].at + rows[i].n_bytes &&
            memcmp(begin + rows[i].at, rows[i].bytes, rows[i].n_bytes) == 0)
            return rows[i].found;
    if (is_onnx(begin, n_bytes))
        return (mafat_recognised){OTHER, "an ONNX model", NULL};
    if (is_bmp(begin, n_bytes))
        return (mafat_recognised){PICTURE, "a BMP picture", NULL};
    if (is_pnm(begin, n_bytes))
        return (mafat_recognised){PICTURE, "a PNM picture", NULL};
    if (is_weights(begin, n_bytes))
        return (mafat_recognised){MAFAT_RECOGNISED_WEIGHTS, "a weights file", NULL};
    return look_at_text(begin, n_bytes);
}

mafat_recognised mafat_recognise_file(const char *path)
{
    unsigned char begin[MAFAT_RECOGNISE_BYTES + 1];
    mafat_recognised found = {.kind = MAFAT_RECOGNISED_NOT};
    mafat_error unused;
    uint64_t size;
    FILE *file;
    if (mafat_file_open(path, "file", &file, &size, &unused) != MAFAT_OK)
        return found;
    size_t n_bytes = fread(begin, 1, MAFAT_RECOGNISE_BYTES, file);
    begin[n_bytes] = '\0';
    if (!ferror(file))
        found = mafat_recognise(begin, n_bytes);
    fclose(file);
    return found;
}

mafat_status mafat_recognise_fail(const mafat_recognised *found, const char *wanted,
                                  mafat_error *error)
{
    return mafat_error_set(error, MAFAT_FAILED, "is %s, not %s%s%s", found->what, wanted,
                           found->advice != NULL ? ": " : "",
                           found->advice != NULL ? found->advice : "");
}
