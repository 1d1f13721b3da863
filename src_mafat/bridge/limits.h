/* Memory limits, kept while images and lists are loaded. */
#ifndef MAFAT_BRIDGE_LIMITS_H
#define MAFAT_BRIDGE_LIMITS_H

#include "bridge/bridge.h"
#include "upstream/picture.h"

/* Keep inferences and planning of networks with a limit, which is one for all, apart. */
void mafat_limits_lock(void);
void mafat_limits_unlock(void);

/* Networks with a memory limit, for which space is made when an image is loaded. */
void mafat_limits_enlist(mafat_bridge *bridge);
void mafat_limits_strike_off(mafat_bridge *bridge);

/* Makes room for what the process holds beyond what was planned, with the input that it gives among
 * it. */
mafat_status mafat_limits_make_space_for_others(mafat_bridge *bridge, mafat_error *error);

/* Sees to it that the limit, if there is one, leaves room for an image, and for what a program
 * holds beside it (workload.has_others): plans anew, once for the largest so far. Errors: those of
 * mafat_session_open(), MAFAT_NO_FIT first of all, after which the network runs on for images that
 * were no larger than before, unless mafat_bridge_has_plan() says that there was no room to plan it
 * as before. */
mafat_status mafat_limits_make_space(mafat_bridge *bridge, const mafat_workload_image *image,
                                     mafat_error *error);

/* Has an error of making room, MAFAT_NO_FIT, say which image it is of, in place of the cfg. */
void mafat_limits_name_image(mafat_error *error, const char *path,
                             const mafat_picture_memory *memory);

/* Takes an image that has been read or written out of the page cache, where there is a limit: of a
 * long list nobody reads it again. */
void mafat_limits_forget_file(const mafat_bridge *bridge, const char *path);

#endif
