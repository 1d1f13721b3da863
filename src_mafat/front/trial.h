/* A network, an input and memory for results: what the commands need that run a network themselves,
 * with the words CFG WEIGHTS [IMAGE]. */
#ifndef MAFAT_FRONT_TRIAL_H
#define MAFAT_FRONT_TRIAL_H

#include "front/arguments.h"
#include "front/bridge.h"

typedef struct {
    mafat_bridge *bridge;    /* owned: freed with its network */
    float *input;            /* [c][h][w] of the network's input, owned */
    float **results;         /* [n_layers], owned: for the outputs that the plan stores as results,
                                apart from Darknet's own; NULL for the others */
} mafat_trial;

/* Verifies the files that the words after the command name, loads them with MAFAT attached, and
 * makes the input: the image, or the same values from 0 to 1 every time where none is named. There
 * must be two or three such words. Errors: those of mafat_session_open() and
 * mafat_verify_network(); an image that does not decode or does not suit the network; memory. On
 * error nothing needs to be closed. */
mafat_status mafat_trial_open(mafat_trial *trial, const mafat_arguments *arguments,
                              mafat_error *error);

/* Frees what the trial owns and clears it; a zeroed trial may be closed. */
void mafat_trial_close(mafat_trial *trial);

#endif
