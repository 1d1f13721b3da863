/* How this build of Darknet rounds: base/rounding.h says where a compiler had a choice. */
#ifndef MAFAT_UPSTREAM_ROUNDING_PROBE_H
#define MAFAT_UPSTREAM_ROUNDING_PROBE_H

#include "base/rounding.h"
#include "base/status.h"

/* Measures it on Darknet's own object code. MAFAT_UNSUPPORTED where it rounds in a pattern that
 * base/rounding.h has no words for. */
mafat_status mafat_rounding_probe_measure(mafat_rounding *rounding, mafat_error *error);

#endif
