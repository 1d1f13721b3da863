/* Measures what Darknet makes of pictures; see base/rounding.h for what and why. */
#define _GNU_SOURCE    /* memfd_create() */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/notice.h"
#include "darknet.h"
#include "doors.h"
#include "run/letterbox.h"
#include "upstream/boxes.h"
#include "upstream/picture.h"
#include "upstream/picture_probe.h"

enum { MAX_PATH = 4096 };

/* Of all threads one measures at a time, and what it finds is all threads'. */
static mafat_image_rounding found;
static atomic_bool is_found;
static pthread_mutex_t measuring = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool is_measuring;

/* A file that has a name, and must not keep it; "": there is none. Guarded by `measuring`. */
static char left[MAX_PATH];

static void remove_left(void)
{
    if (left[0] != '\0')
        unlink(left);
    left[0] = '\0';
}

/* Opens a file in memory by its name in /proc, path[MAX_PATH]; NULL where there is no /proc. */
static FILE *open_in_memory(char *path)
{
    int descriptor = memfd_create("mafat", 0);
    if (descriptor < 0)
        return NULL;
    snprintf(path, MAX_PATH, "/proc/self/fd/%d", descriptor);
    FILE *file = mafat_checked_fopen(path, "r+b");
    close(descriptor);
    if (file != NULL)
        snprintf(path, MAX_PATH, "/proc/self/fd/%d", fileno(file));
    return file;
}

static const char *folder(void)
{
    const char *named = getenv("TMPDIR");
    return named != NULL && named[0] != '\0' ? named : "/tmp";
}

/* Makes one in a folder. Its name goes with the process, too, which Darknet may end. */
static FILE *open_in_folder(char *path)
{
    static bool is_registered;
    if (snprintf(path, MAX_PATH, "%s/mafat.XXXXXX", folder()) >= MAX_PATH) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    is_registered = is_registered || atexit(remove_left) == 0;
    int descriptor = mkstemp(path);
    if (descriptor < 0)
        return NULL;
    snprintf(left, sizeof left, "%s", path);
    FILE *file = mafat_checked_fopen(path, "r+b");
    close(descriptor);
    return file;
}

/* Darknet's floats of a picture, which it only reads from files. The caller frees them with
 * free_image(). */
static mafat_status load(const mafat_picture *picture, image *floats, mafat_error *error)
{
    char path[MAX_PATH];
    mafat_status status = MAFAT_OK;
    FILE *file = open_in_memory(path);
    if (file == NULL)
        file = open_in_folder(path);
    size_t n = (size_t)picture->w * (size_t)picture->h * MAFAT_COLOURS;
    if (file == NULL || fprintf(file, "P6 %d %d 255\n", picture->w, picture->h) < 0 ||
        fwrite(picture->rgb, 1, n, file) != n || fflush(file) != 0)
        status = mafat_error_set(error, MAFAT_FAILED, "cannot make a picture in memory, behind "
                                 "/proc/self/fd, or in %.300s, to measure Darknet with: %s; "
                                 "TMPDIR names another folder", folder(), strerror(errno));
    else
        *floats = load_image_color(path, 0, 0);
    if (file != NULL && status != MAFAT_OK) {    /* that is told: closing it is not to tell it again */
        __fpurge(file);
        clearerr(file);
    }
    if (file != NULL)    /* which is closed if Darknet gives up (bridge/caught.h) */
        mafat_checked_fclose(file);
    remove_left();
    return status;
}

/* Reads off what Darknet makes of each byte, where from_byte does not know it yet, below 0; false
 * where that depends on where the byte is. */
static bool read_bytes(const mafat_picture *picture, image floats, float from_byte[256])
{
    size_t plane = (size_t)picture->w * (size_t)picture->h;
    for (size_t i = 0; i < plane * MAFAT_COLOURS; i++) {
        float value = floats.data[i % MAFAT_COLOURS * plane + i / MAFAT_COLOURS];
        float *known = &from_byte[picture->rgb[i]];
        if (*known < 0)
            *known = value;
        if (*known != value)
            return false;
    }
    return true;
}

/* Two pictures, and the inputs that Darknet makes of them, wider than what a vectorised loop takes
 * at once and with a rest: one grows, one shrinks. */
enum { N_SAMPLES = 2, INPUT_W = 149, INPUT_H = 40 };
/* So many classes of boxes to draw that any two ways of rounding differ in some: of 80 they do not. */
enum { N_COLOURED = 61 };
enum { SMALL_W = 11, SMALL_H = 3, LARGE_W = 160, LARGE_H = 43 };

typedef struct {
    mafat_picture picture;
    image input;
} sample;

/* Finds out whether the letterbox makes Darknet's input of the picture. */
static mafat_status follow(const mafat_image_rounding *rounding, const sample *s, bool *follows,
                           mafat_error *error)
{
    mafat_letterbox letterbox;
    float row[MAFAT_COLOURS][INPUT_W];
    mafat_status status = mafat_letterbox_init(&letterbox, mafat_picture_source_of(&s->picture),
                                               s->picture.w, s->picture.h, INPUT_W, INPUT_H,
                                               false, rounding, error);
    if (status != MAFAT_OK)
        return status;
    mafat_source source = mafat_letterbox_source(&letterbox);
    bool same = true;
    for (int y = 0; y < INPUT_H && same; y++) {
        source.rows(source.context, y, y + 1, row[0], INPUT_W, INPUT_W);
        for (int c = 0; c < MAFAT_COLOURS && same; c++)
            same = memcmp(row[c], s->input.data + (c * INPUT_H + y) * INPUT_W, sizeof row[c]) == 0;
    }
    mafat_letterbox_free(&letterbox);
    *follows = same;
    return MAFAT_OK;
}

/* Finds the one pattern that makes the inputs of all samples. */
static mafat_status find_pattern(const sample samples[N_SAMPLES], mafat_image_rounding *rounding,
                                 mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    int n_found = 0;
    for (int k = 0; k < 8 * MAFAT_N_MIXES && status == MAFAT_OK; k++) {
        mafat_image_rounding candidate = *rounding;
        candidate.reciprocal_x = k & 1;
        candidate.reciprocal_y = k & 2;
        candidate.fused_second_pass = k & 4;
        candidate.mix = (mafat_mix)(k / 8);
        bool all = true;
        for (int i = 0; i < N_SAMPLES && all && status == MAFAT_OK; i++)
            status = follow(&candidate, &samples[i], &all, error);
        if (!all || status != MAFAT_OK)
            continue;
        *rounding = candidate;
        n_found++;
    }
    MAFAT_CHECK(n_found <= 1);
    if (status == MAFAT_OK && n_found == 0)
        status = mafat_error_set(error, MAFAT_UNSUPPORTED,
                                 "this build of Darknet scales pictures in a way that MAFAT cannot "
                                 "follow; build it with another compiler");
    return status;
}

/* Makes a sample of random bytes, and learns what Darknet makes of bytes. */
static mafat_status make_sample(sample *s, float from_byte[256], mafat_error *error)
{
    image floats;
    mafat_status status = load(&s->picture, &floats, error);
    if (status != MAFAT_OK)
        return status;
    s->input = letterbox_image(floats, INPUT_W, INPUT_H);
    if (!read_bytes(&s->picture, floats, from_byte))
        status = mafat_error_set(error, MAFAT_UNSUPPORTED,
                                 "this build of Darknet makes different floats of the same byte; "
                                 "build it with another compiler");
    free_image(floats);
    return status;
}

/* Draws a box of a class all over a picture; draw_detections() prints what it draws. */
static void draw_silently(image picture, int class, int n_classes)
{
    float prob[N_COLOURED] = {0};
    char *names[N_COLOURED] = {0};
    detection box = {.bbox = {.5f, .5f, 1, 1}, .classes = n_classes, .prob = prob};
    prob[class] = 1;
    for (int i = 0; i < n_classes; i++)
        names[i] = "";
    bool was_hushed = mafat_notice_set_hushed(true);
    draw_detections(picture, &box, 1, .5f, names, NULL, n_classes);
    mafat_notice_set_hushed(was_hushed);
}

/* The colours in which Darknet draws boxes. */
static void find_drawn(float drawn[N_COLOURED][MAFAT_COLOURS])
{
    enum { W = 2, H = 200 };    /* the frame is a pixel wide */
    for (int class = 0; class < N_COLOURED; class++) {
        image picture = make_image(W, H, MAFAT_COLOURS);
        draw_silently(picture, class, N_COLOURED);
        for (int c = 0; c < MAFAT_COLOURS; c++)
            drawn[class][c] = picture.data[(c * H + H / 2) * W];
        free_image(picture);
    }
}

static bool follows_colours(const mafat_image_rounding *rounding,
                            float drawn[N_COLOURED][MAFAT_COLOURS])
{
    bool follows = true;
    for (int class = 0; class < N_COLOURED && follows; class++) {
        int x = class * 123457 % N_COLOURED;
        for (int c = 0; c < MAFAT_COLOURS; c++)
            follows &= drawn[class][c] == mafat_boxes_colour(rounding, 2 - c, x, N_COLOURED);
    }
    return follows;
}

/* Finds out how colours are rounded. */
static mafat_status find_colours(mafat_image_rounding *rounding, mafat_error *error)
{
    float drawn[N_COLOURED][MAFAT_COLOURS];
    find_drawn(drawn);
    for (int k = 0; k < MAFAT_N_COLOURINGS; k++) {
        rounding->colouring = (mafat_colouring)k;
        if (follows_colours(rounding, drawn))
            return MAFAT_OK;
    }
    return mafat_error_set(error, MAFAT_UNSUPPORTED, "this build of Darknet draws boxes in colours "
                           "that MAFAT cannot follow; build it with another compiler");
}

static mafat_status measure(mafat_image_rounding *rounding, mafat_error *error)
{
    unsigned char bytes[LARGE_W * LARGE_H * MAFAT_COLOURS];
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (unsigned char)(i < 256 ? i : state >> 24);
    }
    sample samples[N_SAMPLES] = {
        {.picture = {.rgb = bytes, .w = SMALL_W, .h = SMALL_H}},
        {.picture = {.rgb = bytes, .w = LARGE_W, .h = LARGE_H}},
    };
    *rounding = (mafat_image_rounding){0};
    for (int i = 0; i < 256; i++)
        rounding->from_byte[i] = -1;
    mafat_status status = mafat_rounding_check_floats(error);
    for (int i = 0; i < N_SAMPLES && status == MAFAT_OK; i++)
        status = make_sample(&samples[i], rounding->from_byte, error);
    if (status == MAFAT_OK)
        status = find_pattern(samples, rounding, error);
    if (status == MAFAT_OK)
        status = find_colours(rounding, error);
    for (int i = 0; i < N_SAMPLES; i++)
        free_image(samples[i].input);
    return status;
}

static void begin(void)
{
    pthread_mutex_lock(&measuring);
    is_measuring = true;
}

static void end(void)
{
    is_measuring = false;
    pthread_mutex_unlock(&measuring);
}

mafat_status mafat_picture_probe_measure(mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    begin();
    if (!atomic_load(&is_found))
        status = measure(&found, error);
    if (status == MAFAT_OK)
        atomic_store(&is_found, true);
    end();
    return status;
}

const mafat_image_rounding *mafat_picture_probe_rounding(void)
{
    MAFAT_CHECK(atomic_load(&is_found));
    return &found;
}

void mafat_picture_probe_abandon(void)
{
    if (!is_measuring)
        return;
    remove_left();
    end();
}
