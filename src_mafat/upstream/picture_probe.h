/* What this build of Darknet makes of a picture's bytes. */
#ifndef MAFAT_UPSTREAM_PICTURE_PROBE_H
#define MAFAT_UPSTREAM_PICTURE_PROBE_H

#include "base/rounding.h"
#include "base/status.h"

/* Measures it on Darknet's own object code, once in a process: after a call that succeeded others
 * do nothing. Threads wait for each other. To be called before there is a network: in a limit the
 * pictures that it has Darknet load want room in its plan. MAFAT_UNSUPPORTED where Darknet does it
 * in a way that base/rounding.h has no words for, MAFAT_FAILED without memory, and without /proc
 * where no file can be made in TMPDIR (default /tmp). */
mafat_status mafat_picture_probe_measure(mafat_error *error);

/* What was measured, by a call that succeeded. */
const mafat_image_rounding *mafat_picture_probe_rounding(void);

/* Ends a measurement of this thread, if there is one, in which Darknet gave up (bridge/caught.h):
 * others need not wait for it, and no file is left. Where the process ends then, that happens by
 * itself. */
void mafat_picture_probe_abandon(void);

#endif
