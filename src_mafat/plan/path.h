/* Paths through the edges of all plans (edge.h), from the last place back to the first: shortest
 * paths by several criteria at once. Time adds up, and so do pinned weights and the plan's own
 * arrays; the arena is the largest of what is alive anywhere. A path is kept where no other one
 * from the same place is as good in all of these, so that the paths from the first place are the
 * whole front of time and memory, whatever the limit. What is alive is not all: jams (jam.h) are
 * known to take more, and a path that may still get into one is as good as others only if they may,
 * too.
 *
 * What the way before a path takes at least is in bound.h. */
#ifndef MAFAT_PLAN_PATH_H
#define MAFAT_PLAN_PATH_H

#include "plan/bound.h"
#include "plan/jam.h"
#include "plan/predict.h"

/* A path from some place to the last one. */
typedef struct {
    double seconds;
    double least_s;        /* no whole plan within the limit that ends with this path takes less;
                              bytes where the query ignores time */
    size_t arena_bytes;    /* what is known of it: the most alive at once, on the path and on any
                              way to it, and what jams need */
    size_t sum_bytes;      /* pinned weights and arrays */
    size_t window_bytes;   /* room of the first windows of weights on the path */
    size_t block_bytes;    /* and of the largest one of these */
    uint64_t open;         /* the jams that it begins with the end of */
    int edge;              /* its first one; -1: the path ends here */
    int rest;              /* the path behind that, in paths[] */
} mafat_path;

typedef struct {
    long long n_tried;          /* ways to go on that were looked at, those for bounds among them */
    int n_paths;
    mafat_path *paths;          /* [n_paths], owned */
    int first, n;               /* paths[first] to paths[first + n - 1] are whole plans, in ascending
                                   order of seconds */
    bool is_exact;              /* no path was left out that could be part of a plan */
    double least_s;             /* no plan of the query takes less, even so, seconds or bytes as in
                                   paths[]; INFINITY: there is none */
    size_t least_arena_bytes;   /* nor has one a smaller arena */
    size_t *total_bytes;        /* [n], owned: what each of them is predicted to take if its arena
                                   is no larger than arena_bytes */
    size_t bytes, peak_bytes;   /* of memory that they take, and that finding them took */
} mafat_paths;

/* What to look for. */
typedef struct {
    const mafat_process *process;   /* borrowed */
    const mafat_jams *jams;         /* borrowed; NULL: none are known */
    mafat_plan_sums sums;           /* what all plans have in common; else 0 */
    size_t limit_bytes;             /* no path whose plan takes more */
    double limit_s;                 /* nor longer: INFINITY where all are wanted */
    size_t from_bytes, to_bytes;    /* only plans whose arena is in this range, as far as it is
                                       known; smaller ones count as from_bytes */
    bool ignores_time;              /* only bytes count: the plans that need least */
    int most_paths;                 /* from one place; where there are more, those that promise most
                                       are kept and some that need little, and the best plan may be
                                       missed. 0: no path is looked for, only bounds */
    size_t room_bytes;              /* of memory for paths: where it is too little for as many,
                                       fewer are kept; 0: as much as they take */
} mafat_path_query;

/* The least room that paths need, however few they are to be. */
size_t mafat_paths_least_room(int n_places);

/* Finds the front of all plans within the query's limits; none: nothing fits. `bounds` are those of
 * the edges, and change. MAFAT_FAILED without memory. On error nothing needs to be freed. */
mafat_status mafat_paths_find(mafat_paths *paths, mafat_bounds *bounds,
                              const mafat_path_query *query, mafat_error *error);

/* Frees what the paths own and clears them; zeroed ones may be freed. */
void mafat_paths_free(mafat_paths *paths);

#endif
