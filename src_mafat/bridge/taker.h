/* Images that rank 0 has dealt to this rank (dealt.h), which runs them as a process that is alone
 * would. */
#ifndef MAFAT_BRIDGE_TAKER_H
#define MAFAT_BRIDGE_TAKER_H

#include "bridge/pass.h"

/* A file that was received, which no disk has. */
typedef struct {
    int file;                 /* -1: there is none */
    mafat_error *refusal;     /* owned: there is no room for it, MAFAT_NO_FIT; NULL: it was taken */
} mafat_taken_file;

typedef struct {
    mafat_queue queue;
    mafat_taken_file *files;  /* [queue.n], owned: of the images in it */
    size_t too_much_bytes;    /* all files of a pass that there was no room for; 0: none were so */
    mafat_pass pass;          /* of the first ones */
} mafat_taker;

/* To be called before there is a network. Errors: those of mafat_picture_probe_measure(). */
mafat_status mafat_taker_prepare(mafat_error *error);

/* Makes room for an image's file of so many bytes, of a pass whose files have all_bytes, in whole pages,
 * and receives it for the queue; 0: a place without an image. What there is no room for, in the limit or else on
 * this machine, is received and dropped, and refused when the image is taken out of the queue.
 * MAFAT_FAILED without memory, and errors of mafat_limits_make_space() that leave no plan: rank 0 waits
 * on then. */
mafat_status mafat_taker_receive(mafat_taker *taker, mafat_bridge *bridge, uint64_t n_bytes,
                                 uint64_t all_bytes, mafat_error *error);

/* Has the first image of the queue, of 1 or more, be run: with those behind it that make a pass with it,
 * if it has not been with those before. Errors: those of mafat_pass_run(). How it went with the image
 * itself is told when it is taken out of the queue, after a run without errors. */
mafat_status mafat_taker_run(mafat_taker *taker, mafat_bridge *bridge, mafat_error *error);
mafat_status mafat_taker_take(mafat_taker *taker, mafat_error *error);

/* Gives rank 0 the results of the image that was taken last. */
void mafat_taker_give(const mafat_bridge *bridge);

/* Frees what it owns, when the network is freed. */
void mafat_taker_free(mafat_taker *taker);

#endif
