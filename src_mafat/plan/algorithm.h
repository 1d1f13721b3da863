/* By which algorithm each convolution's sums are computed, where Darknet's bits are not asked for.
 *
 * It is a function of the layer alone, whatever the plan, the threads, the limit and the images are:
 * so all plans of a network have the same bits. */
#ifndef MAFAT_PLAN_ALGORITHM_H
#define MAFAT_PLAN_ALGORITHM_H

#include "base/layer.h"

/* Chooses Winograd's algorithm for all layers that it suits. */
void mafat_algorithm_choose(mafat_network *network);

/* How many layers have it. */
int mafat_algorithm_count(const mafat_network *network);

#endif
