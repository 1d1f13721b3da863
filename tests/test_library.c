/* Networks of a program that knows mafat.h alone, held against unmodified Darknet's functions. */
#include <check.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/heap.h"
#include "darknet.h"
#include "mafat.h"
#include "run/team.h"
#include "support/heap.h"
#include "support/suite.h"
#include "upstream/picture.h"

#define BODY                                                                        \
    "[net]\nwidth=48\nheight=32\nchannels=3\n%s"                                    \
    "[convolutional]\nfilters=16\nsize=3\npad=1\nactivation=leaky\n"                \
    "[maxpool]\nsize=2\nstride=2\n"                                                 \
    "[convolutional]\nfilters=32\nsize=3\npad=1\nactivation=leaky\n"                \
    "[maxpool]\nsize=4\nstride=4\n"
#define DETECTOR                                                                    \
    BODY "[convolutional]\nfilters=35\nsize=1\nactivation=linear\n"                 \
    "[region]\nanchors=1,1,2,2,3,3,4,4,5,5\nclasses=2\ncoords=4\nnum=5\nsoftmax=1\n"
#define CLASSIFIER BODY "[avgpool]\n[softmax]\n[cost]\n"

static const char photo[] = "darknet/data/dog.jpg";
static const mafat_thresholds low = {.1f, .5f};
static const mafat_settings settings[] = {
    {.n_threads = 1}, {.n_threads = 2, .config = "3x2"},
    {.n_threads = 1, .memory = "1G"}, {.n_threads = 2, .memory = "1G"},
};
enum { N_SETTINGS = sizeof settings / sizeof *settings, N_THREADS = 3 };

/* ------------------------------------------------------------------------------------ what is used */

/* Files of one test, and what Darknet makes of the photo. */
typedef struct {
    char cfg[32], weights[32];
    float *input, *outputs;
    int n_inputs, n_outputs, w, h;
    detection *boxes;
    int n_boxes;
} subject;

static void write_over(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

/* Makes a new file; `more` goes where the format has it. */
static void write_file(char *path, const char *format, const char *more)
{
    char text[2048];
    strcpy(path, "/tmp/mafat-test-XXXXXX");
    close(mkstemp(path));
    snprintf(text, sizeof text, format, more);
    write_over(path, text);
}

/* Weights are those that Darknet gives a new network. */
static subject make_subject(const char *format)
{
    subject s = {0};
    write_file(s.cfg, format, "");
    write_file(s.weights, "", "");
    network *stock = load_network(s.cfg, NULL, 0);
    save_weights(stock, s.weights);
    image im = load_image_color((char *)photo, 0, 0), fitted = letterbox_image(im, 48, 32);
    s.w = im.w;
    s.h = im.h;
    s.n_inputs = stock->inputs;
    s.n_outputs = stock->outputs;
    s.input = malloc((size_t)s.n_inputs * sizeof *s.input);
    memcpy(s.input, fitted.data, (size_t)s.n_inputs * sizeof *s.input);
    s.outputs = malloc((size_t)s.n_outputs * sizeof *s.outputs);
    memcpy(s.outputs, network_predict(stock, s.input), (size_t)s.n_outputs * sizeof *s.outputs);
    if (strstr(format, "[region]") != NULL) {
        s.boxes = get_network_boxes(stock, im.w, im.h, low.threshold, low.hier_threshold, 0, 1,
                                    &s.n_boxes);
        do_nms_sort(s.boxes, s.n_boxes, 2, .45f);
    }
    free_image(im);
    free_image(fitted);
    free_network(stock);
    return s;
}

static void free_subject(subject *s)
{
    unlink(s->cfg);
    unlink(s->weights);
    free(s->input);
    free(s->outputs);
    if (s->boxes != NULL)
        free_detections(s->boxes, s->n_boxes);
}

/* Opens it; its errors fail the test. */
static mafat *open_network(const subject *s, const mafat_settings *how)
{
    mafat *m;
    mafat_error error;
    if (mafat_open(&m, s->cfg, s->weights, how, &error) != MAFAT_OK)
        ck_abort_msg("%s: %s", error.file, error.text);
    return m;
}

/* Whether the boxes that are found in an image are those of Darknet, to the bit. */
static bool finds_right(const subject *s, mafat *m, const mafat_image *image)
{
    mafat_result *result;
    mafat_error error;
    mafat_box box;
    size_t at = 0;
    bool is_right = true;
    if (mafat_detect(m, image, &low, &result, &error) != MAFAT_OK)
        ck_abort_msg("%s: %s", error.file, error.text);
    for (int i = 0; i < s->n_boxes; i++)
        for (int c = 0; c < 2; c++) {
            const detection *d = &s->boxes[i];
            if (d->prob[c] <= low.threshold)
                continue;
            is_right &= mafat_result_next(result, &at, &box) && box.class_index == c &&
                        box.probability == d->prob[c] &&
                        box.width == d->bbox.w * (float)s->w &&
                        box.left == (d->bbox.x - d->bbox.w / 2) * (float)s->w;
        }
    is_right &= !mafat_result_next(result, &at, &box);
    mafat_result_free(result);
    return is_right;
}

static bool runs_right(const subject *s, mafat *m, const mafat_image *image)
{
    float *outputs = calloc((size_t)s->n_outputs, sizeof *outputs);
    mafat_error error;
    mafat_status status = mafat_run(m, image, outputs, &error);
    bool is_right = status == MAFAT_OK &&
                    memcmp(outputs, s->outputs, (size_t)s->n_outputs * sizeof *outputs) == 0;
    free(outputs);
    return is_right;
}

/* ------------------------------------------------------------------------------------------ results */

START_TEST(outputs_are_darknets_for_floats_and_files)
{
    const char *const formats[] = {DETECTOR, CLASSIFIER};
    for (size_t f = 0; f < 2; f++) {
        subject s = make_subject(formats[f]);
        mafat *m = open_network(&s, &settings[_i]);
        mafat_facts facts;
        mafat_describe(m, &facts);
        ck_assert_int_eq(facts.n_outputs, s.n_outputs);
        ck_assert_int_eq(facts.n_classes, f == 0 ? 2 : 0);
        ck_assert_int_eq(facts.width * facts.height * facts.channels, s.n_inputs);
        for (int i = 0; i < 2; i++) {
            ck_assert(runs_right(&s, m, &(mafat_image){.floats = s.input}));
            ck_assert(runs_right(&s, m, &(mafat_image){.path = photo}));
        }
        mafat_close(m);
        free_subject(&s);
    }
}
END_TEST

/* Near what Darknet makes of it, and the same bits however it is run. */
START_TEST(fast_networks_are_near_and_of_one_mind)
{
    subject s = make_subject("[net]\nwidth=48\nheight=32\nchannels=3\n%s"
                             "[convolutional]\nfilters=16\nsize=3\npad=1\nactivation=leaky\n"
                             "[convolutional]\nfilters=16\nsize=3\npad=1\nactivation=linear\n");
    size_t n = (size_t)s.n_outputs;
    float *first = calloc(n, sizeof *first), *found = calloc(n, sizeof *found);
    double squares = 0, most = 0;
    for (int i = 0; i < N_SETTINGS; i++) {
        mafat_settings fast = settings[i];
        mafat_facts facts;
        mafat_error error;
        fast.fast = true;
        mafat *m = open_network(&s, &fast);
        mafat_describe(m, &facts);
        ck_assert_int_eq(facts.n_winograd_layers, 1);
        ck_assert_int_eq(mafat_run(m, &(mafat_image){.floats = s.input}, found, &error), MAFAT_OK);
        mafat_close(m);
        if (i == 0)
            memcpy(first, found, n * sizeof *first);
        ck_assert_mem_eq(first, found, n * sizeof *first);
    }
    for (size_t i = 0; i < n; i++) {
        squares += (double)s.outputs[i] * (double)s.outputs[i];
        most = fmax(most, fabs((double)s.outputs[i] - (double)first[i]));
    }
    ck_assert_double_gt(most, 0);
    ck_assert_double_lt(most, 1e-4 * sqrt(squares / (double)n));
    free(first);
    free(found);
    free_subject(&s);
}
END_TEST

START_TEST(images_are_fitted_as_the_settings_say)
{
    subject s = make_subject(DETECTOR);
    image im = load_image_color((char *)photo, 0, 0), stretched = resize_image(im, 48, 32);
    float *outputs = calloc((size_t)s.n_outputs, sizeof *outputs);
    mafat_error error;
    for (mafat_image_fit fit = MAFAT_IMAGES_BY_CFG; fit <= MAFAT_IMAGES_STRETCHED; fit++) {
        test_case("%d", (int)fit);
        mafat *m = open_network(&s, &(mafat_settings){.fit = fit});
        ck_assert_int_eq(runs_right(&s, m, &(mafat_image){.path = photo}), fit != MAFAT_IMAGES_STRETCHED);
        ck_assert_int_eq(mafat_run(m, &(mafat_image){.path = photo}, outputs, &error), MAFAT_OK);
        if (fit == MAFAT_IMAGES_STRETCHED) {
            memcpy(s.outputs, outputs, (size_t)s.n_outputs * sizeof *outputs);
            ck_assert(runs_right(&s, m, &(mafat_image){.floats = stretched.data}));
        }
        mafat_close(m);
    }
    mafat *m;
    ck_assert_int_eq(mafat_open(&m, s.cfg, s.weights, &(mafat_settings){.fit = (mafat_image_fit)3}, &error),
                     MAFAT_USAGE);
    ck_assert_msg(strstr(error.text, "fit 3: must be from 0 to 2") != NULL, "%s", error.text);
    free(outputs);
    free_image(im);
    free_image(stretched);
    free_subject(&s);
}
END_TEST

START_TEST(boxes_are_darknets_however_the_image_comes)
{
    subject s = make_subject(DETECTOR);
    mafat *m = open_network(&s, &settings[_i]);
    mafat_picture picture;
    mafat_error error;
    ck_assert_int_eq(mafat_picture_read(&picture, photo, &error), MAFAT_OK);
    int w = picture.w, h = picture.h, stride = 3 * w + 5;
    unsigned char *rgb = picture.rgb, *bgr = calloc((size_t)stride, (size_t)h);
    ck_assert_int_gt(s.n_boxes, 0);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < 3 * w; x++)
            bgr[y * stride + x] = rgb[3 * (y * w + x / 3) + 2 - x % 3];
    const mafat_image images[] = {
        {.path = photo},
        {.pixels = rgb, .width = w, .height = h},
        {.pixels = bgr, .width = w, .height = h, .stride_bytes = (size_t)stride, .is_bgr = true},
        {.floats = s.input, .width = w, .height = h},
    };
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        test_case("image %zu", i);
        ck_assert(finds_right(&s, m, &images[i]));
    }
    mafat_picture_free(&picture);
    free(bgr);
    mafat_close(m);
    free_subject(&s);
}
END_TEST

/* ------------------------------------------------------------------------------------------ threads */

typedef struct {
    const subject *subject;
    mafat *network;
    int n_right;
} task;

static int n_runs(void)
{
    return test_rounds(3);
}

static void *detect(void *context)
{
    task *t = context;
    for (int i = 0; i < n_runs(); i++)
        t->n_right += finds_right(t->subject, t->network, &(mafat_image){.path = photo}) &&
                      runs_right(t->subject, t->network,
                                 &(mafat_image){.floats = t->subject->input});
    return NULL;
}

static void *open_and_detect(void *context)
{
    task *t = context;
    t->network = open_network(t->subject, &settings[t->n_right]);
    t->n_right = 0;
    detect(t);
    mafat_close(t->network);
    return NULL;
}

static void run_all(task *tasks, void *(*work)(void *))
{
    pthread_t threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &tasks[i]), 0);
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(tasks[i].n_right, n_runs());
    }
}

/* What is predicted of the process. */
static size_t predicted_bytes(mafat *m)
{
    mafat_facts facts;
    mafat_describe(m, &facts);
    return facts.predicted_bytes;
}

/* Whether drawing writes such a file; a PNG, which is decoded, has the pixels of `expected`. */
static bool draws(mafat *m, const mafat_image *image, const mafat_result *result, const char *path,
                  const mafat_picture *expected)
{
    mafat_error error;
    mafat_picture drawn;
    unsigned char first[2];
    if (mafat_draw(m, image, result, path, &error) != MAFAT_OK)
        ck_abort_msg("%s: %s", error.file, error.text);
    FILE *file = fopen(path, "rb");
    ck_assert(file != NULL && fread(first, 1, sizeof first, file) == sizeof first);
    fclose(file);
    ck_assert_int_eq(mafat_picture_read(&drawn, path, &error), MAFAT_OK);
    bool is_right = drawn.w == expected->w && drawn.h == expected->h;
    if (strcasecmp(strrchr(path, '.'), ".png") == 0)
        is_right = is_right && memcmp(first, "\x89P", sizeof first) == 0 &&
                   memcmp(drawn.rgb, expected->rgb, (size_t)(3 * drawn.w * drawn.h)) == 0;
    else
        is_right = is_right && memcmp(first, "\xff\xd8", sizeof first) == 0;
    mafat_picture_free(&drawn);
    unlink(path);
    return is_right;
}

/* Boxes that another one suppressed have the probability 0, which is not over 0. */
START_TEST(boxes_are_over_the_threshold)
{
    subject s = make_subject(DETECTOR);
    const mafat_thresholds none = {0, .5f};
    mafat_error error;
    mafat_result *result;
    mafat_box box;
    size_t at = 0;
    mafat *m = open_network(&s, &settings[_i]);
    ck_assert_int_eq(mafat_detect(m, &(mafat_image){.path = photo}, &none, &result, &error), MAFAT_OK);
    while (mafat_result_next(result, &at, &box))
        test_require(box.probability > 0);
    mafat_result_free(result);
    mafat_close(m);
    free_subject(&s);
}
END_TEST

START_TEST(a_picture_has_the_format_that_its_name_says)
{
    static const char *const suffixes[] = {".PNG", ".jpg", "._png", ".png.jpg", ".png"};
    subject s = make_subject(DETECTOR);
    mafat_settings how = settings[_i];
    mafat_error error;
    mafat_result *result;
    char names[32], path[48];
    write_file(names, "cat\ndog\n%s", "");
    how.names = names;
    mafat *m = open_network(&s, &how);
    mafat_image image = {.path = strchr(photo, '/') + 1};
    ck_assert_int_eq(chdir("darknet"), 0);    /* where letters are */
    ck_assert_int_eq(mafat_detect(m, &image, &low, &result, &error), MAFAT_OK);
    mafat_picture picture;
    ck_assert_int_eq(mafat_picture_read(&picture, image.path, &error), MAFAT_OK);
    mafat_image pixels = {.pixels = picture.rgb, .width = picture.w, .height = picture.h};
    mafat_picture expected = {picture.w, picture.h, malloc((size_t)(3 * picture.w * picture.h))};
    ck_assert_int_eq(mafat_draw_pixels(m, &pixels, result, expected.rgb, &error), MAFAT_OK);
    for (int i = 0; i < test_part_of(sizeof suffixes / sizeof *suffixes); i++) {
        test_case("NAME%s", suffixes[i]);
        snprintf(path, sizeof path, "%s%s", s.cfg, suffixes[i]);
        ck_assert(draws(m, &image, result, path, &expected));
        ck_assert(draws(m, &pixels, result, path, &expected));
    }
    mafat_close(m);
    mafat_picture_free(&picture);
    mafat_picture_free(&expected);
    mafat_result_free(result);
    ck_assert_int_eq(chdir(".."), 0);
    unlink(names);
    free_subject(&s);
}
END_TEST

/* For wide ones a JPEG takes more than a PNG, whichever way the picture comes. */
START_TEST(room_is_made_for_the_picture_that_is_drawn)
{
    enum { W = 100000, H = 20, N_BYTES = 3 * W * H };
    subject s = make_subject(DETECTOR);
    char names[32], path[32], *black = calloc(N_BYTES, 1);
    write_file(names, "cat\ndog\n%s", "");
    write_file(path, "P6 100000 20 255\n%s", "");
    FILE *file = fopen(path, "ab");
    ck_assert(file != NULL && fwrite(black, 1, N_BYTES, file) == N_BYTES && fclose(file) == 0);
    const mafat_image images[] = {
        {.path = path}, {.pixels = (unsigned char *)black, .width = W, .height = H},
    };
    const mafat_image floats = {.floats = s.input, .width = W, .height = H};
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        test_case("image %zu", i);
        mafat_error error;
        mafat_result *result;
        mafat *m = open_network(&s, &(mafat_settings){.memory = "1G", .names = names});
        ck_assert_int_eq(mafat_detect(m, &floats, &low, &result, &error), MAFAT_OK);
        ck_assert_int_eq(mafat_draw(m, &images[i], result, "/nowhere/x.png", &error), MAFAT_FAILED);
        size_t for_png = predicted_bytes(m);
        ck_assert_int_eq(mafat_draw(m, &images[i], result, "/nowhere/x.jpg", &error), MAFAT_FAILED);
        ck_assert_uint_gt(predicted_bytes(m), for_png + (2 << 20));
        mafat_result_free(result);
        mafat_close(m);
    }
    free(black);
    unlink(path);
    unlink(names);
    free_subject(&s);
}
END_TEST

START_TEST(threads_in_one_network_get_their_own_results)
{
    subject s = make_subject(DETECTOR);
    mafat *m = open_network(&s, &settings[_i]);
    task tasks[N_THREADS] = {{&s, m, 0}, {&s, m, 0}, {&s, m, 0}};
    run_all(tasks, detect);
    mafat_close(m);
    free_subject(&s);
}
END_TEST

/* With limits and without, opened and closed at the same time. */
START_TEST(threads_with_a_network_each_do_not_disturb_each_other)
{
    subject s = make_subject(DETECTOR);
    task tasks[N_THREADS] = {{&s, NULL, 0}, {&s, NULL, 2}, {&s, NULL, _i}};
    run_all(tasks, open_and_detect);
    free_subject(&s);
}
END_TEST

START_TEST(a_forked_process_is_told)
{
    subject s = make_subject(DETECTOR);
    mafat *m = open_network(&s, &settings[_i]);
    mafat_error error;
    int state;
    pid_t child = fork();
    if (child == 0) {
        mafat_status status = mafat_run(m, &(mafat_image){.floats = s.input}, NULL, &error);
        mafat_close(m);
        _exit(status == MAFAT_FAILED && strstr(error.text, "fork()") != NULL ? 0 : 1);
    }
    waitpid(child, &state, 0);
    ck_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0);
    ck_assert(finds_right(&s, m, &(mafat_image){.path = photo}));
    mafat_close(m);
    free_subject(&s);
}
END_TEST

/* ------------------------------------------------------------------------------------ what it leaves */

/* Sanitized, a leak is told at the end. */
START_TEST(opening_nothing_in_a_forked_process_is_told)
{
    subject s = make_subject(DETECTOR);
    mafat *m = open_network(&s, &settings[1]), *again;
    mafat_error error;
    int state;
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        mafat_status status = mafat_open(&again, s.cfg, s.weights, &settings[0], &error);
        _exit(status == MAFAT_FAILED && strstr(error.text, "fork()") != NULL ? 0 : 1);
    }
    waitpid(child, &state, 0);
    ck_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0);
    mafat_close(m);
    free_subject(&s);
}
END_TEST

/* What is planned anew reads the cfg again. */
START_TEST(a_plan_that_is_lost_leaves_a_network_that_says_so)
{
    subject s = make_subject(DETECTOR);
    mafat_settings how = {.n_threads = 1, .memory = "512M"};
    mafat *m = open_network(&s, &how), *other = open_network(&s, &how);
    mafat_error error;
    mafat_facts facts;
    char moved[64];
    size_t n_bytes = (size_t)512 << 20;
    snprintf(moved, sizeof moved, "%s.moved", s.cfg);
    ck_assert_int_eq(rename(s.cfg, moved), 0);
    volatile char *grown = malloc(n_bytes);    /* gcc leaves out what nobody looks at */
    for (size_t i = 0; i < n_bytes; i += 4096)
        grown[i] = 1;
    float *outputs = calloc((size_t)s.n_outputs, sizeof *outputs);
    mafat_image image = {.floats = s.input};
    ck_assert_int_ne(mafat_run(m, &image, outputs, &error), MAFAT_OK);
    free((void *)grown);
    ck_assert_int_eq(mafat_run(m, &image, outputs, &error), MAFAT_NO_FIT);
    ck_assert_msg(strstr(error.text, "no plan any more") != NULL, "%s", error.text);
    mafat_describe(m, &facts);
    ck_assert_int_eq(facts.n_layers, 0);
    ck_assert_int_eq(rename(moved, s.cfg), 0);
    ck_assert(runs_right(&s, other, &image));    /* nobody holds the lock */
    mafat_close(m);
    mafat_close(other);
    free(outputs);
    free_subject(&s);
}
END_TEST

/* Writes a picture, for which networks that are opened by what follows have no room: they are planned
 * anew. */
static void write_large_picture(char *path)
{
    enum { N_BYTES = 3 * 3000 * 3000 };
    char *black = calloc(N_BYTES, 1);
    write_file(path, "P6 3000 3000 255\n%s", "");
    FILE *file = fopen(path, "ab");
    ck_assert(file != NULL && fwrite(black, 1, N_BYTES, file) == N_BYTES && fclose(file) == 0);
    free(black);
}

/* A limit with little room for images. */
static void print_limit(const subject *s, const mafat_settings *settings, char memory[32])
{
    enum { MORE_BYTES = 16 << 20 };    /* a sanitizer keeps some */
    mafat_settings how = *settings;
    how.memory = "1G";
    mafat *m = open_network(s, &how);
    snprintf(memory, 32, "%zu", predicted_bytes(m) + MORE_BYTES);
    mafat_close(m);
}

START_TEST(weights_that_were_replaced_are_not_taken_for_the_first_ones)
{
    subject s = make_subject(DETECTOR);
    char path[32], memory[32], command[300];
    mafat_error error;
    mafat_result *result;
    write_large_picture(path);
    print_limit(&s, &(mafat_settings){0}, memory);
    mafat *m = open_network(&s, &(mafat_settings){.memory = memory});
    ck_assert(finds_right(&s, m, &(mafat_image){.path = photo}));
    snprintf(command, sizeof command, "f=%s; cp $f $f.other && printf x | dd of=$f.other bs=1 seek=64 "
             "conv=notrunc status=none && touch -r $f $f.other && mv $f.other $f", s.weights);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(mafat_detect(m, &(mafat_image){.path = path}, &low, &result, &error),
                     MAFAT_FAILED);
    ck_assert_msg(strstr(error.text, "was replaced while it was in use") != NULL, "%s", error.text);
    ck_assert_int_ne(mafat_detect(m, &(mafat_image){.path = photo}, &low, &result, &error), MAFAT_OK);
    mafat_close(m);
    unlink(path);
    free_subject(&s);
}
END_TEST

/* An image for which there is no room has the network planned anew, with its settings. */
START_TEST(settings_are_needed_no_more_once_a_network_is_open)
{
    subject s = make_subject(DETECTOR);
    char path[32], memory[32], config[] = "3x2";
    mafat_error error;
    mafat_facts before, after;
    mafat_result *result;
    write_large_picture(path);
    print_limit(&s, &(mafat_settings){.config = config}, memory);
    mafat_settings *how = malloc(sizeof *how);
    *how = (mafat_settings){.memory = memory, .config = config, .n_threads = 1};
    mafat *m = open_network(&s, how);
    memset(how, 'x', sizeof *how);
    free(how);
    memset(memory, 'x', sizeof memory);
    memset(config, 'x', sizeof config);
    mafat_describe(m, &before);
    ck_assert_int_eq(mafat_detect(m, &(mafat_image){.path = path}, &low, &result, &error),
                     MAFAT_NO_FIT);
    mafat_describe(m, &after);
    ck_assert_uint_eq(after.limit_bytes, before.limit_bytes);
    ck_assert_int_eq(after.n_threads, 1);
    ck_assert(finds_right(&s, m, &(mafat_image){.path = photo}));
    mafat_close(m);
    unlink(path);
    free_subject(&s);
}
END_TEST

/* Has glibc keep at hand as many freed blocks as it does. */
static void keep_blocks(void)
{
    enum { N_OF_EACH = 7, MAX_BYTES = 1032 };
    void *blocks[MAX_BYTES + 1][N_OF_EACH];
    for (int n_bytes = 1; n_bytes <= MAX_BYTES; n_bytes++)
        for (int i = 0; i < N_OF_EACH; i++)
            blocks[n_bytes][i] = malloc((size_t)n_bytes);
    for (int n_bytes = 1; n_bytes <= MAX_BYTES; n_bytes++)
        for (int i = 0; i < N_OF_EACH; i++)
            free(blocks[n_bytes][i]);
}

/* What this program is predicted to take with a network. */
static size_t planned_bytes(const char *cfg)
{
    mafat *m;
    mafat_error error;
    ck_assert_int_eq(mafat_open(&m, cfg, NULL, NULL, &error), MAFAT_OK);
    size_t n_bytes = predicted_bytes(m);
    mafat_close(m);
    return n_bytes;
}

/* They are some 230 KB, and a program is measured in units of 256 KB: of four of its sizes, a quarter of
 * that apart, they would make at least three larger. */
START_TEST(blocks_that_are_kept_count_for_nobody)
{
    enum { N_SIZES = 4, UNIT = 256 << 10 };
    int n_larger = 0;
    char cfg[32];
    write_file(cfg, DETECTOR, "");
    planned_bytes(cfg);    /* what stays of the first one is there now */
    for (int i = 0; i < N_SIZES; i++) {
        size_t n_bytes = 8 * UNIT + (size_t)i * UNIT / N_SIZES;
        char *held = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ck_assert_ptr_ne(held, MAP_FAILED);
        memset(held, 1, n_bytes);
        mafat_heap_give_back();
        size_t before_bytes = planned_bytes(cfg);
        keep_blocks();
        n_larger += planned_bytes(cfg) > before_bytes;
        munmap(held, n_bytes);
    }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)    /* they keep what they like */
    ck_assert_int_le(n_larger, 1);
#endif
    unlink(cfg);
}
END_TEST

START_TEST(opening_and_closing_leaves_nothing)
{
    const int n = test_rounds(60);
    subject s = make_subject(DETECTOR);
    long before = 0;
    for (int i = 0; i < n; i++) {
        mafat *m = open_network(&s, &settings[i % N_SETTINGS]);
        if (i % 16 == 0)
            test_require(finds_right(&s, m, &(mafat_image){.path = photo}));
        mafat_close(m);
        if (i == N_SETTINGS)
            before = test_heap_n_blocks();
    }
    ck_assert_int_eq(test_heap_n_blocks(), before);
    free_subject(&s);
}
END_TEST

START_TEST(runs_leave_nothing)
{
    const int n_runs = test_rounds(60);
    subject s = make_subject(DETECTOR);
    mafat *m = open_network(&s, &settings[_i]);
    mafat_image image = {.floats = s.input, .width = s.w, .height = s.h};
    long before = 0;
    for (int i = 0; i < n_runs; i++) {
        test_require(finds_right(&s, m, &image));
        if (i == 0)
            before = test_heap_n_blocks();
    }
    ck_assert_int_eq(test_heap_n_blocks(), before);
    mafat_close(m);
    free_subject(&s);
}
END_TEST

/* One allocation after the other, and of many of the same kind some: Darknet's, which would end the
 * process, and ours. */
START_TEST(without_memory_a_call_fails_and_leaves_nothing)
{
    subject s = make_subject(DETECTOR);
    char names[32], drawn[32];
    write_file(names, "cat\ndog\n%s", "");
    write_file(drawn, "%s", "");
    mafat_settings how = settings[_i];
    how.names = names;
    bool has_failed = true;
    long before = 0;
    ck_assert_int_eq(chdir("darknet"), 0);    /* where letters are */
    int step = 1;
    for (int n = 0; has_failed || n == 1; n += step) {    /* at first none: some stay */
        test_case("allocation %d", n);
        mafat *m;
        mafat_result *result = NULL;
        mafat_error error = {.text = ""};
        mafat_image image = {.path = strchr(photo, '/') + 1};
        test_heap_fail(n);
        mafat_status status = mafat_open(&m, s.cfg, s.weights, &how, &error);
        if (status == MAFAT_OK)
            status = mafat_detect(m, &image, &low, &result, &error);
        if (status == MAFAT_OK)
            status = mafat_draw(m, &image, result, drawn, &error);
        has_failed = test_heap_has_failed();
        test_heap_fail(0);
        mafat_result_free(result);
        mafat_close(m);
        if (status != MAFAT_OK && (!has_failed || status != MAFAT_FAILED || error.text[0] == '\0'))
            ck_abort_msg("status %d: %s", status, error.text);
        if (n == 0)
            before = test_heap_n_blocks();
        test_require(test_heap_n_blocks() == before);
        bool is_harmless = status == MAFAT_OK && n > 1;    /* a block that is taken to be given back */
        step = n >= 400 ? n / 8 : is_harmless ? 32 : 1;
    }
    ck_assert_int_eq(chdir(".."), 0);
    unlink(names);
    unlink(drawn);
    free_subject(&s);
}
END_TEST

START_TEST(the_program_keeps_its_random_numbers_threads_and_streams)
{
    subject s = make_subject(DETECTOR);
    char text[16] = "";
    int streams[] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)}, n_threads = mafat_team_default_size();
    FILE *said = tmpfile();
    fflush(NULL);
    dup2(fileno(said), STDOUT_FILENO);
    dup2(fileno(said), STDERR_FILENO);
    srand(4711);
    int first = rand();
    srand(4711);
    mafat *m = open_network(&s, &settings[_i]);
    bool is_right = finds_right(&s, m, &(mafat_image){.path = photo});
    mafat_close(m);
    int again = rand();
    fflush(NULL);
    dup2(streams[0], STDOUT_FILENO);
    dup2(streams[1], STDERR_FILENO);
    rewind(said);
    size_t n_said = fread(text, 1, sizeof text - 1, said);
    fclose(said);
    ck_assert(is_right);
    ck_assert_int_eq(again, first);
    ck_assert_int_eq(mafat_team_default_size(), n_threads);
    ck_assert_msg(n_said == 0, "%s", text);
    free_subject(&s);
}
END_TEST

/* ------------------------------------------------------------------------------------------- errors */

/* Which of two kinds have been heard. */
static void hear(void *context, const char *line)
{
    bool *heard = context;
    heard[0] |= strstr(line, "foo= has no effect") != NULL;
    heard[1] |= strncmp(line, "limit ", 6) == 0;
}

START_TEST(notices_go_to_who_listens)
{
    subject s = make_subject(DETECTOR);
    char cfg[32];
    bool heard[2] = {false, false};
    write_file(cfg, DETECTOR, "foo=1\n");
    mafat *m;
    mafat_error error;
    mafat_settings how = {.memory = "1G", .notice = hear, .notice_context = heard};
    ck_assert_int_eq(mafat_open(&m, cfg, s.weights, &how, &error), MAFAT_OK);
    ck_assert(heard[0] && heard[1]);
    mafat_close(m);
    unlink(cfg);
    free_subject(&s);
}
END_TEST

START_TEST(faults_are_values_that_leave_nothing)
{
    subject s = make_subject(DETECTOR);
    char broken[32], recurrent[32];
    write_file(broken, "[net]\nwidth=%s\n", "x");
    write_file(recurrent, "%s", "[net]\ninputs=8\nbatch=1\n[rnn]\nbatch_normalize=1\noutput=8\nhidden=8\n");
    const struct {
        const char *cfg, *weights;
        mafat_settings how;
        mafat_status status;
        const char *text;
    } cases[] = {
        {"/nowhere.cfg", s.weights, {0}, MAFAT_FAILED, "No such file"},
        {broken, s.weights, {0}, MAFAT_FAILED, "width"},
        {recurrent, s.weights, {0}, MAFAT_UNSUPPORTED, "rnn"},
        {s.cfg, "/nowhere.weights", {0}, MAFAT_FAILED, "No such file"},
        {s.cfg, s.cfg, {0}, MAFAT_FAILED, "not weights"},
        {s.cfg, s.weights, {.memory = "1K"}, MAFAT_NO_FIT, "smallest limit"},
        {s.cfg, s.weights, {.memory = "much"}, MAFAT_USAGE, "much"},
        {s.cfg, s.weights, {.config = "0x0"}, MAFAT_USAGE, "0x0"},
        {s.cfg, s.weights, {.n_threads = -1}, MAFAT_USAGE, "-1"},
        {s.cfg, s.weights, {.names = "/nowhere.names"}, MAFAT_FAILED, "No such file"},
    };
    long before = 0;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            test_case("case %zu", i);
            mafat *m = (mafat *)&s;
            mafat_error error;
            char message[2048];
            ck_assert_int_eq(mafat_open(&m, cases[i].cfg, cases[i].weights, &cases[i].how, &error),
                             cases[i].status);
            ck_assert_ptr_null(m);
            mafat_error_message(&error, message, sizeof message);
            ck_assert_msg(strstr(message, cases[i].text) != NULL, "%s", message);
            ck_assert_msg(error.file[0] != '\0', "no file: %s", message);
        }
        if (round == 0)
            before = test_heap_n_blocks();
    }
    ck_assert_int_eq(test_heap_n_blocks(), before);
    unlink(broken);
    unlink(recurrent);
    free_subject(&s);
}
END_TEST

/* What is missing or empty is named, and nothing else is. */
START_TEST(what_is_not_given_is_an_error)
{
    subject s = make_subject(DETECTOR);
    mafat *m;
    mafat_error error;
    mafat_result *result;
    char config[16];
    const mafat_settings by_layers = {.n_threads = 1, .config = "layers"}, no_names = {.names = ""},
                         huge = {.memory = "64M", .reserve_bytes = SIZE_MAX};
    ck_assert_int_eq(mafat_open(&m, "", s.weights, NULL, &error), MAFAT_USAGE);
    ck_assert_str_eq(error.text, "no cfg is named");
    ck_assert_int_eq(mafat_open(&m, s.cfg, "", NULL, &error), MAFAT_USAGE);
    ck_assert_str_eq(error.text, "the path of the weights is empty");
    ck_assert_int_eq(mafat_open(&m, s.cfg, s.weights, &no_names, &error), MAFAT_USAGE);
    ck_assert_str_eq(error.text, "the path of the names is empty");
    ck_assert_int_eq(mafat_open(&m, s.cfg, s.weights, &huge, &error), MAFAT_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "no process has so many"));
    m = open_network(&s, &by_layers);
    ck_assert_int_eq(mafat_describe_config(m, config, sizeof config), (int)strlen("layers"));
    ck_assert_str_eq(config, "layers");
    ck_assert_int_eq(mafat_detect(m, NULL, NULL, &result, &error), MAFAT_USAGE);
    ck_assert_str_eq(error.text, "no image is given");
    ck_assert_int_eq(mafat_detect(m, &(mafat_image){.path = ""}, NULL, &result, &error), MAFAT_USAGE);
    ck_assert_str_eq(error.text, "the path of the image is empty");
    mafat_close(m);
    free_subject(&s);
}
END_TEST

START_TEST(a_run_that_cannot_be_is_refused_and_the_next_one_runs)
{
    subject s = make_subject(DETECTOR), t = make_subject(CLASSIFIER);
    mafat *m = open_network(&s, &settings[_i]), *classifier = open_network(&t, &settings[_i]);
    mafat *planned;
    mafat_error error;
    mafat_result *result, *found;
    static const unsigned char pixels[3 * 4];
    ck_assert_int_eq(mafat_open(&planned, s.cfg, NULL, &settings[_i], &error), MAFAT_OK);
    ck_assert_int_eq(mafat_detect(m, &(mafat_image){.path = photo}, &low, &found, &error),
                     MAFAT_OK);
    const struct {
        mafat *network;
        mafat_image image;
        mafat_status status;
        const char *text;
    } cases[] = {
        {m, {0}, MAFAT_USAGE, "0 of them"},
        {m, {.path = photo, .pixels = pixels}, MAFAT_USAGE, "2 of them"},
        {m, {.path = "/nowhere.jpg"}, MAFAT_FAILED, "No such file"},
        {m, {.path = "Makefile"}, MAFAT_FAILED, ""},
        {m, {.pixels = pixels, .width = 0, .height = 2}, MAFAT_USAGE, "0x2"},
        {m, {.pixels = pixels, .width = 2, .height = 2, .stride_bytes = 5}, MAFAT_USAGE, "5 bytes"},
        {classifier, {.path = photo}, MAFAT_USAGE, "no detector"},
        {planned, {.path = photo}, MAFAT_USAGE, "without weights"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_case("case %zu", i);
        ck_assert_int_eq(mafat_detect(cases[i].network, &cases[i].image, NULL, &result, &error),
                         cases[i].status);
        ck_assert_ptr_null(result);
        ck_assert_msg(strstr(error.text, cases[i].text) != NULL, "%s", error.text);
        ck_assert_msg(error.file[0] != '\0', "no file: %s", error.text);
    }
    ck_assert_int_eq(mafat_draw(m, &(mafat_image){.path = photo}, found, "/tmp/x.jpg", &error),
                     MAFAT_USAGE);
    ck_assert_msg(strstr(error.text, "names") != NULL, "%s", error.text);
    ck_assert_int_eq(mafat_draw(m, &(mafat_image){.path = photo}, found, NULL, &error), MAFAT_USAGE);
    ck_assert_int_eq(mafat_draw_pixels(m, &(mafat_image){.path = photo}, NULL, (unsigned char *)&t,
                                       &error), MAFAT_USAGE);
    ck_assert(finds_right(&s, m, &(mafat_image){.path = photo}));
    ck_assert(runs_right(&t, classifier, &(mafat_image){.path = photo}));
    mafat_result_free(found);
    mafat_close(m);
    mafat_close(classifier);
    mafat_close(planned);
    free_subject(&s);
    free_subject(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("library");
    TCase *library = tcase_create("library");
    tcase_add_test(library, fast_networks_are_near_and_of_one_mind);
    tcase_add_loop_test(library, outputs_are_darknets_for_floats_and_files, 0, N_SETTINGS);
    tcase_add_test(library, images_are_fitted_as_the_settings_say);
    tcase_add_loop_test(library, boxes_are_darknets_however_the_image_comes, 0, N_SETTINGS);
    tcase_add_loop_test(library, boxes_are_over_the_threshold, 0, N_SETTINGS);
    tcase_add_loop_test(library, a_picture_has_the_format_that_its_name_says, 0, N_SETTINGS);
    tcase_add_test(library, room_is_made_for_the_picture_that_is_drawn);
    tcase_add_loop_test(library, a_forked_process_is_told, 0, N_SETTINGS);
    tcase_add_test(library, opening_nothing_in_a_forked_process_is_told);
    tcase_add_test(library, a_plan_that_is_lost_leaves_a_network_that_says_so);
    tcase_add_test(library, weights_that_were_replaced_are_not_taken_for_the_first_ones);
    tcase_add_test(library, settings_are_needed_no_more_once_a_network_is_open);
    tcase_add_test(library, blocks_that_are_kept_count_for_nobody);
    tcase_add_test(library, opening_and_closing_leaves_nothing);
    tcase_add_loop_test(library, runs_leave_nothing, 0, N_SETTINGS);
    tcase_add_loop_test(library, without_memory_a_call_fails_and_leaves_nothing, 0, N_SETTINGS);
    tcase_add_loop_test(library, the_program_keeps_its_random_numbers_threads_and_streams, 0,
                        N_SETTINGS);
    tcase_add_test(library, notices_go_to_who_listens);
    tcase_add_test(library, faults_are_values_that_leave_nothing);
    tcase_add_test(library, what_is_not_given_is_an_error);
    tcase_add_loop_test(library, a_run_that_cannot_be_is_refused_and_the_next_one_runs, 0,
                        N_SETTINGS);
    suite_add_tcase(suite, library);
    TCase *threads = tcase_create("threads");    /* tests/network/threads.sh */
    tcase_add_loop_test(threads, threads_in_one_network_get_their_own_results, 0, N_SETTINGS);
    tcase_add_loop_test(threads, threads_with_a_network_each_do_not_disturb_each_other, 0,
                        N_SETTINGS);
    suite_add_tcase(suite, threads);
    return test_suite_run(suite);
}
