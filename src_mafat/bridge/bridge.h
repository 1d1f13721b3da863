/* The bridge to Darknet: the only place that knows Darknet's own structures.
 *
 * Darknet calls mafat_begin() and mafat_attach() for every network that it makes from a cfg
 * (patches/0008). Where MAFAT is asked for, by a flag in [net] or by mafat_bridge_ask(), it plans
 * the network, frees what only training needs as soon as Darknet has allocated it, reads the
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
#include <stdio.h>
#include <sys/types.h>

#include "base/rounding.h"
#include "base/status.h"
#include "run/exec.h"
#include "session/session.h"
#include "upstream/picture_memory.h"

struct network;
struct layer;

/* A Darknet network and MAFAT's side of it. Owned by the network, as its hook_data. */
typedef struct mafat_bridge {
    struct network *network;        /* borrowed */
    char *cfg_path;                 /* owned */
    bool keeps_darknet;             /* Darknet's own forward pass still works */
    int width, height;              /* of the network when it was planned */
    pid_t process;                  /* that loaded it */
    atomic_bool is_in_use;          /* an inference is under way */
    mafat_session_use use;          /* that it was planned for */
    const mafat_image_rounding *image_rounding;    /* borrowed; set: the input is an image's path */
    mafat_session session;
    mafat_store store;              /* open where the plan has windows and a file was loaded */
    mafat_exec exec;
    mafat_parameters *parameters;   /* [n_layers], owned: where Darknet has them */
    float **results;                /* [n_layers], owned: where commands look for outputs */
    struct layer *layers;           /* [n_layers], owned: copies of Darknet's, on our buffers */
    char *last_image;               /* owned: that Darknet's own code loaded; NULL: none */
    struct mafat_bridge *next;      /* of those with a memory limit */
} mafat_bridge;

/* How MAFAT is asked for. */
typedef struct {
    mafat_options options;
    mafat_session_use use;
    bool keeps_darknet;             /* nothing of Darknet's network is freed: for comparisons */
    const mafat_image_rounding *image_rounding;    /* borrowed; for `detector valid`: the network's
                                       input is the path of an image, and this how it is fitted */
    mafat_session *session;         /* planned already for the next network, which takes it over and
                                       leaves it empty; NULL: it is planned when it is made */
} mafat_request;

/* What mafat_bridge_ask() was told lives for the whole process. From the next network on, MAFAT is
 * asked for in this way, as if its options stood in the cfg. */
void mafat_bridge_ask(const mafat_request *request);

/* From the next network on, MAFAT is not asked for, whatever the cfg says. */
void mafat_bridge_decline(void);

/* Has the allocator give large blocks back to the system as soon as they are freed. For the
 * start of a program; mafat_begin() does it too. */
void mafat_bridge_keep_heap_small(void);

/* Called by parse_network_cfg() before it makes the first layer, and behind the last one. They
 * return at once where nobody asks for MAFAT; they print what is wrong and exit with the documented
 * code where it cannot do what it is asked. */
void mafat_begin(struct network *network, const char *cfg_path);
void mafat_attach(struct network *network);

/* Called by Darknet's objects in place of malloc(), calloc(), realloc(), free(), and fopen(): the
 * Makefile renames the calls (CHECKED there), as Darknet looks at none of their results, but for files
 * that it reads. Where there is no memory they say how much was wanted and exit with MAFAT_FAILED, and
 * so they do where a file cannot be written; NULL is returned where nothing was asked for alone. While
 * layers are made, large blocks of zeros are not of the heap (bridge/blocks.c), so that
 * mafat_checked_free() alone frees what Darknet allocated; it frees the heap's blocks, too
 * (bridge/memory.c). */
void *mafat_checked_malloc(size_t n_bytes);
void *mafat_checked_calloc(size_t n, size_t n_bytes);
void *mafat_checked_realloc(void *block, size_t n_bytes);
void mafat_checked_free(void *block);
FILE *mafat_checked_fopen(const char *path, const char *mode);

/* Called in place of calloc() by image.c, where images are made, loaded, resized and copied: where a
 * network has a limit, it sees to it that there is room for this image too, and touches it, so that
 * who measures the process sees it. Prints what is wrong and exits, as above (bridge/room.c). */
void *mafat_image_calloc(size_t n, size_t n_bytes);

/* Called by load_image_stb() for an image of so many channels (0: as many as it has), and by
 * get_lines() (patches/0014) before it reads lines that it keeps: they see to it that there is room in the limits of
 * all networks. mafat_image_load() then decodes the image, to what stbi_load() gives and free()
 * frees; NULL: no network has a limit, and Darknet decodes it. They print what is wrong and exit, as
 * above. load_thread() calls mafat_image_letterbox() of bridge/paths.c. */
unsigned char *mafat_image_load(const char *path, int n_channels, int *w, int *h, int *n_found);
void mafat_lines_begin(const char *path);

/* Sees to it that the limit, if there is one, leaves room for an image: plans anew, once for the
 * largest so far. Errors: those of mafat_session_open(), MAFAT_NO_FIT first of all, after which the
 * network runs on for images that were no larger than before, unless mafat_bridge_has_plan() says
 * that there was no room to plan it as before. */
mafat_status mafat_bridge_make_room(mafat_bridge *bridge, const mafat_image_need *need,
                                    mafat_error *error);

bool mafat_bridge_has_plan(const mafat_bridge *bridge);

/* Has an error of making room, MAFAT_NO_FIT, say which image it is of, in place of the cfg. */
void mafat_bridge_name_image(mafat_error *error, const char *path,
                             const mafat_picture_memory *memory);

/* Takes an image that has been read or written out of the page cache, where there is a limit: of a
 * long list nobody reads it again. */
void mafat_bridge_forget_file(const mafat_bridge *bridge, const char *path);

/* Makes a network with MAFAT attached, loads its weights, where a file is named, and sets its batch
 * to one image. The files must have been verified. The caller frees it with
 * mafat_bridge_free_network(). */
mafat_bridge *mafat_bridge_load_network(const char *cfg_path, const char *weights_path,
                                        const mafat_request *request);
void mafat_bridge_free_network(mafat_bridge *bridge);

/* Darknet's own forward pass, as network_predict() runs it without MAFAT, on a network that
 * keeps_darknet; and where it leaves the output of a layer, one float after the other. */
void mafat_bridge_forward_darknet(mafat_bridge *bridge, float *input);
const float *mafat_bridge_darknet_output(const mafat_bridge *bridge, int index);

/* The same through MAFAT, with result layers' outputs going to results[] as in mafat_exec_run(), or
 * to where Darknet's commands look for them if it is NULL. Errors: those of mafat_exec_run(). */
mafat_status mafat_bridge_forward(mafat_bridge *bridge, const mafat_input *input,
                                  float *const *results, const mafat_observer *observer,
                                  mafat_error *error);

/* Whether Darknet was built with OpenCV and so can read video. */
bool mafat_bridge_has_video(void);

/* Gives the memory of an inference back until the next one. */
void mafat_bridge_release(mafat_bridge *bridge);

#endif
