/* What a user asked for, made into a plan: cfg file + options -> layers -> configuration -> plan.
 * Nothing here needs Darknet; the commands of `darknet mafat` do it before Darknet sees the cfg. */
#ifndef MAFAT_SESSION_SESSION_H
#define MAFAT_SESSION_SESSION_H

#include "base/status.h"
#include "cfg/cfg.h"
#include "plan/config.h"
#include "plan/plan.h"
#include "plan/predict.h"
#include "search/search.h"
#include "upstream/fitting.h"

enum { MAFAT_MAX_THREADS = 256 };

/* MAFAT's options as written on the command line, borrowed; NULL where not given. They win over the
 * cfg's flags mafat=, mafat_memory= and mafat_threads=. */
typedef struct {
    const char *config, *memory, *threads;
} mafat_options;

/* A line of a file, a name of a class or a path, as Darknet's fgetl() and list leave it: a buffer,
 * whatever is in it, a node, and a pointer. */
enum { MAFAT_LINE_BYTES = 512 + 16 + 48 + 8 };

/* What an image takes. */
typedef struct {
    size_t held_bytes;     /* while the network runs, the network's input not among it */
    size_t decode_bytes;   /* and while it is decoded, before that */
    size_t drawing_bytes;  /* and while what was found is drawn on it, after that */
    size_t file_bytes;     /* of its file, which is read through the page cache */
} mafat_image_need;

/* What the program that runs the network does itself. */
typedef struct {
    int width, height;     /* of the input; 0: as the cfg says */
    bool image_by_rows;    /* it gives the input by rows (run/source.h) */
    bool reads_weights;    /* it has MAFAT read the weights file, whatever the plan */
    bool seeks_config;     /* it looks for a configuration: mafat= of the cfg asks for none */
    size_t held_bytes;     /* it holds so much beside an image: letters to draw with */
    mafat_image_need image;
    bool repeats;          /* for one image after the other */
    mafat_fitting fitted;  /* Darknet's own code fits this image to the input, which is not in
                              `image`; w 0: it does not */
    size_t file_bytes;     /* so much of other files, names of classes, it reads through the page
                              cache */
    int n_names;           /* of classes, and paths, which Darknet's code holds line by line */
    int n_streams;         /* files that it writes at once */
    size_t standing_bytes; /* it holds so much of the network while it plans: one that it has made
                              already, and plans anew */
    size_t base_bytes;     /* it held so much before it did anything; 0: as it holds now. Who
                              plans a network twice says it, so that both plans are one */
} mafat_session_use;

typedef struct {
    mafat_cfg cfg;
    bool by_layers;        /* "layers": Darknet's own forward pass; there is no plan */
    size_t limit_bytes;    /* 0: none */
    int n_threads;
    mafat_config asked;    /* what is asked for; no groups: nothing is */
    mafat_process process; /* what it holds beside the plan */
    mafat_costs costs;     /* of time */
    bool has_measured;     /* the costs, on this machine; else they are defaults */
    bool image_by_rows;    /* as the use says */
    bool reads_weights;    /* MAFAT does, not Darknet */
    mafat_weight_mode *weights;    /* [n_layers], owned: all read once, the plan where none is
                                      chosen */
    mafat_config config;   /* of the plan */
    mafat_plan plan;
    mafat_prediction prediction;
    double least_s;        /* no plan that fits the limit takes less (search/search.h) */
} mafat_session;

/* The configuration where nobody names one: no tiles, layers fused up to the forced cuts. */
#define MAFAT_DEFAULT_CONFIG "1x1"

/* In place of a configuration: no plan, Darknet's own forward pass on a network without training
 * buffers, to compare with. */
#define MAFAT_LAYERS_CONFIG "layers"

/* Reads the cfg and plans it. Weights are read by MAFAT where the use says so or there is a memory
 * limit, and the network's kinds of layers allow it; else they stay where Darknet loads them.
 * Errors, all of which name the file: those of mafat_cfg_read(), mafat_config_parse(),
 * mafat_plan_build() and mafat_search_best(); MAFAT_UNSUPPORTED for a network with a layer that
 * MAFAT cannot run; MAFAT_USAGE for other options that are wrong. On error nothing needs to be
 * closed. */
mafat_status mafat_session_open(mafat_session *session, const char *cfg_path,
                                const mafat_options *options, const mafat_session_use *use,
                                mafat_error *error);

/* The two parts of it, for who plans himself: all but the plan, and the plan. Between them, and
 * from then on, the plan options are what mafat_session_plan_options() says. */
mafat_status mafat_session_prepare(mafat_session *session, const char *cfg_path,
                                   const mafat_options *options, const mafat_session_use *use,
                                   mafat_error *error);
mafat_status mafat_session_plan(mafat_session *session, mafat_error *error);

/* What of a process is an image, by what the program says of it and what follows from the network:
 * sets image_bytes and decode_bytes, which is the most at once before and behind a run. */
void mafat_session_count_image(const mafat_session_use *use, const mafat_cfg *cfg,
                               mafat_process *process);

/* Searches for the best plan in the session's limit, with a configuration or with any (NULL); the
 * session's plan stays as it is. Errors: those of mafat_search_init() and mafat_search_best(). */
mafat_status mafat_session_search(const mafat_session *session, const mafat_config *config,
                                  mafat_found *found, mafat_error *error);

/* Makes what was found the session's plan, in place of the one it has; `found` is empty then. */
void mafat_session_take(mafat_session *session, mafat_found *found);

mafat_plan_options mafat_session_plan_options(const mafat_session *session);

/* Whether the [net] section of a cfg has one of MAFAT's flags, or one of them misspelt; and whether
 * it has mafat_memory= among them. Reads those lines alone, and judges nothing: a file that cannot be
 * opened has none, nor has a pipe, which can be read only once. Where it cannot be read to the end,
 * or there is no memory to do it, it has: reading it again says why. */
bool mafat_session_is_asked_for(const char *cfg_path);
bool mafat_session_has_limit(const char *cfg_path);

/* Frees what the session owns and clears it; a zeroed session may be closed. */
void mafat_session_close(mafat_session *session);

#endif
