/* Plans run for real, to rank them by what was measured: each in a fresh process of this program,
 * `darknet mafat bench`, in turns. */
#ifndef MAFAT_MACHINE_RACE_H
#define MAFAT_MACHINE_RACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { MAFAT_RACE_ROUNDS = 3 };

/* What all of them run. */
typedef struct {
    const char *cfg_path, *weights_path;
    size_t limit_bytes;
    int n_threads;
    int n_images;            /* of a pass of the weights: seconds are of one of them */
    bool fast;
} mafat_race;

typedef struct {
    char *config;            /* borrowed */
    double predicted_s;
    double seconds[MAFAT_RACE_ROUNDS];    /* the median latency of each round */
    double measured_s;       /* the median of those */
} mafat_runner;

/* Runs them all, with progress on stderr, and sorts them, the fastest first. MAFAT_FAILED where a
 * process cannot be started, does not succeed, or predicts another latency than the runner's (of fast
 * plans, a longer one). */
mafat_status mafat_race_run(const mafat_race *race, mafat_runner *runners, int n_runners,
                            mafat_error *error);

#endif
