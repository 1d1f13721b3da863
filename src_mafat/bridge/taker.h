/* An image that rank 0 has dealt to this rank (dealt.h), which runs it as a process that is alone
 * would. */
#ifndef MAFAT_BRIDGE_TAKER_H
#define MAFAT_BRIDGE_TAKER_H

#include "bridge/pass.h"

typedef struct {
    int file;                         /* which no disk has */
    char path[40];                    /* by which it is found */
    mafat_image_rounding rounding;
    mafat_queue queue;                /* of this image */
    mafat_pass pass;
} mafat_taker;

/* To be called before there is a network: in a limit Darknet's own images want room in its plan. Errors:
 * those of mafat_picture_probe_measure(). */
mafat_status mafat_taker_prepare(mafat_taker *taker, mafat_error *error);

/* Receives the image's file, of so many bytes. MAFAT_FAILED without memory: rank 0 waits on then. */
mafat_status mafat_taker_receive(mafat_taker *taker, size_t n_bytes, mafat_error *error);

/* Runs it. Errors: those of mafat_pass_run(). How it went with the image itself says
 * mafat_taker_take(). */
mafat_status mafat_taker_run(mafat_taker *taker, mafat_bridge *bridge, mafat_error *error);
mafat_status mafat_taker_take(mafat_taker *taker, mafat_error *error);

/* Gives rank 0 the results of the image that was run last. */
void mafat_taker_give(const mafat_bridge *bridge);

/* Frees what it owns of an image that was received, for the next one. */
void mafat_taker_free(mafat_taker *taker);

#endif
