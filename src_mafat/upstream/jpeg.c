/* Rows of blocks joined to one JPEG file; see jpeg.h. */
#include <stdlib.h>
#include <string.h>

#include "base/charge.h"
#include "base/file.h"
#include "upstream/stb.h"
#include "upstream/jpeg.h"
#include "stb_image.h"
#include "stb_image_write.h"

/* What save_image() asks for. */
enum { QUALITY = 80 };

/* The buffer has room for the most that the codes of a row of blocks can be: 27 bits a coefficient,
 * each byte 255, behind which comes a zero. What noise needs is touched. */
enum { MAX_PIXEL_BYTES = 21 };

size_t mafat_jpeg_bytes(int w)
{
    return MAFAT_CHARGE_JPEG_PIXEL * MAFAT_BLOCK_ROWS * (size_t)w + MAFAT_CHARGE_JPEG_HEADER +
           sizeof(stbi__jpeg);
}

void mafat_jpeg_begin(mafat_jpeg *jpeg, FILE *stream, int w, int h)
{
    *jpeg = (mafat_jpeg){.stream = stream, .w = w, .h = h};
}

/* ------------------------------------------------------------------------------------------ bits */

static void put_bits(mafat_jpeg *jpeg, uint32_t value, int n)
{
    jpeg->bits = jpeg->bits << n | value;
    jpeg->n_bits += n;
    for (; jpeg->n_bits >= 8; jpeg->n_bits -= 8) {
        int byte = (int)(jpeg->bits >> (jpeg->n_bits - 8) & 255);
        putc(byte, jpeg->stream);
        if (byte == 255)
            putc(0, jpeg->stream);
    }
}

/* The symbol, as the table codes it. */
static void put_symbol(mafat_jpeg *jpeg, const stbi__huffman *table, int symbol)
{
    int i = 0;
    while (table->values[i] != symbol || table->size[i] == 0)
        i++;
    put_bits(jpeg, table->code[i], table->size[i]);
}

/* A DC coefficient's difference: how many bits it has, and those. */
static void put_difference(mafat_jpeg *jpeg, const stbi__huffman *table, int difference)
{
    int size = 0;
    for (int rest = abs(difference); rest > 0; rest >>= 1)
        size++;
    put_symbol(jpeg, table, size);
    put_bits(jpeg, (uint32_t)(difference < 0 ? difference - 1 : difference) & ((1u << size) - 1),
             size);
}

/* ---------------------------------------------------------------------------------------- blocks */

/* Copies a block's code, whose DC coefficient is told from the block before. */
static void copy_block(mafat_jpeg *jpeg, stbi__jpeg *z, int n)
{
    stbi__huffman *dc = &z->huff_dc[z->img_comp[n].hd], *ac = &z->huff_ac[z->img_comp[n].ha];
    int size = stbi__jpeg_huff_decode(z, dc);
    z->img_comp[n].dc_pred += size > 0 ? stbi__extend_receive(z, size) : 0;
    put_difference(jpeg, dc, z->img_comp[n].dc_pred - jpeg->last_dc[n]);
    jpeg->last_dc[n] = z->img_comp[n].dc_pred;
    for (int k = 1; k < 64;) {
        int symbol = stbi__jpeg_huff_decode(z, ac);
        size = symbol & 15;
        MAFAT_CHECK(symbol >= 0);
        put_symbol(jpeg, ac, symbol);
        if (symbol == 0)
            break;
        k += (symbol >> 4) + 1;
        if (size > 0)
            put_bits(jpeg, (uint32_t)stbi__jpeg_get_bits(z, size), size);
    }
}

/* The decoder of a row's code is ready for its first block. */
static void begin_code(mafat_jpeg *jpeg, stbi__context *s, stbi__jpeg *z)
{
    stbi__start_mem(s, jpeg->code, (int)jpeg->n_bytes);
    z->s = s;
    bool known = stbi__decode_jpeg_header(z, STBI__SCAN_header);
    int marker = stbi__get_marker(z);
    for (; known && !stbi__SOS(marker); marker = stbi__get_marker(z))
        known = stbi__process_marker(z, marker);
    MAFAT_CHECK(known && stbi__process_scan_header(z) && z->scan_n == 3);
    stbi__jpeg_reset(z);
}

enum { FRAME = 0xc0, SCAN = 0xda, BEFORE_SIZE = 5, SIZE_BYTES = 4 };

/* Where a header of this kind begins. */
static unsigned char *find_header(mafat_jpeg *jpeg, int kind)
{
    unsigned char *at = jpeg->code + 2;
    while (at[1] != kind)
        at += 2 + (at[2] << 8 | at[3]);
    return at;
}

/* Where the header of a frame has its height, and then its width, of two bytes each. */
static unsigned char *find_size(mafat_jpeg *jpeg)
{
    return find_header(jpeg, FRAME) + BEFORE_SIZE;
}

static void append(void *context, void *bytes, int n)
{
    mafat_jpeg *jpeg = context;
    if (jpeg->n_bytes + (size_t)n <= jpeg->capacity)
        memcpy(jpeg->code + jpeg->n_bytes, bytes, (size_t)n);
    jpeg->n_bytes += (size_t)n;
}

/* The row of blocks as a file of its own, with a header for any size. */
static mafat_status encode(mafat_jpeg *jpeg, const unsigned char *rgb, int n_rows,
                           mafat_error *error)
{
    if (jpeg->code == NULL) {
        jpeg->capacity = MAX_PIXEL_BYTES * MAFAT_BLOCK_ROWS * ((size_t)jpeg->w + 7) +
                         MAFAT_CHARGE_JPEG_HEADER;
        jpeg->code = malloc(jpeg->capacity);    /* what is not touched costs nothing */
    }
    if (jpeg->code == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to write a picture %d pixels wide",
                               jpeg->w);
    jpeg->n_bytes = 0;
    int encoded = stbi_write_jpg_to_func(append, jpeg, jpeg->w, n_rows, 3, rgb, QUALITY);
    MAFAT_CHECK(encoded != 0 && jpeg->n_bytes <= jpeg->capacity);
    return MAFAT_OK;
}

mafat_status mafat_jpeg_add(mafat_jpeg *jpeg, const unsigned char *rgb, int n_rows,
                            mafat_error *error)
{
    mafat_status status = encode(jpeg, rgb, n_rows, error);
    if (status != MAFAT_OK)
        return status;
    stbi__context s;
    stbi__jpeg *z = calloc(1, sizeof *z);
    if (z == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to write a picture");
    /* a width of 65536 and more has no room there; nobody looks at it in a row's code */
    memcpy(find_size(jpeg), "\0\10\0\10", 4);
    begin_code(jpeg, &s, z);
    if (!jpeg->begun) {
        unsigned char size[4] = {(unsigned char)(jpeg->h >> 8), (unsigned char)jpeg->h,
                                 (unsigned char)(jpeg->w >> 8), (unsigned char)jpeg->w};
        memcpy(find_size(jpeg), size, sizeof size);
        fwrite(jpeg->code, 1, (size_t)(s.img_buffer - jpeg->code), jpeg->stream);
        jpeg->begun = true;
    }
    for (int x = 0; x < jpeg->w; x += 8)
        for (int n = 0; n < 3; n++)
            copy_block(jpeg, z, n);
    free(z);
    return MAFAT_OK;
}

void mafat_jpeg_end(mafat_jpeg *jpeg)
{
    put_bits(jpeg, 0x7f, 7);    /* up to a whole byte */
    putc(0xff, jpeg->stream);
    putc(0xd9, jpeg->stream);
    free(jpeg->code);
    *jpeg = (mafat_jpeg){0};
}

/* --------------------------------------------------------------------------------------- on disk */

bool mafat_jpeg_is_darknets(const char *path)
{
    enum { ENOUGH = 1024 };    /* for the headers, and a block */
    static const unsigned char black[3 * MAFAT_BLOCK_ROWS * MAFAT_BLOCK_ROWS];
    unsigned char code[ENOUGH], found[ENOUGH];
    mafat_jpeg jpeg = {.code = code, .capacity = sizeof code};
    mafat_error unused;
    uint64_t n_bytes;
    FILE *file;
    int encoded = stbi_write_jpg_to_func(append, &jpeg, MAFAT_BLOCK_ROWS, MAFAT_BLOCK_ROWS, 3,
                                         black, QUALITY);
    MAFAT_CHECK(encoded != 0 && jpeg.n_bytes <= jpeg.capacity);
    if (mafat_file_open(path, "picture", &file, &n_bytes, &unused) != MAFAT_OK)
        return false;
    size_t n = (size_t)(find_header(&jpeg, SCAN) - code);
    size_t size_at = (size_t)(find_size(&jpeg) - code);
    bool is_alike = fread(found, 1, n, file) == n;
    fclose(file);
    if (is_alike)
        memcpy(found + size_at, code + size_at, SIZE_BYTES);
    return is_alike && memcmp(found, code, n) == 0;
}
