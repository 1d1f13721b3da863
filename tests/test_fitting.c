/* What Darknet takes to fit an image to an input, held to the sizes of what its own functions make. */
#include "darknet.h"
#include "support/suite.h"
#include "upstream/fitting.h"

static size_t bytes_of(int w, int h)
{
    return 3 * sizeof(float) * (size_t)w * (size_t)h;
}

/* resize_image() returns one image and makes another on the way. */
static size_t resizing(int h, int new_w, int new_h)
{
    return bytes_of(new_w, new_h) + bytes_of(new_w, h);
}

static void look(mafat_fit fit, int w, int h, int net, size_t *image_bytes, size_t *work_bytes)
{
    mafat_fitting fitting = {fit, w, h, 3};
    mafat_fitting_find_bytes(&fitting, net, net, image_bytes, work_bytes);
}

static const int sizes[] = {1, 7, 64, 100, 333, 640};
enum { N_SIZES = sizeof sizes / sizeof sizes[0], NET = 96 };

START_TEST(an_image_is_its_floats)
{
    for (int i = 0; i < N_SIZES * N_SIZES; i++) {
        int w = sizes[i / N_SIZES], h = sizes[i % N_SIZES];
        for (int fit = MAFAT_FIT_UNKNOWN; fit <= MAFAT_FIT_RESIZE; fit++) {
            test_case("%dx%d, fit %d", w, h, fit);
            size_t image_bytes, work_bytes;
            look((mafat_fit)fit, w, h, NET, &image_bytes, &work_bytes);
            ck_assert_uint_eq(image_bytes, bytes_of(w, h));
            ck_assert_uint_ge(work_bytes, image_bytes + 3 * (size_t)w * (size_t)h);
        }
    }
}
END_TEST

/* Of letterbox_image() the size of the picture inside is read off: what is not the grey around it. */
static void find_inside(image boxed, int *w, int *h)
{
    *w = *h = 0;
    for (int x = 0; x < boxed.w; x++)
        *w += boxed.data[boxed.h / 2 * boxed.w + x] != .5f;
    for (int y = 0; y < boxed.h; y++)
        *h += boxed.data[y * boxed.w + boxed.w / 2] != .5f;
}

START_TEST(fitting_holds_what_darknet_allocates)
{
    for (int i = 0; i < N_SIZES * N_SIZES; i++) {
        int w = sizes[i / N_SIZES], h = sizes[i % N_SIZES], new_w, new_h;
        if (w > 20 * h || h > 20 * w || w < 7 || h < 7)
            continue;    /* nothing of them is left inside */
        size_t image_bytes, letterboxed, resized, any;
        look(MAFAT_FIT_LETTERBOX, w, h, NET, &image_bytes, &letterboxed);
        look(MAFAT_FIT_RESIZE, w, h, NET, &image_bytes, &resized);
        look(MAFAT_FIT_UNKNOWN, w, h, NET, &image_bytes, &any);
        image im = make_image(w, h, 3);
        fill_image(im, .25);
        image boxed = letterbox_image(im, NET, NET);
        find_inside(boxed, &new_w, &new_h);
        ck_assert_uint_ge(letterboxed, image_bytes + resizing(h, new_w, new_h));
        ck_assert_uint_ge(letterboxed, image_bytes + bytes_of(new_w, new_h) + bytes_of(NET, NET));
        ck_assert_uint_ge(resized, image_bytes + resizing(h, NET, NET));
        image shorter = resize_min(im, NET);
        ck_assert_uint_ge(any, letterboxed);
        ck_assert_uint_ge(any, image_bytes + resizing(h, shorter.w, shorter.h));
        if (shorter.data != im.data)
            free_image(shorter);
        free_image(boxed);
        free_image(im);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fitting");
    TCase *tests = tcase_create("fitting");
    tcase_add_test(tests, an_image_is_its_floats);
    tcase_add_test(tests, fitting_holds_what_darknet_allocates);
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
