/* What this build of Darknet makes of a picture's bytes. */
#ifndef MAFAT_UPSTREAM_PICTURE_PROBE_H
#define MAFAT_UPSTREAM_PICTURE_PROBE_H

#include "base/rounding.h"
#include "base/status.h"

/* Measures it on Darknet's own object code. MAFAT_UNSUPPORTED where it does so in a way that
 * base/rounding.h has no words for. */
mafat_status mafat_picture_probe_measure(mafat_image_rounding *rounding, mafat_error *error);

#endif
