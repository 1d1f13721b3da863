/* The cost model's constants between runs: a file for each processor, build of this program and
 * number of threads, in the user's cache directory: $XDG_CACHE_HOME/mafat, or else
 * $HOME/.cache/mafat. */
#ifndef MAFAT_MACHINE_COST_CACHE_H
#define MAFAT_MACHINE_COST_CACHE_H

#include <stdbool.h>

#include "base/status.h"
#include "plan/cost.h"

/* Finds the costs for a kernel of this shape, which names the threads: those that were measured
 * here, or mafat_cost_defaults(). *measured tells which; what is no file, was not written by this
 * build on this processor, or holds what measuring cannot give, counts as none. Errors: those of
 * mafat_cache_folder_read(), also where the processor's name or the program cannot be looked up. */
mafat_status mafat_cost_cache_find(const mafat_kernel_shape *shape, mafat_costs *costs,
                                   bool *measured, mafat_error *error);

/* Measures the costs of computing, for the shape that `costs` has, in about two seconds and with
 * progress on stderr; or those of reading, as a weights file is read. Keeps them all for other
 * runs: where they cannot be kept, that is said on stderr and nothing else. Errors, after which the
 * costs are as they were: those of machine/calibrate.h. */
mafat_status mafat_cost_cache_measure_computing(mafat_costs *costs, mafat_error *error);
mafat_status mafat_cost_cache_measure_reading(const char *weights_path, mafat_costs *costs,
                                              mafat_error *error);

#endif
