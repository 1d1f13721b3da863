/* See png.h. */
#include "upstream/png.h"

#include <stdlib.h>
#include <string.h>

#include "base/charge.h"

static void put_number(FILE *stream, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        putc((int)(number >> shift & 255), stream);
}

/* A chunk of the file: its length, type of four letters, bytes, and a sum over both. */
static void put_chunk(FILE *stream, const char *type, const unsigned char *bytes, size_t n)
{
    uLong sum = crc32(0, (const Bytef *)type, 4);
    if (n > 0)
        sum = crc32(sum, bytes, (uInt)n);
    put_number(stream, (uint32_t)n);
    fwrite(type, 1, 4, stream);
    fwrite(bytes, 1, n, stream);
    put_number(stream, (uint32_t)sum);
}

static void put_header(FILE *stream, int w, int h)
{
    enum { BITS = 8, RGB = 2 };
    unsigned char header[13] = {[8] = BITS, RGB, 0, 0, 0};
    for (int i = 0; i < 4; i++) {
        header[i] = (unsigned char)(w >> (24 - 8 * i));
        header[4 + i] = (unsigned char)(h >> (24 - 8 * i));
    }
    fwrite("\x89PNG\r\n\x1a\n", 1, 8, stream);
    put_chunk(stream, "IHDR", header, sizeof header);
}

size_t mafat_png_bytes(int w)
{
    return 6 * (size_t)w + 1 + MAFAT_PNG_CODE + MAFAT_CHARGE_DEFLATE;
}

mafat_status mafat_png_begin(mafat_png *png, FILE *stream, int w, int h, mafat_error *error)
{
    size_t row_bytes = 3 * (size_t)w;
    *png = (mafat_png){.stream = stream, .w = w, .rows = calloc(2 * row_bytes + 1, 1),
                       .code = malloc(MAFAT_PNG_CODE)};
    if (png->rows == NULL || png->code == NULL ||
        deflateInit(&png->compression, Z_DEFAULT_COMPRESSION) != Z_OK) {
        free(png->rows);
        free(png->code);
        return mafat_error_set(error, MAFAT_FAILED, "no memory to write a picture %d pixels wide",
                               w);
    }
    png->compression.next_out = png->code;
    png->compression.avail_out = MAFAT_PNG_CODE;
    put_header(stream, w, h);
    return MAFAT_OK;
}

/* Compresses what the stream has been given, and writes each chunk that is full; with Z_FINISH all
 * that is left. */
static void compress_rows(mafat_png *png, int flush)
{
    z_stream *z = &png->compression;
    bool is_done = false;
    while (!is_done) {
        is_done = deflate(z, flush) == Z_STREAM_END || (flush == Z_NO_FLUSH && z->avail_in == 0);
        if (z->avail_out > 0 && !(is_done && flush == Z_FINISH))
            continue;
        put_chunk(png->stream, "IDAT", png->code, MAFAT_PNG_CODE - z->avail_out);
        z->next_out = png->code;
        z->avail_out = MAFAT_PNG_CODE;
    }
}

/* That of the three neighbours which is nearest to left + up - corner. */
static int predict(int left, int up, int corner)
{
    int by_left = abs(up - corner), by_up = abs(left - corner);
    int by_corner = abs(left + up - 2 * corner);
    if (by_left <= by_up && by_left <= by_corner)
        return left;
    return by_up <= by_corner ? up : corner;
}

static void add_row(mafat_png *png, const unsigned char *row)
{
    enum { PAETH = 4, PIXEL = 3 };
    size_t n = PIXEL * (size_t)png->w;
    unsigned char *before = png->rows, *filtered = png->rows + n;
    filtered[0] = PAETH;
    for (size_t i = 0; i < n; i++) {
        int left = i < PIXEL ? 0 : row[i - PIXEL], corner = i < PIXEL ? 0 : before[i - PIXEL];
        filtered[1 + i] = (unsigned char)(row[i] - predict(left, before[i], corner));
    }
    memcpy(before, row, n);
    png->compression.next_in = filtered;
    png->compression.avail_in = (uInt)(n + 1);
    compress_rows(png, Z_NO_FLUSH);
}

void mafat_png_add(mafat_png *png, const unsigned char *rgb, int n_rows)
{
    for (int y = 0; y < n_rows; y++)
        add_row(png, rgb + 3 * (size_t)y * (size_t)png->w);
}

void mafat_png_end(mafat_png *png)
{
    compress_rows(png, Z_FINISH);
    put_chunk(png->stream, "IEND", png->code, 0);
    deflateEnd(&png->compression);
    free(png->rows);
    free(png->code);
    *png = (mafat_png){0};
}
