/* What parts came to that keep rows ('r' tilings), for others of the same network and options. What
 * a layer does in such a group follows from the layers that read it, so that it does the same in
 * those that end there too, in as many tiles, and begin later. A memo knows one group, the last one
 * that it was of no help with: whoever plans the longest first finds the others in it. */
#ifndef MAFAT_PLAN_ROW_MEMO_H
#define MAFAT_PLAN_ROW_MEMO_H

#include "plan/scratch.h"

typedef struct {
    int first, end, n_tiles;    /* of the group; n_tiles 0: nothing is known */
    struct {
        int capacity;           /* of its buffer, in rows */
        mafat_layer_sum sum;
    } layers[];                 /* [n_layers + 1]: the image's, then the layers' */
} mafat_row_memo;

/* One that knows nothing, to be freed by the caller with free(); NULL without memory; and what it
 * takes. */
mafat_row_memo *mafat_row_memo_new(int n_layers);
size_t mafat_row_memo_bytes(int n_layers);

#endif
