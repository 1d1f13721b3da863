/* What ranks other than 0 measure (machine/calibrate_ranks.h). */
#ifndef MAFAT_BRIDGE_MEASURING_H
#define MAFAT_BRIDGE_MEASURING_H

#include "base/status.h"

/* This rank's speed, with as many threads as it would run a cfg with (`threads` as the option says, NULL:
 * nothing). Errors: those of mafat_session_prepare(), too. */
mafat_status mafat_measuring_speed(const char *cfg_path, const char *threads, double *usual_s,
                                   mafat_error *error);

/* Its part of messages between all ranks. */
mafat_status mafat_measuring_messages(mafat_error *error);

#endif
