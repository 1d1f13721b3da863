/* A network and an input: what the commands need that run a network themselves, with the words CFG
 * WEIGHTS [IMAGE]. */
#ifndef MAFAT_COMMAND_TRIAL_H
#define MAFAT_COMMAND_TRIAL_H

#include "bridge/bridge.h"
#include "command/arguments.h"
#include "run/letterbox.h"
#include "upstream/picture.h"

/* Where an input's values come from: an image, or the same values from 0 to 1 every time. Must not
 * move once it is made. */
typedef struct {
    mafat_shape shape;
    mafat_picture_rows rows; /* zeroed, as the letterbox, where no image is named */
    mafat_letterbox letterbox;
    mafat_source source;
} mafat_trial_input;

typedef struct {
    mafat_bridge *bridge;    /* owned: freed with its network */
    mafat_trial_input input;
    mafat_session session;   /* owned, until the bridge takes it over */
    mafat_workload workload; /* that it was planned for */
} mafat_trial;

/* Verifies the files that the words after the command name, of which there must be two or three,
 * and makes the input. Room is kept for the times of n_timed runs, and for those of each layer in
 * them with times_layers. Errors: those of mafat_session_open() and mafat_verify_network(); an image
 * that does not decode or does not suit the network; memory. On error nothing needs to be closed. */
mafat_status mafat_trial_open(mafat_trial *trial, const mafat_arguments *arguments, int n_timed,
                              bool times_layers, mafat_error *error);

/* Loads the network with MAFAT attached; with keeps_darknet, so that Darknet's own forward pass
 * works too. */
void mafat_trial_load(mafat_trial *trial, const mafat_arguments *arguments, bool keeps_darknet);

/* That the image's rows that were asked for could be decoded, if the input is one: errors of
 * mafat_picture_rows_check(). */
mafat_status mafat_trial_check_input(const mafat_trial_input *input, mafat_error *error);

/* One inference through MAFAT, of the input as often as the plan takes images. Errors: those of
 * mafat_exec_run(). */
mafat_status mafat_trial_run(mafat_trial *trial, const mafat_observer *observer,
                             mafat_error *error);

/* Frees what the trial owns and clears it; a zeroed trial may be closed. */
void mafat_trial_close(mafat_trial *trial);

#endif
