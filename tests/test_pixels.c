/* Boxes drawn on a program's own pixels: what is drawn there is what mafat_draw() writes to a file,
 * and all else of them stays. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "darknet.h"
#include "mafat.h"
#include "support/random.h"
#include "support/suite.h"

enum { WIDTH = 333, HEIGHT = 217, PAD = 7, STRIDE = 3 * WIDTH + PAD, N_BYTES = HEIGHT * STRIDE };

static const mafat_thresholds low = {.1f, .5f}, certain = {1, .5f};

static const char network_text[] =
    "[net]\nwidth=48\nheight=32\nchannels=3\n"
    "[convolutional]\nfilters=16\nsize=3\npad=1\nactivation=leaky\n"
    "[maxpool]\nsize=4\nstride=4\n"
    "[convolutional]\nfilters=35\nsize=1\nactivation=linear\n"
    "[region]\nanchors=1,1,2,2,3,3,4,4,5,5\nclasses=2\ncoords=4\nnum=5\nsoftmax=1\n";

/* A file of the test's own, with this text in it; path[32]. */
static void make_file(char *path, const char *text)
{
    strcpy(path, "/tmp/mafat-test-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

/* A network that finds boxes, with the weights that Darknet gives a new one. Pictures of letters
 * are found from Darknet's folder. */
static mafat *open_network(const char *memory)
{
    static bool has_moved;
    char cfg[32], weights[32], names[32];
    mafat *m;
    mafat_error error;
    if (!has_moved)
        ck_assert_int_eq(chdir("darknet"), 0);
    has_moved = true;
    make_file(cfg, network_text);
    make_file(names, "one\ntwo\n");
    make_file(weights, "");
    network *stock = load_network(cfg, NULL, 0);
    save_weights(stock, weights);
    free_network(stock);
    mafat_settings settings = {.memory = memory, .names = names};
    ck_assert_msg(mafat_open(&m, cfg, weights, &settings, &error) == MAFAT_OK, "%s", error.text);
    unlink(cfg);
    unlink(weights);
    unlink(names);
    return m;
}

/* The test's picture: red, green, blue; with bytes behind each row that are nobody's. */
static void paint(unsigned char *pixels)
{
    test_random r = {42};
    for (int i = 0; i < N_BYTES; i++)
        pixels[i] = (unsigned char)test_random_bits(&r);
}

static void turn(unsigned char *pixels)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            unsigned char *p = pixels + y * STRIDE + 3 * x, red = p[0];
            p[0] = p[2];
            p[2] = red;
        }
}

static mafat_image image_of(const unsigned char *pixels, bool is_bgr)
{
    return (mafat_image){.pixels = pixels, .width = WIDTH, .height = HEIGHT, .stride_bytes = STRIDE,
                         .is_bgr = is_bgr};
}

static mafat_result *detect(mafat *m, const mafat_image *image, const mafat_thresholds *thresholds)
{
    mafat_result *result;
    mafat_error error;
    ck_assert_msg(mafat_detect(m, image, thresholds, &result, &error) == MAFAT_OK, "%s",
                  error.text);
    return result;
}

static size_t count(const mafat_result *result)
{
    size_t at = 0, n = 0;
    mafat_box box;
    while (mafat_result_next(result, &at, &box))
        n++;
    return n;
}

/* The bytes of the file that mafat_draw() writes. */
static size_t draw_file(mafat *m, const mafat_image *image, const mafat_result *result,
                        unsigned char *bytes, size_t size)
{
    char path[32];
    mafat_error error;
    make_file(path, "");
    ck_assert_msg(mafat_draw(m, image, result, path, &error) == MAFAT_OK, "%s", error.text);
    FILE *file = fopen(path, "rb");
    size_t n = fread(bytes, 1, size, file);
    fclose(file);
    unlink(path);
    ck_assert(n > 0 && n < size);
    return n;
}

START_TEST(pixels_are_drawn_on_as_files_are)
{
    enum { SIZE = 1 << 20 };
    static unsigned char expected[SIZE], drawn[SIZE];
    static unsigned char pixels[N_BYTES], before[N_BYTES], once[N_BYTES];
    static const char *const limits[] = {NULL, "128M"};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        test_case("limit %s", limits[i] != NULL ? limits[i] : "none");
        mafat *m = open_network(limits[i]);
        mafat_error error;
        paint(pixels);
        memcpy(before, pixels, sizeof before);
        mafat_image image = image_of(pixels, false);
        mafat_result *result = detect(m, &image, &low), *nothing = detect(m, &image, &certain);
        ck_assert_uint_gt(count(result), 0);
        ck_assert_uint_eq(count(nothing), 0);
        size_t n = draw_file(m, &image, result, expected, SIZE);

        ck_assert(mafat_draw_pixels(m, &image, result, pixels, &error) == MAFAT_OK);
        ck_assert_int_ne(memcmp(pixels, before, sizeof pixels), 0);
        ck_assert_uint_eq(draw_file(m, &image, nothing, drawn, SIZE), n);
        ck_assert_mem_eq(drawn, expected, n);
        for (int y = 0; y < HEIGHT; y++)
            ck_assert_mem_eq(pixels + y * STRIDE + 3 * WIDTH, before + y * STRIDE + 3 * WIDTH, PAD);

        /* the same boxes, blue first, to pixels that are not the image's */
        memcpy(once, before, sizeof once);
        turn(before);
        mafat_image turned = image_of(before, true);
        turn(once);
        ck_assert(mafat_draw_pixels(m, &turned, result, once, &error) == MAFAT_OK);
        turn(once);
        ck_assert_mem_eq(once, pixels, sizeof once);
        mafat_result_free(result);
        mafat_result_free(nothing);
        mafat_close(m);
    }
}
END_TEST

START_TEST(boxes_of_another_size_are_refused)
{
    static unsigned char pixels[N_BYTES];
    mafat *m = open_network(NULL);
    mafat_error error;
    mafat_image image = image_of(pixels, false);
    mafat_result *result = detect(m, &image, &low);
    image.width--;
    ck_assert_int_eq(mafat_draw_pixels(m, &image, result, pixels, &error), MAFAT_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "332x217"));
    mafat_result_free(result);
    mafat_close(m);
}
END_TEST

/* What a program says that it will take is left out of what the network may take. */
START_TEST(a_reserve_is_left_free)
{
    mafat *m = open_network("128M");
    mafat_facts plain;
    mafat_describe(m, &plain);
    mafat_close(m);
    char cfg[32];
    mafat_error error;
    make_file(cfg, network_text);
    enum { RESERVE = 16 << 20 };
    mafat_settings settings = {.memory = "128M", .reserve_bytes = RESERVE};
    ck_assert_int_eq(mafat_open(&m, cfg, NULL, &settings, &error), MAFAT_OK);
    mafat_facts facts;
    mafat_describe(m, &facts);
    ck_assert_uint_ge(facts.predicted_bytes, RESERVE);
    ck_assert_uint_le(facts.predicted_bytes, facts.limit_bytes);
    mafat_close(m);
    settings.reserve_bytes = 128 << 20;
    ck_assert_int_eq(mafat_open(&m, cfg, NULL, &settings, &error), MAFAT_NO_FIT);
    unlink(cfg);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pixels");
    tcase_add_test(tests, pixels_are_drawn_on_as_files_are);
    tcase_add_test(tests, boxes_of_another_size_are_refused);
    tcase_add_test(tests, a_reserve_is_left_free);
    Suite *suite = suite_create("pixels");
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
