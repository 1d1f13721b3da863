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
#include "session/rank_options.h"
#include "session/workload.h"

enum { MAFAT_MAX_THREADS = 256, MAFAT_MAX_BATCH = 256 };

/* MAFAT's options as written on the command line, borrowed; NULL where not given. They win over the
 * cfg's flags mafat=, mafat_memory=, mafat_threads= and mafat_fast=. */
typedef struct {
    const char *config, *memory, *threads, *batch;
    mafat_rank_options ranks;
    bool is_unlimited;     /* mafat_memory= of the cfg does not count */
    bool fast;             /* not Darknet's bits, but sooner (plan/algorithm.h) */
    bool are_typed;        /* on a command line: an error of one of them names it, and not the cfg */
    bool seeks_config;     /* the configuration is what is looked for: mafat= of the cfg is not */
    bool stretch, letter_box;    /* how images are fitted, one of them: the cfg is read as AlexeyAB's then;
                                    none: as it says */
} mafat_options;

typedef struct {
    mafat_cfg cfg;
    bool by_layers;        /* "layers": Darknet's own forward pass; there is no plan */
    bool is_fast;          /* layers run by other algorithms than Darknet's, where some suit them */
    size_t limit_bytes;    /* 0: none */
    int n_threads;
    int n_images;          /* of a pass of the weights; where they are to be chosen, at the most, */
    bool seeks_images;     /* until they are */
    int n_listed;          /* images that will come, to each rank that takes some; 0: nobody knows */
    bool has_list;         /* there may be several, of which some are run ahead of their turn */
    bool is_resized;       /* the input is not of the size that the cfg says */
    mafat_ranks ranks;     /* that share the work, */
    mafat_division_way *ways;    /* [n_layers], owned: in these ways; NULL until they are chosen */
    bool has_shares;       /* as somebody has said; else they are chosen, too */
    size_t rank_limits[MAFAT_MAX_RANKS];    /* of memory, in bytes, of each; 0: none */
    mafat_rank_costs rank_costs;
    int n_dealing;         /* ranks that take images of a list, and run them whole, this one among them:
                              its plan is one rank's; 0: they divide each image */
    bool takes[MAFAT_MAX_RANKS];    /* those that do */
    double joint_s;        /* that all take together for an image, or for one each, by the cost model,
                              where this one has chosen; */
    double alone_s;        /* and rank 0 alone */
    size_t scratch_bytes;  /* for Winograd's algorithm, at the most, each thread */
    mafat_config asked;    /* what is asked for; no groups: nothing is */
    mafat_process process; /* what it holds beside the plan */
    mafat_costs costs;     /* of time */
    bool has_measured;     /* the costs, on this machine; else they are defaults */
    bool image_by_rows;    /* as the workload says */
    bool reads_weights;    /* MAFAT does, not Darknet */
    mafat_weight_mode *weights;    /* [n_layers], owned: all read once, the plan where none is
                                      chosen */
    bool crops;            /* takes of pictures the square in their middle */
    mafat_config config;   /* of the plan */
    mafat_plan plan;
    mafat_prediction prediction;
    double min_s;          /* no plan that fits the limit takes less (search/search.h) */
    size_t choosing_bytes; /* of memory, that choosing the number of images took */
} mafat_session;

/* The configuration where nobody names one: no tiles, layers fused up to the forced cuts. */
#define MAFAT_DEFAULT_CONFIG "1x1"

/* In place of a configuration: no plan, Darknet's own forward pass on a network without training
 * buffers, to compare with. */
#define MAFAT_LAYERS_CONFIG "layers"

/* How errors say what it is, which goes on with what it does not have. */
#define MAFAT_LAYERS_ARE "configuration \"" MAFAT_LAYERS_CONFIG "\" is Darknet's own forward pass"

/* In place of a number of images that one pass of the weights serves: that which takes least time an
 * image in the memory limit; 1 without one. It is so where nobody says, of images that are known
 * beforehand (workload.n_images). */
#define MAFAT_BATCH_AUTO "auto"

/* Reads the cfg and plans it. Weights are read by MAFAT where the workload says so or there is a
 * memory limit, and the network's kinds of layers allow it; else they stay where Darknet loads
 * them. Errors name the file, or an option that is typed: those of mafat_cfg_read(),
 * mafat_config_parse(), mafat_build_plan() and mafat_search_best(); MAFAT_UNSUPPORTED for a network
 * with a layer that MAFAT cannot run; MAFAT_USAGE for other options that are wrong. On error nothing
 * needs to be closed. */
mafat_status mafat_session_open(mafat_session *session, const char *cfg_path,
                                const mafat_options *options, const mafat_workload *workload,
                                mafat_error *error);

/* The two parts of it, for who plans himself: all but the plan, and the plan. Between them, and
 * from then on, the plan options are what mafat_session_plan_options() says. */
mafat_status mafat_session_prepare(mafat_session *session, const char *cfg_path,
                                   const mafat_options *options, const mafat_workload *workload,
                                   mafat_error *error);
mafat_status mafat_session_plan(mafat_session *session, mafat_error *error);

/* Chooses what a plan depends on beside its configuration, with one or with any (NULL): how several
 * ranks divide the layers, and which of them work; where there is a limit, how much scratch Winograd's
 * algorithm gets, as there may be better use for memory; and how many images a pass of the weights
 * serves, where that is to be chosen: the best plans for one image, two and so on are looked for as
 * long as an image takes less time. Errors: those of mafat_session_search(). */
mafat_status mafat_session_choose(mafat_session *session, const mafat_config *config,
                                  mafat_error *error);

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

/* Whether a cfg for which MAFAT is not asked is one of AlexeyAB's (cfg/cfg.h). */
bool mafat_session_is_foreign(const char *cfg_path);

/* Frees what the session owns and clears it; a zeroed session may be closed. */
void mafat_session_close(mafat_session *session);

#endif
