/* Ranks as somebody may have them. */
#ifndef TESTS_SUPPORT_RANDOM_RANKS_H
#define TESTS_SUPPORT_RANDOM_RANKS_H

#include "plan/ranks.h"
#include "support/random.h"

/* From 2 to max_ranks of them, some of which have nothing to do. Every other time somebody has chosen how
 * layers are divided, TEST_MAX_LAYERS at most: that is there until the next call. */
mafat_ranks test_random_ranks(test_random *r, int max_ranks);

#endif
