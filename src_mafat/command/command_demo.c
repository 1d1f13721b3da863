/* Films through a network; see command_demo.h. Sources: demo() of Darknet. */
#include "command/command_demo.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/charge.h"
#include "base/file.h"
#include "base/notice.h"
#include "base/number.h"
#include "base/page_cache.h"
#include "command/darknet_options.h"
#include "command/detections.h"
#include "command/report.h"
#include "library/run.h"
#include "machine/measure.h"
#include "run/team.h"
#include "session/data_file.h"
#include "session/session.h"
#include "video/ahead.h"

/* -------------------------------------------------------------------------------------- options */

/* Texts are borrowed from the command line; NULL where it has none. */
typedef struct {
    const char *threshold, *hier_threshold, *camera, *width, *height, *fps, *skipped, *prefix,
        *recording;
    bool is_full_screen, is_not_shown, has_boxes;
} demo_options;

static mafat_status read_mean(const char *name, const char *text, void *to, mafat_error *error)
{
    (void)to;
    if (strcmp(text, "1") == 0)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_USAGE, "option %s: \"%.80s\": each frame's own boxes are "
                           "shown, not means of several frames; leave it out", name, text);
}

#define SHARE mafat_darknet_options_share
#define WHOLE mafat_darknet_options_whole
static const char passed_over[] = "Darknet's, without effect here";

static const mafat_option rows[] = {
    {"-c", "N", WHOLE, offsetof(demo_options, camera), "camera N in place of a film (default 0)"},
    {"-w", "N", WHOLE, offsetof(demo_options, width), "ask the camera for frames N pixels wide"},
    {"-h", "N", WHOLE, offsetof(demo_options, height), "and N pixels high"},
    {"-fps", "N", WHOLE, offsetof(demo_options, fps),
     "ask the camera for N frames a second; with\n-out_filename, how many that film plays"},
    {"-s", "N", WHOLE, offsetof(demo_options, skipped), "pass over N frames behind each one"},
    {"-thresh", "P", SHARE, offsetof(demo_options, threshold),
     "show what is more probable (default .5)"},
    {"-hier", "P", SHARE, offsetof(demo_options, hier_threshold), "the same for trees of classes"},
    {"-dont_show", NULL, NULL, offsetof(demo_options, is_not_shown), "open no window"},
    {"-fullscreen", NULL, NULL, offsetof(demo_options, is_full_screen),
     "a window of the whole screen"},
    {"-out_filename", "FILE", mafat_option_read_path, offsetof(demo_options, recording),
     "write a film with the boxes: .avi, .mp4, .mov, .mkv"},
    {"-prefix", "NAME", mafat_option_read_path, offsetof(demo_options, prefix),
     "write NAME_00000000.jpg and so on, with the boxes, and\n  open no window"},
    {"-ext_output", NULL, NULL, offsetof(demo_options, has_boxes),
     "left, top, width and height of each box, too, in pixels"},
    {"-avg", "N", read_mean, MAFAT_OPTION_CHECKED, "1, as it is: each frame's own boxes"},
    {"-i", "N", mafat_option_read_text, MAFAT_OPTION_CHECKED, passed_over},
    {"-gpus", "LIST", mafat_option_read_text, MAFAT_OPTION_CHECKED, passed_over},
    {"-nogpu", NULL, NULL, MAFAT_OPTION_CHECKED, passed_over},
};

static const mafat_usage usage = {
    .command = "detector demo", .words = "DATA CFG WEIGHTS [FILM]",
    .help = "runs a detector on the frames of a film: a file, an address, or numbered\n"
            "pictures (\"frame_%03d.png\"); without one, of a camera. In the window, Escape\n"
            "ends it, and the arrow keys change -thresh (up, down) and -hier (right, left).\n"
            "-json prints an object for each frame",
    .options = MAFAT_OPTION_TABLE(rows),
};

/* Of an option that was checked when it was read (WHOLE); 0 where it was not given. */
static int number_of(const char *text)
{
    return text != NULL ? (int)strtol(text, NULL, 10) : 0;
}

/* ------------------------------------------------------------------------------------- the film */

typedef struct {
    const char *data, *cfg, *weights;
    mafat_film_source source;
    demo_options options;
    mafat_options network_options;
    bool is_json;
    mafat_thresholds thresholds;
    const mafat_video *video;
    mafat_film *film;
    mafat_ahead ahead;
    mafat_window *window;            /* NULL: none is shown */
    mafat_recording *recording;      /* NULL: none is made */
    mafat *network;
    mafat_image first;               /* frame, read before there was a network, until it is taken */
    mafat_queue waiting;             /* frames that share a pass of the weights */
    bool has_limit;
    double began_s, last_s;          /* when the first frame came, and the last */
    long n_frames;                   /* that went through the network */
    bool is_ended;                   /* by who looks at the window */
} demo;

/* The signal that is to end it. The second one ends the process at once. */
static volatile sig_atomic_t ending_signal;

static void note_signal(int signal)
{
    ending_signal = signal;
}

/* A film that is written gets its end, and then the process ends as the signal wants it; where
 * nobody reads the results any more, with that error. */
static void listen_for_signals(const demo *d)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction old, action = {.sa_handler = note_signal,
                                    .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    if (d->options.recording != NULL)
        signal(SIGPIPE, SIG_IGN);
}

/* Refuses what would be without effect, or write over what is read. */
static mafat_status check_options(const demo *d, mafat_error *error)
{
    const demo_options *o = &d->options;
    const char *film = d->source.name, *batch = d->network_options.batch;
    if (film == NULL && batch != NULL && strcmp(batch, "1") != 0 &&
        strcmp(batch, MAFAT_BATCH_AUTO) != 0)
        return mafat_error_set(error, MAFAT_USAGE, "-batch %.80s is for films: the frames of a "
                               "camera are run one by one, as they come", batch);
    if (film == NULL)
        return MAFAT_OK;
    if (o->camera != NULL)
        return mafat_error_set(error, MAFAT_USAGE, "-c %s is a camera, and \"%.200s\" is a film: "
                               "give one of them", o->camera, film);
    if (o->width != NULL || o->height != NULL)
        return mafat_error_set(error, MAFAT_USAGE, "-w and -h are asked of cameras, and "
                               "\"%.200s\" has a size of its own", film);
    if (o->fps != NULL && o->recording == NULL)
        return mafat_error_set(error, MAFAT_USAGE, "-fps is asked of cameras, or how fast what "
                               "-out_filename writes plays; \"%.200s\" is read as fast as can be",
                               film);
    bool is_same = false;
    mafat_status status = MAFAT_OK;
    if (o->recording != NULL)
        status = mafat_file_compare(film, o->recording, &is_same, error);
    if (is_same)
        return mafat_error_set(error, MAFAT_USAGE, "-out_filename %.200s is the film that is read",
                               o->recording);
    return status;
}

/* Opens the film. OpenCV does not say why a file cannot be opened; of one that is no address and no
 * pattern for many, the system does. */
static mafat_status open_film(demo *d, mafat_error *error)
{
    const char *name = d->source.name;
    bool is_file = name != NULL && strstr(name, "://") == NULL && strchr(name, '%') == NULL;
    struct stat about;
    if (is_file && (stat(name, &about) != 0 || access(name, R_OK) != 0)) {
        mafat_error_set(error, MAFAT_FAILED, "cannot be read: %s", strerror(errno));
        mafat_error_set_file(error, name);
        return MAFAT_FAILED;
    }
    mafat_status status = d->video->open_film(&d->film, &d->source, error);
    if (status == MAFAT_OK)
        mafat_ahead_begin(&d->ahead, d->video, d->film, number_of(d->options.skipped));
    return status;
}

/* The film that is written plays as fast as the one that is read, less the frames that are passed
 * over. */
static mafat_status open_recording(demo *d, mafat_error *error)
{
    double fps = number_of(d->options.fps);
    mafat_film_facts facts;
    d->video->describe_film(d->film, &facts);
    if (fps == 0)
        fps = facts.fps / (1. + d->ahead.n_skipped);
    if (fps == 0)
        return mafat_error_set(error, MAFAT_USAGE, "what is read does not say how many frames a "
                               "second it has, which -out_filename needs: give -fps N");
    return d->video->open_recording(&d->recording, d->options.recording, d->first.width,
                                    d->first.height, fps, error);
}

/* -------------------------------------------------------------------------------------- a frame */

static void print_notice(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "mafat: %s\n", line);
}

/* Tells what was found, as Darknet does; where it goes into a file, without clearing the screen. */
static mafat_status tell(demo *d, const mafat_result *result, mafat_error *error)
{
    const mafat_detections found = {.network = d->network, .result = result,
                                    .frame = d->n_frames * (d->ahead.n_skipped + 1L)};
    double now_s = mafat_measure_now_s(), fps = 1 / (now_s - d->last_s);
    d->last_s = now_s;
    if (d->is_json) {
        mafat_detections_print_json(&found, NULL);
    } else {
        printf("%s\nFPS:%.1f\nObjects:\n\n", isatty(STDOUT_FILENO) ? "\033[2J\033[1;1H" : "", fps);
        mafat_detections_print(&found, d->options.has_boxes, stdout, NULL);
    }
    return mafat_report_flush(error);
}

/* What Darknet's keys do. */
static void obey(demo *d, int key)
{
    enum { UP = 82, DOWN = 84, RIGHT = 83, LEFT = 81 };
    static const float step = .02f;
    mafat_thresholds *t = &d->thresholds;
    switch (key) {
    case MAFAT_KEY_END: d->is_ended = true; break;
    case UP: t->threshold = fminf(t->threshold + step, 1); break;
    case DOWN: t->threshold = t->threshold > 2 * step ? t->threshold - step : step; break;
    case RIGHT: t->hier_threshold = fminf(t->hier_threshold + step, 1); break;
    case LEFT: t->hier_threshold = t->hier_threshold > step ? t->hier_threshold - step : 0; break;
    }
}

/* Writes the picture of a frame, draws on the frame itself, and shows and records that. */
static mafat_status show(demo *d, const mafat_image *image, const mafat_result *result,
                         mafat_error *error)
{
    const mafat_frame frame = {(unsigned char *)image->pixels, image->width, image->height,
                               image->stride_bytes};
    char path[PATH_MAX];
    mafat_status status = MAFAT_OK;
    if (d->options.prefix != NULL) {
        int length = snprintf(path, sizeof path, "%s_%08ld.jpg", d->options.prefix, d->n_frames);
        status = (size_t)length < sizeof path
                     ? mafat_draw(d->network, image, result, path, error)
                     : mafat_error_set(error, MAFAT_USAGE, "-prefix is too long for a path");
    }
    if (d->window == NULL && d->recording == NULL)
        return status;
    if (status == MAFAT_OK)
        status = mafat_draw_pixels(d->network, image, result, frame.pixels, error);
    if (status == MAFAT_OK && d->recording != NULL)
        status = d->video->record(d->recording, &frame, error);
    if (status == MAFAT_OK && d->window != NULL)
        obey(d, d->video->show(d->window, &frame));
    return status;
}

/* In a memory limit, which counts the page cache, little of both films stays in it. */
static void spare_cache(const demo *d)
{
    enum { BETWEEN = 16 };
    uint64_t stay_bytes;
    mafat_error unseen;
    if (!d->has_limit || d->n_frames % BETWEEN != 0)
        return;
    if (d->source.name != NULL)
        mafat_page_cache_drop(d->source.name, &stay_bytes, &unseen);
    if (d->options.recording != NULL)
        mafat_page_cache_drop(d->options.recording, &stay_bytes, &unseen);
}

static mafat_status do_frame(demo *d, const mafat_image *image, mafat_error *error)
{
    mafat_result *result;
    mafat_status status = mafat_detect(d->network, image, &d->thresholds, &result, error);
    if (status != MAFAT_OK)
        return status;
    status = tell(d, result, error);
    if (status == MAFAT_OK)
        status = show(d, image, result, error);
    mafat_result_free(result);
    d->n_frames++;
    spare_cache(d);
    return status;
}

/* ----------------------------------------------------------------------------------- all frames */

/* What video is still going to take: the decoder, whose first frame may be there, and what frames
 * go to. */
static size_t video_bytes(const demo *d, int width, int height, bool has_begun)
{
    int bytes = MAFAT_CHARGE_FILM_GROWTH;
    if (!has_begun)
        bytes = MAFAT_CHARGE_FILM_FRAMES + MAFAT_CHARGE_FILM_DECODER +
                MAFAT_CHARGE_FILM_THREAD * mafat_measure_processors();
    if (d->options.recording != NULL)
        bytes += MAFAT_CHARGE_FILM_ENCODER;
    if (d->window != NULL)
        bytes += MAFAT_CHARGE_FILM_WINDOW;
    return MAFAT_CHARGE_FILM + (size_t)width * (size_t)height * (size_t)bytes;
}

/* Whether frames come from files, one or many ("frame_%03d.png"). */
static bool is_of_files(const demo *d)
{
    const char *name = d->source.name;
    struct stat about;
    if (name == NULL || strstr(name, "://") != NULL)
        return false;
    return strchr(name, '%') != NULL || (stat(name, &about) == 0 && S_ISREG(about.st_mode));
}

/* How many frames are known before the first one is run: that one alone of a camera, a device and an
 * address, where somebody waits for it. A film may not say how many it has. */
static int count_known(const demo *d)
{
    mafat_film_facts facts;
    if (!is_of_files(d))
        return 1;
    d->video->describe_film(d->film, &facts);
    double n = facts.n_frames / (1. + d->ahead.n_skipped);
    return n > 0 && n < MAFAT_MAX_BATCH ? (int)ceil(n) : MAFAT_MAX_BATCH;
}

/* Opens the network, or only plans it where `weights` is NULL, beside what is there of the film, whose
 * frames are so large, and will be. */
static mafat_status open_network(demo *d, const char *weights, int width, int height,
                                 mafat_error *error)
{
    const mafat_options *options = &d->network_options;
    const mafat_library_passes passes = {
        .batch = options->batch, .n_images = weights != NULL ? count_known(d) : 1,
        .image_bytes = 3 * (size_t)width * (size_t)height, .are_typed = true,
    };
    mafat_settings settings = {
        .memory = options->memory, .config = options->config,
        .fit = options->stretch      ? MAFAT_IMAGES_STRETCHED
               : options->letter_box ? MAFAT_IMAGES_LETTERBOXED : MAFAT_IMAGES_BY_CFG,
        .reserve_bytes = video_bytes(d, width, height, weights != NULL),
        .notice = weights == NULL || mafat_notice_is_silent() ? NULL : print_notice,
    };
    char *names = NULL;
    mafat_status status = MAFAT_OK;
    if (options->threads != NULL)
        status = mafat_number_read("option -threads", options->threads, 1, MAFAT_MAX_THREADS,
                                   &settings.n_threads, error);
    if (status == MAFAT_OK)
        status = mafat_data_file_find_text(d->data, "names", "data/names.list", &names, error);
    settings.names = names;
    if (status == MAFAT_OK)
        status = mafat_library_open_for_passes(&d->network, d->cfg, weights, &settings, &passes,
                                               error);
    free(names);
    return status;
}

/* Finds out whether a memory limit has room for a network beside the film, before anything of that
 * is decoded: who takes more than his limit would be killed without a word. */
static mafat_status check_room(demo *d, mafat_error *error)
{
    mafat_film_facts facts;
    d->has_limit = d->network_options.memory != NULL || mafat_session_has_limit(d->cfg);
    if (!d->has_limit)
        return MAFAT_OK;
    d->video->describe_film(d->film, &facts);
    mafat_status status = open_network(d, NULL, facts.width, facts.height, error);
    mafat_close(d->network);
    d->network = NULL;
    return status;
}

/* Reads ahead where there is no memory limit. In one, what the decoder holds is measured before
 * each run of the network, and must not grow during it. */
static mafat_status read_ahead(demo *d, mafat_error *error)
{
    return d->has_limit ? MAFAT_OK : mafat_ahead_start(&d->ahead, error);
}

/* The next frame, which stays until the one behind it is read. */
static bool read_frame(demo *d, mafat_image *image)
{
    mafat_frame frame;
    *image = d->first;
    d->first = (mafat_image){0};
    if (image->pixels != NULL)
        return true;
    if (!mafat_ahead_next(&d->ahead, &frame))
        return false;
    *image = (mafat_image){.pixels = frame.pixels, .width = frame.width, .height = frame.height,
                           .stride_bytes = frame.stride_bytes, .is_bgr = true};
    return true;
}

/* Has so many frames wait as share a pass, as far as there are, and runs them. */
static mafat_status run_ahead(demo *d, mafat_error *error)
{
    mafat_image image;
    mafat_status status = MAFAT_OK;
    while (status == MAFAT_OK && d->waiting.n < mafat_run_batch(d->network) &&
           read_frame(d, &image))
        status = mafat_queue_add(&d->waiting, &image, error);
    if (status == MAFAT_OK && d->waiting.n > 0)
        status = mafat_run_ahead(d->network, &d->waiting, error);
    return status;
}

/* Does the next frame; *is_there says whether there is one. */
static mafat_status do_next(demo *d, bool *is_there, mafat_error *error)
{
    mafat_image image;
    mafat_status status = MAFAT_OK;
    if (d->waiting.n == 0 && mafat_run_batch(d->network) == 1) {
        *is_there = read_frame(d, &image);
        return *is_there ? do_frame(d, &image, error) : MAFAT_OK;
    }
    if (d->waiting.n_run == 0)
        status = run_ahead(d, error);
    *is_there = d->waiting.n > 0;
    if (status != MAFAT_OK || !*is_there)
        return status;
    status = do_frame(d, &d->waiting.images[0], error);
    mafat_queue_drop(&d->waiting);
    return status;
}

static mafat_status do_frames(demo *d, mafat_error *error)
{
    bool is_there = true;
    mafat_status status = check_room(d, error);
    if (status != MAFAT_OK)
        return status;
    if (!read_frame(d, &d->first))
        return mafat_error_set(error, MAFAT_FAILED, "%.300s has no frame that can be read",
                               d->source.name != NULL ? d->source.name : "the camera");
    status = open_network(d, d->weights, d->first.width, d->first.height, error);
    if (status == MAFAT_OK && d->options.recording != NULL)
        status = open_recording(d, error);
    if (status == MAFAT_OK)
        status = read_ahead(d, error);
    d->began_s = d->last_s = mafat_measure_now_s();
    while (status == MAFAT_OK && is_there && !d->is_ended && ending_signal == 0)
        status = do_next(d, &is_there, error);
    return status;
}

/* On stderr: how many frames, how fast, and what it took. */
static void sum_up(const demo *d)
{
    static const double MiB = 1 << 20;
    double seconds = d->last_s - d->began_s;
    size_t peak_bytes = 0;
    mafat_error unseen;
    bool is_charged = mafat_report_find_peak(&peak_bytes);
    if (!is_charged)
        mafat_measure_peak_rss(&peak_bytes, &unseen);
    mafat_notice("%ld frame%s in %.3f seconds: %.2f a second; peak %.1f MiB%s (%zu bytes)",
                 d->n_frames, d->n_frames == 1 ? "" : "s", seconds,
                 (double)d->n_frames / seconds, (double)peak_bytes / MiB,
                 is_charged ? "" : " resident", peak_bytes);
}

/* Says where a film ends before its end: OpenCV does not tell a frame that cannot be read from one
 * that is not there. */
static void note_early_end(const demo *d)
{
    mafat_film_facts facts;
    d->video->describe_film(d->film, &facts);
    double n_read = (double)d->ahead.n_given * (1. + d->ahead.n_skipped);
    if (n_read < facts.n_frames)
        mafat_notice("%s: says that it has %.0f frames; behind number %.0f none could be read",
                     d->source.name, facts.n_frames, n_read - 1);
}

/* Opens all, runs, and closes all. A recording that fails at its end is an error, too. */
static mafat_status run(demo *d, mafat_error *error)
{
    mafat_error unwritten;
    mafat_status status = MAFAT_OK;
    if (!d->options.is_not_shown && d->options.prefix == NULL)
        status = d->video->open_window(&d->window, d->options.is_full_screen, error);
    if (status == MAFAT_OK)
        status = open_film(d, error);
    if (status == MAFAT_OK) {
        listen_for_signals(d);
        status = do_frames(d, error);
    }
    mafat_ahead_end(&d->ahead);
    mafat_queue_free(&d->waiting);
    if (d->n_frames > 0)
        sum_up(d);
    if (status == MAFAT_OK && !d->is_ended && ending_signal == 0)
        note_early_end(d);
    mafat_close(d->network);
    d->video->close_film(d->film);
    d->video->close_window(d->window);
    mafat_status written = d->video->close_recording(d->recording, &unwritten);
    if (status == MAFAT_OK && written != MAFAT_OK)
        *error = unwritten;
    if (ending_signal != 0) {
        if (status != MAFAT_OK)
            mafat_error_print(error, stderr);
        raise(ending_signal);
    }
    return status == MAFAT_OK ? written : status;
}

static float share_of(const char *text)
{
    return text != NULL ? (float)strtod(text, NULL) : .5f;
}

static mafat_status run_demo(mafat_arguments *arguments, mafat_error *error)
{
    demo d = {.is_json = arguments->json, .network_options = arguments->options};
    mafat_arguments rest = *arguments;
    rest.words++;    /* `detector` */
    rest.n_words--;
    mafat_report_watch_memory();
    mafat_status status = mafat_arguments_read(&rest, &usage, &d.options, error);
    if (status != MAFAT_OK)
        return status;
    d.data = rest.words[1];
    d.cfg = rest.words[2];
    d.weights = rest.words[3];
    d.source = (mafat_film_source){
        .name = rest.n_words > 4 ? rest.words[4] : NULL, .camera = number_of(d.options.camera),
        .width = number_of(d.options.width), .height = number_of(d.options.height),
        .fps = number_of(d.options.fps),
    };
    d.thresholds = (mafat_thresholds){share_of(d.options.threshold),
                                      share_of(d.options.hier_threshold)};
    status = mafat_video_load(&d.video, error);
    if (status == MAFAT_OK)
        status = check_options(&d, error);
    return status == MAFAT_OK ? run(&d, error) : status;
}

const mafat_command mafat_command_demo = {&usage, run_demo};

bool mafat_command_demo_is(const mafat_arguments *arguments)
{
    return arguments->n_words > 0 && mafat_arguments_begin_with(arguments, "detector", "demo");
}
