/* Darknet's own forward pass in a process of its own, which hands out its layers' outputs: so that
 * the process that runs MAFAT holds nothing but what MAFAT needs. Where other algorithms are asked for
 * than Darknet's, it also hands out what a plan in one thread and without a limit, layer by layer,
 * makes by them. */
#ifndef MAFAT_COMMAND_ORACLE_H
#define MAFAT_COMMAND_ORACLE_H

#include <sys/types.h>

#include "command/comparison.h"
#include "command/trial.h"

typedef struct {
    pid_t process;    /* 0: none */
    int link;         /* a socket to it */
    int n_layers;     /* of its network */
} mafat_oracle;

/* Starts the process, which loads the network of the arguments and runs it on the trial's input. Must
 * be called before this process has threads. MAFAT_FAILED where the system refuses. */
mafat_status mafat_oracle_start(mafat_oracle *oracle, const mafat_arguments *arguments,
                                const mafat_trial *trial, mafat_error *error);

/* Its layers' outputs: Darknet's, and those of a fast plan, where the trial's session is one. Reading
 * them is MAFAT_FAILED where the process has ended. */
mafat_outputs mafat_oracle_outputs(mafat_oracle *oracle);
mafat_outputs mafat_oracle_fast_outputs(mafat_oracle *oracle);

/* Ends the process; a zeroed oracle may be stopped. */
void mafat_oracle_stop(mafat_oracle *oracle);

#endif
