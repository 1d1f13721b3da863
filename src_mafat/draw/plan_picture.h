/* A plan as one picture, for people: what its layers are, how they are grouped and tiled, which
 * buffers lie where in the arena and when, and how weights come into memory. */
#ifndef MAFAT_DRAW_PLAN_PICTURE_H
#define MAFAT_DRAW_PLAN_PICTURE_H

#include "session/session.h"

/* Draws the session's plan as an SVG file, all or nothing. `cfg_path` names the network.
 * MAFAT_USAGE where the session has no plan (by_layers), MAFAT_FAILED without memory or where the
 * file cannot be written; the error names the file. */
mafat_status mafat_plan_picture_write(const mafat_session *session, const char *cfg_path,
                                      const char *path, mafat_error *error);

#endif
