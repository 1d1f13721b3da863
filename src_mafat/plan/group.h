/* Which layers a configuration fuses: layer groups, from cuts that are asked for and cuts that are
 * forced. Pure integer arithmetic. */
#ifndef MAFAT_PLAN_GROUP_H
#define MAFAT_PLAN_GROUP_H

#include "base/layer.h"
#include "base/status.h"
#include "plan/config.h"

/* A layer group: layers [first, end) run tile by tile. A layer that no tiling covers is a group of
 * its own, in one tile. */
typedef struct {
    int first, end;
    mafat_tiling tiling;
    /* filled in by the plan */
    int first_moment, last_moment;
    int n_tiles;                /* that are not empty */
    uint64_t macs;              /* multiply-accumulates of its convolution steps, for one image */
    uint64_t redundant_macs;    /* of them, those that another tile computes too */
    double computing_s;         /* by the cost model (cost.h), for all images; 0 without one */
    double seconds;             /* the same with what reading weights adds to it */
} mafat_group;

/* Whether a layer can stand inside a layer group. */
bool mafat_group_can_fuse(const mafat_layer *layer);

/* Whether the group's layers take turns, tile after tile. */
bool mafat_group_is_interleaved(const mafat_group *group);

/* Divides all layers, in order, into groups[n_layers], and stores how many there are.
 *
 * A tiling holds from its cut to the next cut, or to the first forced cut if that comes sooner:
 * before a layer that cannot be fused, behind a layer whose output is read by any other layer than
 * the next, or after the run, and behind a branch that had better run before the other maps of the
 * join that follows are made. With reuse ('r') a layer may also be read by others of its group: its
 * rows are kept for them. Layers that no tiling covers run whole, one by one; so 1x1 asks for what
 * they get anyway, and may begin at any layer, also behind the last one: a configuration suits a
 * family of networks.
 *
 * MAFAT_USAGE where the configuration does not suit the network: a cut behind the last layer, a
 * tiling that begins at a layer that cannot be fused. MAFAT_FAILED without memory. */
mafat_status mafat_group_resolve(const mafat_network *network, const mafat_config *config,
                                 mafat_group *groups, int *n_groups, mafat_error *error);

/* What a network says about where groups may end. */
typedef struct {
    const mafat_network *network;  /* borrowed */
    struct {
        bool is_result : 1;    /* read after the run, under whatever name */
        bool waits : 1;        /* a join that no group goes on with, as the branch that ends before
                                  it had better run sooner */
    } *marks;             /* [n_layers], owned */
    int *last_reader;     /* [n_layers], owned: the last layer that reads it; itself where there is
                             none */
} mafat_readers;

/* Fills it for a network; MAFAT_FAILED without memory. Freed by mafat_readers_free(), however that
 * went. */
mafat_status mafat_readers_init(mafat_readers *readers, const mafat_network *network,
                                mafat_error *error);
void mafat_readers_free(mafat_readers *readers);

/* Where a group ends that begins at `first`, if nothing but the network forces it to, or the next
 * cut at `limit`: `first` itself where that layer cannot be fused. */
int mafat_group_end(const mafat_readers *readers, int first, int limit, bool reuse);

/* Whether layer l of a group is a convolution that the next layer of the group pools without
 * overlap: they can run band by band (plan.h). */
bool mafat_group_pools(const mafat_network *network, const mafat_group *group, int l);

/* Tiles of a group's output begin at multiples of so many rows and columns: then none repeats what
 * its neighbour computes only because the last layers compute in larger units (region.h). With reuse
 * nothing is repeated, and the very last layer decides alone. */
int mafat_group_unit(const mafat_network *network, const mafat_group *group);

/* Divides all layers into segments, in order, in segments[n_layers], and stores how many there are.
 * A segment is what one group could hold at most, with reuse: whatever the configuration, each
 * group lies inside one segment, and what stands outside reads of a segment nothing but its last
 * map. */
mafat_status mafat_group_find_segments(const mafat_network *network, mafat_group *segments,
                                       int *n_segments, mafat_error *error);

#endif
