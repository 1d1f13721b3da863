/* One inference of several images, of files or of pixels, in one pass of the weights or by several ranks,
 * ahead of the time when their results are wanted. Each image is opened when its turn has come, one at a
 * time. */
#ifndef MAFAT_BRIDGE_PASS_H
#define MAFAT_BRIDGE_PASS_H

#include "bridge/queue.h"
#include "bridge/subject.h"

typedef struct {
    mafat_image image;               /* its path is owned, its pixels are the queue's */
    mafat_picture_memory memory;     /* of a file */
    mafat_status status;             /* of opening it, and of its rows */
    mafat_error *error;              /* owned; NULL: there is none, or no memory for it */
    int rank;                        /* whose run it is in: 0 is this one's; */
    int place;                       /* and where in that */
    float *results;                  /* owned (dealt.h): of another rank, or kept while this one ran what
                                        another had no room for; NULL: they are those of the last run */
} mafat_pass_image;

typedef struct {
    mafat_bridge *bridge;            /* borrowed */
    int n;
    mafat_pass_image *images;        /* [n], owned: in the order of the queue */
    int next;                        /* those before it were taken */
    unsigned n_runs;                 /* of the bridge, when they had been run */
    double seconds;                  /* that the run took, an image */
    mafat_pass_image *open;          /* the one that is open; NULL: none is */
    mafat_subject subject;           /* then */
} mafat_pass;

/* How many images the network takes in one pass, of each rank where ranks take whole ones. */
int mafat_pass_size(const mafat_bridge *bridge);

/* Runs the first images of the queue, as many as make a pass, of which there are 1 or more, and notes
 * their number there. What another rank has no room for is run here. One that cannot be read, or is too large for the limit, is noted, and costs the
 * others nothing; an empty path stands for none. Errors: those of mafat_inference_forward(), and
 * MAFAT_NO_FIT where the network has lost its plan. On error there are no images. */
mafat_status mafat_pass_run(mafat_pass *pass, mafat_bridge *bridge, mafat_queue *queue,
                            mafat_error *error);

/* Finds an image, by its path or by where its pixels are, among those that were not taken, and have not
 * been lost to another run; NULL: there is none. Those before it are taken then. */
mafat_pass_image *mafat_pass_find(mafat_pass *pass, const mafat_image *image);

/* Takes the image that was found: its results are where Darknet's commands look for them, or its error
 * is told. */
mafat_status mafat_pass_take(mafat_pass *pass, mafat_pass_image *image, mafat_error *error);

/* Frees what it owns and clears it; a zeroed one may be freed. */
void mafat_pass_free(mafat_pass *pass);

#endif
