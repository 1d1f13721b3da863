/* From a network and a configuration to a plan. */
#ifndef MAFAT_PLAN_BUILD_H
#define MAFAT_PLAN_BUILD_H

#include "plan/plan.h"
#include "plan/row_memo.h"

/* Makes the plan of a network and a configuration.
 *
 * Errors: those of mafat_group_resolve(), MAFAT_USAGE for more than MAFAT_MAX_STEPS steps,
 * MAFAT_FAILED where memory for the plan is lacking or a size overflows. On error nothing needs to
 * be freed. */
mafat_status mafat_build_plan(mafat_plan *plan, const mafat_network *network,
                              const mafat_config *config, const mafat_plan_options *options,
                              mafat_error *error);

/* Plans one group as if it ran alone, for a search that puts plans together: what it reads of other
 * layers is there, as whole maps that are alive all the time. Steps are counted and not kept, and
 * buffers have sizes and lifetimes but no places: arena_bytes and live_bytes are 0. Of several
 * images, what is kept of the head for each one is there all the time, and so are the group's
 * windows where it is in the head; options->sides must be there. `memo` may be NULL.
 * Errors as above. */
mafat_status mafat_build_part(mafat_plan *plan, const mafat_network *network,
                              const mafat_group *group, const mafat_plan_options *options,
                              mafat_row_memo *memo, mafat_error *error);

#endif
