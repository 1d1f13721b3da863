/* Bounds for paths through the edges of all plans (path.h): what the way behind a place takes at
 * least, and what the way before it does.
 *
 * Behind: dynamic programming from the last place back, over units of the bytes that pinned
 * weights and arrays may have: a knapsack along the graph, in which edges take whole units. It is
 * quick, and knows nothing of windows that are read ahead.
 *
 * Before: ways from the first place on, one edge more at a time, that may be part of a plan by
 * what is behind. At each place those that are much alike become one that is as good as each of
 * them, so that they are few. They know how much room is left for the windows that come next, and
 * what they tell of whole plans is all but exact. */
#ifndef MAFAT_PLAN_BOUND_H
#define MAFAT_PLAN_BOUND_H

#include "plan/edge.h"

/* The plans that bounds are for. */
typedef struct {
    size_t room_bytes;          /* for pinned weights and arrays */
    size_t arena_bytes;         /* the most that may be alive at once */
    double seconds;             /* none that takes longer; INFINITY: whatever it takes */
    bool ignores_time;          /* no edge takes any */
} mafat_bound_limits;

/* Ways from the first place to another one. */
typedef struct {
    double seconds;
    size_t sum_bytes;           /* pinned weights and arrays */
    size_t window_bytes;        /* the most that the next first windows may have */
    int class;                  /* of window_bytes */
} mafat_way;

/* In how many sizes windows are told apart. */
enum { MAFAT_WINDOW_CLASSES = 16 };

/* Bounds for some limits; and memory, which is used again for the next ones. */
typedef struct {
    const mafat_edges *edges;   /* borrowed */
    int *ends, *first_ends;     /* [n_edges], [n_places + 2], owned: edges by where they end */
    size_t *windows;            /* [n_windows], owned: all sizes of first windows, ascending */
    int n_windows, n_sorted;    /* n_sorted: with those that are the same */
    size_t *arena_bytes;        /* [n_places + 1], owned: the least that any way to the place has,
                                   and the least sum_bytes */
    size_t *sum_bytes;
    mafat_bound_limits limits;
    int n_units, most_units;    /* the most that there is room for, as below */
    size_t unit_bytes;          /* a power of two, as what weights take is mostly whole ones of */
    double *behind;             /* [n_places + 1][n_units], owned: the least seconds with no more
                                   than so many units */
    int n_ways, most_ways;
    mafat_way *ways;            /* [most_ways], owned: by their places */
    int *first_ways;            /* [n_places + 2], owned */
    size_t class_bytes[MAFAT_WINDOW_CLASSES];    /* the least of each class */
    int n_classes, n_cells, most_cells;
    size_t cell_bytes;          /* of sum_bytes, ways in one class and cell become one */
    mafat_way *cells;           /* [MAFAT_WINDOW_CLASSES][n_cells], owned: of the place at hand */
    double *least_s;            /* the same, owned: the least seconds of all ways to it that have no
                                   more sum_bytes and as much room for windows */
    long long n_tried;          /* ways to go on that were looked at */
    int low, high;              /* the cells from low to high - 1 are in use */
    int most_units_used, most_ways_used, most_cells_used, most_seconds_used;    /* so far: other
                                   memory is not touched */
} mafat_bounds;

/* Prepares bounds for edges, which must outlive them; they are coarser the less room of memory
 * there is for them. MAFAT_FAILED without memory. On error nothing needs to be freed. */
mafat_status mafat_bounds_init(mafat_bounds *bounds, const mafat_edges *edges, size_t room_bytes,
                               mafat_error *error);

/* The least room that bounds need, beside 20 bytes for each edge; and what they have taken so
 * far. */
size_t mafat_bounds_least_room(int n_places);
size_t mafat_bounds_bytes(const mafat_bounds *bounds);

/* Finds what the way behind each place takes at least. Returns the least seconds of a whole plan,
 * going by that; INFINITY: there is none. */
double mafat_bounds_find_behind(mafat_bounds *bounds, const mafat_bound_limits *limits);

/* Finds the ways to each place, by the limits and by what is behind them: comes after
 * mafat_bounds_find_behind(). */
void mafat_bounds_find_before(mafat_bounds *bounds);

/* Gets ready for questions about the way before a place. */
void mafat_bounds_enter(mafat_bounds *bounds, int place);

/* The least seconds of a way to that place behind which there is room for first windows of so many
 * bytes, and which has no more than rest_bytes of sum_bytes, up to limits.room_bytes; INFINITY:
 * there is none. */
double mafat_bounds_before(const mafat_bounds *bounds, size_t window_bytes, size_t rest_bytes);

/* Frees what the bounds own and clears them; zeroed ones may be freed. */
void mafat_bounds_free(mafat_bounds *bounds);

#endif
