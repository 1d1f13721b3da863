/* Images of every kind that Darknet reads, made without any other program's help:
 *
 *   tools/make_images FOLDER WIDTH HEIGHT [NAME]
 *
 * writes each of them, or the one that is named, to FOLDER/NAME and prints the names, one a line.
 * What they show does not matter: a gradient with noise, or blocks of random coefficients. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct {
    FILE *file;
    int w, h;
    uint32_t random;    /* state */
} image;

/* What a kind of image is made with; each maker knows its own numbers. */
typedef struct {
    const char *name;
    void (*make)(image *i, const int *with);
    int with[8];
} kind;

static int next_random(image *i, int n)
{
    i->random = i->random * 1664525u + 1013904223u;
    return (int)((i->random >> 16) % (uint32_t)n);
}

/* Channel c of a pixel. */
static int sample(int x, int y, int c)
{
    uint32_t bits = (uint32_t)x * 73856093u ^ (uint32_t)y * 19349663u ^ (uint32_t)c * 83492791u;
    return (int)(((uint32_t)(x / 3 + y / 2 + c * 60) + (bits >> 13 & 15)) & 255);
}

static void put(image *i, const char *bytes, size_t n)
{
    fwrite(bytes, 1, n, i->file);
}

/* A number of n bytes, the highest or the lowest first. */
static void put_be(image *i, uint32_t value, int n)
{
    while (n-- > 0)
        putc((int)(value >> (8 * n) & 255), i->file);
}

static void put_le(image *i, uint32_t value, int n)
{
    for (int k = 0; k < n; k++)
        putc((int)(value >> (8 * k) & 255), i->file);
}

/* ------------------------------------------------------------------------------------------ JPEG */

enum { SIZES = 11 };    /* of coefficients: up to ten bits */

typedef struct {
    image *i;
    uint32_t bits;
    int n_bits;
} bit_writer;

static void put_bits(bit_writer *b, uint32_t value, int n)
{
    for (int k = n - 1; k >= 0; k--) {
        b->bits = b->bits << 1 | (value >> k & 1);
        if (++b->n_bits < 8)
            continue;
        put_be(b->i, b->bits, 1);
        if ((b->bits & 255) == 255)
            put_be(b->i, 0, 1);
        b->n_bits = 0;
    }
}

static void flush_bits(bit_writer *b)
{
    while (b->n_bits > 0)
        put_bits(b, 1, 1);
}

/* Tables of codes of one length: four bits for the size of a DC coefficient, eight for a run and a
 * size of AC ones. */
static void put_tables(image *i)
{
    put_be(i, 0xffdb0043, 4);
    put_be(i, 0, 1);
    for (int k = 0; k < 64; k++)
        put_be(i, (uint32_t)(3 + k / 4), 1);
    put_be(i, 0xffc4, 2);
    put_be(i, 2 + 17 + 12 + 17 + 16 * SIZES, 2);
    put_be(i, 0x00, 1);
    for (int length = 1; length <= 16; length++)
        put_be(i, length == 4 ? 12 : 0, 1);
    for (uint32_t k = 0; k < 12; k++)
        put_be(i, k, 1);
    put_be(i, 0x10, 1);
    for (int length = 1; length <= 16; length++)
        put_be(i, length == 8 ? 16 * SIZES : 0, 1);
    for (uint32_t run = 0; run < 16; run++)
        for (uint32_t size = 0; size < SIZES; size++)
            put_be(i, run << 4 | size, 1);
}

static int size_of(int value)
{
    int size = 0;
    for (int rest = abs(value); rest > 0; rest >>= 1)
        size++;
    return size;
}

static void put_value(bit_writer *b, int value, int size)
{
    put_bits(b, (uint32_t)(value < 0 ? value - 1 : value) & ((1u << size) - 1), size);
}

static void put_dc(bit_writer *b)
{
    int difference = next_random(b->i, 21) - 10, size = size_of(difference);
    put_bits(b, (uint32_t)size, 4);
    put_value(b, difference, size);
}

static void put_ac(bit_writer *b)
{
    int k = 1;
    for (int n = next_random(b->i, 4); n > 0; n--) {
        int run = next_random(b->i, 12), value = 1 + next_random(b->i, 20), size = size_of(value);
        if (k + run > 62)
            break;
        put_bits(b, (uint32_t)(run * SIZES + size), 8);
        put_value(b, next_random(b->i, 2) ? value : -value, size);
        k += run + 1;
    }
    put_bits(b, 0, 8);
}

typedef struct {
    int n, sampling[4];    /* of components: 0x21 is two blocks across, one down */
    int max_h, max_v;
} frame;

/* A scan of one component, or of all of them: -1. */
static void put_scan(image *i, const frame *f, int only, int first, int last, int restart)
{
    bit_writer b = {.i = i};
    int n = only < 0 ? f->n : 1, n_done = 0;
    put_be(i, 0xffda, 2);
    put_be(i, (uint32_t)(6 + 2 * n), 2);
    put_be(i, (uint32_t)n, 1);
    for (int c = 0; c < f->n; c++)
        if (only < 0 || only == c)
            put_be(i, (uint32_t)(c + 1) << 8, 2);
    put_be(i, (uint32_t)(first << 16 | last << 8), 3);
    int h = n == 1 ? 1 : f->max_h, v = n == 1 ? 1 : f->max_v;
    int w = i->w, rows = i->h;
    if (n == 1) {
        int s = f->sampling[only < 0 ? 0 : only];
        w = (w * (s >> 4) + f->max_h - 1) / f->max_h;
        rows = (rows * (s & 15) + f->max_v - 1) / f->max_v;
    }
    int across = (w + 8 * h - 1) / (8 * h), down = (rows + 8 * v - 1) / (8 * v);
    for (int mcu = 0; mcu < across * down; mcu++) {
        for (int c = 0; c < f->n; c++) {
            if (only >= 0 && only != c)
                continue;
            int blocks = n == 1 ? 1 : (f->sampling[c] >> 4) * (f->sampling[c] & 15);
            for (int k = 0; k < blocks; k++) {
                if (first == 0)
                    put_dc(&b);
                if (last > 0)
                    put_ac(&b);
            }
        }
        if (restart > 0 && (mcu + 1) % restart == 0 && mcu + 1 < across * down) {
            flush_bits(&b);
            put_be(i, 0xffd0 + (uint32_t)(n_done++ % 8), 2);
        }
    }
    flush_bits(&b);
}

/* with: components, their sampling factors, marker of the frame, restart interval, extras. */
enum { FILLED = 1, ADOBE_CMYK = 2, ADOBE_YCCK = 4, ONE_BY_ONE = 8, ADOBE_RGB = 16 };

static void make_jpeg(image *i, const int *with)
{
    frame f = {.n = with[0], .max_h = 1, .max_v = 1};
    int marker = with[5], restart = with[6], extras = with[7];
    for (int c = 0; c < f.n; c++) {
        f.sampling[c] = with[1 + c];
        f.max_h = f.sampling[c] >> 4 > f.max_h ? f.sampling[c] >> 4 : f.max_h;
        f.max_v = (f.sampling[c] & 15) > f.max_v ? f.sampling[c] & 15 : f.max_v;
    }
    put_be(i, 0xffd8, 2);
    if (extras & (ADOBE_CMYK | ADOBE_YCCK | ADOBE_RGB)) {
        put_be(i, 0xffee000e, 4);
        put(i, "Adobe", 5);
        put_be(i, 100, 2);
        put_be(i, 0, 4);
        put_be(i, extras & ADOBE_YCCK ? 2 : 0, 1);
    }
    put_tables(i);
    if (restart > 0) {
        put_be(i, 0xffdd0004, 4);
        put_be(i, (uint32_t)restart, 2);
    }
    if (extras & FILLED)
        put(i, "\0\0\xff\xff\xff", 5);    /* padding, and fill bytes before the marker */
    put_be(i, (uint32_t)(0xff00 | marker), 2);
    put_be(i, (uint32_t)(8 + 3 * f.n), 2);
    put_be(i, 8, 1);
    put_be(i, (uint32_t)i->h, 2);
    put_be(i, (uint32_t)i->w, 2);
    put_be(i, (uint32_t)f.n, 1);
    for (int c = 0; c < f.n; c++)
        put_be(i, (uint32_t)((c + 1) << 16 | f.sampling[c] << 8), 3);
    bool progressive = marker == 0xc2;
    if (progressive)
        put_scan(i, &f, -1, 0, 0, restart);
    else if (extras & ONE_BY_ONE)
        for (int c = 0; c < f.n; c++)
            put_scan(i, &f, c, 0, 63, restart);
    else
        put_scan(i, &f, -1, 0, 63, restart);
    for (int c = 0; c < f.n && progressive; c++)
        put_scan(i, &f, c, 1, 63, restart);
    put_be(i, 0xffd9, 2);
}

/* ------------------------------------------------------------------------------------------- PNG */

static void put_chunk(image *i, const char *type, const unsigned char *bytes, size_t n)
{
    put_be(i, (uint32_t)n, 4);
    put(i, type, 4);
    put(i, (const char *)bytes, n);
    uLong sum = crc32(crc32(0, (const Bytef *)type, 4), bytes, (uInt)n);
    put_be(i, (uint32_t)sum, 4);
}

/* The bytes of a row of every dx-th pixel from x0 on, filtered; `above` is the row before it. */
static size_t make_png_row(unsigned char *to, unsigned char *above, int filter, int w, int x0,
                           int dx, int y, int depth, int n_channels)
{
    size_t n = 0, before = (size_t)(depth * n_channels < 8 ? 1 : depth * n_channels / 8);
    unsigned char raw[1 << 17] = {0};
    int n_bits = 0;
    for (int x = x0; x < w; x += dx)
        for (int c = 0; c < n_channels; c++) {
            int value = sample(x, y, c);
            if (depth >= 8) {
                raw[n++] = (unsigned char)value;
                if (depth == 16)
                    raw[n++] = (unsigned char)(value * 7);
                continue;
            }
            raw[n] |= (unsigned char)(value >> (8 - depth) << (8 - depth - n_bits));
            n_bits = (n_bits + depth) % 8;
            n += n_bits == 0;
        }
    n += n_bits > 0;
    *to++ = (unsigned char)filter;
    for (size_t k = 0; k < n; k++) {
        int a = k >= before ? raw[k - before] : 0, b = above[k], c = k >= before ? above[k - before] : 0;
        int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
        int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
        int guess[] = {0, a, b, (a + b) / 2, paeth};
        to[k] = (unsigned char)(raw[k] - guess[filter]);
    }
    memcpy(above, raw, n);
    return n + 1;
}

/* with: depth, colour type, interlaced, has tRNS, bytes of image data a chunk, megabytes of zeros
 * behind the picture's data. */
static void make_png(image *i, const int *with)
{
    static const int passes[8][4] = {{0, 0, 1, 1}, {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8},
                                     {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    int depth = with[0], colour = with[1], interlaced = with[2];
    int n_channels = colour == 3 ? 1 : (colour & 2 ? 3 : 1) + (colour & 4 ? 1 : 0);
    size_t chunk = with[4] > 0 ? (size_t)with[4] : 1 << 20, zeros = (size_t)with[5] << 20;
    unsigned char header[13] = {0};
    for (int k = 0; k < 4; k++) {
        header[k] = (unsigned char)(i->w >> (24 - 8 * k));
        header[4 + k] = (unsigned char)(i->h >> (24 - 8 * k));
    }
    header[8] = (unsigned char)depth;
    header[9] = (unsigned char)colour;
    header[12] = (unsigned char)interlaced;
    put(i, "\x89PNG\r\n\x1a\n", 8);
    put_chunk(i, "IHDR", header, sizeof header);
    unsigned char palette[768];
    for (int k = 0; k < 768; k++)
        palette[k] = (unsigned char)(k * 37);
    if (colour == 3)
        put_chunk(i, "PLTE", palette, sizeof palette);
    if (with[3])
        put_chunk(i, "tRNS", palette, colour == 3 ? 100 : (size_t)(2 * n_channels));
    size_t row_bytes = (size_t)i->w * 8 + 8, n = 0;
    unsigned char *raw = calloc(2 * (size_t)i->h + 16, row_bytes), *above = malloc(row_bytes);
    for (int p = interlaced; p < (interlaced ? 8 : 1); p++) {
        memset(above, 0, row_bytes);
        for (int y = passes[p][1]; y < i->h && passes[p][0] < i->w; y += passes[p][3])
            n += make_png_row(raw + n, above, next_random(i, 5), i->w, passes[p][0], passes[p][2],
                              y, depth, n_channels);
    }
    free(above);
    raw = realloc(raw, n + zeros);
    memset(raw + n, 0, zeros);
    uLongf n_packed = compressBound(n + zeros);
    unsigned char *packed = malloc(n_packed);
    compress2(packed, &n_packed, raw, n + zeros, 6);
    for (size_t k = 0; k < n_packed; k += chunk)
        put_chunk(i, "IDAT", packed + k, n_packed - k < chunk ? n_packed - k : chunk);
    put_chunk(i, "IEND", NULL, 0);
    free(packed);
    free(raw);
}

/* ---------------------------------------------------------------------------------------- others */

/* with: bits a pixel, rows from top to bottom. */
static void make_bmp(image *i, const int *with)
{
    int bits = with[0], n_colours = bits < 16 ? 1 << bits : 0;
    put(i, "BM", 2);
    put_le(i, 0, 4);
    put_le(i, 0, 4);
    put_le(i, (uint32_t)(54 + 4 * n_colours), 4);
    put_le(i, 40, 4);
    put_le(i, (uint32_t)i->w, 4);
    put_le(i, (uint32_t)(with[1] ? -i->h : i->h), 4);
    put_le(i, 1, 2);
    put_le(i, (uint32_t)bits, 2);
    for (int k = 0; k < 6; k++)
        put_le(i, 0, 4);
    for (int k = 0; k < n_colours; k++)
        put_le(i, (uint32_t)(k * 0x10305), 4);
    int row_bytes = (i->w * bits + 31) / 32 * 4;
    for (int y = 0; y < i->h; y++)
        for (int k = 0; k < row_bytes; k++)
            put_le(i, (uint32_t)sample(k, y, 0), 1);
}

/* with: bits a pixel, type (1 palette, 2 colour, 3 grey), run-length, bits a colour. */
static void make_tga(image *i, const int *with)
{
    int bytes = with[0] / 8, type = with[1], packed = with[2];
    put_le(i, 0, 1);
    put_le(i, type == 1, 1);
    put_le(i, (uint32_t)(type + (packed ? 8 : 0)), 1);
    put_le(i, 0, 2);
    put_le(i, type == 1 ? 256 : 0, 2);
    put_le(i, (uint32_t)with[3], 1);
    put_le(i, 0, 4);
    put_le(i, (uint32_t)i->w, 2);
    put_le(i, (uint32_t)i->h, 2);
    put_le(i, (uint32_t)with[0], 1);
    put_le(i, 0, 1);
    for (int k = 0; k < 256 * with[3] / 8 && type == 1; k++)
        put_le(i, (uint32_t)(k * 91) & 255, 1);
    long n_pixels = (long)i->w * i->h;
    for (long k = 0; k < n_pixels; k += packed ? 5 : 1) {
        if (packed)
            put_le(i, (uint32_t)(128 + (n_pixels - k < 5 ? n_pixels - k : 5) - 1), 1);
        for (int c = 0; c < bytes; c++)
            put_le(i, (uint32_t)sample((int)(k % i->w), (int)(k / i->w), c), 1);
    }
}

/* with: bits a channel, channels, run-length. */
static void make_psd(image *i, const int *with)
{
    put(i, "8BPS", 4);
    put_be(i, 1, 2);
    put_be(i, 0, 4);
    put_be(i, 0, 2);
    put_be(i, (uint32_t)with[1], 2);
    put_be(i, (uint32_t)i->h, 4);
    put_be(i, (uint32_t)i->w, 4);
    put_be(i, (uint32_t)with[0], 2);
    put_be(i, 3, 2);
    for (int k = 0; k < 3; k++)
        put_be(i, 0, 4);
    put_be(i, (uint32_t)with[2], 2);
    for (int k = 0; k < i->h * with[1] && with[2]; k++)
        put_be(i, 0, 2);
    for (int c = 0; c < with[1]; c++)
        for (int y = 0; y < i->h; y++)
            for (int x = 0; x < i->w; x++) {
                if (with[2])
                    put_be(i, 0, 1);
                put_be(i, (uint32_t)(sample(x, y, c) * (with[0] == 16 ? 257 : 1)), with[0] / 8);
            }
}

/* with: channels. */
static void make_pnm(image *i, const int *with)
{
    fprintf(i->file, "P%d\n%d %d\n255\n", with[0] == 3 ? 6 : 5, i->w, i->h);
    for (int y = 0; y < i->h; y++)
        for (int x = 0; x < i->w; x++)
            for (int c = 0; c < with[0]; c++)
                put_be(i, (uint32_t)sample(x, y, c), 1);
}

/* with: run-length. */
static void make_hdr(image *i, const int *with)
{
    bool packed = with[0] && i->w >= 8;
    fprintf(i->file, "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n", i->h, i->w);
    for (int y = 0; y < i->h; y++) {
        if (packed)
            put_be(i, 0x02020000u | (uint32_t)i->w, 4);
        for (int c = 0; c < 4 && packed; c++)
            for (int x = 0; x < i->w; x++) {
                if (x % 100 == 0)
                    put_be(i, (uint32_t)(i->w - x < 100 ? i->w - x : 100), 1);
                put_be(i, (uint32_t)(c < 3 ? sample(x, y, c) : 125 + x % 6), 1);
            }
        for (int x = 0; x < i->w && !packed; x++)
            for (int c = 0; c < 4; c++)
                put_be(i, (uint32_t)(c < 3 ? sample(x, y, c) | 128 : 125 + x % 6), 1);
    }
}

/* with: has alpha. */
static void make_pic(image *i, const int *with)
{
    put_be(i, 0x5380f634, 4);
    for (int k = 0; k < 84; k++)
        put_be(i, 0, 1);
    put(i, "PICT", 4);
    put_be(i, (uint32_t)i->w, 2);
    put_be(i, (uint32_t)i->h, 2);
    put_be(i, 0, 4);
    put_be(i, 0, 4);
    put_be(i, with[0] ? 0x000800f0u : 0x000800e0u, 4);
    for (int y = 0; y < i->h; y++)
        for (int x = 0; x < i->w; x++)
            for (int c = 0; c < 3 + with[0]; c++)
                put_be(i, (uint32_t)sample(x, y, c), 1);
}

/* Nine bits a pixel: the codes are cleared before they grow. with: interlaced. */
static void make_gif(image *i, const int *with)
{
    put(i, "GIF89a", 6);
    put_le(i, (uint32_t)i->w, 2);
    put_le(i, (uint32_t)i->h, 2);
    put_le(i, 0x0000f7, 3);
    for (int k = 0; k < 768; k++)
        put_le(i, (uint32_t)(k * 29) & 255, 1);
    put_le(i, 0x2c, 1);
    put_le(i, 0, 4);
    put_le(i, (uint32_t)i->w, 2);
    put_le(i, (uint32_t)i->h, 2);
    put_le(i, with[0] ? 0x40 : 0, 1);
    put_le(i, 8, 1);
    unsigned char block[255];
    uint32_t bits = 0, n_bits = 0;
    size_t n = 0;
    long n_pixels = (long)i->w * i->h;
    for (long k = 0, code = 0; code <= n_pixels + n_pixels / 200 + 1; code++) {
        bool clears = code % 201 == 0, ends = !clears && k == n_pixels;
        uint32_t value = clears ? 256 : ends ? 257
                                             : (uint32_t)sample((int)(k % i->w), (int)(k / i->w), 0);
        k += !clears;
        bits |= value << n_bits;
        for (n_bits += 9; n_bits >= 8 || (ends && n_bits > 0); n_bits -= n_bits < 8 ? n_bits : 8) {
            block[n++] = (unsigned char)bits;
            bits >>= 8;
            if (n < sizeof block)
                continue;
            put_le(i, 255, 1);
            put(i, (char *)block, n);
            n = 0;
        }
        if (ends)
            break;
    }
    put_le(i, (uint32_t)n, 1);
    put(i, (char *)block, n);
    if (n > 0)
        put_le(i, 0, 1);
    put_le(i, 0x3b, 1);
}

/* ----------------------------------------------------------------------------------------- kinds */

static const kind kinds[] = {
    {"444.jpg", make_jpeg, {3, 0x11, 0x11, 0x11, 0, 0xc0}},
    {"420.jpg", make_jpeg, {3, 0x22, 0x11, 0x11, 0, 0xc0}},
    {"422.jpg", make_jpeg, {3, 0x21, 0x11, 0x11, 0, 0xc0, 7}},
    {"440.jpg", make_jpeg, {3, 0x12, 0x11, 0x11, 0, 0xc1}},
    {"411.jpg", make_jpeg, {3, 0x41, 0x11, 0x11, 0, 0xc0}},
    {"410.jpg", make_jpeg, {3, 0x44, 0x11, 0x22, 0, 0xc0, 3}},
    {"odd.jpg", make_jpeg, {3, 0x31, 0x11, 0x21, 0, 0xc0}},
    {"uneven.jpg", make_jpeg, {3, 0x23, 0x12, 0x11, 0, 0xc0}},
    {"rgb.jpg", make_jpeg, {3, 0x11, 0x11, 0x11, 0, 0xc0, 0, ADOBE_RGB}},
    {"grey.jpg", make_jpeg, {1, 0x11, 0, 0, 0, 0xc0}},
    {"grey22.jpg", make_jpeg, {1, 0x22, 0, 0, 0, 0xc0, 5}},
    {"cmyk.jpg", make_jpeg, {4, 0x11, 0x11, 0x11, 0x11, 0xc0, 0, ADOBE_CMYK}},
    {"ycck.jpg", make_jpeg, {4, 0x22, 0x11, 0x11, 0x22, 0xc0, 0, ADOBE_YCCK}},
    {"four.jpg", make_jpeg, {4, 0x11, 0x11, 0x11, 0x11, 0xc0}},
    {"scans.jpg", make_jpeg, {3, 0x22, 0x11, 0x11, 0, 0xc0, 0, ONE_BY_ONE}},
    {"filled.jpg", make_jpeg, {3, 0x22, 0x11, 0x11, 0, 0xc0, 0, FILLED}},
    {"progressive.jpg", make_jpeg, {3, 0x22, 0x11, 0x11, 0, 0xc2}},
    {"progressive444.jpg", make_jpeg, {3, 0x11, 0x11, 0x11, 0, 0xc2, 9}},
    {"progressive411.jpg", make_jpeg, {3, 0x41, 0x11, 0x11, 0, 0xc2, 0, FILLED}},
    {"progressive_filled.jpg", make_jpeg, {3, 0x22, 0x11, 0x11, 0, 0xc2, 0, FILLED}},
    {"progressive_grey.jpg", make_jpeg, {1, 0x11, 0, 0, 0, 0xc2}},
    {"progressive_cmyk.jpg", make_jpeg, {4, 0x11, 0x11, 0x11, 0x11, 0xc2, 0, ADOBE_CMYK}},
#define PNG(name, depth, colour, trns) \
    {name ".png", make_png, {depth, colour, 0, trns}}, \
    {name "_interlaced.png", make_png, {depth, colour, 1, trns}}
    PNG("grey1", 1, 0, 0), PNG("grey2", 2, 0, 0), PNG("grey4", 4, 0, 0), PNG("grey8", 8, 0, 0),
    PNG("grey16", 16, 0, 0), PNG("grey1_trns", 1, 0, 1), PNG("grey4_trns", 4, 0, 1),
    PNG("grey8_trns", 8, 0, 1), PNG("grey16_trns", 16, 0, 1), PNG("rgb8", 8, 2, 0),
    PNG("rgb16", 16, 2, 0), PNG("rgb8_trns", 8, 2, 1), PNG("rgb16_trns", 16, 2, 1),
    PNG("palette1", 1, 3, 0), PNG("palette2", 2, 3, 1), PNG("palette4", 4, 3, 0),
    PNG("palette8", 8, 3, 0), PNG("palette8_trns", 8, 3, 1), PNG("grey_alpha8", 8, 4, 0),
    PNG("grey_alpha16", 16, 4, 0), PNG("rgba8", 8, 6, 0), PNG("rgba16", 16, 6, 0),
    {"chunks.png", make_png, {8, 2, 0, 0, 1000}},
    {"inflates.png", make_png, {8, 2, 0, 0, 0, 32}},
    {"inflates_interlaced.png", make_png, {8, 2, 1, 0, 0, 32}},
    {"1.bmp", make_bmp, {1}}, {"4.bmp", make_bmp, {4}}, {"8.bmp", make_bmp, {8}},
    {"16.bmp", make_bmp, {16}}, {"24.bmp", make_bmp, {24}}, {"32.bmp", make_bmp, {32}},
    {"24_down.bmp", make_bmp, {24, 1}},
    {"grey8.tga", make_tga, {8, 3}}, {"grey16.tga", make_tga, {16, 3}},
    {"rgb16.tga", make_tga, {16, 2}}, {"rgb24.tga", make_tga, {24, 2}},
    {"rgba32.tga", make_tga, {32, 2}}, {"rgb24_packed.tga", make_tga, {24, 2, 1}},
    {"rgba32_packed.tga", make_tga, {32, 2, 1}}, {"palette.tga", make_tga, {8, 1, 0, 24}},
    {"palette_packed.tga", make_tga, {8, 1, 1, 32}},
    {"8.psd", make_psd, {8, 3}}, {"16.psd", make_psd, {16, 3}}, {"8_alpha.psd", make_psd, {8, 4}},
    {"8_packed.psd", make_psd, {8, 3, 1}},
    {"grey.pnm", make_pnm, {1}}, {"rgb.pnm", make_pnm, {3}},
    {"flat.hdr", make_hdr, {0}}, {"packed.hdr", make_hdr, {1}},
    {"rgb.pic", make_pic, {0}}, {"rgba.pic", make_pic, {1}},
    {"rows.gif", make_gif, {0}}, {"interlaced.gif", make_gif, {1}},
};

int main(int argc, char **argv)
{
    int w = argc > 3 ? atoi(argv[2]) : 0, h = argc > 3 ? atoi(argv[3]) : 0;
    if (argc < 4 || argc > 5 || w < 1 || h < 1 || w > 16000) {
        fprintf(stderr, "usage: tools/make_images FOLDER WIDTH HEIGHT [NAME]\n");
        return 2;
    }
    int n_made = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        char path[4096];
        if (argc == 5 && strcmp(argv[4], kinds[k].name) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], kinds[k].name);
        image i = {.file = fopen(path, "wb"), .w = w, .h = h, .random = 815};
        if (i.file == NULL) {
            fprintf(stderr, "make_images: %s: %s\n", path, strerror(errno));
            return 1;
        }
        kinds[k].make(&i, kinds[k].with);
        if (fclose(i.file) != 0) {
            fprintf(stderr, "make_images: %s: %s\n", path, strerror(errno));
            return 1;
        }
        puts(kinds[k].name);
        n_made++;
    }
    return n_made > 0 ? 0 : 2;
}
