/* The plans of one range of arena sizes: paths through the edges (edge.h) from the last position
 * back to the first, label by label. Time adds up along a path, and so do pinned weights and the
 * plan's own arrays; the arena is the most that is alive anywhere. A label is dropped where another
 * one at the same position dominates it (in the sense of Pareto), or where the table (table.h)
 * tells that no plan that ends with it is fast enough. */
#ifndef MAFAT_SEARCH_LABEL_H
#define MAFAT_SEARCH_LABEL_H

#include "search/table.h"

/* A path from some position to the last one. */
typedef struct {
    double seconds;
    double min_s;           /* no whole plan that ends with this path takes less */
    size_t live_bytes;      /* the most alive in the arena at once */
    size_t sum_bytes;       /* pinned weights and arrays */
    size_t window_bytes;    /* of its first windows, which are read ahead */
    int edge;               /* its first one; -1: the path ends here */
    int rest;               /* the label behind that, in labels[] */
} mafat_label;

typedef struct {
    const mafat_edges *edges;    /* borrowed */
    int width;                   /* the most labels that are kept at a position */
    int n_labels;
    mafat_label *labels;         /* [(n_positions + 1) * width], owned: those at a position in
                                    ascending order of min_s */
    int *first;                  /* [n_positions + 1], owned: the first label at each position; they
                                    end where those at the position before it begin */
    int n_found;
    mafat_label *found;          /* owned: those at the position at hand; first, in ascending order
                                    of min_s, n_chosen of which none dominates another one */
    int n_chosen;
    int last;                    /* the one of them that has dominated another one last */
    size_t page_bytes;           /* of this machine */
    double missed_s;             /* no plan that was left out takes less; INFINITY: none was */
} mafat_labels;

/* What to look for. */
typedef struct {
    const mafat_table *table;        /* borrowed: filled for to_bytes; NULL: only bytes count, and
                                        seconds are 0 */
    size_t from_bytes, to_bytes;     /* sizes of the arena; smaller ones count as from_bytes */
    size_t max_sum_bytes;            /* for pinned weights and arrays beside one of from_bytes;
                                        larger ones leave as much less, in whole pages */
    double limit_s;                  /* only plans that take less */
    int without;                     /* and that do not have this edge; -1: whatever they have */
} mafat_label_query;

/* Prepares labels for edges, which must outlive them; they are the fewer the less memory
 * there is. MAFAT_FAILED without memory. On error nothing needs to be freed. */
mafat_status mafat_labels_init(mafat_labels *labels, const mafat_edges *edges, size_t budget_bytes,
                               mafat_error *error);

/* The least memory that labels need, and what these take. */
size_t mafat_labels_min_bytes(int n_positions);
size_t mafat_labels_bytes(const mafat_labels *labels);

/* The path that goes over an edge first: its seconds and bytes. */
mafat_label mafat_label_prepend(const mafat_edge *edge, const mafat_label *behind);

/* Finds the plans: labels->labels[first[0]] and what follows, up to n_labels. */
void mafat_labels_find(mafat_labels *labels, const mafat_label_query *query);

/* Frees what they own and clears them; zeroed ones may be freed. */
void mafat_labels_free(mafat_labels *labels);

#endif
