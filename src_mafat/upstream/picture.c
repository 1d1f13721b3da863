/* Pictures decoded by stb_image, whole or by rows, and what that takes; see picture.h. */
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/charge.h"
#include "base/recognise.h"
#include "base/size.h"
#include "upstream/jpeg_rows.h"
#include "upstream/picture.h"
#include "upstream/png_rows.h"
#include "upstream/row_decoder.h"
#include "upstream/stb.h"
#include "stb_image.h"

enum { COLOURS = 3 };

/* What a decoder says of a file by its header. */
typedef struct {
    int w, h, n_channels;
    uint64_t more_bytes;    /* beside what the table below says */
} header;

/* stb_image's decoders, in the order in which it tries them. */
typedef struct {
    int (*test)(stbi__context *s);
    int (*info)(stbi__context *s, int *w, int *h, int *n_channels);
    int decoded;            /* channels of what it decodes to, before it makes those that are wanted;
                               IN_FILE: those in the file, WANTED: those that are wanted */
    int sample_bytes;       /* of one of them */
    int also_bytes;         /* a pixel, of what it holds beside */
    void (*look)(stbi__context *s, mafat_picture_file *file, int wanted, header *found);
    const mafat_row_decoder *by_rows;    /* NULL: never */
} format;

enum { IN_FILE = 0, WANTED = -1 };

static void look_at_jpeg(stbi__context *s, mafat_picture_file *file, int wanted, header *found);
static void look_at_png(stbi__context *s, mafat_picture_file *file, int wanted, header *found);
static void look_at_bmp(stbi__context *s, mafat_picture_file *file, int wanted, header *found);
static void look_at_tga(stbi__context *s, mafat_picture_file *file, int wanted, header *found);

static const format formats[] = {
    {stbi__jpeg_test, stbi__jpeg_info, WANTED, 1, 0, look_at_jpeg, &mafat_jpeg_rows},
    {stbi__png_test, stbi__png_info, IN_FILE, 1, 0, look_at_png, &mafat_png_rows},
    {stbi__bmp_test, stbi__bmp_info, IN_FILE, 1, 0, look_at_bmp, NULL},
    /* two pictures and a map of what was drawn */
    {stbi__gif_test, stbi__gif_info, 4, 1, 5, NULL, NULL},
    {stbi__psd_test, stbi__psd_info, 4, 1, 0, NULL, NULL},
    {stbi__pic_test, stbi__pic_info, 4, 1, 0, NULL, NULL},
    {stbi__pnm_test, stbi__pnm_info, IN_FILE, 1, 0, NULL, NULL},
    {stbi__hdr_test, stbi__hdr_info, WANTED, sizeof(float), 0, NULL, NULL},
    {stbi__tga_test, stbi__tga_info, IN_FILE, 1, 0, look_at_tga, NULL},
};

enum { N_FORMATS = sizeof formats / sizeof formats[0] };

/* A file that is decoded. */
struct mafat_picture_decoding {
    mafat_picture_file file;
    int wanted;             /* channels; 0: as many as it has */
    const format *format;
    mafat_stb_guard guard;
    header found;
    unsigned char *to;      /* where what is decoded goes: [3 * w * h + 1]; NULL: nowhere */
    bool by_rows;           /* its rows come one after the other */
    void *state;            /* of the decoder of rows, in the guard */
    unsigned char *row;     /* [3 * w + 1], owned: row number y; NULL: decodes whole */
    int y;                  /* -1: none so far */
    int asked;              /* the row that is asked for */
    mafat_picture whole;    /* where it is not by rows */
    mafat_status status;
    mafat_error error;      /* of rows that were asked for */
};

typedef struct mafat_picture_decoding decoding;

/* --------------------------------------------------------------------------------------- errors */

static mafat_status fail_to_read(mafat_error *error, const char *path, const char *reason)
{
    mafat_status status = mafat_error_set(error, MAFAT_FAILED,
                                          "cannot be read as an image: %s; allowed are JPEG, PNG, "
                                          "BMP, GIF, PSD, TGA, HDR, PIC and PNM",
                                          reason);
    mafat_error_set_file(error, path);
    return status;
}

/* The same for a file that may be something else: then that is the reason. */
static mafat_status fail_to_decode(mafat_error *error, const char *path, const char *reason)
{
    char text[160];
    mafat_recognised found = mafat_recognise_file(path);
    if (found.kind == MAFAT_RECOGNISED_NOT || found.kind == MAFAT_RECOGNISED_PICTURE)
        return fail_to_read(error, path, reason);
    snprintf(text, sizeof text, "it is %s%s%s", found.what, found.advice != NULL ? ": " : "",
             found.advice != NULL ? found.advice : "");
    return fail_to_read(error, path, text);
}

static const char changed[] = "it was changed while it was read";

/* Whether a decoder was stopped by the end of its file: some say what they missed there. */
static bool ends_early(const decoding *d)
{
    const char *reason = d->guard.reason;
    return d->format != NULL && reason != changed &&
           (d->file.is_exhausted || strcmp(reason, "outofdata") == 0);
}

/* What stopped a decoder. Some say nothing but "too large" of a size that they do not take. */
static mafat_status fail(const decoding *d, mafat_error *error)
{
    if (strcmp(d->guard.reason, "too large") == 0) {
        mafat_error_set(error, MAFAT_FAILED, "is an image too large at any memory limit: Darknet's "
                        "decoder takes none of so many pixels; make it smaller");
        mafat_error_set_file(error, d->file.path);
        return MAFAT_FAILED;
    }
    if (d->file.failed != 0)
        return fail_to_read(error, d->file.path, strerror(d->file.failed));
    return fail_to_decode(error, d->file.path,
                          ends_early(d) ? mafat_stb_ends_early : d->guard.reason);
}

/* ---------------------------------------------------------------------------------------- header */

static void start(stbi__context *s, mafat_picture_file *file)
{
    static stbi_io_callbacks callbacks = MAFAT_STB_CALLBACKS;
    mafat_picture_file_rewind(file);
    stbi__start_callbacks(s, &callbacks, file);
}

/* Planes, and coefficients where the file is progressive: stbi__process_frame_header(). */
static void look_at_jpeg(stbi__context *s, mafat_picture_file *file, int wanted, header *found)
{
    int max_h = 1, max_v = 1;
    (void)wanted;
    start(s, file);
    stbi__jpeg *z = stbi__malloc(sizeof *z);
    z->s = s;
    stbi__setup_jpeg(z);
    stbi__decode_jpeg_header(z, STBI__SCAN_header);
    for (int i = 0; i < s->img_n; i++) {
        max_h = z->img_comp[i].h > max_h ? z->img_comp[i].h : max_h;
        max_v = z->img_comp[i].v > max_v ? z->img_comp[i].v : max_v;
    }
    for (int i = 0; i < s->img_n; i++)
        if (max_h % z->img_comp[i].h != 0)
            mafat_stb_leave("its components' widths do not divide each other, and stb_image would "
                            "read beyond them");
    uint64_t n_mcus = (uint64_t)mafat_size_parts(found->w, 8 * max_h) *
                      (uint64_t)mafat_size_parts(found->h, 8 * max_v);
    for (int i = 0; i < s->img_n; i++)
        found->more_bytes += n_mcus * 64 * (uint64_t)(z->img_comp[i].h * z->img_comp[i].v) *
                             (z->progressive ? 1 + sizeof(short) : 1);
    found->more_bytes += (uint64_t)s->img_n * (uint64_t)found->w;    /* a row of each */
    mafat_stb_free(z);
}

/* Where mafat_png_rows leaves it to stb_image: its data and what they inflate to, in buffers that
 * double, then pixels of eight or sixteen bits, twice where they are interlaced. */
static void look_at_png(stbi__context *s, mafat_picture_file *file, int wanted, header *found)
{
    stbi__png png;
    uint64_t n_pixels = (uint64_t)found->w * (uint64_t)found->h;
    (void)wanted;
    start(s, file);
    png.s = s;
    stbi__png_info_raw(&png, NULL, NULL, NULL);
    uint64_t sample_bytes = png.depth == 16 ? 2 : 1;
    uint64_t data_bytes = 2 * file->version.n_bytes;
    uint64_t raw_bytes = 2 * (n_pixels * 4 * sample_bytes + (uint64_t)found->h);
    found->more_bytes = data_bytes + raw_bytes + 3 * n_pixels * 4 * sample_bytes;
}

static void look_at_bmp(stbi__context *s, mafat_picture_file *file, int wanted, header *found)
{
    (void)s;
    (void)file;
    /* rows from top to bottom are a negative height; it decodes to three or four at once */
    found->h = found->h < 0 && found->h > INT_MIN ? -found->h : found->h;
    found->n_channels = wanted >= 3 ? wanted : found->n_channels;
}

/* A palette of its own. */
static void look_at_tga(stbi__context *s, mafat_picture_file *file, int wanted, header *found)
{
    (void)wanted;
    start(s, file);
    stbi__skip(s, 5);
    found->more_bytes = (uint64_t)stbi__get16le(s) * 4;
}

/* The most that stb_image holds while it decodes the picture. */
static uint64_t whole_bytes(const format *f, const header *found, int wanted)
{
    int in_file = f->decoded > 0 ? f->decoded : found->n_channels;
    wanted = wanted > 0 ? wanted : in_file;
    int decoded = f->decoded == WANTED ? wanted : in_file;
    uint64_t pixel_bytes = (uint64_t)(decoded * f->sample_bytes + f->also_bytes);
    if (decoded != wanted || f->sample_bytes > 1)
        pixel_bytes += (uint64_t)wanted;
    return (uint64_t)found->w * (uint64_t)found->h * pixel_bytes + found->more_bytes +
           MAFAT_CHARGE_STB_STATE;
}

/* Finds out which decoder takes the file, and what it says of it. */
static void look(void *context)
{
    decoding *d = context;
    header *found = &d->found;
    stbi__context s;
    start(&s, &d->file);
    for (int i = 0; i < N_FORMATS && d->format == NULL; i++)
        if (formats[i].test(&s))
            d->format = &formats[i];
    if (d->format == NULL)
        mafat_stb_leave("unknown image type");
    stbi__g_failure_reason = "corrupt";    /* some say nothing */
    start(&s, &d->file);
    if (!d->format->info(&s, &found->w, &found->h, &found->n_channels))
        mafat_stb_leave(stbi_failure_reason());
    if (d->format->look != NULL)
        d->format->look(&s, &d->file, d->wanted, found);
}

static mafat_status check_size(const decoding *d, mafat_error *error)
{
    if (d->found.w < 1 || d->found.h < 1)
        return fail_to_read(error, d->file.path, "it has no pixels");
    uint64_t n_pixels = (uint64_t)d->found.w * (uint64_t)d->found.h;
    if (n_pixels <= INT_MAX / 4)    /* RGBA */
        return MAFAT_OK;
    mafat_error_set(error, MAFAT_FAILED, "is an image of %dx%d pixels, too large at any memory "
                    "limit: Darknet's int arithmetic holds %d pixels; make it smaller",
                    d->found.w, d->found.h, INT_MAX / 4);
    mafat_error_set_file(error, d->file.path);
    return MAFAT_FAILED;
}

/* Opens the file and looks at its header. */
static mafat_status open_file(decoding *d, const char *path, int wanted, mafat_error *error)
{
    *d = (decoding){.wanted = wanted, .y = -1, .guard = {.may_hold_bytes = MAFAT_CHARGE_STB_STATE}};
    mafat_status status = mafat_picture_file_open(&d->file, path, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_stb_run(&d->guard, look, d) ? check_size(d, error) : fail(d, error);
    mafat_stb_free_all(&d->guard);
    if (status != MAFAT_OK)
        mafat_picture_file_close(&d->file);
    return status;
}

/* ----------------------------------------------------------------------------------------- whole */

/* stbi__pic_load() goes on without memory where it fails, unless four channels are wanted. */
static unsigned char *load_pic(stbi__context *s, int *w, int *h, int *n_channels, int wanted)
{
    stbi__result_info unused;
    unsigned char *made = stbi__pic_load(s, w, h, n_channels, 4, &unused);
    wanted = wanted > 0 ? wanted : *n_channels;
    return made == NULL ? NULL : stbi__convert_format(made, 4, wanted, (unsigned)*w, (unsigned)*h);
}

static void load(void *context)
{
    decoding *d = context;
    stbi__context s;
    int w, h, *n_channels = &d->found.n_channels;
    stbi__g_failure_reason = "corrupt";
    start(&s, &d->file);
    d->file.must_not_end = d->format->test == stbi__hdr_test;    /* runs of no pixels */
    if (d->format->test == stbi__pic_test)
        d->to = load_pic(&s, &w, &h, n_channels, d->wanted);
    else
        d->to = stbi__load_and_postprocess_8bit(&s, &w, &h, n_channels, d->wanted);
    if (d->to == NULL || d->file.failed != 0)
        mafat_stb_leave(stbi_failure_reason());
    if (w != d->found.w || h != d->found.h)
        mafat_stb_leave(changed);
    mafat_stb_release(&d->guard, d->to);
}

/* Decodes by stb_image alone, into d->to: [h][w][wanted], to be freed with free(). */
static mafat_status decode_whole(decoding *d, mafat_error *error)
{
    uint64_t may_hold = whole_bytes(d->format, &d->found, d->wanted);
    d->guard.may_hold_bytes = may_hold < SIZE_MAX ? (size_t)may_hold : SIZE_MAX;
    mafat_status status = mafat_stb_run(&d->guard, load, d) ? MAFAT_OK : fail(d, error);
    mafat_stb_free_all(&d->guard);
    malloc_trim(0);    /* planes that were decoded on the way */
    return status;
}

/* ------------------------------------------------------------------------------------------ rows */

/* Begins the rows, or a picture that is had whole; runs under the guard. */
static void begin(void *context)
{
    decoding *d = context;
    mafat_stb_free_all(&d->guard);
    mafat_picture_file_rewind(&d->file);
    d->y = -1;
    d->state = mafat_stb_allocate(d->format->by_rows->state_bytes);
    d->by_rows = d->format->by_rows->begin(d->state, &d->file, &d->found.w, &d->found.h);
}

static void run_through(void *context)
{
    decoding *d = context;
    const mafat_row_decoder *decoder = d->format->by_rows;
    size_t row_bytes = COLOURS * (size_t)d->found.w;
    begin(d);
    if (!d->by_rows)
        decoder->picture(d->state, d->to);
    else if (d->to == NULL && decoder->check != NULL)
        decoder->check(d->state);
    else
        for (int y = 0; y < d->found.h; y++)
            decoder->row(d->state, d->to != NULL ? d->to + (size_t)y * row_bytes : NULL);
    decoder->end(d->state);
    if (d->file.failed != 0)
        mafat_stb_leave(strerror(d->file.failed));
}

/* Decodes the picture from its first to its last byte, into d->to, or only to see that it can be;
 * false where it left the guard. */
static bool decode(decoding *d, size_t may_hold_bytes)
{
    d->guard.may_hold_bytes = may_hold_bytes;
    d->guard.max_bytes = 0;
    bool decoded = mafat_stb_run(&d->guard, run_through, d);
    mafat_stb_free_all(&d->guard);
    return decoded;
}

/* Whether a decoder of rows left it to stb_image to decode the picture whole, or its rows take more
 * than they may. */
static bool needs_whole(const decoding *d)
{
    return d->guard.reason == mafat_row_decoder_needs_whole || d->guard.reason == mafat_stb_takes_more;
}

/* Goes on to the row that is asked for, or begins again. */
static void make_rows(void *context)
{
    decoding *d = context;
    if (d->asked < d->y)
        begin(d);
    while (d->y < d->asked) {
        d->y++;
        d->format->by_rows->row(d->state, d->y == d->asked ? d->row : NULL);
    }
    if (d->file.failed != 0)
        mafat_stb_leave(strerror(d->file.failed));
}

static const unsigned char *get_row(void *context, int y)
{
    decoding *d = ((mafat_picture_rows *)context)->decoding;
    if (d->row == NULL)
        return d->whole.rgb + (size_t)y * COLOURS * (size_t)d->whole.w;
    d->asked = y;
    if (d->status == MAFAT_OK && y != d->y && !mafat_stb_run(&d->guard, make_rows, d)) {
        if (needs_whole(d))
            d->guard.reason = changed;
        d->status = fail(d, &d->error);
        memset(d->row, 0, COLOURS * (size_t)d->found.w);
    }
    return d->row;
}

/* Begins the rows of an image of which it is known that they can be had. */
static mafat_status open_rows(decoding *d, const char *path, const mafat_picture_memory *memory,
                              mafat_error *error)
{
    mafat_status status = open_file(d, path, COLOURS, error);
    if (status != MAFAT_OK)
        return status;
    if (d->format->by_rows == NULL || d->found.w != memory->w || d->found.h != memory->h)
        return fail_to_read(error, path, changed);
    d->row = calloc(COLOURS * (size_t)d->found.w + 1, 1);
    if (d->row == NULL)
        return fail_to_read(error, path, "out of memory");
    d->guard.may_hold_bytes = SIZE_MAX;
    if (mafat_stb_run(&d->guard, begin, d))
        return MAFAT_OK;
    if (needs_whole(d))
        d->guard.reason = changed;
    return fail(d, error);
}

/* Has the picture whole. */
static mafat_status open_whole(decoding *d, const char *path, const mafat_picture_memory *memory,
                               mafat_error *error)
{
    *d = (decoding){.file = {.descriptor = -1}};
    mafat_status status = mafat_picture_read(&d->whole, path, error);
    if (status == MAFAT_OK && (d->whole.w != memory->w || d->whole.h != memory->h))
        status = fail_to_read(error, path, changed);
    return status;
}

mafat_status mafat_picture_rows_open(mafat_picture_rows *rows, const char *path,
                                     const mafat_picture_memory *memory, mafat_error *error)
{
    *rows = (mafat_picture_rows){.w = memory->w, .h = memory->h};
    rows->decoding = malloc(sizeof *rows->decoding);
    if (rows->decoding == NULL)
        return fail_to_read(error, path, "out of memory");
    mafat_status status = memory->by_rows ? open_rows(rows->decoding, path, memory, error)
                                          : open_whole(rows->decoding, path, memory, error);
    if (status != MAFAT_OK)
        mafat_picture_rows_close(rows);
    return status;
}

mafat_picture_source mafat_picture_rows_source(mafat_picture_rows *rows)
{
    return (mafat_picture_source){.context = rows, .row = get_row};
}

mafat_status mafat_picture_rows_check(const mafat_picture_rows *rows, mafat_error *error)
{
    const decoding *d = rows->decoding;
    mafat_status status = d->row != NULL ? mafat_picture_file_check(&d->file, error) : MAFAT_OK;
    if (status != MAFAT_OK || d->status == MAFAT_OK)
        return status;
    *error = d->error;
    return d->status;
}

void mafat_picture_rows_close(mafat_picture_rows *rows)
{
    decoding *d = rows->decoding;
    if (d != NULL) {
        mafat_picture_file_close(&d->file);
        mafat_stb_free_all(&d->guard);
        mafat_picture_free(&d->whole);
        free(d->row);
        free(d);
    }
    *rows = (mafat_picture_rows){0};
}

/* -------------------------------------------------------------------------------------- pictures */

/* Reads the file that `d` has open, to three channels. */
static mafat_status read_picture(decoding *d, mafat_error *error)
{
    if (d->format->by_rows == NULL)
        return decode_whole(d, error);
    d->to = malloc(COLOURS * (size_t)d->found.w * (size_t)d->found.h + 1);
    if (d->to == NULL)
        return fail_to_read(error, d->file.path, "out of memory");
    if (decode(d, SIZE_MAX))
        return MAFAT_OK;
    free(d->to);
    return needs_whole(d) ? decode_whole(d, error) : fail(d, error);
}

mafat_status mafat_picture_decode(const char *path, int n_channels, mafat_bytes *bytes,
                                  mafat_error *error)
{
    decoding d;
    *bytes = (mafat_bytes){0};
    mafat_status status = open_file(&d, path, n_channels, error);
    if (status != MAFAT_OK)
        return status;
    status = n_channels == COLOURS ? read_picture(&d, error) : decode_whole(&d, error);
    if (status == MAFAT_OK)
        *bytes = (mafat_bytes){.w = d.found.w, .h = d.found.h, .bytes = d.to,
                               .c = n_channels > 0 ? n_channels : d.found.n_channels};
    mafat_picture_file_close(&d.file);
    return status;
}

mafat_status mafat_picture_read(mafat_picture *picture, const char *path, mafat_error *error)
{
    mafat_bytes bytes;
    mafat_status status = mafat_picture_decode(path, COLOURS, &bytes, error);
    *picture = (mafat_picture){.w = bytes.w, .h = bytes.h, .rgb = bytes.bytes};
    return status;
}

mafat_status mafat_picture_read_size(const char *path, int *w, int *h, mafat_error *error)
{
    decoding d;
    mafat_status status = open_file(&d, path, COLOURS, error);
    if (status != MAFAT_OK)
        return status;
    *w = d.found.w;
    *h = d.found.h;
    mafat_picture_file_close(&d.file);
    return MAFAT_OK;
}

static const unsigned char *get_picture_row(void *context, int y)
{
    const mafat_picture *picture = context;
    return picture->rgb + 3 * (size_t)y * (size_t)picture->w;
}

mafat_picture_source mafat_picture_source_of(const mafat_picture *picture)
{
    return (mafat_picture_source){.context = (void *)picture, .row = get_picture_row};
}

void mafat_picture_free(mafat_picture *picture)
{
    free(picture->rgb);
    *picture = (mafat_picture){0};
}

/* ---------------------------------------------------------------------------------------- memory */

/* The most that looking a file up holds, for a limit may not be known yet: pictures of wider rows are
 * counted whole. */
enum { MAX_LOOKED_AT_BYTES = 2 << 20 };

mafat_status mafat_picture_memory_find_decoded(mafat_picture_memory *memory, const char *path,
                                               int n_channels, mafat_error *error)
{
    decoding d;
    if (n_channels == COLOURS)
        return mafat_picture_memory_find(memory, path, error);
    *memory = (mafat_picture_memory){0};
    mafat_status status = open_file(&d, path, n_channels, error);
    if (status != MAFAT_OK)
        return status;
    uint64_t whole = whole_bytes(d.format, &d.found, n_channels) + MAFAT_CHARGE_PICTURE_CHUNK;
    memory->w = d.found.w;
    memory->h = d.found.h;
    memory->file_bytes = mafat_picture_file_cached_bytes(d.file.version.n_bytes);
    memory->decode_bytes = whole < SIZE_MAX ? (size_t)whole : SIZE_MAX;
    mafat_picture_file_close(&d.file);
    return MAFAT_OK;
}

mafat_status mafat_picture_memory_find(mafat_picture_memory *memory, const char *path,
                                       mafat_error *error)
{
    decoding d;
    *memory = (mafat_picture_memory){0};
    mafat_status status = open_file(&d, path, COLOURS, error);
    if (status != MAFAT_OK)
        return status;
    const header *found = &d.found;
    memory->w = found->w;
    memory->h = found->h;
    memory->rgb_bytes = COLOURS * (size_t)found->w * (size_t)found->h;
    memory->file_bytes = mafat_picture_file_cached_bytes(d.file.version.n_bytes);
    bool decoded = d.format->by_rows != NULL && decode(&d, MAX_LOOKED_AT_BYTES);
    if (d.format->by_rows != NULL && !decoded && !needs_whole(&d))
        status = fail(&d, error);
    size_t state_bytes = d.guard.max_bytes + MAFAT_CHARGE_PICTURE_CHUNK +
                         COLOURS * (size_t)found->w;
    uint64_t whole = decoded ? memory->rgb_bytes + state_bytes
                             : whole_bytes(d.format, found, COLOURS) + MAFAT_CHARGE_PICTURE_CHUNK +
                                   MAFAT_CHARGE_JPEG_COLUMN * (uint64_t)found->w *
                                       (d.format->by_rows == &mafat_jpeg_rows);
    memory->by_rows = decoded && d.by_rows;
    memory->decode_bytes = whole < SIZE_MAX ? (size_t)whole : SIZE_MAX;
    memory->rows_bytes = memory->by_rows ? state_bytes : memory->rgb_bytes;
    memory->opening_bytes = memory->by_rows ? state_bytes : memory->decode_bytes;
    mafat_picture_file_close(&d.file);
    return status;
}
