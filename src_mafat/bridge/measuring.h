/* What ranks other than 0 measure of themselves. */
#ifndef MAFAT_BRIDGE_MEASURING_H
#define MAFAT_BRIDGE_MEASURING_H

#include <stdbool.h>

#include "base/status.h"

/* What the usual convolution takes this rank (plan/cost.h), for a cfg with so many threads (NULL: as it
 * says): by costs that are known, unless they are to be measured again. Errors: those of
 * mafat_session_prepare() and mafat_cost_cache_measure_computing(). */
mafat_status mafat_measuring_speed(const char *cfg_path, const char *threads, bool again,
                                   double *usual_s, mafat_error *error);

/* This rank's part of mafat_calibrate_messages(). */
mafat_status mafat_measuring_messages(mafat_error *error);

#endif
