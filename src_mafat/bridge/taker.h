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

/* Receives the image's file, of so many bytes. MAFAT_FAILED without memory: rank 0 waits on then. */
mafat_status mafat_taker_receive(mafat_taker *taker, size_t n_bytes, mafat_error *error);

/* Runs it. Errors: those of mafat_pass_run(). How it went with the image itself says
 * mafat_taker_take(). */
mafat_status mafat_taker_run(mafat_taker *taker, mafat_bridge *bridge, mafat_error *error);
mafat_status mafat_taker_take(mafat_taker *taker, mafat_error *error);

/* Gives rank 0 the results of the image that was run last. */
void mafat_taker_give(const mafat_bridge *bridge);

/* Frees what it owns and clears it, after an image that was received. */
void mafat_taker_free(mafat_taker *taker);

#endif
