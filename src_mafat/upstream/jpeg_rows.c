/* JPEG by rows of blocks; see upstream/row_decoder.h. It is load_jpeg_image() and what that calls, but that
 * of each component two rows of blocks are kept, not its whole plane. */
#include "upstream/jpeg_rows.h"

#include "base/size.h"
#include "upstream/row_decoder.h"
#include "upstream/stb.h"
#include "stb_image.h"

enum { DHT = 0xc4 };    /* the marker of tables of codes */

/* A component's plane, of which the rows of two MCUs are there: the one that was decoded last, and
 * the one above it. */
typedef struct {
    stbi_uc *rows;        /* [2 * height][w2], in the guard */
    int w2, height;       /* of the rows of one MCU */
    stbi__resample resample;
    int line0, line1;     /* the rows that it reads */
} component;

typedef struct {
    stbi__context context;
    stbi__jpeg jpeg;
    component components[4];
    int n_mcus, n_mcu_rows;  /* in a row, and rows */
    int h, v;                /* blocks of component 0 in an MCU, if it is the only one */
    int next_mcu_row;
    bool is_rgb;
    int jfif, transform;     /* as they were before the scan */
} jpeg_rows;

static void check(int fine)
{
    if (!fine)
        mafat_stb_leave(stbi__g_failure_reason);
}

/* --------------------------------------------------------------------------------------- header */

/* Reads all that comes before the scan, and the scan's header. */
static void read_headers(jpeg_rows *rows, mafat_picture_file *file)
{
    static stbi_io_callbacks callbacks = MAFAT_STB_CALLBACKS;
    stbi__jpeg *z = &rows->jpeg;
    stbi__g_failure_reason = "corrupt";    /* some say nothing */
    mafat_picture_file_rewind(file);
    stbi__start_callbacks(&rows->context, &callbacks, file);
    z->s = &rows->context;
    stbi__setup_jpeg(z);
    check(stbi__decode_jpeg_header(z, STBI__SCAN_header));
    if (z->progressive)
        mafat_stb_leave(mafat_row_decoder_needs_whole);
    int marker = stbi__get_marker(z);
    while (!stbi__SOS(marker)) {
        if (stbi__EOI(marker) || stbi__DNL(marker))
            mafat_stb_leave(mafat_row_decoder_needs_whole);
        check(stbi__process_marker(z, marker));
        marker = stbi__get_marker(z);
    }
    check(stbi__process_scan_header(z));
    if (z->scan_n != z->s->img_n)
        mafat_stb_leave(mafat_row_decoder_needs_whole);
}

/* The sizes of stbi__process_frame_header(). A scan of a single component holds its blocks row by
 * row, whatever its sampling factors. */
static void set_sizes(jpeg_rows *rows)
{
    stbi__jpeg *z = &rows->jpeg;
    stbi__context *s = z->s;
    int w = (int)s->img_x, h = (int)s->img_y, n = s->img_n;
    z->img_h_max = z->img_v_max = 1;
    for (int i = 0; i < n; i++) {
        z->img_h_max = z->img_comp[i].h > z->img_h_max ? z->img_comp[i].h : z->img_h_max;
        z->img_v_max = z->img_comp[i].v > z->img_v_max ? z->img_comp[i].v : z->img_v_max;
    }
    bool single = n == 1;
    int mcu_w = single ? 8 : 8 * z->img_h_max, mcu_h = single ? 8 : 8 * z->img_v_max;
    rows->n_mcus = mafat_size_parts(w, mcu_w);
    rows->n_mcu_rows = mafat_size_parts(h, mcu_h);
    for (int i = 0; i < n; i++) {
        component *c = &rows->components[i];
        /* components would not move down the picture together */
        if (z->img_v_max % z->img_comp[i].v != 0)
            mafat_stb_leave(mafat_row_decoder_needs_whole);
        z->img_comp[i].y = mafat_size_parts(h * z->img_comp[i].v, z->img_v_max);
        c->w2 = rows->n_mcus * (single ? 1 : z->img_comp[i].h) * 8;
        c->height = (single ? 1 : z->img_comp[i].v) * 8;
    }
}

/* How load_jpeg_image() makes rows of a component's rows. */
static resample_row_func choose_resampling(const stbi__jpeg *z, const stbi__resample *r)
{
    if (r->hs == 1 && r->vs == 1)
        return resample_row_1;
    if (r->hs == 1 && r->vs == 2)
        return stbi__resample_row_v_2;
    if (r->hs == 2 && r->vs == 1)
        return stbi__resample_row_h_2;
    if (r->hs == 2 && r->vs == 2)
        return z->resample_row_hv_2_kernel;
    return stbi__resample_row_generic;
}

static bool begin(void *state, mafat_picture_file *file, int *w, int *h)
{
    jpeg_rows *rows = state;
    stbi__jpeg *z = &rows->jpeg;
    read_headers(rows, file);
    set_sizes(rows);
    for (int i = 0; i < z->s->img_n; i++) {
        component *c = &rows->components[i];
        stbi__resample *r = &c->resample;
        r->hs = z->img_h_max / z->img_comp[i].h;
        r->vs = z->img_v_max / z->img_comp[i].v;
        r->ystep = r->vs >> 1;
        r->w_lores = mafat_size_parts((int)z->s->img_x, r->hs);
        r->resample = choose_resampling(z, r);
        /* aligned for SIMD, as the planes are */
        c->rows = stbi__malloc_mad3(2 * c->height, c->w2, 1, 15);
        c->rows = (stbi_uc *)(((size_t)c->rows + 15) & ~(size_t)15);
        z->img_comp[i].linebuf = stbi__malloc(z->s->img_x + 3);
    }
    rows->is_rgb = z->s->img_n == 3 &&
                   (z->rgb == 3 || (z->app14_color_transform == 0 && !z->jfif));
    rows->jfif = z->jfif;
    rows->transform = z->app14_color_transform;
    stbi__jpeg_reset(z);
    *w = (int)z->s->img_x;
    *h = (int)z->s->img_y;
    return true;
}

/* ----------------------------------------------------------------------------------------- scan */

static void decode_block(stbi__jpeg *z, int n, stbi_uc *to, int stride)
{
    STBI_SIMD_ALIGN(short, data[64]);
    int ha = z->img_comp[n].ha;
    check(stbi__jpeg_decode_block(z, data, z->huff_dc + z->img_comp[n].hd, z->huff_ac + ha,
                                  z->fast_ac[ha], n, z->dequant[z->img_comp[n].tq]));
    z->idct_block_kernel(to, stride, data);
}

static void decode_mcu(jpeg_rows *rows, int i)
{
    stbi__jpeg *z = &rows->jpeg;
    for (int k = 0; k < z->scan_n; k++) {
        int n = z->order[k];
        component *c = &rows->components[n];
        int across = c->w2 / 8 / rows->n_mcus, down = c->height / 8;
        stbi_uc *to = c->rows + (size_t)(rows->next_mcu_row % 2 * c->height) * (size_t)c->w2;
        for (int y = 0; y < down; y++)
            for (int x = 0; x < across; x++)
                decode_block(z, n, to + c->w2 * y * 8 + (i * across + x) * 8, c->w2);
    }
}

/* The next row of MCUs, over the one before the last one. */
static void decode_mcu_row(jpeg_rows *rows)
{
    stbi__jpeg *z = &rows->jpeg;
    for (int i = 0; i < rows->n_mcus; i++) {
        decode_mcu(rows, i);
        if (--z->todo > 0)
            continue;
        if (z->code_bits < 24)
            stbi__grow_buffer_unsafe(z);
        if (STBI__RESTART(z->marker))
            stbi__jpeg_reset(z);
        else if (i < rows->n_mcus - 1 || rows->next_mcu_row < rows->n_mcu_rows - 1)
            mafat_stb_leave(mafat_row_decoder_needs_whole);    /* the rest of the picture is missing */
    }
    rows->next_mcu_row++;
}

/* ----------------------------------------------------------------------------------------- rows */

/* The next row of a component in the picture's width, where it is looked at. */
static stbi_uc *resample(jpeg_rows *rows, int n, bool looked_at)
{
    component *c = &rows->components[n];
    stbi__resample *r = &c->resample;
    stbi_uc *line0 = c->rows + (size_t)(c->line0 % (2 * c->height)) * (size_t)c->w2;
    stbi_uc *line1 = c->rows + (size_t)(c->line1 % (2 * c->height)) * (size_t)c->w2;
    bool bottom = r->ystep >= (r->vs >> 1);
    stbi_uc *row = NULL;
    if (looked_at)
        row = r->resample(rows->jpeg.img_comp[n].linebuf, bottom ? line1 : line0,
                          bottom ? line0 : line1, r->w_lores, r->hs);
    if (++r->ystep >= r->vs) {
        r->ystep = 0;
        c->line0 = c->line1;
        if (++r->ypos < rows->jpeg.img_comp[n].y)
            c->line1++;
    }
    return row;
}

/* Four components: ink and black, or a fourth one that says nothing. */
static void mix_black(const stbi__jpeg *z, stbi_uc *const from[4], stbi_uc *rgb)
{
    size_t w = z->s->img_x;
    if (z->app14_color_transform != 0)
        z->YCbCr_to_RGB_kernel(rgb, from[0], from[1], from[2], (int)w, 3);
    if (z->app14_color_transform != 0 && z->app14_color_transform != 2)
        return;
    for (size_t i = 0; i < w; i++)
        for (size_t c = 0; c < 3; c++) {
            stbi_uc colour = z->app14_color_transform == 0 ? from[c][i]
                                                           : (stbi_uc)(255 - rgb[3 * i + c]);
            rgb[3 * i + c] = stbi__blinn_8x8(colour, from[3][i]);
        }
}

static void make_row(void *state, unsigned char *rgb)
{
    jpeg_rows *rows = state;
    stbi__jpeg *z = &rows->jpeg;
    stbi_uc *from[4] = {NULL};
    int n = z->s->img_n;
    for (int i = 0; i < n; i++)
        while (rows->next_mcu_row * rows->components[i].height <= rows->components[i].line1)
            decode_mcu_row(rows);
    for (int i = 0; i < n; i++)
        from[i] = resample(rows, i, rgb != NULL);
    if (rgb == NULL)
        return;
    if (n == 4)
        mix_black(z, from, rgb);
    else if (n == 3 && !rows->is_rgb)
        z->YCbCr_to_RGB_kernel(rgb, from[0], from[1], from[2], (int)z->s->img_x, 3);
    else
        for (size_t i = 0; i < z->s->img_x; i++)
            for (size_t c = 0; c < 3; c++)
                rgb[3 * i + c] = from[n == 3 ? c : 0][i];
}

/* Blocks are corrupt as they are read from the file, not as they become samples. */
static void make_no_samples(stbi_uc *to, int stride, short data[64])
{
    (void)to;
    (void)stride;
    (void)data;
}

static void check_rows(void *state)
{
    jpeg_rows *rows = state;
    rows->jpeg.idct_block_kernel = make_no_samples;
    while (rows->next_mcu_row < rows->n_mcu_rows)
        decode_mcu_row(rows);
}

/* ------------------------------------------------------------------------------------------ end */

/* The marker behind a scan, where some cameras leave zeros. As in stbi__decode_jpeg_image() it is what follows the
 * first 0xff, be that 0xff, too, which stands for none. */
static int find_marker(stbi__jpeg *z)
{
    if (z->marker == STBI__MARKER_none) {
        int byte = 0;
        while (byte != 0xff && !stbi__at_eof(z->s))
            byte = stbi__get8(z->s);
        if (byte == 0xff)
            z->marker = stbi__get8(z->s);
    }
    return stbi__get_marker(z);
}

static void end(void *state)
{
    jpeg_rows *rows = state;
    stbi__jpeg *z = &rows->jpeg;
    while (rows->next_mcu_row < rows->n_mcu_rows)
        decode_mcu_row(rows);
    int marker = find_marker(z);
    while (!stbi__EOI(marker)) {
        if (stbi__SOS(marker) || stbi__DNL(marker) || marker == DHT)
            mafat_stb_leave(mafat_row_decoder_needs_whole);
        check(stbi__process_marker(z, marker));
        marker = stbi__get_marker(z);
    }
    if (rows->jfif != z->jfif || rows->transform != z->app14_color_transform)
        mafat_stb_leave(mafat_row_decoder_needs_whole);    /* colours were not what they seemed */
}

const mafat_row_decoder mafat_jpeg_rows = {
    .state_bytes = sizeof(jpeg_rows), .begin = begin, .row = make_row, .check = check_rows,
    .end = end,
};
