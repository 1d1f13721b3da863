/* What a program does with a network, as far as that takes memory beside the plan: how images come
 * to the network, who draws on them, who reads the weights, what else is read and written. Every
 * command begins with mafat_workload_of_command() and then says what it knows of its images, names
 * and files. session/process.h makes of a workload and a cfg what the process will hold. */
#ifndef MAFAT_SESSION_WORKLOAD_H
#define MAFAT_SESSION_WORKLOAD_H

#include "session/verify.h"
#include "upstream/canvas.h"
#include "upstream/fitting.h"
#include "upstream/picture.h"

/* Who makes the network's input of images, and how. */
typedef enum {
    MAFAT_LOADED_UNKNOWN,        /* a program, in a way of its own */
    MAFAT_LOADED_BY_ROWS,        /* MAFAT, row by row as they are wanted (run/source.h) */
    MAFAT_LOADED_LETTERBOXED,    /* Darknet, one at a time, as floats; so is the next one */
    MAFAT_LOADED_RESIZED,
    MAFAT_LOADED_UNCOUNTED       /* Darknet, and it holds more than is counted here */
} mafat_workload_loading;

/* Who draws boxes with names on images; or MAFAT judges them (score/). */
typedef enum {
    MAFAT_DRAWN_BY_NOBODY,
    MAFAT_DRAWN_BY_MAFAT,
    MAFAT_DRAWN_BY_DARKNET,
    MAFAT_DRAWN_NOT_BUT_JUDGED
} mafat_workload_drawer;

/* When MAFAT reads the weights file, and not Darknet: with a memory limit alone, or always. */
typedef enum { MAFAT_READS_IN_LIMITS, MAFAT_READS_ALWAYS } mafat_workload_reading;

/* What an image takes; all zeros where there is none. */
typedef struct {
    size_t held_bytes;       /* while the network runs, the network's input not among it */
    size_t decode_bytes;     /* and while it is decoded, before that */
    size_t drawing_bytes;    /* and while what was found is drawn on it, after that */
    size_t file_bytes;       /* of its file, which is read through the page cache */
} mafat_workload_image;

typedef struct {
    mafat_workload_loading loading;
    mafat_workload_drawer drawer;
    mafat_canvas_format format;    /* of the pictures that MAFAT draws */
    mafat_workload_reading reading;
    bool crops;                    /* MAFAT, by rows: takes of a picture the square in its middle */
    bool repeats;                  /* images follow each other, */
    bool is_list;                  /* and some may be run before the results of others are told */
    int n_images;                  /* of them so many are known before the first one is run; 0: none is
                                      to be known */
    int n_listed;                  /* images of a list, all of which will come; 0: there is none */
    size_t waiting_bytes;          /* that each of several takes while it waits for their pass */
    bool has_others;               /* the process holds more than is counted here, which is measured
                                      before each run */
    const char *image_path;        /* of the one that is named, borrowed; NULL: none is */
    mafat_workload_image image;    /* that room is kept for, */
    bool is_fitted;                /* and beside it what Darknet's own code makes of this one to fit
                                      it to the input */
    mafat_fitting fitted;
    size_t letter_bytes;           /* pictures of letters that Darknet draws with */
    size_t file_bytes;             /* of other files that are read through the page cache */
    bool counts_lines;             /* n_lines are all that will be read */
    int n_lines;                   /* names of classes and paths, which Darknet's code holds */
    int n_streams;                 /* files that are written at once */
    int n_timed;                   /* runs whose times are kept, */
    bool times_layers;             /* those of each layer, too */
    size_t base_bytes;             /* that the process held before it did anything: both plans of
                                      who plans a network twice are one */
    size_t standing_bytes;         /* that it holds of the network while it plans it: of one that is
                                      made already, and planned anew */
    bool is_resized;               /* the input is of this size; else as the cfg says */
    int width, height;
} mafat_workload;

/* ------------------------------------------------------------------------ what commands fill in */

/* Of a command that loads images so, draws so, and has MAFAT read the weights; `repeats` is false
 * until the caller says otherwise. It must not hold anything of the network yet: what it holds is
 * measured. MAFAT_FAILED where that fails. */
mafat_status mafat_workload_of_command(mafat_workload *workload, mafat_workload_loading loading,
                                       mafat_workload_drawer drawer, mafat_error *error);

/* Of a program of which nothing is known, and which is about to make a network. Errors as above. */
mafat_status mafat_workload_of_program(mafat_workload *workload, mafat_error *error);

/* Has it keep room for an image. */
void mafat_workload_set_picture(mafat_workload *workload, const mafat_picture_memory *picture);

/* Adds the image that is named to an error of what does not fit with it; others may. */
void mafat_workload_name_picture(const mafat_workload *workload, mafat_error *error);

/* Adds the names of classes that a data file leads to. MAFAT_FAILED where one of the files is amiss. */
mafat_status mafat_workload_add_names(mafat_workload *workload, const char *data,
                                      const mafat_verify_needs *needs, mafat_error *error);

/* Adds lines of other files, paths. */
void mafat_workload_add_lines(mafat_workload *workload, int n_lines);

/* Adds the letters that Darknet's load_alphabet() makes floats of, in all their sizes. Errors:
 * those of mafat_verify_labels() and mafat_picture_memory_find(). */
mafat_status mafat_workload_add_letters(mafat_workload *workload, mafat_error *error);

/* ------------------------------------------------------ what commands take that nobody runs yet */

/* The files that a command would be given; NULL where none is named. */
typedef struct {
    const char *image, *data;
} mafat_workload_files;

/* What `detector test` does with the image that is named, or `classifier predict` if the network
 * finds no boxes; without an image what `mafat bench` does. Errors: those of
 * mafat_picture_memory_find() and mafat_cfg_read(), and a data file or names that cannot be read. */
mafat_status mafat_workload_find(mafat_workload *workload, const char *cfg_path,
                                 const mafat_workload_files *named, mafat_error *error);

/* The image that is planned for where nobody names one: a camera's baseline JPEG of 12 megapixels.
 * Where it comes by rows it takes little, and for one that takes more room is made when it comes
 * (bridge/bridge.h); where it is decoded whole that takes planes of as many samples. */
extern const mafat_picture_memory mafat_workload_photo;

/* The same as mafat_workload_find() with that image, for a process that held so much before it did
 * anything. */
mafat_status mafat_workload_find_with_photo(mafat_workload *workload, const char *cfg_path,
                                            size_t base_bytes, mafat_error *error);

/* ------------------------------------------------------------------------ images that have come */

/* What an image takes in this workload. */
mafat_workload_image mafat_workload_image_of(const mafat_workload *workload,
                                             const mafat_picture_memory *picture);

/* What each of two images takes, in whole units. */
mafat_workload_image mafat_workload_round_images(const mafat_workload_image *a,
                                                 const mafat_workload_image *b, size_t unit);

/* The workload with what was measured of an image, all that the process holds of its own among it,
 * in place of the image and the letters that were counted. */
mafat_workload mafat_workload_with_measured(const mafat_workload *workload,
                                            const mafat_workload_image *image);

/* How Darknet's own code fits the images of this workload. */
mafat_fit mafat_workload_fit(const mafat_workload *workload);

#endif
