/* A picture: it is refused with a message, or decoding takes no more memory than was said of it before,
 * whole and by rows, and gives the same bytes in all ways: whole, by rows, once more, to another
 * number of channels, and by Darknet's load_image(). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/caught.h"
#include "darknet.h"
#include "fuzz/fuzz.h"
#include "base/size.h"
#include "upstream/picture.h"

/* No larger pictures are decoded here. */
enum { MAX_BYTES = 16 << 20 };

/* Blocks of a constant size beside pictures, which MAFAT_CHARGE_SMALL_BLOCKS counts (base/charge.h). */
enum { SMALL_BYTES = 8 << 10 };

/* --------------------------------------------------------------------------- what is allocated */

/* Of AddressSanitizer; not every compiler comes with the header. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *block);

/* By this thread, since it counts. */
static _Thread_local bool counts;
static _Thread_local size_t held_bytes, most_bytes;

static void on_malloc(const volatile void *block, size_t n_bytes)
{
    (void)block;
    if (!counts)
        return;
    held_bytes += n_bytes;
    most_bytes = held_bytes > most_bytes ? held_bytes : most_bytes;
}

static void on_free(const volatile void *block)
{
    if (counts && block != NULL)
        held_bytes -= __sanitizer_get_allocated_size(block);
}

static void count(void)
{
    static bool is_installed;
    if (!is_installed)
        __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
    is_installed = true;
    held_bytes = most_bytes = 0;
    counts = true;
}

/* ------------------------------------------------------------------------------------- the ways */

static void require_rows(const char *path, const mafat_picture_memory *memory, const mafat_picture *whole)
{
    mafat_picture_rows rows;
    mafat_error error = {0};
    size_t row_bytes = 3 * (size_t)whole->w;
    count();
    fuzz_require_ok(mafat_picture_rows_open(&rows, path, memory, &error), &error);
    fuzz_require(most_bytes <= memory->opening_bytes + SMALL_BYTES);
    fuzz_require(held_bytes <= memory->rows_bytes + SMALL_BYTES);
    fuzz_require(rows.w == whole->w && rows.h == whole->h);
    mafat_picture_source source = mafat_picture_rows_source(&rows);
    for (int round = 0; round < 2; round++)    /* the second one leaves rows out */
        for (int y = 0; y < rows.h; y += 1 + round)
            fuzz_require(memcmp(source.row(source.context, y), whole->rgb + (size_t)y * row_bytes, row_bytes) == 0);
    fuzz_require(most_bytes <= mafat_size_max(memory->opening_bytes, memory->rows_bytes) + SMALL_BYTES);
    fuzz_require_ok(mafat_picture_rows_check(&rows, &error), &error);
    mafat_picture_rows_close(&rows);
    fuzz_require(held_bytes == 0);
    counts = false;
}

/* That so many channels are decoded in what was said, and that three are the picture. */
static void require_channels(const char *path, int n, const mafat_picture *whole)
{
    mafat_picture_memory memory;
    mafat_bytes bytes;
    mafat_error error = {0};
    fuzz_require_ok(mafat_picture_memory_find_decoded(&memory, path, n, &error), &error);
    if (memory.decode_bytes > MAX_BYTES)
        return;
    count();
    fuzz_require_ok(mafat_picture_decode(path, n, &bytes, &error), &error);
    counts = false;
    fuzz_require(most_bytes <= memory.decode_bytes + SMALL_BYTES);
    fuzz_require(bytes.w == whole->w && bytes.h == whole->h && (n == 0 || bytes.c == n));
    if (n == 3)
        fuzz_require(memcmp(bytes.bytes, whole->rgb, 3 * (size_t)whole->w * (size_t)whole->h) == 0);
    free(bytes.bytes);
}

typedef struct {
    const char *path;
    image floats;
} loading;

static mafat_status load(void *context, mafat_error *error)
{
    loading *l = context;
    (void)error;
    l->floats = load_image_color((char *)l->path, 0, 0);
    return MAFAT_OK;
}

static void require_darknets(const char *path, const mafat_picture *whole)
{
    loading l = {.path = path};
    mafat_caught_things things = {0};
    mafat_error error = {0};
    fuzz_require_ok(mafat_caught_run(load, &l, &things, true, &error), &error);
    fuzz_require(l.floats.w == whole->w && l.floats.h == whole->h && l.floats.c == 3);
    size_t plane = (size_t)whole->w * (size_t)whole->h;
    for (size_t i = 0; i < 3 * plane; i++)
        fuzz_require(lroundf(l.floats.data[i % 3 * plane + i / 3] * 255) == whole->rgb[i]);
    mafat_caught_free(&things);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(0, data, size);
    mafat_picture_memory memory;
    mafat_picture whole;
    mafat_error error = {0};
    int w, h;
    mafat_status status = mafat_picture_memory_find(&memory, path, &error);
    fuzz_require_told(status, &error);
    if (status != MAFAT_OK || memory.decode_bytes > MAX_BYTES)
        return 0;
    count();
    status = mafat_picture_read(&whole, path, &error);
    counts = false;
    fuzz_require_told(status, &error);
    fuzz_require(most_bytes <= memory.decode_bytes + SMALL_BYTES);
    fuzz_require(status == MAFAT_OK || !memory.by_rows);    /* which is known to decode */
    if (status != MAFAT_OK)
        return 0;
    fuzz_require(held_bytes <= memory.rgb_bytes + SMALL_BYTES && whole.w == memory.w && whole.h == memory.h);
    fuzz_require_ok(mafat_picture_read_size(path, &w, &h, &error), &error);
    fuzz_require(w == whole.w && h == whole.h);
    require_rows(path, &memory, &whole);
    for (int n = 0; n <= 4; n++)
        require_channels(path, n, &whole);
    require_darknets(path, &whole);
    mafat_picture_free(&whole);
    return 0;
}
