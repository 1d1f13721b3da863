/* PNG by rows; see upstream/row_decoder.h. Chunks are read by the rules of stbi__parse_png_file(), and what
 * becomes of a row's bytes is stb_image's own code, called for a picture of one row. Its inflate()
 * wants the whole file and all that becomes of it in memory, hence zlib's. */
#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "upstream/png_rows.h"
#include "base/size.h"
#include "upstream/row_decoder.h"
#include "upstream/stb.h"
#include "stb_image.h"

/* A part of the picture that is stored by itself: rows of w pixels, h of them, of which pixel x, y
 * is the picture's pixel x0 + x * dx, y0 + y * dy. */
typedef struct {
    int w, h, x0, y0, dx, dy;
} pass;

typedef struct {
    stbi__context context;
    stbi__png png;            /* one row of it */
    int w, h, n_components, colour;
    bool interlaced;
    stbi_uc palette[1024];
    int palette_n;            /* its components; 0: the picture has none */
    stbi__uint32 palette_length;
    bool has_transparent;     /* a colour */
    stbi_uc transparent[3];
    stbi__uint16 transparent16[3];

    z_stream stream;
    Bytef compressed[16 << 10];
    stbi__uint32 chunk_left;  /* of the image data that is read */
    stbi__uint32 data_bytes;  /* of all of it so far */
    bool has_data;            /* a chunk of it has come */
    bool inflated;            /* the stream has ended */

    pass now;                 /* that rows are read of, number n_pass */
    int n_pass, y;
    stbi_uc *line, *above;    /* [1 + bytes of a row], in the guard: the filter, then the row */
} png_rows;

static _Noreturn void leave(const char *reason)
{
    mafat_stb_leave(reason);
}

static void check(int fine)
{
    if (!fine)
        leave(stbi__g_failure_reason);
}

/* --------------------------------------------------------------------------------------- chunks */

static void read_header(png_rows *p, stbi__uint32 length)
{
    stbi__context *s = &p->context;
    if (p->w != 0)
        leave("multiple IHDR");
    if (length != 13)
        leave("bad IHDR len");
    stbi__uint32 w = stbi__get32be(s), h = stbi__get32be(s);
    int depth = stbi__get8(s), compression, filter, interlace;
    p->colour = stbi__get8(s);
    compression = stbi__get8(s);
    filter = stbi__get8(s);
    interlace = stbi__get8(s);
    if (w > 1 << 24 || h > 1 << 24)
        leave("too large");
    if (w == 0 || h == 0)
        leave("0-pixel image");
    if (depth != 1 && depth != 2 && depth != 4 && depth != 8 && depth != 16)
        leave("1/2/4/8/16-bit only");
    if (p->colour > 6 || (p->colour == 3 && depth == 16) || (p->colour != 3 && p->colour & 1))
        leave("bad ctype");
    if (compression != 0)
        leave("bad comp method");
    if (filter != 0)
        leave("bad filter method");
    if (interlace > 1)
        leave("bad interlace method");
    p->palette_n = p->colour == 3 ? 3 : 0;
    p->n_components = p->palette_n > 0 ? 1 : (p->colour & 2 ? 3 : 1) + (p->colour & 4 ? 1 : 0);
    if ((1u << 30) / w / (stbi__uint32)(p->palette_n > 0 ? 4 : p->n_components) < h)
        leave("too large");
    p->w = (int)w;
    p->h = (int)h;
    p->png.depth = depth;
    p->interlaced = interlace == 1;
}

static void read_palette(png_rows *p, stbi__uint32 length)
{
    stbi__context *s = &p->context;
    if (p->has_data)
        leave(mafat_row_decoder_needs_whole);    /* rows have been made without it */
    if (length > 256 * 3 || length % 3 != 0)
        leave("invalid PLTE");
    p->palette_length = length / 3;
    for (stbi__uint32 i = 0; i < p->palette_length; i++) {
        for (int c = 0; c < 3; c++)
            p->palette[i * 4 + (stbi__uint32)c] = stbi__get8(s);
        p->palette[i * 4 + 3] = 255;
    }
}

static void read_transparency(png_rows *p, stbi__uint32 length)
{
    stbi__context *s = &p->context;
    if (p->has_data)
        leave("tRNS after IDAT");
    if (p->palette_n > 0) {
        if (p->palette_length == 0)
            leave("tRNS before PLTE");
        if (length > p->palette_length)
            leave("bad tRNS len");
        p->palette_n = 4;
        for (stbi__uint32 i = 0; i < length; i++)
            p->palette[i * 4 + 3] = stbi__get8(s);
        return;
    }
    if (!(p->n_components & 1))
        leave("tRNS with alpha");
    if (length != (stbi__uint32)p->n_components * 2)
        leave("bad tRNS len");
    p->has_transparent = true;
    for (int c = 0; c < p->n_components; c++) {
        p->transparent16[c] = (stbi__uint16)stbi__get16be(s);
        p->transparent[c] = (stbi_uc)((p->transparent16[c] & 255) *
                                      stbi__depth_scale_table[p->png.depth & 15]);
    }
}

/* Reads chunks up to the next one of image data, or to the end: true at image data. */
static bool find_data(png_rows *p)
{
    stbi__context *s = &p->context;
    for (;;) {
        stbi__pngchunk chunk = stbi__get_chunk_header(s);
        if (chunk.type == STBI__PNG_TYPE('C', 'g', 'B', 'I'))
            leave(mafat_row_decoder_needs_whole);
        if (p->w == 0 && chunk.type != STBI__PNG_TYPE('I', 'H', 'D', 'R'))
            leave("first not IHDR");
        switch (chunk.type) {
        case STBI__PNG_TYPE('I', 'H', 'D', 'R'):
            read_header(p, chunk.length);
            break;
        case STBI__PNG_TYPE('P', 'L', 'T', 'E'):
            read_palette(p, chunk.length);
            break;
        case STBI__PNG_TYPE('t', 'R', 'N', 'S'):
            read_transparency(p, chunk.length);
            break;
        case STBI__PNG_TYPE('I', 'D', 'A', 'T'):
            if (p->palette_n > 0 && p->palette_length == 0)
                leave("no PLTE");
            if (chunk.length > INT_MAX - p->data_bytes)
                leave("too large");
            p->has_data = true;
            p->chunk_left = chunk.length;
            return true;
        case STBI__PNG_TYPE('I', 'E', 'N', 'D'):
            return false;
        default:
            if ((chunk.type & (1 << 29)) == 0)
                leave("PNG chunk not known");
            stbi__skip(s, (int)chunk.length);
        }
        stbi__get32be(s);    /* a checksum, which stb_image does not look at */
    }
}

/* --------------------------------------------------------------------------------- image data */

/* Reads on in the image data, which may lie in many chunks; false where there is no more. */
static bool read_data(png_rows *p)
{
    stbi__context *s = &p->context;
    while (p->chunk_left == 0) {
        stbi__get32be(s);
        if (!find_data(p))
            return false;
    }
    size_t n = mafat_size_min(p->chunk_left, sizeof p->compressed);
    if (!stbi__getn(s, p->compressed, (int)n))
        leave("outofdata");
    p->chunk_left -= (stbi__uint32)n;
    p->data_bytes += (stbi__uint32)n;
    p->stream.next_in = p->compressed;
    p->stream.avail_in = (uInt)n;
    return true;
}

/* Whatever zlib finds amiss, stb_image may not. */
static int read_byte(png_rows *p)
{
    if (p->stream.avail_in == 0 && !read_data(p))
        leave(mafat_row_decoder_needs_whole);
    p->stream.avail_in--;
    return *p->stream.next_in++;
}

/* Inflates the next bytes; how many there were. */
static size_t inflate_bytes(png_rows *p, stbi_uc *to, size_t n_bytes)
{
    z_stream *z = &p->stream;
    z->next_out = to;
    z->avail_out = (uInt)n_bytes;
    while (z->avail_out > 0 && !p->inflated) {
        if (z->avail_in == 0 && !read_data(p))
            leave(mafat_row_decoder_needs_whole);
        int result = inflate(z, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            leave(mafat_row_decoder_needs_whole);
        p->inflated = result == Z_STREAM_END;
        if (z->total_out > INT_MAX)
            leave("too large");
    }
    return n_bytes - z->avail_out;
}

static void *allocate(void *unused, uInt n, uInt size)
{
    (void)unused;
    return mafat_stb_allocate((size_t)n * size);
}

static void deallocate(void *unused, void *block)
{
    (void)unused;
    mafat_stb_free(block);
}

/* Begins the stream behind its header, which is stbi__parse_zlib_header()'s to judge. */
static void begin_data(png_rows *p)
{
    if (!find_data(p))
        leave("no IDAT");
    int method = read_byte(p), flags = read_byte(p);
    if ((method * 256 + flags) % 31 != 0)
        leave("bad zlib header");
    if (flags & 32)
        leave("no preset dict");
    if ((method & 15) != 8)
        leave("bad compression");
    p->stream.zalloc = allocate;
    p->stream.zfree = deallocate;
    if (inflateInit2(&p->stream, -MAX_WBITS) != Z_OK)
        leave("outofmem");
}

/* ------------------------------------------------------------------------------------------ rows */

static size_t row_bytes(const png_rows *p, int w)
{
    return ((size_t)p->n_components * (size_t)w * (size_t)p->png.depth + 7) / 8;
}

/* The parts that an interlaced picture is stored in; any other one has one. */
static bool next_pass(png_rows *p)
{
    static const pass adam7[7] = {
        {.x0 = 0, .y0 = 0, .dx = 8, .dy = 8}, {.x0 = 4, .y0 = 0, .dx = 8, .dy = 8},
        {.x0 = 0, .y0 = 4, .dx = 4, .dy = 8}, {.x0 = 2, .y0 = 0, .dx = 4, .dy = 4},
        {.x0 = 0, .y0 = 2, .dx = 2, .dy = 4}, {.x0 = 1, .y0 = 0, .dx = 2, .dy = 2},
        {.x0 = 0, .y0 = 1, .dx = 1, .dy = 2},
    };
    p->y = 0;
    if (!p->interlaced) {
        p->now = (pass){p->w, p->h, 0, 0, 1, 1};
        return p->n_pass++ == 0;
    }
    while (p->n_pass < 7) {
        pass *now = &p->now;
        *now = adam7[p->n_pass++];
        now->w = p->w > now->x0 ? mafat_size_parts(p->w - now->x0, now->dx) : 0;
        now->h = p->h > now->y0 ? mafat_size_parts(p->h - now->y0, now->dy) : 0;
        if (now->w > 0 && now->h > 0)
            return true;
    }
    return false;
}

/* Undoes a row's filter, with the row above it. */
static void unfilter(png_rows *p, size_t n)
{
    int bits = p->n_components * p->png.depth, filter = p->line[0];
    size_t before = bits < 8 ? 1 : (size_t)bits / 8;    /* how far the pixel to the left is */
    stbi_uc *row = p->line + 1, *above = p->above + 1;
    if (filter > 4)
        leave("invalid filter");
    if (p->y == 0)
        memset(above, 0, n);
    for (size_t i = 0; i < n; i++) {
        int left = i >= before ? row[i - before] : 0, corner = i >= before ? above[i - before] : 0;
        switch (filter) {
        case STBI__F_sub:   row[i] = (stbi_uc)(row[i] + left); break;
        case STBI__F_up:    row[i] = (stbi_uc)(row[i] + above[i]); break;
        case STBI__F_avg:   row[i] = (stbi_uc)(row[i] + ((above[i] + left) >> 1)); break;
        case STBI__F_paeth:
            row[i] = (stbi_uc)(row[i] + stbi__paeth(left, above[i], corner));
            break;
        }
    }
    p->line[0] = STBI__F_none;
}

/* Makes [w][3] of a row's bytes, as stb_image makes a picture. */
static void convert(png_rows *p, size_t n, stbi_uc *rgb)
{
    stbi__context *s = &p->context;
    int out_n = p->n_components + p->has_transparent;
    void *made;
    s->img_x = (stbi__uint32)p->now.w;
    s->img_y = 1;
    s->img_n = p->n_components;
    p->png.s = s;
    check(stbi__create_png_image_raw(&p->png, p->line, (stbi__uint32)n + 1, out_n, s->img_x, 1,
                                     p->png.depth, p->colour));
    if (p->has_transparent && p->png.depth == 16)
        check(stbi__compute_transparency16(&p->png, p->transparent16, out_n));
    else if (p->has_transparent)
        check(stbi__compute_transparency(&p->png, p->transparent, out_n));
    if (p->palette_n > 0) {
        out_n = 3;
        check(stbi__expand_png_palette(&p->png, p->palette, (int)p->palette_length, out_n));
    }
    made = p->png.out;
    if (p->png.depth == 16) {
        if (out_n != 3)
            made = stbi__convert_format16(made, out_n, 3, s->img_x, 1);
        check(made != NULL);
        made = stbi__convert_16_to_8(made, p->now.w, 1, 3);
    } else if (out_n != 3) {
        made = stbi__convert_format(made, out_n, 3, s->img_x, 1);
    }
    check(made != NULL);
    memcpy(rgb, made, 3 * (size_t)p->now.w);
    mafat_stb_free(made);
}

/* The next row of the pass. */
static void make_row(void *state, unsigned char *rgb)
{
    png_rows *p = state;
    size_t n = row_bytes(p, p->now.w);
    stbi_uc *above = p->above;
    if (inflate_bytes(p, p->line, n + 1) < n + 1)
        leave("not enough pixels");
    unfilter(p, n);
    if (rgb != NULL)
        convert(p, n, rgb);
    p->above = p->line;
    p->line = above;
    p->y++;
}

static void make_picture(void *state, unsigned char *rgb)
{
    png_rows *p = state;
    stbi_uc *row = stbi__malloc(3 * (size_t)p->w);
    for (bool more = true; more; more = next_pass(p)) {
        const pass *now = &p->now;
        while (p->y < now->h) {
            size_t y = (size_t)(now->y0 + p->y * now->dy);
            make_row(p, row);
            for (int x = 0; x < now->w && rgb != NULL; x++)
                memcpy(rgb + 3 * (y * (size_t)p->w + (size_t)(now->x0 + x * now->dx)), row + 3 * x,
                       3);
        }
    }
}

static bool begin(void *state, mafat_picture_file *file, int *w, int *h)
{
    static stbi_io_callbacks callbacks = MAFAT_STB_CALLBACKS;
    png_rows *p = state;
    stbi__g_failure_reason = "corrupt";    /* some say nothing */
    stbi__start_callbacks(&p->context, &callbacks, file);
    check(stbi__check_png_header(&p->context));
    begin_data(p);
    p->line = stbi__malloc(row_bytes(p, p->w) + 1);
    p->above = stbi__malloc(row_bytes(p, p->w) + 1);
    *w = p->w;
    *h = p->h;
    next_pass(p);
    return !p->interlaced;
}

/* What else the stream holds is inflated and forgotten, and what follows it read over. */
static void end(void *state)
{
    png_rows *p = state;
    stbi_uc rest[4096];
    while (!p->inflated)
        inflate_bytes(p, rest, sizeof rest);
    while (read_data(p))
        continue;
}

const mafat_row_decoder mafat_png_rows = {
    .state_bytes = sizeof(png_rows), .begin = begin, .row = make_row, .picture = make_picture,
    .end = end,
};
