/* The bridge to Darknet: with upstream/, the only room that knows Darknet's own structures.
 *
 * Darknet calls mafat_begin() and mafat_attach() for every network that it makes from a cfg
 * (patches/0008). Where MAFAT is asked for, by a flag in [net] or by a command (request.h), it
 * plans the network, frees what only training needs as soon as Darknet has allocated it, reads the
 * weights if the plan says so, and sets the network's hooks (patches/0007): from then on every
 * inference of that network runs through MAFAT.
 *
 * A network is one thread's at a time, from network_predict() until its outputs have been read:
 * they are the network's, and the next inference overwrites them. A second network_predict() that
 * comes while one is under way ends the process with a message, and so does one in a child that
 * fork() made after loading, where the threads of the parent do not exist. Which thread it is does
 * not matter, and threads with a network each run, load and free them side by side. free_network()
 * while the network is in use is the caller's fault, as in Darknet.
 *
 * A memory limit is for the whole process. What a program holds of its own is measured when a
 * network is made, when an image or a list is read (patches/0018, 0020), when Darknet's code makes
 * an image, a resized one or a copy (the Makefile's CALLOC_src/image), and when an inference begins;
 * where it has grown, the network is planned anew for what is left, or the program ends with
 * MAFAT_NO_FIT.
 * What the program allocates at other times is its own: nobody can refuse it. Networks with a limit
 * run one at a time, whichever threads they are in: each plan counts on the memory that the other's
 * run takes. */
#ifndef MAFAT_BRIDGE_BRIDGE_H
#define MAFAT_BRIDGE_BRIDGE_H

#include <stdatomic.h>
#include <sys/types.h>

#include "base/status.h"
#include "run/exec.h"
#include "run/store.h"
#include "session/session.h"

struct network;
struct layer;

/* A Darknet network and MAFAT's side of it. Owned by the network, as its hook_data. */
typedef struct mafat_bridge {
    struct network *network;        /* borrowed: as the inference under way sees it, if there is
                                       one */
    char *cfg_path;                 /* owned */
    mafat_options options;          /* that it was asked for with */
    bool keeps_darknet;             /* Darknet's own forward pass still works */
    int width, height;              /* of the network when it was planned */
    pid_t process;                  /* that loaded it */
    atomic_bool is_in_use;          /* an inference is under way */
    mafat_workload workload;        /* that it was planned for */
    unsigned n_runs;                /* so far, and plans: results of several images are there until the
                                       next one */
    bool takes_paths;               /* the input is an image's path, */
    const char *list;               /* borrowed: of this list; NULL: of none */
    mafat_session session;
    mafat_store store;              /* open where the plan has windows and a file was loaded */
    mafat_exec exec;
    mafat_parameters *parameters;   /* [n_layers], owned: where Darknet has them */
    float **results;                /* [n_layers], owned: where commands look for outputs */
    struct layer *layers;           /* [n_layers], owned: copies of Darknet's, on our buffers */
    char *last_image;               /* owned: that Darknet's own code loaded; NULL: none */
    bool is_limited;                /* it has a memory limit: its plan changes under the limits' lock */
    struct mafat_bridge *next;      /* of those with a memory limit */
} mafat_bridge;

/* Has the allocator give large blocks back to the system as soon as they are freed. For the
 * start of a program; mafat_begin() (doors.h) does it too. */
void mafat_bridge_keep_heap_small(void);

/* Whether the network can run: false after there was no room to plan it anew. */
bool mafat_bridge_has_plan(const mafat_bridge *bridge);

/* Gives the memory of an inference back until the next one. */
void mafat_bridge_release(mafat_bridge *bridge);

/* Ends the library's call that is under way (caught.h), or prints the error and ends the process with
 * the status: for calls from Darknet, which cannot be answered with an error. */
_Noreturn void mafat_bridge_give_up(mafat_status status, const mafat_error *error);

/* Says what was chosen for a memory limit, and what it will take. */
void mafat_bridge_print_choice(const mafat_session *session);

/* Frees it, and what it owns; the network stays. */
void mafat_bridge_free(mafat_bridge *bridge);

#endif
