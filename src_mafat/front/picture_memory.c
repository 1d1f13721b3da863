/* JPEG frame headers, and a bound for the rest; see picture_memory.h. Sources: ITU T.81, annex B;
 * stbi__process_frame_header() and load_jpeg_image(); Darknet's load_image_stb(), resize_image()
 * and letterbox_image(). */
#include "front/picture_memory.h"

#include <stdbool.h>
#include <stdio.h>

#include "front/picture.h"
#include "run/file.h"

enum { COLOURS = 3 };

/* stb_image's own state and rows, beside planes and picture. */
enum { STATE_BYTES = 96 << 10 };

static int read_word(FILE *file)
{
    int high = getc(file), low = getc(file);
    return high == EOF || low == EOF ? -1 : high << 8 | low;
}

/* Bytes of the planes of a frame of w x h pixels, from its components' sampling factors: whole
 * blocks of 8x8 in whole groups of them. */
static size_t plane_bytes(const int *sampling, int n, int w, int h)
{
    int most_x = 1, most_y = 1;
    size_t bytes = 0;
    for (int i = 0; i < n; i++) {
        most_x = sampling[i] >> 4 > most_x ? sampling[i] >> 4 : most_x;
        most_y = (sampling[i] & 15) > most_y ? sampling[i] & 15 : most_y;
    }
    size_t groups_x = (size_t)((w + 8 * most_x - 1) / (8 * most_x));
    size_t groups_y = (size_t)((h + 8 * most_y - 1) / (8 * most_y));
    for (int i = 0; i < n; i++)
        bytes += groups_x * groups_y * 64 * (size_t)(sampling[i] >> 4) * (size_t)(sampling[i] & 15);
    return bytes;
}

/* Whether the file is a PNM, whose bytes are the picture's. */
static bool is_plain(FILE *file)
{
    int first = getc(file), second = getc(file);
    rewind(file);
    return first == 'P' && (second == '5' || second == '6');
}

/* Finds the frame header of a JPEG file; false in any other file, or where there is none. */
static bool read_frame(FILE *file, const mafat_picture_memory *memory, size_t *bytes)
{
    if (read_word(file) != 0xffd8)
        return false;
    for (;;) {
        int marker = read_word(file), length = read_word(file);
        if (marker < 0xff00 || length < 2)
            return false;
        if (marker >= 0xffc0 && marker <= 0xffc2) {
            int sampling[4], n;
            fseek(file, 5, SEEK_CUR);    /* precision, rows, columns */
            n = getc(file);
            for (int i = 0; i < n && i < 4; i++) {
                getc(file);
                sampling[i] = getc(file);
                getc(file);
            }
            if (n < 1 || n > 4 || feof(file))
                return false;
            size_t planes = plane_bytes(sampling, n, memory->w, memory->h);
            *bytes = marker == 0xffc2 ? 3 * planes : planes;
            return true;
        }
        fseek(file, length - 2, SEEK_CUR);
    }
}

mafat_status mafat_picture_memory_find(mafat_picture_memory *memory, const char *path,
                                       mafat_error *error)
{
    uint64_t file_bytes;
    *memory = (mafat_picture_memory){0};
    mafat_status status = mafat_picture_read_size(path, &memory->w, &memory->h, error);
    if (status == MAFAT_OK)
        status = mafat_file_size(path, "image", &file_bytes, error);
    if (status != MAFAT_OK)
        return status;
    size_t work_bytes, n_pixels = (size_t)memory->w * (size_t)memory->h;
    memory->rgb_bytes = COLOURS * n_pixels;
    memory->file_bytes = (size_t)file_bytes;
    FILE *file = fopen(path, "rb");
    if (file != NULL && is_plain(file))
        work_bytes = 0;
    else if (file == NULL || !read_frame(file, memory, &work_bytes))
        /* PNG: RGBA, filters, and a buffer that doubles */
        work_bytes = 5 * n_pixels + 2 * (size_t)file_bytes;
    if (file != NULL)
        fclose(file);
    memory->decode_bytes = memory->rgb_bytes + work_bytes + STATE_BYTES;
    return MAFAT_OK;
}

static size_t float_bytes(int w, int h)
{
    return COLOURS * sizeof(float) * (size_t)w * (size_t)h;
}

void mafat_picture_memory_letterbox(int w, int h, int net_w, int net_h, size_t *image_bytes,
                                    size_t *work_bytes)
{
    bool is_wide = (float)net_w / (float)w < (float)net_h / (float)h;
    int new_w = is_wide ? net_w : (int)((long long)w * net_h / h);
    int new_h = is_wide ? (int)((long long)h * net_w / w) : net_h;
    *image_bytes = float_bytes(w, h);
    size_t loading_bytes = COLOURS * (size_t)w * (size_t)h;
    size_t part_bytes = float_bytes(new_w, h), boxed_bytes = float_bytes(net_w, net_h);
    size_t fitting_bytes = float_bytes(new_w, new_h) +
                           (part_bytes > boxed_bytes ? part_bytes : boxed_bytes);
    *work_bytes = *image_bytes + (loading_bytes > fitting_bytes ? loading_bytes : fitting_bytes);
}
