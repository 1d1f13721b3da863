/* MAFAT for programs: networks of Darknet's that run in a memory limit.
 *
 *     mafat *m;
 *     mafat_error error;
 *     mafat_result *found;
 *     mafat_settings settings = {.memory = "16M", .names = "data/coco.names"};
 *     if (mafat_open(&m, "yolov2.cfg", "yolov2.weights", &settings, &error) == MAFAT_OK &&
 *         mafat_detect(m, &(mafat_image){.path = "dog.jpg"}, NULL, &found, &error) == MAFAT_OK)
 *         ...
 *
 * Every call that can fail returns a status and fills the caller's error record. None ends the
 * process, none prints: what is worth knowing is told by `notice` below. (OpenMP's runtime does end it
 * where there is no memory for its own threads.)
 *
 * Threads: any thread may use any network at any time, but for mafat_close(), which must be the
 * last call. Calls of one network wait for each other, so that several threads get their own results
 * in some order; networks without a memory limit run side by side, those with one take turns, since
 * each plan counts on the memory of the other's run. While one without a limit is opened, another's
 * run is not waited for: what opening takes comes beside it. Results belong to the caller and need no
 * network any more.
 * A process that was forked can use no networks where its parent had opened any, as it lacks their
 * threads: that is an error.
 *
 * The memory limit is the whole process's, as a memory cgroup would charge it: what the program
 * holds is measured when a network is opened and before each run, and a network is planned anew, or
 * the call refused with MAFAT_NO_FIT, where it has grown. Opening the first network has glibc's
 * malloc give freed blocks back to the system sooner (mallopt(3)).
 *
 * Names that begin with mafat_ or MAFAT_ are this library's. */
#ifndef MAFAT_H
#define MAFAT_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------- errors */

/* The exit codes of `darknet mafat` are the same numbers. */
typedef enum {
    MAFAT_OK = 0,
    MAFAT_FAILED = 1,      /* a file, memory, or results that differ */
    MAFAT_USAGE = 2,       /* an argument or the configuration is wrong */
    MAFAT_NO_FIT = 3,      /* no configuration fits the memory limit */
    MAFAT_UNSUPPORTED = 4  /* MAFAT cannot run this network */
} mafat_status;

/* What went wrong and where. `file` is "" and `layer` is -1 where they do not apply. */
typedef struct {
    char file[512];
    int layer;
    char layer_type[24];
    char text[768];    /* what was given, what is allowed */
} mafat_error;

/* Writes the message, "FILE: layer N [TYPE]: TEXT", as one line without its end; as snprintf()
 * does: at most `size` bytes with the NUL, and returns how long the whole is. */
int mafat_error_message(const mafat_error *error, char *to, size_t size);

/* -------------------------------------------------------------------------------------- networks */

/* A network, planned and with its weights. */
typedef struct mafat mafat;

/* How a cfg is read, and how its images come to the input. A cfg of AlexeyAB's Darknet is one that has
 * anything without which unmodified Darknet does not run it or computes other maps, or that says
 * letter_box= in [net]: all of his keys hold then (scale_x_y=, nms_kind=), and images are stretched,
 * unless letter_box=1 has their proportions kept between grey edges. Any other means what it means to
 * unmodified Darknet, which letterboxes images. */
typedef enum {
    MAFAT_IMAGES_BY_CFG,         /* so */
    MAFAT_IMAGES_LETTERBOXED,    /* as AlexeyAB's, whatever it says, with letterboxed images */
    MAFAT_IMAGES_STRETCHED       /* and with stretched ones */
} mafat_image_fit;

/* How a network is to be run. All zeros: as its cfg says. */
typedef struct {
    const char *memory;    /* the limit: "16M", "1G", bytes, "auto" (what cgroups and the machine
                              leave when the process first asks for it); NULL: mafat_memory= of
                              the cfg, or none */
    const char *config;    /* the configuration: "5x5/8/2x2"; NULL: mafat= of the cfg, or what a
                              search finds in the limit, or 1x1 */
    int n_threads;         /* 0: mafat_threads= of the cfg, or as many as suit the machine */
    size_t reserve_bytes;  /* memory that the program is still going to take and keep, such as a
                              decoder's; the limit leaves room for it */
    const char *names;     /* a file with the name of a class in each line; NULL: no names */
    /* Is told, in lines without their ends, what is worth knowing and no error: a key of the cfg
     * without effect, what was chosen for the limit. It may be called by any call, on its thread,
     * and must call no function of any network, as locks are held. What holds for the process is told
     * once, to whoever comes first. NULL: nothing is told. */
    void (*notice)(void *context, const char *line);
    void *notice_context;
    mafat_image_fit fit;
    bool fast;             /* convolutions by Winograd's algorithm, where it suits them: in half the
                              time, with results near Darknet's; false: as mafat_fast= of the cfg says */
} mafat_settings;

/* Reads the cfg, plans, and loads the weights, both of which are read again where the network is
 * planned anew, and must stay where they are, relative paths also for a process that changes its
 * folder; `weights` NULL: only plans, and there is nothing to run. `settings` may be NULL, and neither
 * it nor its texts are needed afterwards. The caller closes *network; on error it is NULL. What is not found from the working directory, cfg, weights, names, and
 * the letters of mafat_draw(), is looked up in the share directory that the library was installed
 * with, or in $MAFAT_SHARE. Errors: MAFAT_FAILED for a file that is missing, cut off or no such
 * file, and without memory; the others as their names say. */
mafat_status mafat_open(mafat **network, const char *cfg, const char *weights,
                        const mafat_settings *settings, mafat_error *error);

/* Frees all that the network holds; NULL may be closed. In a process that was forked it frees
 * nothing. */
void mafat_close(mafat *network);

typedef struct {
    int width, height, channels;    /* of the input */
    int n_layers;
    int n_outputs;                  /* floats that mafat_run() gives */
    int n_classes;                  /* of the boxes that it finds; 0: it is no detector */
    int n_threads;
    size_t limit_bytes;             /* 0: none */
    size_t predicted_bytes;         /* of the whole process, the most at once */
    size_t arena_bytes;             /* of them, for maps and windows of weights */
    double predicted_seconds;       /* of a run, by costs measured on this machine, or, where they
                                       have not been measured, by a typical machine's */
    int n_winograd_layers;          /* convolutions by Winograd's algorithm, where `fast` asks for it */
} mafat_facts;

/* What was planned, which may change with an image that is larger than those before. */
void mafat_describe(mafat *network, mafat_facts *facts);

/* The configuration of the plan, in the notation of settings.config; as snprintf() does. */
int mafat_describe_config(mafat *network, char *to, size_t size);

/* The name of class `index`, which is the network's; NULL where there is none. */
const char *mafat_class_name(const mafat *network, int index);

/* ------------------------------------------------------------------------------------------ runs */

/* One image, borrowed for a call: a file, pixels, or floats, of which one is set. Files and pixels
 * are brought to the input as `fit` of the settings says. */
typedef struct {
    const char *path;               /* JPEG, PNG, and what else stb_image reads */
    const unsigned char *pixels;    /* [height] rows of [width][3] bytes: red, green, blue */
    int width, height;              /* of the pixels; of floats, of the image that they were made
                                       of, in whose pixels boxes are told; 0: the input's */
    size_t stride_bytes;            /* from row to row; 0: 3 * width */
    bool is_bgr;                    /* pixels are blue, green, red, as OpenCV has them */
    const float *floats;            /* [channels][height][width] of the input, from 0 to 1 */
} mafat_image;

/* Runs the network. outputs[n_outputs] are those of its last layer, the probabilities of a
 * classifier's classes. The bits are unmodified Darknet's, unless `fast` was asked for. */
mafat_status mafat_run(mafat *network, const mafat_image *image, float *outputs,
                       mafat_error *error);

/* What is a find, from 0 to 1. */
typedef struct {
    float threshold;         /* boxes have a class that is more probable; .5 is usual */
    float hier_threshold;    /* how sure a class of a tree must be for one below it to be taken */
} mafat_thresholds;

/* What was found in an image. */
typedef struct mafat_result mafat_result;

/* Runs the network and finds boxes, those that overlap as the same one left out, as `darknet
 * detector test` does it. `thresholds` NULL: .5 and .5. The caller frees *result; on error it is
 * NULL. MAFAT_USAGE for a network that is no detector, and for thresholds that are none. */
mafat_status mafat_detect(mafat *network, const mafat_image *image,
                          const mafat_thresholds *thresholds, mafat_result **result,
                          mafat_error *error);

/* A class of a box, in pixels of the image; a box may leave the image. */
typedef struct {
    int class_index;
    float probability;
    float left, top, width, height;
} mafat_box;

/* Finds the next class of a box that is over the threshold, from *at on, which is 0 at first; false:
 * there are no more. Boxes come in Darknet's order.
 *
 *     size_t at = 0;
 *     while (mafat_result_next(result, &at, &box))
 *         ...
 */
bool mafat_result_next(const mafat_result *result, size_t *at, mafat_box *box);

/* The size of the image, and the seconds that the run took. */
void mafat_result_describe(const mafat_result *result, int *width, int *height, double *seconds);

/* Frees it; NULL may be freed. */
void mafat_result_free(mafat_result *result);

/* Draws the boxes and their labels on the image that they were found in, as `darknet detector test`
 * does it, and writes a file, whole or not at all: PNG where `path` ends in .png, else JPEG, which is
 * Darknet's byte for byte. MAFAT_USAGE for floats, and without names. */
mafat_status mafat_draw(mafat *network, const mafat_image *image, const mafat_result *result,
                        const char *path, mafat_error *error);

/* The same to pixels: to[height] rows of the image, stride_bytes apart and in the order that is_bgr
 * says. They may be the image's own, which is drawn on then. On error they are drawn on in part. */
mafat_status mafat_draw_pixels(mafat *network, const mafat_image *image,
                               const mafat_result *result, unsigned char *to, mafat_error *error);

/* The most memory that the process has had: of its own, as VmHWM says. */
mafat_status mafat_peak_rss(size_t *bytes, mafat_error *error);

#ifdef __cplusplus
}
#endif

#endif
