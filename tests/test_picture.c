/* Pictures as bytes against Darknet's, which are floats: what is read, what draw_detections() and
 * save_image() make of random boxes, byte by byte and as a file, and what it prints. Runs in
 * darknet/, where data/labels is. */
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/detections.h"
#include "darknet.h"
#include "library/library.h"
#include "library/result.h"
#include "support/random.h"
#include "support/suite.h"
#include "upstream/boxes.h"
#include "upstream/canvas.h"
#include "upstream/picture.h"
#include "upstream/picture_probe.h"

enum { N_CLASSES = 80 };

static test_random r = {815};
static char scratch[] = "/tmp/mafat-test-XXXXXX";
static mafat_names names;
static image **alphabet;
static const mafat_image_rounding *rounding;

static void set_up(void)
{
    mafat_error error;
    ck_assert_int_eq(chdir("darknet"), 0);
    strcpy(scratch + sizeof scratch - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    ck_assert_int_eq(mafat_picture_probe_measure(&error), MAFAT_OK);
    rounding = mafat_picture_probe_rounding();
    ck_assert_int_eq(mafat_names_read(&names, "data/coco.names", &error), MAFAT_OK);
    ck_assert_int_eq(names.n, N_CLASSES);
    alphabet = load_alphabet();
}

/* Removes what the test left in the scratch folder, and the folder. */
static void tear_down(void)
{
    static const char *const files[] = {"a.bmp", "a.jpg", "b.jpg", "printed", "c.jpg", "link.jpg",
                                        "a.png"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", scratch, files[i]);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(scratch), 0);
    mafat_names_free(&names);
    for (int size = 0; size < 8; size++) {
        for (int c = 32; c < 127; c++)
            free_image(alphabet[size][c]);
        free(alphabet[size]);
    }
    free(alphabet);
    ck_assert_int_eq(chdir(".."), 0);
}

static const char *in_scratch(const char *name)
{
    static char paths[4][64];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

static mafat_picture make_picture(int w, int h)
{
    mafat_picture picture = {.w = w, .h = h, .rgb = malloc((size_t)w * (size_t)h * 3)};
    for (int i = 0; i < w * h * 3; i++)
        picture.rgb[i] = (unsigned char)test_random_int(&r, 256);
    return picture;
}

/* Darknet's floats of a picture. */
static image make_floats(const mafat_picture *picture)
{
    image floats = make_image(picture->w, picture->h, 3);
    int plane = picture->w * picture->h;
    for (int i = 0; i < plane * 3; i++)
        floats.data[i % 3 * plane + i / 3] = rounding->from_byte[picture->rgb[i]];
    return floats;
}

/* A box somewhere; one in ten is of a size that ends networks gone wild. */
static box make_box(void)
{
    static const float wild[] = {0, 1e-9f, 300, 4e6f, 1e8f, 3e9f, 1e30f, INFINITY, -1, NAN};
    box b = {
        test_random_float(&r, -0.3f, 1.3f), test_random_float(&r, -0.3f, 1.3f),
        test_random_float(&r, 0, 1.2f), test_random_float(&r, 0, 1.2f),
    };
    if (test_random_int(&r, 10) == 0)
        b.w = wild[test_random_int(&r, 10)];
    if (test_random_int(&r, 10) == 0)
        b.h = wild[test_random_int(&r, 10)];
    return b;
}

/* Boxes with no class, one or several over .5; with masks where they have a size. */
static mafat_boxes make_boxes(int w, int h, int n, bool masks)
{
    mafat_boxes boxes = {.w = w, .h = h, .n = n, .n_classes = N_CLASSES};
    boxes.detections = calloc((size_t)n, sizeof *boxes.detections);
    for (int i = 0; i < n; i++) {
        detection *d = &boxes.detections[i];
        *d = (detection){.bbox = make_box(), .classes = N_CLASSES};
        d->prob = calloc(N_CLASSES, sizeof *d->prob);
        for (int k = test_random_int(&r, 4); k > 0; k--)
            d->prob[test_random_int(&r, N_CLASSES)] = test_random_float(&r, 0.4f, 1.0f);
        if (!masks)
            continue;
        d->bbox.w = test_random_float(&r, 0, 1.2f);
        d->bbox.h = test_random_float(&r, 0.2f, 1.2f);
        d->mask = calloc(14 * 14, sizeof *d->mask);
        for (int k = 0; k < 14 * 14; k++)
            d->mask[k] = test_random_float(&r, 0, 1);
    }
    return boxes;
}

static char *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    struct stat about;
    ck_assert_int_eq(fstat(fileno(file), &about), 0);
    *size = (size_t)about.st_size;
    char *bytes = malloc(*size + 1);
    ck_assert_uint_eq(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static void expect_same_files(const char *a, const char *b)
{
    size_t n_a, n_b;
    char *bytes_a = slurp(a, &n_a), *bytes_b = slurp(b, &n_b);
    ck_assert_uint_eq(n_a, n_b);
    ck_assert_int_eq(memcmp(bytes_a, bytes_b, n_a), 0);
    free(bytes_a);
    free(bytes_b);
}

/* stdout to a file, and back. */
static int redirect(const char *path)
{
    fflush(stdout);
    int saved = dup(STDOUT_FILENO), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(file, STDOUT_FILENO);
    close(file);
    return saved;
}

static void restore(int saved)
{
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
}

/* draw_detections() frees the masks that it draws, and test_detector() then frees them again: give
 * it ones of its own. */
static void draw_by_darknet(image floats, const mafat_boxes *boxes)
{
    detection *detections = malloc((size_t)boxes->n * sizeof *detections);
    for (int i = 0; i < boxes->n; i++) {
        detections[i] = boxes->detections[i];
        float prob = 0;
        for (int k = 0; k < N_CLASSES; k++)
            prob = detections[i].prob[k] > prob ? detections[i].prob[k] : prob;
        if (detections[i].mask == NULL || prob <= .5f)
            continue;
        detections[i].mask = malloc(14 * 14 * sizeof(float));
        memcpy(detections[i].mask, boxes->detections[i].mask, 14 * 14 * sizeof(float));
    }
    draw_detections(floats, detections, boxes->n, .5, names.lines, alphabet, N_CLASSES);
    free(detections);
}

static mafat_canvas canvas_of(const mafat_picture *picture)
{
    return (mafat_canvas){.w = picture->w, .h = picture->h,
                          .source = mafat_picture_source_of(picture)};
}

static mafat_drawing *begin_drawing(const mafat_boxes *boxes)
{
    mafat_drawing *drawing;
    mafat_error error;
    if (mafat_boxes_begin_drawing(&drawing, boxes, &names, .5f, rounding, false, &error) !=
        MAFAT_OK)
        ck_abort_msg("%s: %s", error.file, error.text);
    return drawing;
}

/* Draws on the picture, in strips of any height. */
static void draw_in_strips(mafat_drawing *drawing, mafat_picture *picture)
{
    mafat_error error;
    for (int top = 0, n; top < picture->h; top += n) {
        n = 1 + test_random_int(&r, 40);
        n = n < picture->h - top ? n : picture->h - top;
        mafat_strip strip = {.w = picture->w, .h = picture->h, .top = top, .n_rows = n,
                             .rgb = picture->rgb + 3 * (size_t)top * (size_t)picture->w};
        ck_assert_int_eq(mafat_boxes_draw(drawing, &strip, &error), MAFAT_OK);
    }
}

static void expect_same_drawing(mafat_picture *picture, mafat_boxes *boxes)
{
    mafat_error error;
    image floats = make_floats(picture);
    int saved = redirect(in_scratch("a.jpg"));
    draw_by_darknet(floats, boxes);
    restore(saved);
    saved = redirect(in_scratch("b.jpg"));
    mafat network = {.names = names};
    mafat_result result = {.boxes = *boxes, .threshold = .5f};
    mafat_detections_print(&(mafat_detections){.network = &network, .result = &result}, false, stdout, NULL);
    restore(saved);
    expect_same_files(in_scratch("a.jpg"), in_scratch("b.jpg"));

    mafat_drawing *drawing = begin_drawing(boxes);
    mafat_canvas canvas = canvas_of(picture);
    canvas.draw = mafat_boxes_draw;
    canvas.context = drawing;
    save_image(floats, in_scratch("a"));
    if (mafat_canvas_write(&canvas, in_scratch("b.jpg"), &error) != MAFAT_OK)
        ck_abort_msg("%s: %s", error.file, error.text);
    expect_same_files(in_scratch("a.jpg"), in_scratch("b.jpg"));

    draw_in_strips(drawing, picture);
    mafat_boxes_end_drawing(drawing);
    save_image_options(floats, in_scratch("a"), BMP, 0);
    mafat_picture expected;
    ck_assert_int_eq(mafat_picture_read(&expected, in_scratch("a.bmp"), &error), MAFAT_OK);
    for (int i = 0; i < picture->w * picture->h * 3; i++)
        if (picture->rgb[i] != expected.rgb[i])
            ck_abort_msg("%dx%d: row %d, column %d, channel %d: Darknet %d, ours %d", picture->w,
                         picture->h, i / 3 / picture->w, i / 3 % picture->w, i % 3,
                         expected.rgb[i], picture->rgb[i]);
    mafat_picture_free(&expected);
    free_image(floats);
}

static void draw_random(int w, int h, int n, bool masks)
{
    mafat_picture picture = make_picture(w, h);
    mafat_boxes boxes = make_boxes(w, h, n, masks);
    expect_same_drawing(&picture, &boxes);
    mafat_boxes_free(&boxes);
    mafat_picture_free(&picture);
}

START_TEST(photos_are_read_to_darknets_floats)
{
    static const char *const photos[] = {"dog", "eagle", "giraffe", "kite", "person", "scream"};
    for (size_t i = 0; i < sizeof photos / sizeof photos[0]; i++) {
        test_case("%s", photos[i]);
        char path[64];
        snprintf(path, sizeof path, "data/%s.jpg", photos[i]);
        mafat_error error;
        mafat_picture picture;
        int w, h;
        ck_assert_int_eq(mafat_picture_read(&picture, path, &error), MAFAT_OK);
        ck_assert_int_eq(mafat_picture_read_size(path, &w, &h, &error), MAFAT_OK);
        image ours = make_floats(&picture), darknets = load_image_color(path, 0, 0);
        ck_assert(w == picture.w && h == picture.h && w == darknets.w && h == darknets.h);
        ck_assert_int_eq(memcmp(ours.data, darknets.data, (size_t)(w * h) * 3 * sizeof(float)), 0);
        free_image(ours);
        free_image(darknets);
        mafat_picture_free(&picture);
    }
}
END_TEST

START_TEST(what_is_no_picture_is_refused_by_name)
{
    static const char *const files[] = {"no-such.jpg", "cfg/coco.data", "data"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        test_case("%s", files[i]);
        mafat_error error;
        mafat_picture picture;
        int w, h;
        ck_assert_int_eq(mafat_picture_read(&picture, files[i], &error), MAFAT_FAILED);
        ck_assert_str_eq(error.file, files[i]);
        ck_assert_ptr_null(picture.rgb);
        ck_assert_int_eq(mafat_picture_read_size(files[i], &w, &h, &error), MAFAT_FAILED);
        ck_assert_str_eq(error.file, files[i]);
    }
}
END_TEST

START_TEST(small_drawings_are_darknets)
{
    for (int k = 0; k < test_rounds(150); k++)
        draw_random(1 + test_random_int(&r, 60), 1 + test_random_int(&r, 60), 8, false);
}
END_TEST

/* Rows of blocks joined to one file are the file of the whole: all widths and heights around those
 * of blocks, flat and noisy. */
START_TEST(joined_files_are_darknets)
{
    for (int k = 0; k < test_rounds(200); k++) {
        test_case("picture %d", k);
        mafat_picture picture = make_picture(1 + test_random_int(&r, 40),
                                             1 + test_random_int(&r, 40));
        int amplitude = 1 + test_random_int(&r, 256);
        for (int i = 0; i < picture.w * picture.h * 3; i++)
            picture.rgb[i] = (unsigned char)(picture.rgb[i] % amplitude + 255 - amplitude);
        mafat_canvas canvas = canvas_of(&picture);
        mafat_error error;
        image floats = make_floats(&picture);
        for (int i = 0; i < picture.w * picture.h * 3; i++)
            picture.rgb[i] = mafat_canvas_byte(rounding->from_byte[picture.rgb[i]]);
        save_image(floats, in_scratch("a"));
        ck_assert_int_eq(mafat_canvas_write(&canvas, in_scratch("b.jpg"), &error), MAFAT_OK);
        expect_same_files(in_scratch("a.jpg"), in_scratch("b.jpg"));
        free_image(floats);
        mafat_picture_free(&picture);
    }
}
END_TEST

/* A PNG has the picture's own bytes: small ones of all widths and heights, flat and noisy, and
 * one of several strips and chunks. */
START_TEST(a_png_is_the_picture)
{
    for (int k = 0; k < test_rounds(100); k++) {
        test_case("picture %d", k);
        bool is_large = k == 0;
        mafat_picture back, picture = make_picture(is_large ? 900 : 1 + test_random_int(&r, 40),
                                                   is_large ? 700 : 1 + test_random_int(&r, 40));
        int n = picture.w * picture.h * 3, amplitude = 1 + test_random_int(&r, 256);
        for (int i = 0; i < n; i++)
            picture.rgb[i] = (unsigned char)(picture.rgb[i] % amplitude);
        mafat_canvas canvas = canvas_of(&picture);
        mafat_error error;
        ck_assert_int_eq(mafat_canvas_write(&canvas, in_scratch("a.png"), &error), MAFAT_OK);
        ck_assert_int_eq(mafat_picture_read(&back, in_scratch("a.png"), &error), MAFAT_OK);
        ck_assert(back.w == picture.w && back.h == picture.h);
        ck_assert_mem_eq(back.rgb, picture.rgb, (size_t)n);
        mafat_picture_free(&back);
        mafat_picture_free(&picture);
    }
}
END_TEST

/* All sizes of letters, and frames up to 18 pixels wide. */
START_TEST(large_drawings_are_darknets)
{
    for (int k = 0; k < test_rounds(20); k++)
        draw_random(1 + test_random_int(&r, 500), 1 + test_random_int(&r, 700), 12, false);
    for (int k = 0; k < test_rounds(6); k++)
        draw_random(1 + test_random_int(&r, 150), 1 + test_random_int(&r, 3200), 12, false);
}
END_TEST

/* Darknet rounds colours otherwise where it draws than where it is asked for one. */
START_TEST(colours_are_darknets_for_any_number_of_classes)
{
    enum { MAX_N = 40, SIDE = 200 };
    char *no_names[MAX_N];
    for (int i = 0; i < MAX_N; i++)
        no_names[i] = "";
    int saved = redirect(in_scratch("a.jpg"));
    for (int n = 1, n_different = 0; n <= MAX_N; n++) {
        for (int class = 0; class < n; class++) {
            float prob[MAX_N] = {0};
            prob[class] = 1;
            detection box = {.bbox = {.5, .5, 1, 1}, .classes = n, .prob = prob};
            image picture = make_image(SIDE, SIDE, 3);
            draw_detections(picture, &box, 1, .5, no_names, NULL, n);
            for (int c = 0; c < 3; c++)
                n_different += picture.data[c * SIDE * SIDE + SIDE / 2 * SIDE] !=
                               mafat_boxes_colour(rounding, 2 - c, class * 123457 % n, n);
            free_image(picture);
        }
        if (n_different > 0)
            restore(saved);
        ck_assert_msg(n_different == 0, "other colours of %d classes", n);
    }
    restore(saved);
}
END_TEST

START_TEST(masks_are_darknets)
{
    for (int k = 0; k < 60; k++)
        draw_random(1 + test_random_int(&r, 200), 20 + test_random_int(&r, 200), 5, true);
}
END_TEST

/* Of a mask as large as its box nothing is held: this one would be two gigabytes, twice. */
START_TEST(masks_may_be_larger_than_memory)
{
    enum { SIDE = 50 };
    char *name = "";
    mafat_names one = {.n = 1, .lines = &name};
    float prob[1] = {1};
    for (int is_set = 0; is_set < 2; is_set++) {
        test_case("%s", is_set ? "set" : "not set");
        float mask[14 * 14];
        detection found = {.bbox = {.5, .5, 450, 450}, .classes = 1, .prob = prob, .mask = mask};
        mafat_boxes boxes = {SIDE, SIDE, 1, 1, &found};
        mafat_drawing *drawing;
        mafat_error error;
        mafat_picture picture = make_picture(SIDE, SIDE);
        struct rlimit before, little;
        for (int i = 0; i < 14 * 14; i++)
            mask[i] = (float)is_set;
        ck_assert_int_eq(getrlimit(RLIMIT_DATA, &before), 0);
        little = before;
        little.rlim_cur = 1 << 30;
        ck_assert_int_eq(setrlimit(RLIMIT_DATA, &little), 0);
        ck_assert_int_eq(mafat_boxes_begin_drawing(&drawing, &boxes, &one, .5f, rounding,
                                                   false, &error), MAFAT_OK);
        draw_in_strips(drawing, &picture);
        ck_assert_int_eq(setrlimit(RLIMIT_DATA, &before), 0);
        for (int i = 0; i < SIDE * SIDE; i++)
            ck_assert_int_eq(picture.rgb[3 * i], is_set ? 255 : 0);
        mafat_boxes_end_drawing(drawing);
        mafat_picture_free(&picture);
    }
}
END_TEST

/* One box of a class of this name, drawn. */
static mafat_status draw_named(char *name, mafat_picture *picture, mafat_error *error)
{
    mafat_names one = {.n = 1, .lines = &name};
    float prob[1] = {1};
    detection found = {.bbox = {.5, .5, .5, .5}, .classes = 1, .prob = prob};
    mafat_boxes boxes = {50, 50, 1, 1, &found};
    mafat_drawing *drawing;
    *picture = make_picture(50, 50);
    memset(picture->rgb, 100, 3 * 50 * 50);
    mafat_status status = mafat_boxes_begin_drawing(&drawing, &boxes, &one, .5f, rounding, false,
                                                    error);
    if (status == MAFAT_OK)
        draw_in_strips(drawing, picture);
    mafat_boxes_end_drawing(drawing);
    return status;
}

/* Names that Darknet's arrays cannot take are refused, not drawn. */
START_TEST(impossible_labels_are_refused)
{
    char longest[MAFAT_MAX_LABEL_LENGTH + 2];
    mafat_picture picture;
    mafat_error error;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_int_eq(draw_named(longest, &picture, &error), MAFAT_FAILED);
    mafat_picture_free(&picture);
}
END_TEST

START_TEST(letters_without_a_picture_are_left_out)
{
    static const char *const names[][2] = {
        {"Sch\303\244fer", "Schfer"}, {"\303\244", ""}, {"a\377\200b\001\177", "ab\001\177"},
    };
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        test_case("%s", names[k][0]);
        mafat_picture pictures[2];
        mafat_error error;
        size_t n_bytes = 0;
        for (int i = 0; i < 2; i++) {
            ck_assert_int_eq(draw_named((char *)names[k][i], &pictures[i], &error), MAFAT_OK);
            n_bytes = 3 * (size_t)pictures[i].w * (size_t)pictures[i].h;
        }
        ck_assert_mem_eq(pictures[0].rgb, pictures[1].rgb, n_bytes);
        mafat_picture_free(&pictures[0]);
        mafat_picture_free(&pictures[1]);
    }
}
END_TEST

/* How many files there are in the scratch folder. */
static int count_files(void)
{
    char command[64];
    snprintf(command, sizeof command, "ls -A %s | wc -l", scratch);
    FILE *list = popen(command, "r");
    int n = -1;
    ck_assert_int_eq(fscanf(list, "%d", &n), 1);
    pclose(list);
    return n;
}

START_TEST(a_failed_write_leaves_nothing_behind)
{
    mafat_picture picture = make_picture(300, 300);
    mafat_canvas canvas = canvas_of(&picture);
    mafat_error error;
    ck_assert_int_eq(mafat_canvas_write(&canvas, "no-such-folder/c.jpg", &error), MAFAT_FAILED);
    ck_assert_str_eq(error.file, "no-such-folder/c.jpg");
    ck_assert_int_eq(mafat_canvas_write(&canvas, in_scratch("c.jpg"), &error), MAFAT_OK);
    ck_assert_int_eq(mafat_canvas_write(&canvas, in_scratch("b.jpg"), &error), MAFAT_OK);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit, small = {1000, RLIM_INFINITY};
    getrlimit(RLIMIT_FSIZE, &limit);
    small.rlim_max = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    picture.rgb[0] ^= 255;
    mafat_status status = mafat_canvas_write(&canvas, in_scratch("c.jpg"), &error);
    mafat_status fresh = mafat_canvas_write(&canvas, in_scratch("a.jpg"), &error);
    setrlimit(RLIMIT_FSIZE, &limit);
    ck_assert_int_eq(status, MAFAT_FAILED);
    ck_assert_int_eq(fresh, MAFAT_FAILED);
    expect_same_files(in_scratch("b.jpg"), in_scratch("c.jpg"));
    ck_assert_int_eq(count_files(), 2);
    mafat_picture_free(&picture);
}
END_TEST

/* Permissions are those that Darknet's fopen() would leave, and a link stays one. */
START_TEST(a_written_file_is_one_as_fopen_makes_it)
{
    mafat_picture picture = make_picture(20, 20);
    mafat_canvas canvas = canvas_of(&picture);
    mafat_error error;
    struct stat about;
    umask(027);
    ck_assert_int_eq(mafat_canvas_write(&canvas, in_scratch("c.jpg"), &error), MAFAT_OK);
    ck_assert_int_eq(stat(in_scratch("c.jpg"), &about), 0);
    ck_assert_int_eq(about.st_mode & 0777, 0640);
    ck_assert_int_eq(chmod(in_scratch("c.jpg"), 0604), 0);
    ck_assert_int_eq(symlink("c.jpg", in_scratch("link.jpg")), 0);
    picture.rgb[0] ^= 255;
    ck_assert_int_eq(mafat_canvas_write(&canvas, in_scratch("link.jpg"), &error), MAFAT_OK);
    ck_assert_int_eq(lstat(in_scratch("link.jpg"), &about), 0);
    ck_assert(S_ISLNK(about.st_mode));
    ck_assert_int_eq(stat(in_scratch("c.jpg"), &about), 0);
    ck_assert_int_eq(about.st_mode & 0777, 0604);
    ck_assert_int_eq(count_files(), 2);
    mafat_picture_free(&picture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("picture");
    TCase *tests = tcase_create("picture");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, photos_are_read_to_darknets_floats);
    tcase_add_test(tests, what_is_no_picture_is_refused_by_name);
    tcase_add_test(tests, joined_files_are_darknets);
    tcase_add_test(tests, a_png_is_the_picture);
    tcase_add_test(tests, small_drawings_are_darknets);
    tcase_add_test(tests, large_drawings_are_darknets);
    tcase_add_test(tests, colours_are_darknets_for_any_number_of_classes);
    tcase_add_test(tests, masks_are_darknets);
    tcase_add_test(tests, masks_may_be_larger_than_memory);
    tcase_add_test(tests, impossible_labels_are_refused);
    tcase_add_test(tests, letters_without_a_picture_are_left_out);
    tcase_add_test(tests, a_failed_write_leaves_nothing_behind);
    tcase_add_test(tests, a_written_file_is_one_as_fopen_makes_it);
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
