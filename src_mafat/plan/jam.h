/* Jams: runs of edges (edge.h) whose buffers take more room than is alive at once, because there
 * are gaps between them wherever they lie. No edge knows that of itself. They are learned from
 * plans whose arena turned out too large: it is a few groups of such a plan that cannot be placed,
 * be they alone, and a plan that has these cannot be either. (That is as sure as
 * mafat_arena_place(), which does not always find the smallest block.)
 *
 * A path (path.h) grows from its end. A jam is open on it while the path begins with the last
 * edges of the jam, and not with all of them yet. */
#ifndef MAFAT_PLAN_JAM_H
#define MAFAT_PLAN_JAM_H

#include <stdint.h>

#include "plan/edge.h"

enum { MAFAT_MOST_JAMS = 64 };  /* a bit each */

typedef struct {
    int n_edges;
    int *edges;                 /* [n_edges], owned: in the order of execution */
    size_t block_bytes;         /* of the first window behind them, that is read ahead; 0: it does
                                   not matter */
    size_t arena_bytes;         /* no plan that has them all, and a window at least as large behind
                                   them, has a smaller arena */
} mafat_jam;

typedef struct {
    int n;
    mafat_jam jams[MAFAT_MOST_JAMS];
    const mafat_edges *edges;   /* borrowed */
    bool *has_edge;             /* [edges->n_edges], owned: whether it is in any of them */
    size_t peak_bytes;          /* of memory: what learning took at most */
} mafat_jams;

/* Prepares for edges, which must outlive them, with no jams. MAFAT_FAILED without memory; then
 * nothing needs to be freed. */
mafat_status mafat_jams_init(mafat_jams *jams, const mafat_edges *edges, mafat_error *error);

/* Which jams are open on a path that goes over an edge and then on along a path on which `open`
 * are, the largest of whose first windows has block_bytes; what it goes through that way makes
 * *arena_bytes larger. */
uint64_t mafat_jams_go_on(const mafat_jams *jams, int edge, uint64_t open, size_t block_bytes,
                          size_t *arena_bytes);

/* Learns from the plan of a path, edges[n], whose buffers were not placed in most_bytes: finds a
 * run of them, as short as may be, whose buffers are not placed in that either, nor with the
 * windows that are read meanwhile. Where these are several, the run goes on to the edge that they
 * are for: others of their size in fewer or more blocks are another matter. *learned is false
 * where there is no room for one more jam. MAFAT_FAILED without memory. */
mafat_status mafat_jams_learn(mafat_jams *jams, const mafat_plan *plan, const int *edges, int n,
                              size_t most_bytes, bool *learned, mafat_error *error);

/* Frees what they own and clears them; zeroed ones may be freed. */
void mafat_jams_free(mafat_jams *jams);

#endif
