/* The choice of a configuration and of what happens to weights, for a memory limit. */
#ifndef MAFAT_PLAN_SEARCH_H
#define MAFAT_PLAN_SEARCH_H

#include "plan/predict.h"

/* Finds a plan whose prediction is at most limit_bytes. `fixed` names the configuration where the
 * user did; else one is chosen: rows for the head, as many at a time as fit, and whole maps behind
 * it. Weights are read in windows, and what the limit leaves over pins as many of them as it can
 * hold. options->window_bytes is 0 for networks whose weights MAFAT cannot read itself.
 *
 * Stores the configuration and the plan, which the caller frees. MAFAT_NO_FIT where nothing
 * fits, with the smallest limit that does; other errors are those of mafat_plan_build(). On
 * error nothing needs to be freed. */
mafat_status mafat_search(const mafat_network *network, const mafat_config *fixed,
                          const mafat_plan_options *options, const mafat_process *process,
                          size_t limit_bytes, mafat_config *config, mafat_plan *plan,
                          mafat_error *error);

#endif
