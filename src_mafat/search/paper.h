/* The configuration search of the MAFAT paper (Farley and Gerstlauer, "MAFAT: Memory-Aware Fusing
 * and Tiling of Neural Networks for Accelerated Edge Inference", arXiv 2107.06960), to compare our
 * own search with.
 *
 * In the paper the first 16 layers of YOLOv2 are fused in at most two layer groups, each tiled in
 * squares of its own, and the cut between them lies behind a max-pool, where the map that must
 * exist whole is smallest. More tiles take less memory and recompute more. So the search is greedy:
 * it goes from few tiles to many, asks a predictor about each configuration, and takes the first
 * that fits the limit.
 *
 * Where this comes from: the paper's abstract and summaries of it, which say as much as the lines
 * above, and the authors' prototype (github.com/JacksonFarley/DeepThings, examples/test.c and
 * macro_runMeas.sh), which measures squares of 1x1 to 5x5 and behind a cut, at layer 8 unless told
 * otherwise, takes 2x2. The listing of the paper's Algorithm 2 was not at hand. Ours are therefore
 *   - the grids of the second group: from 1x1 to the first group's, whose maps are larger;
 *   - what "few" means: tiles of both groups together; among equals first the one without a cut,
 *     then later cuts before earlier ones, as the map at a later cut is smaller;
 *   - for any other network, which layers: the longest run from layer 0 on that one tiling can
 *     cover (plan/group.h), and all cuts behind the max-pools in it. For the whole of YOLOv2 that
 *     is one layer more than the paper's 16; those behind it run whole.
 *
 * What fits is the caller's to say: this file knows nothing of memory. */
#ifndef MAFAT_SEARCH_PAPER_H
#define MAFAT_SEARCH_PAPER_H

#include <stdbool.h>

#include "base/layer.h"
#include "base/status.h"
#include "plan/config.h"

enum { MAFAT_PAPER_MAX_GRID = 5 };

/* TOPxTOP/CUT/BOTTOMxBOTTOM; without a cut, TOPxTOP/NoCut, `cut` and `bottom` are 0. */
typedef struct {
    int top, cut, bottom;
} mafat_paper_choice;

/* All of the paper's configurations for a network, in the order in which its search tries them. */
typedef struct {
    int n_choices;                  /* at least 1: 1x1/NoCut suits every network */
    mafat_paper_choice *choices;    /* [n_choices], owned */
} mafat_paper_space;

/* Lists them. MAFAT_FAILED without memory; then nothing needs to be freed. */
mafat_status mafat_paper_enumerate(mafat_paper_space *space, const mafat_network *network,
                                   mafat_error *error);

/* Frees what the space owns and clears it; a zeroed one may be freed. */
void mafat_paper_free(mafat_paper_space *space);

/* Makes a choice a configuration, which the caller frees. MAFAT_FAILED without memory. */
mafat_status mafat_paper_configure(mafat_config *config, mafat_paper_choice choice,
                                   mafat_error *error);

/* Stores in *fits whether a configuration fits the limit. Another status than MAFAT_OK ends the
 * search, which returns it. */
typedef mafat_status mafat_paper_fits(void *context, const mafat_config *config, bool *fits,
                                      mafat_error *error);

/* for each choice of the space, in order:
 *     if it fits: store it in *config, which the caller frees, and return with *found true
 * *found is false where none does; then, and on error, nothing needs to be freed. */
mafat_status mafat_paper_search(const mafat_network *network, mafat_paper_fits *fits, void *context,
                                mafat_config *config, bool *found, mafat_error *error);

#endif
