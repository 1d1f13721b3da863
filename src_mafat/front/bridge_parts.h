/* What the files of the bridge share. */
#ifndef MAFAT_FRONT_BRIDGE_PARTS_H
#define MAFAT_FRONT_BRIDGE_PARTS_H

#include "front/bridge.h"

/* Prints the error and ends the process with the status: for calls from Darknet, which cannot be
 * answered with an error (bridge.c). */
_Noreturn void mafat_bridge_give_up(mafat_status status, const mafat_error *error);

/* From what size on the heap gives a block pages of its own; and which do while Darknet makes
 * layers: what each of them gives up must not leave holes between what they keep. */
enum { MAFAT_OWN_PAGES = 128 << 10, MAFAT_OWN_PAGES_OF_LAYERS = 4 << 10 };

/* Makes Darknet the executor's host: its own forward() for whole layers, its activations
 * (bridge_host.c). */
void mafat_bridge_be_host(mafat_bridge *bridge, mafat_host *host);

/* Checks that Darknet's layers are what the plan was made for: both sides read the cfg for
 * themselves, and a program may change its network afterwards. MAFAT_UNSUPPORTED
 * (bridge_host.c). */
mafat_status mafat_bridge_check_agreement(const mafat_bridge *bridge, mafat_error *error);

/* Frees what an inference through MAFAT does not need of the layer that Darknet has just made, and
 * sets it to NULL (bridge_lean.c). */
void mafat_bridge_make_lean(const mafat_bridge *bridge, struct layer *layer, int index);

/* Keep inferences and planning of networks with a limit, which is one for all, apart
 * (bridge_room.c). */
void mafat_bridge_lock(void);
void mafat_bridge_unlock(void);

/* Networks with a memory limit, for which room is made when an image is loaded (bridge_room.c). */
void mafat_bridge_enlist(mafat_bridge *bridge);
void mafat_bridge_strike_off(mafat_bridge *bridge);

/* Makes room for what the process holds beyond what was planned, with the input that it gives among
 * it (bridge_room.c). */
mafat_status mafat_bridge_make_room_for_others(mafat_bridge *bridge, mafat_error *error);

/* The use of the network with an image that takes so much, in place of the one that it was planned
 * for (bridge.c). */
mafat_session_use mafat_bridge_use_for(const mafat_bridge *bridge, const mafat_image_need *need);

/* Plans the network anew, for an image that takes so much, and opens its weights again. Where nothing
 * fits, MAFAT_NO_FIT, the network is planned as it was before; MAFAT_FAILED where not even that fits
 * any more (bridge.c). */
mafat_status mafat_bridge_plan_anew(mafat_bridge *bridge, const mafat_image_need *need,
                                    mafat_error *error);

/* One inference whose results go to where Darknet's commands look for them (bridge.c). */
mafat_status mafat_bridge_run(mafat_bridge *bridge, const mafat_input *input, mafat_error *error);

/* Whether networks are given the paths of images as their input, and one inference of such a
 * network (bridge_paths.c). */
bool mafat_bridge_takes_paths(void);
mafat_status mafat_bridge_run_path(mafat_bridge *bridge, const char *path, mafat_error *error);

#endif
