/* What the files of the bridge share. */
#ifndef MAFAT_BRIDGE_PARTS_H
#define MAFAT_BRIDGE_PARTS_H

#include "bridge/bridge.h"
#include "upstream/footprint.h"

/* Prints the error and ends the process with the status: for calls from Darknet, which cannot be
 * answered with an error (bridge.c). */
_Noreturn void mafat_bridge_give_up(mafat_status status, const mafat_error *error);

/* Between mafat_blocks_begin() and mafat_blocks_end() the thread that called them makes layers:
 * blocks beside the heap are to be had, and what mafat_blocks_next_layer() finds freed costs nothing
 * more (bridge/blocks.c). */
void mafat_blocks_begin(void);
void mafat_blocks_next_layer(void);
void mafat_blocks_end(void);

/* A block of zeros beside the heap; NULL where it is too small for pages of its own, or there is no
 * room for it, or no layers are made. */
void *mafat_blocks_make(size_t n_bytes);

/* The size of such a block as it was asked for; 0 for what is not one. */
size_t mafat_blocks_size(const void *block);

/* Frees it; false for what is not one. */
bool mafat_blocks_free(void *block);

/* Makes Darknet the executor's host: its own forward() for whole layers, its activations
 * (bridge/host.c). */
void mafat_bridge_be_host(mafat_bridge *bridge, mafat_host *host);

/* Checks that Darknet's layers are what the plan was made for: both sides read the cfg for
 * themselves, and a program may change its network afterwards. MAFAT_UNSUPPORTED
 * (bridge/host.c). */
mafat_status mafat_bridge_check_agreement(const mafat_bridge *bridge, mafat_error *error);

/* Frees what an inference through MAFAT does not need of the layer that Darknet has just made, and
 * sets it to NULL (bridge/lean.c). */
void mafat_bridge_make_lean(const mafat_bridge *bridge, struct layer *layer, int index);

/* Keep inferences and planning of networks with a limit, which is one for all, apart
 * (bridge/room.c). */
void mafat_bridge_lock(void);
void mafat_bridge_unlock(void);

/* Networks with a memory limit, for which room is made when an image is loaded (bridge/room.c). */
void mafat_bridge_enlist(mafat_bridge *bridge);
void mafat_bridge_strike_off(mafat_bridge *bridge);

/* Makes room for what the process holds beyond what was planned, with the input that it gives among
 * it (bridge/room.c). */
mafat_status mafat_bridge_make_room_for_others(mafat_bridge *bridge, mafat_error *error);

/* Says what was chosen for a memory limit, and what it will take (bridge.c). */
void mafat_bridge_print_choice(const mafat_session *session);

/* What two images take, or twice the same one, in whole units (bridge.c). */
enum { MAFAT_ROOM_UNIT = 256 << 10 };
mafat_image_need mafat_bridge_round_need(const mafat_image_need *need,
                                         const mafat_image_need *other, size_t unit);

/* The use of the network with an image that takes so much, in place of the one that it was planned
 * for (bridge.c). */
mafat_session_use mafat_bridge_use_for(const mafat_bridge *bridge, const mafat_image_need *need);

/* Plans the network anew, for an image that takes so much, and opens its weights again. Where
 * nothing fits, MAFAT_NO_FIT, the network is planned as it was before, or has no plan, where not
 * even that fits any more (bridge.c). */
mafat_status mafat_bridge_plan_anew(mafat_bridge *bridge, const mafat_image_need *need,
                                    mafat_error *error);

/* One inference whose results go to where Darknet's commands look for them (bridge.c). */
mafat_status mafat_bridge_run(mafat_bridge *bridge, const mafat_input *input, mafat_error *error);

/* Whether networks are given the paths of images as their input, and one inference of such a
 * network (bridge/paths.c). */
bool mafat_bridge_takes_paths(void);
mafat_status mafat_bridge_run_path(mafat_bridge *bridge, const char *path, mafat_error *error);

#endif
