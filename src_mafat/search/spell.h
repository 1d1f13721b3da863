/* Layer groups that a search has chosen, written as a configuration. */
#ifndef MAFAT_SEARCH_SPELL_H
#define MAFAT_SEARCH_SPELL_H

#include "search/edge.h"

/* Makes the configuration whose groups are those of edges[n_layers]: each stands at its first
 * layer, the others are NULL. It has as few cuts as it takes: a tiling holds on as far as the
 * groups are what they would be without a cut (mafat_group_resolve()). The caller frees it.
 * MAFAT_FAILED without memory. */
mafat_status mafat_spell_config(mafat_config *config, const mafat_network *network,
                                const mafat_edge *const *edges, mafat_error *error);

#endif
