/* The cost model's constants, measured on this machine: plan/cost.h. */
#ifndef MAFAT_MACHINE_CALIBRATE_H
#define MAFAT_MACHINE_CALIBRATE_H

#include <stdbool.h>

#include "base/status.h"
#include "plan/cost.h"

/* Told how far a calibration has come: `done` of `all` parts, which may become more. */
typedef struct {
    void *context;
    void (*report)(void *context, int done, int all);    /* NULL: nobody wants to know */
} mafat_calibrate_watcher;

/* The memory that this takes, or mafat_calibrate_reading(), at most. */
size_t mafat_calibrate_bytes(int n_threads);

/* Runs layers of many shapes through the executor with so many threads, some two seconds in all,
 * and finds the unit costs that explain their times best: least squares of relative errors, no cost
 * below 0. Costs of reading stay as they are. MAFAT_FAILED without memory, and where the times make
 * no sense, as on a machine that is busy with something else; then the costs stay too. */
mafat_status mafat_calibrate_compute(int n_threads, const mafat_calibrate_watcher *watcher,
                                     mafat_costs *costs, mafat_error *error);

#endif
