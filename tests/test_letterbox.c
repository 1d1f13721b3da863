/* The letterbox against Darknet's own: every bit of the input, for pictures and networks of many
 * sizes. Darknet's floats are made of the bytes by load_image_color(), through a file. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "darknet.h"
#include "run/letterbox.h"
#include "support/random.h"
#include "support/suite.h"
#include "upstream/picture.h"
#include "upstream/picture_probe.h"

static test_random r = {4711};

/* What this build of Darknet does. */
static const mafat_image_rounding *measured(void)
{
    mafat_error error;
    if (mafat_picture_probe_measure(&error) != MAFAT_OK)
        ck_abort_msg("%s", error.text);
    return mafat_picture_probe_rounding();
}

static mafat_picture make_picture(int w, int h)
{
    mafat_picture picture = {.rgb = malloc((size_t)w * (size_t)h * 3), .w = w, .h = h};
    for (int i = 0; i < w * h * 3; i++)
        picture.rgb[i] = (unsigned char)test_random_int(&r, 256);
    return picture;
}

/* Darknet's load_image_color() of the picture. */
static image load(const mafat_picture *picture)
{
    char path[] = "/tmp/mafat-test-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "wb");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "P6 %d %d 255\n", picture->w, picture->h);
    size_t n = (size_t)picture->w * (size_t)picture->h * 3;
    ck_assert_uint_eq(fwrite(picture->rgb, 1, n, file), n);
    fclose(file);
    image floats = load_image_color(path, 0, 0);
    unlink(path);
    return floats;
}

static void expect_fitted(const mafat_picture *picture, image floats, int net_w, int net_h, bool stretched)
{
    mafat_letterbox letterbox;
    mafat_error error;
    if (mafat_letterbox_init(&letterbox, mafat_picture_source_of(picture), picture->w, picture->h,
                             net_w, net_h, stretched, measured(), &error) != MAFAT_OK)
        ck_abort_msg("%s", error.text);
    size_t plane = (size_t)net_w * (size_t)net_h;
    float *ours = calloc(plane * 3, sizeof *ours);
    mafat_source source = mafat_letterbox_source(&letterbox);
    source.rows(source.context, 0, net_h, ours, (size_t)net_w, plane);
    image boxed = stretched ? resize_image(floats, net_w, net_h) : letterbox_image(floats, net_w, net_h);
    bool is_same = memcmp(ours, boxed.data, plane * 3 * sizeof *ours) == 0;
    for (size_t i = 0; !is_same && i < plane * 3; i++)
        if (memcmp(&ours[i], &boxed.data[i], sizeof *ours) != 0)
            ck_abort_msg("%dx%d in %dx%d: channel %zu, row %zu, column %zu: Darknet %.9g, "
                         "ours %.9g",
                         picture->w, picture->h, net_w, net_h, i / plane,
                         i % plane / (size_t)net_w, i % (size_t)net_w, (double)boxed.data[i],
                         (double)ours[i]);
    free_image(boxed);
    free(ours);
    mafat_letterbox_free(&letterbox);
}

/* Letterboxed and, where Darknet does not divide by zero, stretched. */
static void expect_same(const mafat_picture *picture, image floats, int net_w, int net_h)
{
    expect_fitted(picture, floats, net_w, net_h, false);
    if (net_h > 1)
        expect_fitted(picture, floats, net_w, net_h, true);
}

/* letterbox_image() divides by zero where the picture shrinks to one row. */
static bool is_defined(int w, int h, int net_w, int net_h)
{
    bool wide = (float)net_w / (float)w < (float)net_h / (float)h;
    return (wide ? h * net_w / w : net_h) != 1;
}

START_TEST(each_byte_becomes_darknets_float)
{
    for (int w = 1; w < 70; w++) {
        test_case("%d columns", w);
        mafat_picture picture = make_picture(w, 768 / w + 1);
        for (int i = 0; i < 256; i++)
            picture.rgb[i] = (unsigned char)(i * 77);
        image floats = load(&picture);
        size_t plane = (size_t)picture.w * (size_t)picture.h;
        for (size_t i = 0; i < plane * 3; i++)
            test_require(measured()->from_byte[picture.rgb[i]] ==
                         floats.data[i % 3 * plane + i / 3]);
        free_image(floats);
        free(picture.rgb);
    }
}
END_TEST

/* Every combination of small sizes: one pixel, one column, larger, smaller, equal. */
START_TEST(small_pictures_are_darknets_in_small_networks)
{
    static const int sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 31, 32, 33, 50};
    enum { N = sizeof sizes / sizeof sizes[0] };
    int step = 3 / test_part_of(3);
    for (int k = 0; k < N * N; k++) {
        mafat_picture picture = make_picture(sizes[k % N], sizes[k / N]);
        image floats = load(&picture);
        for (int n = k % step; n < N * N; n += step)
            if (is_defined(picture.w, picture.h, sizes[n % N], sizes[n / N]))
                expect_same(&picture, floats, sizes[n % N], sizes[n / N]);
        free_image(floats);
        free(picture.rgb);
    }
}
END_TEST

START_TEST(random_pictures_are_darknets)
{
    for (int k = 0; k < test_rounds(60); k++) {
        mafat_picture picture = make_picture(1 + test_random_int(&r, 900),
                                             1 + test_random_int(&r, 700));
        image floats = load(&picture);
        for (int n = 0; n < 2; n++) {
            int w = 2 + test_random_int(&r, 640), h = 2 + test_random_int(&r, 640);
            if (is_defined(picture.w, picture.h, w, h))
                expect_same(&picture, floats, w, h);
        }
        free_image(floats);
        free(picture.rgb);
    }
}
END_TEST

/* The networks and pictures that people have, and extreme proportions: those of which no column or
 * no row is left too. */
START_TEST(usual_and_extreme_pictures_are_darknets)
{
    static const struct { int w, h; } pictures[] = {
        {768, 576}, {773, 512}, {352, 448}, {1920, 1080}, {1080, 1920}, {608, 608}, {607, 609},
        {416, 416}, {1, 5000}, {5000, 1}, {3, 4000}, {4000, 3}, {2000, 11}, {11, 2000}, {1, 1},
    };
    static const struct { int w, h; } networks[] = {{608, 608}, {416, 416}, {608, 352}, {320, 544}};
    for (size_t k = 0; k < sizeof pictures / sizeof pictures[0]; k++) {
        mafat_picture picture = make_picture(pictures[k].w, pictures[k].h);
        image floats = load(&picture);
        for (int n = 0; n < test_part_of(sizeof networks / sizeof networks[0]); n++)
            if (is_defined(picture.w, picture.h, networks[n].w, networks[n].h))
                expect_same(&picture, floats, networks[n].w, networks[n].h);
        free_image(floats);
        free(picture.rgb);
    }
}
END_TEST

/* The square in the middle of a picture, as `classifier valid` takes it: its rows by the way of any
 * picture's. */
START_TEST(squares_of_pictures_are_darknets)
{
    for (int k = 0; k < test_rounds(150); k++) {
        mafat_picture picture = make_picture(1 + test_random_int(&r, 90), 1 + test_random_int(&r, 90));
        int w = 2 + test_random_int(&r, 90), h = 2 + test_random_int(&r, 90);
        int side = picture.w < picture.h ? picture.w : picture.h;
        mafat_picture_part part = {mafat_picture_source_of(&picture), .top = (picture.h - side) / 2,
                                   .left = (picture.w - side) / 2};
        image floats = load(&picture), cropped = center_crop_image(floats, w, h);
        float *ours = calloc((size_t)(w * h) * 3, sizeof *ours);
        mafat_letterbox letterbox;
        mafat_error error;
        ck_assert_int_eq(mafat_letterbox_init(&letterbox, mafat_picture_source_of_part(&part), side, side,
                                              w, h, true, measured(), &error), MAFAT_OK);
        mafat_source source = mafat_letterbox_source(&letterbox);
        source.rows(source.context, 0, h, ours, (size_t)w, (size_t)(w * h));
        test_case("%dx%d to %dx%d", picture.w, picture.h, w, h);
        test_require(memcmp(ours, cropped.data, (size_t)(w * h) * 3 * sizeof *ours) == 0);
        mafat_letterbox_free(&letterbox);
        free(ours);
        free_image(cropped);
        free_image(floats);
        free(picture.rgb);
    }
}
END_TEST

/* Any split into row ranges, any strides, nothing written beside the rows. */
START_TEST(any_split_gives_the_same_rows)
{
    enum { W = 60, H = 80, ROW = W + 3, CHANNEL = ROW * H + 5, ALL = 3 * CHANNEL };
    static float whole[ALL], split[ALL];
    for (int k = 0; k < test_rounds(200); k++) {
        mafat_picture picture = make_picture(1 + test_random_int(&r, 200),
                                             1 + test_random_int(&r, 200));
        mafat_letterbox letterbox;
        mafat_error error;
        if (is_defined(picture.w, picture.h, W, H)) {
            ck_assert_int_eq(mafat_letterbox_init(&letterbox, mafat_picture_source_of(&picture),
                                                  picture.w, picture.h, W, H, false, measured(), &error), MAFAT_OK);
            mafat_source source = mafat_letterbox_source(&letterbox);
            for (int i = 0; i < ALL; i++)
                whole[i] = split[i] = -7;
            source.rows(source.context, 0, H, whole, ROW, CHANNEL);
            for (int y = 0, n; y < H; y += n) {
                n = test_random_int(&r, 6);
                n = n < H - y ? n : H - y;
                source.rows(source.context, y, y + n, split + y * ROW, ROW, CHANNEL);
            }
            test_require(memcmp(whole, split, sizeof whole) == 0);
            for (int i = 0; i < ALL; i++)
                test_require((i % CHANNEL < ROW * H && i % CHANNEL % ROW < W) == (whole[i] != -7));
            mafat_letterbox_free(&letterbox);
        }
        free(picture.rgb);
    }
}
END_TEST

START_TEST(undefined_sizes_are_refused)
{
    static const struct { int w, h, net_w, net_h; } cases[] = {
        {416, 1, 416, 416}, {500, 1, 608, 608}, {5, 7, 9, 1}, {1000, 2, 608, 608},
        {1 << 24, 200, 608, 608}, {4000, 200000, 608, 608}, {60, 1 << 24, 608, 608},
    };
    static const mafat_picture none;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mafat_letterbox letterbox;
        mafat_error error;
        ck_assert_int_eq(mafat_letterbox_init(&letterbox, mafat_picture_source_of(&none), cases[i].w,
                                              cases[i].h, cases[i].net_w, cases[i].net_h, false,
                                              measured(), &error), MAFAT_FAILED);
        ck_assert_ptr_null(letterbox.rows);
    }
}
END_TEST

/* The probe must not accept a pattern that is not Darknet's: each other one gives other bits. */
START_TEST(each_other_pattern_gives_other_bits)
{
    enum { W = 149, H = 121 };
    static float right[3 * W * H], wrong[3 * W * H];
    mafat_picture picture = make_picture(22, 18);
    for (int k = 0; k < 3 + MAFAT_N_MIXES - 1; k++) {
        mafat_image_rounding other = *measured();
        other.reciprocal_x ^= k == 0;
        other.reciprocal_y ^= k == 1;
        other.fused_second_pass ^= k == 2;
        other.mix = (mafat_mix)((other.mix + (k < 3 ? 0 : k - 2)) % MAFAT_N_MIXES);
        const mafat_image_rounding *roundings[] = {measured(), &other};
        for (int i = 0; i < 2; i++) {
            mafat_letterbox letterbox;
            mafat_error error;
            ck_assert_int_eq(mafat_letterbox_init(&letterbox, mafat_picture_source_of(&picture),
                                                  picture.w, picture.h, W, H, false, roundings[i],
                                                  &error), MAFAT_OK);
            mafat_source source = mafat_letterbox_source(&letterbox);
            source.rows(source.context, 0, H, i == 0 ? right : wrong, W, W * H);
            mafat_letterbox_free(&letterbox);
        }
        ck_assert_int_ne(memcmp(right, wrong, sizeof right), 0);
    }
    free(picture.rgb);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("letterbox");
    TCase *tests = tcase_create("letterbox");
    tcase_add_test(tests, each_byte_becomes_darknets_float);
    tcase_add_test(tests, small_pictures_are_darknets_in_small_networks);
    tcase_add_test(tests, random_pictures_are_darknets);
    tcase_add_test(tests, squares_of_pictures_are_darknets);
    tcase_add_test(tests, usual_and_extreme_pictures_are_darknets);
    tcase_add_test(tests, any_split_gives_the_same_rows);
    tcase_add_test(tests, undefined_sizes_are_refused);
    tcase_add_test(tests, each_other_pattern_gives_other_bits);
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
