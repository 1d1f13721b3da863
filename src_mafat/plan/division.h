/* Who computes what of each layer where several ranks run a network: data that all of them make
 * alike, of the network, its layer groups and the ranks' shares alone.
 *
 * A layer's output is divided by rows, or a convolution's by filters, or each rank computes what it
 * reads of it. By rows a rank needs all weights and little of what others compute, by filters few
 * weights and all that others compute: the head of a network suits the one, its tail the other. Where
 * nobody chooses (ranks->ways, search/divide.h), layers with more bytes of weights than of output are
 * divided by filters. Sums are never divided, so that the bits are those of one rank.
 *
 * Layers that are Darknet's own code are computed whole, and of a group that is tiled the last one is
 * divided by rows and all others compute what these need, whatever is chosen; so does a convolution
 * that runs band by band with the pool behind it, unless it is divided by filters.
 *
 * A convolution that is divided, and not tiled, may be computed in portions of each rank's filters: what
 * others need of one goes to them while the next one is computed, so that behind the layer they wait for
 * the last one alone. */
#ifndef MAFAT_PLAN_DIVISION_H
#define MAFAT_PLAN_DIVISION_H

#include <stdbool.h>

#include "base/layer.h"
#include "base/status.h"
#include "plan/group.h"
#include "plan/ranks.h"

/* Some rows of some channels of a map, in all its columns. */
typedef struct {
    int channel_begin, channel_end;
    int row_begin, row_end;
} mafat_part;

mafat_part mafat_part_whole(mafat_shape shape);
bool mafat_part_is_empty(mafat_part part);
mafat_part mafat_part_intersect(mafat_part a, mafat_part b);
bool mafat_part_contains(mafat_part outer, mafat_part inner);

/* Bytes of a part of a layer's output, or of the image (-1). */
size_t mafat_part_bytes(const mafat_network *network, int l, mafat_part part);

/* Of a network on n ranks. Zeroed, there is one rank, which computes all. */
typedef struct {
    int n;                     /* ranks; 0: one */
    mafat_division_way *ways;  /* [n_layers], owned; of identities it means nothing, as all below */
    mafat_part *made;          /* [n_layers * n], owned: what each rank computes; no two of them the
                                  same, unless each rank computes for itself */
    mafat_part *wanted;        /* [(n_layers + 1) * n], owned: what each rank reads, whole rows of all
                                  channels: of the image, and of layers */
} mafat_division;

/* Whether a layer can be divided by filters. */
bool mafat_division_has_filters(const mafat_layer *layer);

/* Divides the layers of the groups. Of a part of a network, one group that is looked at alone,
 * all of what the group hands on is wanted by all ranks. MAFAT_FAILED without memory. Freed by
 * mafat_division_free(), however that went. */
mafat_status mafat_division_make(mafat_division *division, const mafat_network *network,
                                 const mafat_group *groups, int n_groups, bool is_part,
                                 const mafat_ranks *ranks, mafat_error *error);
void mafat_division_free(mafat_division *division);

/* What a rank computes of layer l, which is not an identity; and what it reads of it, or of the image
 * (-1), from which rank 0 has all. */
mafat_part mafat_division_made(const mafat_division *division, int l, int rank);
mafat_part mafat_division_wanted(const mafat_division *division, int l, int rank);

/* In how many portions layer l is computed and sent, or the image (-1) is: 1 or more; of one rank, 1. */
int mafat_division_portions(const mafat_division *division, int l);

/* A portion of what a rank computes of layer l: whole units of filters, perhaps none. */
mafat_part mafat_division_portion(const mafat_division *division, int l, int rank, int portion);

/* What of a portion of it, or of the image (-1), goes from one rank to another: nothing, where that has
 * all that it reads. */
mafat_part mafat_division_sent(const mafat_division *division, const mafat_network *network, int l,
                               int portion, int from, int to);

#endif
