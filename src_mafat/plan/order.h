/* The order in which layer groups run. */
#ifndef MAFAT_PLAN_ORDER_H
#define MAFAT_PLAN_ORDER_H

#include "plan/group.h"

/* Divides all layers into groups[n_layers], in the order of execution, and stores how many there are.
 * `config` NULL: no tiling is asked for. Errors: those of mafat_group_resolve() and of the next one. */
mafat_status mafat_order_resolve(const mafat_network *network, const mafat_config *config,
                                 mafat_group *groups, int *n_groups, mafat_error *error);

/* Puts the groups into the order of execution. Segments that could run earlier than they stand in
 * the cfg, because what they read is there, do so where the maps between segments then take less
 * room: in YOLOv2 layers 25-27 right after 16, which leaves 0.35 MB to keep instead of 2.8 MB.
 * Groups of one segment stay together, in the order of the cfg: so the order of layers, and with it
 * which maps are alive where, does not depend on the configuration. MAFAT_FAILED without memory. */
mafat_status mafat_order_groups(const mafat_network *network, mafat_group *groups, int n_groups,
                                mafat_error *error);

#endif
