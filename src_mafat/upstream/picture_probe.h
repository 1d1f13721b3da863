/* What this build of Darknet makes of a picture's bytes. */
#ifndef MAFAT_UPSTREAM_PICTURE_PROBE_H
#define MAFAT_UPSTREAM_PICTURE_PROBE_H

#include "base/rounding.h"
#include "base/status.h"

/* Measures it on Darknet's own object code. MAFAT_UNSUPPORTED where it does so in a way that
 * base/rounding.h has no words for, MAFAT_FAILED without memory, and without /proc where no file can
 * be made in TMPDIR (default /tmp). Not to be called by two threads at once. */
mafat_status mafat_picture_probe_measure(mafat_image_rounding *rounding, mafat_error *error);

/* Takes away what a measurement has left on disk, one in which Darknet gave up (bridge/caught.h). It
 * happens by itself where the process ends then. */
void mafat_picture_probe_clean(void);

#endif
