/* What the files of the bridge share. */
#ifndef MAFAT_FRONT_BRIDGE_PARTS_H
#define MAFAT_FRONT_BRIDGE_PARTS_H

#include "front/bridge.h"

/* Prints the error and ends the process with the status: for calls from Darknet, which cannot be
 * answered with an error (bridge.c). */
_Noreturn void mafat_bridge_give_up(mafat_status status, const mafat_error *error);

/* Names the file that this thread works on in what it says where Darknet's code gets no memory; NULL
 * names none (bridge_memory.c). */
void mafat_bridge_allocate_for(const char *path);

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

#endif
