/* What layer groups that keep rows came to; see row_memo.h. */
#include "plan/row_memo.h"

#include <stdlib.h>

size_t mafat_row_memo_bytes(int n_layers)
{
    mafat_row_memo *memo;
    return sizeof *memo + ((size_t)n_layers + 1) * sizeof *memo->layers;
}

mafat_row_memo *mafat_row_memo_new(int n_layers)
{
    return calloc(1, mafat_row_memo_bytes(n_layers));
}
