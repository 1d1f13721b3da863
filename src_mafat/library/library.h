/* A program's network: what `mafat` of mafat.h is. */
#ifndef MAFAT_LIBRARY_LIBRARY_H
#define MAFAT_LIBRARY_LIBRARY_H

#include <locale.h>
#include <pthread.h>
#include <sys/types.h>

#include "base/notice.h"
#include "bridge/caught.h"
#include "bridge/inference.h"
#include "bridge/pass.h"
#include "bridge/subject.h"
#include "session/session.h"
#include "upstream/names.h"

struct mafat {
    pthread_mutex_t lock;             /* of a call that is under way; guards all below */
    pid_t process;                    /* that opened it */
    char *cfg_path;                   /* owned */
    char *config, *memory;            /* owned: of the settings, for plans that are made anew; */
    char n_threads[16];               /* so is this */
    mafat_session planned;            /* where no weights are loaded */
    mafat_bridge *bridge;             /* owned; NULL where no weights are loaded */
    mafat_caught_things things;       /* Darknet's, in memory */
    mafat_names names;
    mafat_subject held;               /* an image that stays open; held.image NULL: there is none */
    mafat_pass pass;                  /* images that were run ahead of their turn */
    bool is_broken;                   /* the last run failed, whatever its image */
    bool is_commands;                 /* one of our own's: what is told, Darknet's table of layers
                                         among it, goes to stderr */
    mafat_notice_listener listener;   /* else */
};

/* Begins a call of a network on this thread, and ends it: waits for calls of other threads, takes
 * turns with other networks that have a limit, and has Darknet's code find the number of threads, the
 * arithmetic and the way of writing numbers that it is to have. MAFAT_FAILED in a process that was forked, where nothing is
 * begun. */
typedef struct {
    int n_threads;
    const mafat_notice_listener *listener;    /* and below: how the thread was */
    bool was_hushed;
    int team_size;
    unsigned denormals;
    locale_t locale;
} mafat_library_call;

mafat_status mafat_library_begin(mafat *m, mafat_library_call *call, mafat_error *error);
void mafat_library_end(mafat *m, const mafat_library_call *call);

/* What one of our own commands has planned, and verified. All of it is borrowed, but for the session,
 * which the network takes over. */
typedef struct {
    const char *cfg, *weights;
    const char *names;                 /* a file; NULL: none */
    const mafat_options *options;
    const mafat_workload *workload;
    mafat_session *session;
} mafat_library_plan;

/* Opens the network that was planned, as mafat_open() does. Errors: those of the files that have
 * changed meanwhile, and MAFAT_FAILED without memory. */
mafat_status mafat_library_open(mafat **network, const mafat_library_plan *plan,
                                mafat_error *error);

/* Images that are to share passes of the weights, of a program that has them in memory: frames of a
 * film. */
typedef struct {
    const char *batch;     /* how many do, as -batch says; borrowed until the network is closed; NULL: as
                              many as suit */
    int n_images;          /* so many are known before the first one is run */
    size_t image_bytes;    /* that each of them takes while it waits for the others */
    bool are_typed;        /* this and the settings, as options (session/session.h) */
} mafat_library_passes;

/* mafat_open() for one of our own commands that has images share passes. */
mafat_status mafat_library_open_for_passes(mafat **network, const char *cfg, const char *weights,
                                           const mafat_settings *settings,
                                           const mafat_library_passes *passes, mafat_error *error);

/* What is planned, until the next call of the network. */
const mafat_session *mafat_library_session(const mafat *m);

/* Takes a file that was read or written out of the page cache, where the network has a limit: of a
 * long list nobody reads it again. */
void mafat_library_forget_file(const mafat *m, const char *path);

/* The layer whose output is the network's: Darknet's get_network_output_layer(). */
int mafat_library_output_layer(const mafat_network *network);

#endif
